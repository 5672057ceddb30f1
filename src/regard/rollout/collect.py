"""From examples to groups: prompts made, completions sampled, scores given.

A record that cannot be used is dropped alone, with its name and the reason; the rest goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from regard.errors import DataError
from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.rewards.contract import AnyReward, score_group
from regard.rollout.engine import Engine
from regard.rollout.sampling import Sampling
from regard.types import Example, Group


@dataclass(frozen=True)
class Prepared:
    """Examples with their prompts, and those that had to be left out."""

    examples: list[Example]
    prompts: list[Prompt]
    dropped: list[str]
    """One sentence for each example left out."""
    numbers: list[int] = field(default_factory=list)
    """Which of the examples given these are."""


def prepare(policy: Policy, examples: Iterable[Example], max_new_tokens: int) -> Prepared:
    """Make prompts and decode their images; leave out what is broken or does not fit."""
    ready = Prepared([], [], [])
    for number, example in enumerate(examples):
        try:
            prompt = policy.prompt(example)
            _check_length(prompt, policy.max_tokens, max_new_tokens)
            policy.pixels.of(prompt)
        except DataError as error:
            ready.dropped.append(f"example '{example.id}': {error}")
            continue
        ready.examples.append(example)
        ready.prompts.append(prompt)
        ready.numbers.append(number)
    return ready


def answer(
    prepared: Prepared, engine: Engine, *, group_size: int, sampling: Sampling, seed: int
) -> list[Group]:
    """Sample a group for each prepared example."""
    answers = engine.sample(prepared.prompts, group_size, sampling, seed)
    return [
        Group(example=example, completions=tuple(completions))
        for example, completions in zip(prepared.examples, answers, strict=True)
    ]


def score(groups: Iterable[Group], reward: AnyReward) -> list[Group]:
    """The groups with what each completion is worth."""
    return [group.scored(score_group(reward, group.completions, group.example)) for group in groups]


def derive_seed(*parts: int | str) -> int:
    """A seed of its own for each purpose and step, out of the run's.

    >>> derive_seed(0, "rollout", 1) != derive_seed(0, "rollout", 2)
    True
    """
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:7], "little")


def _check_length(prompt: Prompt, limit: int, max_new_tokens: int) -> None:
    if len(prompt) + max_new_tokens > limit:
        raise DataError(
            f"its prompt has {len(prompt)} tokens; with {max_new_tokens} for the answer that is "
            f"more than the {limit} the model was made for; shrink its images or shorten the answer"
        )

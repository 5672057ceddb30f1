"""What every reward promises, and the few things all of them need.

A reward is called with a completion and an example and returns a `Score`; a group reward is asked
through `score_group` with all completions to one example. Both are frozen dataclasses that

- score any text: a malformed one is worth little, never an error;
- say in `range` the least and the greatest value they give; the greatest is full marks. Where
  that depends on the example, `range_for(example)` says it for one;
- show themselves at work with a classmethod `demo`, from which the tests, the audit and the page
  of rewards take their example.

`regard.testing.check_reward` tests all of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from regard import registry
from regard.errors import ConfigError, DataError
from regard.schedule import Schedule
from regard.types import Completion, Example, GroupReward, Message, Reward, Score, Target

AnyReward: TypeAlias = Reward | GroupReward
Range: TypeAlias = tuple[float, float]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A reward at work on one example."""

    reward: AnyReward
    example: Example
    best: Completion
    """Earns full marks."""
    poor: Completion
    """Earns less. A group reward is shown both, as siblings."""
    source: str = ""
    """Whose idea the reward is: a paper or a code base."""


def score_group(
    reward: AnyReward, completions: Sequence[Completion], example: Example
) -> list[Score]:
    """One score for each completion to `example`, whichever of the two protocols `reward` keeps.

    What is not a finite `Score` is the reward's own fault, and an error; so is an answer that is
    missing, for which nobody can say whether it was empty.
    """
    _check_given(completions, example)
    try:
        # hasattr, since asking isinstance of a protocol takes longer than most rewards.
        if hasattr(reward, "score_group") and not isinstance(reward, type):
            scores = list(reward.score_group(completions, example))
        elif callable(reward) and not isinstance(reward, type):
            scores = [reward(completion, example) for completion in completions]
        elif isinstance(reward, Schedule):
            raise ConfigError(f"{reward} changes with time: resolve it for a step, then score")
        else:
            raise ConfigError(f"{reward!r} is not a reward: it cannot be called")
    except Exception as error:
        error.add_note(f"while {name_of(reward)} scored example '{example.id}'")
        raise
    if len(scores) != len(completions):
        raise ConfigError(
            f"{name_of(reward)} gave {len(scores)} scores for the {len(completions)} completions "
            f"to example '{example.id}'; one each is expected"
        )
    for score in scores:
        if not isinstance(score, Score):
            raise ConfigError(
                f"{name_of(reward)} returned {score!r} for example '{example.id}'; "
                "expected a Score: Score(value=1.0, reason='…')"
            )
        if not math.isfinite(score.value):
            raise ConfigError(
                f"{name_of(reward)} gave {score.value} for example '{example.id}'; "
                "a reward is a finite number"
            )
    return scores


def _check_given(completions: Sequence[Completion], example: Example) -> None:
    if not isinstance(example, Example):
        raise DataError(f"an example to score is {example!r}; expected an Example")
    for number, completion in enumerate(completions, start=1):
        if not isinstance(completion, Completion):
            what = repr(completion)
        elif not isinstance(completion.text, str):
            what = f"a Completion whose text is {completion.text!r}"
        else:
            continue
        raise DataError(
            f"example '{example.id}': completion {number} of {len(completions)} is {what}; "
            "expected a Completion with a text, which is empty where the model said nothing"
        )


def range_of(reward: AnyReward, example: Example | None = None) -> Range:
    """The least and greatest value of `reward`: for `example`, or for any."""
    if example is not None and hasattr(reward, "range_for"):
        low, high = reward.range_for(example)
    elif hasattr(reward, "range"):
        low, high = reward.range
    else:
        raise ConfigError(
            f"{name_of(reward)} does not say its range; "
            "give it `range: ClassVar[tuple[float, float]] = (0.0, 1.0)`"
        )
    return float(low), float(high)


def name_of(reward: Any) -> str:
    """What a message calls a reward: its registered name, or that of its class or function."""
    registered = registry.reward.name_of(type(reward))
    return registered or str(getattr(reward, "__name__", type(reward).__name__))


def target_of(example: Example, kind: type[T], reader: object) -> T:
    """The target of `example`, which must be of the `kind` that `reader` can check."""
    if isinstance(example.target, kind):
        return example.target
    raise unreadable_target(example, reader, kind)


def unreadable_target(example: Example, reader: object, *kinds: type) -> DataError:
    """The error of an example with a target that a reward cannot check."""
    return DataError(
        f"example '{example.id}': the target is a {type(example.target).__name__}, and "
        f"{name_of(reader)} checks {', '.join(kind.__name__ for kind in kinds)}; "
        "Routed(by='target', …) gives each sort of example its own reward"
    )


def ask(question: str, target: Target, **others: Any) -> Example:
    """A small example, for demonstrations and tests.

    >>> from regard.types import Number
    >>> ask("What is 2 + 3?", Number(5)).question
    'What is 2 + 3?'
    """
    others.setdefault("id", "demo")
    messages = (Message("user", (question,)),)
    return Example(**{"messages": messages, "target": target, **others})


def say(text: str) -> Completion:
    """A completion that is text only."""
    return Completion(text=text)

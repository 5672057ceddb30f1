"""How well a policy sees: its answers about worlds, against a constant answer and a blind self.

For each kind of question at each tier: how often it is right about test pictures; how often one
and the same answer would be, the best of those that are right somewhere ("constant"); and how often
the policy is right when each question is asked about the picture of another ("blind"). Kinds that
are asked by the same words, such as the verdicts on forgeries, are one kind to whoever does not
look: their constant answer is the same, and pictures are swapped among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean
from typing import TypeVar

import numpy as np

from regard.evals.blind import with_images
from regard.models.policy import Policy
from regard.rewards.answers import ExactAnswer
from regard.rewards.boxes import BoxOverlap
from regard.rewards.contract import AnyReward, score_group
from regard.rewards.detection import DetectionScore
from regard.rewards.forgery import ForgeryClass, ForgeryOverlap
from regard.rewards.gui import GuiActionMatch
from regard.rollout.collect import answer, prepare
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.types import (
    Box,
    Completion,
    Dataset,
    Example,
    Forgery,
    GuiAction,
    ImageFrame,
    LabelledBoxes,
    Score,
)

Key = TypeVar("Key")

_BATCH = 256
"""Examples answered at a time."""
_MOST_CONSTANTS = 20
"""Answers that are tried as the constant one, the commonest first."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How often answers to one kind of question are right, 0 to 1."""

    kind: str
    tier: str
    """Empty where a world has none."""
    num_examples: int
    accuracy: float
    constant: float
    """Of the best answer that is the same whatever is shown."""
    blind: float
    """Of the same policy, shown the pictures of other examples."""


def sights(policy: Policy, dataset: Dataset, *, max_tokens: int = 96) -> list[Sight]:
    """The table of a world's data set, its kinds in order, and their tiers in order."""
    examples = [dataset[i] for i in range(len(dataset))]
    seen, blind = (
        [each.is_right for each in answers(policy, some, examples, max_tokens=max_tokens)]
        for some in (examples, swapped(examples))
    )
    forms = _forms(examples)
    constants = {
        form: _constant([examples[i] for i in numbers]) for form, numbers in _grouped(forms).items()
    }
    return [
        Sight(
            kind=kind,
            tier=tier,
            num_examples=len(numbers),
            accuracy=fmean(seen[i] for i in numbers),
            constant=constants[forms[numbers[0]]],
            blind=fmean(blind[i] for i in numbers),
        )
        for (kind, tier), numbers in _grouped([(e.kind, _tier(e)) for e in examples]).items()
    ]


def _tier(example: Example) -> str:
    return str(example.meta.get("tier", ""))


def _forms(examples: Sequence[Example]) -> list[tuple[frozenset[str], str]]:
    """Of each example its tier, and its kind with those that are asked by the same words."""
    asked: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        asked[example.question].add(example.kind)
    alike = {
        kind: frozenset[str]().union(*(kinds for kinds in asked.values() if kind in kinds))
        for kind in {example.kind for example in examples}
    }
    return [(alike[example.kind], _tier(example)) for example in examples]


def _grouped(keys: Sequence[Key]) -> dict[Key, list[int]]:
    """For each key, in order, at which places it is."""
    places: dict[Key, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return dict(places)


def judge(example: Example) -> AnyReward:
    """What says whether an answer is right, by the sort of its target; right is full marks."""
    target = example.target
    if isinstance(target, Box):
        return BoxOverlap(threshold=0.5)
    if isinstance(target, LabelledBoxes):  # every thing found, with its name, and nothing else
        return DetectionScore(position=0.0, labels=0.5, completeness=0.5)
    if isinstance(target, GuiAction):
        return GuiActionMatch()
    if isinstance(target, Forgery):
        return ForgeryOverlap(threshold=0.5) if target.region else ForgeryClass()
    return ExactAnswer()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a policy says, and how right it is."""

    completion: Completion
    score: Score

    @property
    def is_right(self) -> bool:
        return self.score.value >= 1 - 1e-6


def _judged(completion: Completion, example: Example) -> Answer:
    (score,) = score_group(judge(example), [completion], example)
    return Answer(completion=completion, score=score)


def answers(
    policy: Policy, shown: Sequence[Example], asked: Sequence[Example], *, max_tokens: int = 96
) -> list[Answer]:
    """Greedy answers to what is shown, and whether they are right of what was asked."""
    found = []
    for first in range(0, len(shown), _BATCH):
        part = slice(first, first + _BATCH)
        prepared = prepare(policy, shown[part], max_tokens)
        groups = answer(
            prepared, NativeEngine(policy), group_size=1, seed=0,
            sampling=Sampling(temperature=0.0, max_tokens=max_tokens),
        )  # fmt: skip
        for group, example in zip(groups, asked[part], strict=True):
            found.append(_judged(group.completions[0], example))
    return found


def swapped(examples: Sequence[Example]) -> list[Example]:
    """Each example with the picture of another one of its form and size of picture, by lot."""
    sizes = [(image.width, image.height) for (image,) in (each.images for each in examples)]
    found, rng = list(examples), np.random.default_rng(0)
    for alike in _grouped(list(zip(_forms(examples), sizes, strict=True))).values():
        order = rng.permutation(alike).tolist()
        for one, other in zip(order, (*order[1:], order[0]), strict=True):
            pictures = zip(examples[one].images, examples[other].images, strict=True)
            found[one] = with_images(examples[one], dict(pictures))
    return found


def _constant(examples: Sequence[Example]) -> float:
    """The share of these that the best of their own gold answers is right about."""
    counts: dict[str, int] = defaultdict(int)
    for example in examples:
        counts[example.gold or ""] += 1
    golds = sorted(counts, key=lambda gold: -counts[gold])
    return max(
        fmean(_judged(_said(gold, example), example).is_right for example in examples)
        for gold in islice(golds, _MOST_CONSTANTS)
    )


def _said(text: str, example: Example) -> Completion:
    frames = tuple(
        ImageFrame((image.width, image.height), (image.width, image.height))
        for image in example.images
    )
    return Completion(text=text, frames=frames)

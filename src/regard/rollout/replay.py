"""Replay: when most groups teach nothing, learn again from completions that did.

Selective sample replay (VL-Rethinker, arXiv:2504.08837, algorithm 1) keeps completions with an
advantage and fills every step up to its full size from them, large advantages more often. What is
learned from again keeps the log-probabilities it was drawn with, so the importance ratio sees how
far the policy has moved since. The released code does something else, which is `ReleasedReplay`.

A replay is a value; what it remembers is another (`Kept`), which goes into the checkpoints.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from regard.types import Completion, Example, Finish, Group, Score


@dataclass(frozen=True)
class Sample:
    """A completion and what it was worth."""

    position: int
    """Where its example stands in the order of the stage's data."""
    completion: Completion
    value: float
    advantage: float


@dataclass(frozen=True)
class Kept:
    """What a replay remembers."""

    samples: tuple[Sample, ...] = ()
    """The oldest first."""
    num_questions: int = 0
    """Questions asked since it was last emptied."""
    capacity: int = 0
    """How many are kept (released variant only), settled at the first step."""


@dataclass(frozen=True)
class Drawing:
    """One draw from a pool, with putting back."""

    num: int
    weights: tuple[float, ...] | None
    """The chance of each of the pool; None where all have the same."""
    pool: int


@dataclass(frozen=True)
class Replayed:
    """What a step learns from in the end."""

    samples: list[Sample]
    kept: Kept
    num_effective: int
    """Fresh samples with an advantage."""
    drawings: tuple[Drawing, ...] = ()

    @property
    def metrics(self) -> dict[str, float]:
        """Counts for the log."""
        return {
            "replay/effective": float(self.num_effective),
            "replay/again": float(max(len(self.samples) - self.num_effective, 0)),
            "replay/kept": float(len(self.kept.samples)),
            "replay/skipped": float(not self.samples),
        }


@runtime_checkable
class Replay(Protocol):
    """Makes the samples of a step out of the fresh ones and what is kept."""

    def __call__(
        self, fresh: Sequence[Sample], kept: Kept, *, num_questions: int, seed: int
    ) -> Replayed: ...


@dataclass(frozen=True, kw_only=True)
class SampleReplay:
    """The paper's algorithm 1: what has an advantage, and as many kept ones as have none."""

    alpha: float = 1.0
    """Samples are drawn in proportion to |advantage| to this power; 0 draws them evenly."""
    lifetime: int = 1024
    """Questions after which all is forgotten (paper: 1024, one synchronisation of the policy)."""

    def __call__(
        self, fresh: Sequence[Sample], kept: Kept, *, num_questions: int, seed: int
    ) -> Replayed:
        effective = [sample for sample in fresh if sample.advantage]
        pool = [*kept.samples, *effective]
        asked = kept.num_questions + num_questions
        left = Kept() if asked >= self.lifetime else Kept(tuple(pool), asked)
        if not pool:
            return Replayed([], left, 0)
        weights = _shares([abs(sample.advantage) ** self.alpha for sample in pool])
        drawing = Drawing(len(fresh) - len(effective), weights, len(pool))
        drawn = _draw(pool, drawing, np.random.default_rng(seed))
        return Replayed([*effective, *drawn], left, len(effective), (drawing,))


@dataclass(frozen=True, kw_only=True)
class ReleasedReplay:
    """What VL-Rethinker's code has under the same name, where the paper and it differ.

    A step learns from half as many samples as were drawn: first from the fresh ones, drawn with
    putting back, then from a queue that is never emptied. (As their trainer calls it, a missing
    argument turns it off.) Where nothing ever had an advantage their loop has no end; here the step
    is skipped.
    """

    positive_share: float = 0.1
    """So many right answers without an advantage, as a share of those with one, join the pool; at a
    chance of 0."""
    smoothing: float = 1e-4
    """Added to the |advantage| of what is kept."""

    def __call__(
        self, fresh: Sequence[Sample], kept: Kept, *, num_questions: int, seed: int
    ) -> Replayed:
        effective, positive, left = _split(fresh, kept)
        size = len(fresh) // 2
        if not left.samples:
            return Replayed([], left, 0)
        rng = np.random.default_rng(seed)
        pool = [*_shuffled(effective), *positive[: int(self.positive_share * len(effective))]]
        samples, drawings = [], []
        pool = pool[:size]
        if pool:
            weights = _shares([abs(sample.advantage) for sample in pool])
            drawings.append(Drawing(min(size, len(pool)), weights, len(pool)))
            samples += _draw(pool, drawings[-1], rng)
        again = list(left.samples)
        while size - len(samples) > len(again):
            samples += again
        if missing := size - len(samples):
            weights = _shares([abs(sample.advantage) + self.smoothing for sample in again])
            drawings.append(Drawing(missing, weights, len(again)))
            samples += _draw(again, drawings[-1], rng)
        return Replayed(samples, left, len(effective), tuple(drawings))


@dataclass(frozen=True)
class RepeatEffective:
    """The baseline without replay ("filter"): what has an advantage, repeated to full size."""

    def __call__(
        self, fresh: Sequence[Sample], kept: Kept, *, num_questions: int, seed: int
    ) -> Replayed:
        effective, _, left = _split(fresh, kept)
        if not effective:
            return Replayed([], left, 0)
        pool = _shuffled(effective)
        samples: list[Sample] = []
        drawings = []
        while len(fresh) - len(samples) > len(pool):
            samples += pool
        if missing := len(fresh) - len(samples):
            drawings.append(Drawing(missing, None, len(pool)))
            samples += _draw(pool, drawings[-1], np.random.default_rng(seed))
        return Replayed(samples, left, len(effective), tuple(drawings))


def _split(fresh: Sequence[Sample], kept: Kept) -> tuple[list[Sample], list[Sample], Kept]:
    """Samples with an advantage, right ones without, and the queue with the former at its end."""
    effective = [sample for sample in fresh if sample.advantage]
    positive = [sample for sample in fresh if not sample.advantage and sample.value > 0.95]
    capacity = kept.capacity or len(fresh) // 2
    queue = [*kept.samples, *effective]
    return effective, positive, Kept(tuple(queue[max(len(queue) - capacity, 0) :]), 0, capacity)


def _shuffled(samples: Sequence[Sample]) -> list[Sample]:
    """As their code shuffles, with the same seed at every step."""
    shuffled = list(samples)
    random.Random(42).shuffle(shuffled)
    return shuffled


def _shares(weights: Sequence[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def _draw(pool: Sequence[Sample], drawing: Drawing, rng: np.random.Generator) -> list[Sample]:
    chosen = rng.choice(len(pool), size=drawing.num, p=drawing.weights)
    return [pool[int(i)] for i in chosen]


# ---------------------------------------------------------------------------- groups and back


def samples_of(groups: Sequence[Group], positions: Sequence[int]) -> list[Sample]:
    """The completions of judged groups, whose examples stand at these positions."""
    return [
        Sample(position, completion, value, advantage)
        for group, position in zip(groups, positions, strict=True)
        for completion, value, advantage in zip(
            group.completions, group.values, group.advantages, strict=True
        )
    ]


def groups_of(samples: Sequence[Sample], example_at: Callable[[int], Example]) -> list[Group]:
    """Samples by their example, in the order in which examples first occur."""
    members: dict[int, list[Sample]] = {}
    for sample in samples:
        members.setdefault(sample.position, []).append(sample)
    return [
        Group(
            example=example_at(position),
            completions=tuple(sample.completion for sample in own),
            scores=tuple(Score(value=sample.value) for sample in own),
            advantages=tuple(sample.advantage for sample in own),
        )
        for position, own in members.items()
    ]


_FIELDS = ("text", "token_ids", "logprobs", "policy_weights", "imitation_weights", "finish")
"""What is learned from a completion again; entropies and frames have been seen."""


def to_json(kept: Kept) -> dict[str, Any]:
    """For a checkpoint; numbers come back bit for bit."""
    samples = [
        {
            "position": sample.position,
            "value": sample.value,
            "advantage": sample.advantage,
            "completion": {name: getattr(sample.completion, name) for name in _FIELDS},
        }
        for sample in kept.samples
    ]
    return {"num_questions": kept.num_questions, "capacity": kept.capacity, "samples": samples}


def from_json(data: Mapping[str, Any]) -> Kept:
    """What `to_json` wrote."""

    def completion(fields: Mapping[str, Any]) -> Completion:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        return Completion(**{**values, "finish": Finish(values["finish"])})

    samples = (
        Sample(**{**sample, "completion": completion(sample["completion"])})
        for sample in data["samples"]
    )
    return Kept(tuple(samples), data["num_questions"], data["capacity"])

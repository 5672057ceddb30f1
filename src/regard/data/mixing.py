"""The order of examples: a pure function of the seed and the position.

No state goes from one position to the next, so any number of workers, and a run that starts again
in the middle, see the same examples at the same places.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from regard.data.fingerprint import fingerprint
from regard.data.readers.loading import Dropped
from regard.errors import ConfigError
from regard.schedule import Staged
from regard.types import Dataset, Example


@runtime_checkable
class Source(Protocol):
    """Where examples come from: a reader, a world, or several of them mixed."""

    def load(self) -> Dataset: ...


@lru_cache(maxsize=32)  # each source of a mixture has one
def order(size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The examples 0 to `size` - 1 in the order of an epoch.

    >>> order(5, seed=0, epoch=0).tolist() == order(5, seed=0, epoch=0).tolist()
    True
    >>> sorted(order(5, seed=0, epoch=1).tolist())
    [0, 1, 2, 3, 4]
    """
    shuffled = np.random.default_rng([seed, epoch]).permutation(size)
    shuffled.flags.writeable = False  # it is shared
    return shuffled


@dataclass(frozen=True)
class Pace:
    """How a stage goes through a stream."""

    num_steps: int
    prompts_per_step: int

    def step_of(self, position: int) -> int:
        """The step that asks what stands at a position; further attempts lie beyond the end.

        >>> [Pace(num_steps=2, prompts_per_step=3).step_of(position) for position in (0, 5, 6)]
        [0, 1, 0]
        """
        return position // self.prompts_per_step % self.num_steps


@dataclass(frozen=True)
class Stream:
    """A data set without end: shuffled anew in each epoch, every example once before any twice.

    Of a mixture, each source has epochs of its own, and sources take turns by their weights. Of a
    course, the step says which source is asked.
    """

    dataset: Dataset
    seed: int = 0
    pace: Pace | None = None
    """What a position is in steps; a course needs it."""

    def __getitem__(self, position: int) -> Example:
        if position < 0:
            raise IndexError(f"a stream has no end to count from: {position}")
        if isinstance(self.dataset, Mixture):
            return self._part(*turn(self.dataset.shares, position))
        if isinstance(self.dataset, Phases):
            return self._part(self.dataset.part_at(position, self.pace), position)
        epoch, place = divmod(position, len(self.dataset))
        return self.dataset[int(order(len(self.dataset), self.seed, epoch)[place])]

    def _part(self, part: int, position: int) -> Example:
        assert isinstance(self.dataset, Joined)
        seed = _seed_of_part(self.seed, part)
        return replace(self, dataset=self.dataset.parts[part], seed=seed)[position]


@dataclass(frozen=True)
class Mix:
    """Several sources, each with a weight: in a `Stream`, how often it is asked.

    Weights are shares of the examples that are seen, however large the sources are; they need not
    sum to one. The turns are even: after any number of examples, what a source has had differs
    from its share by less than the number of sources.
    """

    parts: Mapping[str, tuple[float, Source]]
    """Weight (above 0) and source, by name."""

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("Mix: no sources")
        for name, (weight, _) in self.parts.items():
            if not (math.isfinite(weight) and weight > 0):
                raise ConfigError(f"Mix: the weight of '{name}' should be above 0, got {weight}")

    def load(self) -> Mixture:
        weights = [Fraction(weight) for weight, _ in self.parts.values()]
        return Mixture(
            parts=tuple(source.load() for _, source in self.parts.values()),
            shares=tuple(weight / sum(weights) for weight in weights),
        )


@dataclass(frozen=True)
class Joined:
    """Loaded sources as a data set: one after the other, each example once."""

    parts: tuple[Dataset, ...]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __getitem__(self, index: int) -> Example:
        index = range(len(self))[index]
        for part in self.parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        raise AssertionError("unreachable: the index was checked against the length")

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """The records its parts left out."""
        return tuple(record for part in self.parts for record in left_out(part))


@dataclass(frozen=True)
class Mixture(Joined):
    """Loaded sources that take turns in a stream."""

    shares: tuple[Fraction, ...]
    """How much of a stream each part is; together 1."""

    def fingerprint(self) -> str:
        names = [fingerprint(part, share=len(self.parts)) for part in self.parts]
        text = ", ".join(f"{share} {name}" for share, name in zip(self.shares, names, strict=True))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Course:
    """One source after another as a stage goes on: a curriculum, or a mix that changes.

    >>> from regard.data.worlds.digits import Digits
    >>> course = Course({0: Digits(kinds=("left",)), 0.5: Digits(kinds=("sum",))})
    >>> stream = Stream(course.load(), pace=Pace(num_steps=4, prompts_per_step=2))
    >>> [stream[position].kind for position in (0, 3, 4, 7)]
    ['left', 'left', 'sum', 'sum']
    """

    phases: Mapping[float, Source]
    """The source from each of these steps on, the first from step 0; keys below 1 that are floats
    are fractions of the stage (as in `Staged`)."""

    def __post_init__(self) -> None:
        Staged(self.phases)  # its error says what is wrong with the keys

    def load(self) -> Phases:
        starts = Staged({start: number for number, start in enumerate(self.phases)})
        return Phases(parts=tuple(source.load() for source in self.phases.values()), starts=starts)


@dataclass(frozen=True)
class Phases(Joined):
    """Loaded sources that follow one another in a stream."""

    starts: Staged
    """Which part is asked, by the step."""

    def part_at(self, position: int, pace: Pace | None) -> int:
        if pace is None:
            raise ConfigError("a course is for the data of a stage, whose steps it follows")
        part: int = self.starts.at(pace.step_of(position), pace.num_steps)
        return part

    def fingerprint(self) -> str:
        names = [fingerprint(part, share=len(self.parts)) for part in self.parts]
        text = f"{sorted(self.starts.stages.items())} {names}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def turn(shares: tuple[Fraction, ...], position: int) -> tuple[int, int]:
    """Which part is asked at `position`, and how often it was asked before.

    >>> halves = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    >>> [turn(halves, position) for position in range(4)]
    [(2, 0), (0, 0), (1, 0), (0, 1)]
    """
    rest = Fraction(1)
    for part, share in enumerate(shares[:-1]):
        # The share is of what the parts before have left over. It is exact: no position is too far.
        before, after = (math.floor(n * share / rest) for n in (position, position + 1))
        if after > before:
            return part, before
        position -= before
        rest -= share
    return len(shares) - 1, position


@dataclass(frozen=True)
class Take:
    """Some examples of a source: the first, or with a seed any. For evaluation, say."""

    source: Source
    count: int
    """How many; all, where there are fewer."""
    seed: int | None = None
    """None takes the first; a number draws them from everywhere, where a file is sorted."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"Take: count should be 1 or more, got {self.count}")

    def load(self) -> Subset:
        dataset = self.source.load()
        size = len(dataset)
        indices = range(size) if self.seed is None else order(size, self.seed, 0).tolist()
        return Subset(dataset, tuple(indices[: self.count]))


@dataclass(frozen=True)
class Subset:
    """Some examples of a data set, by number."""

    dataset: Dataset
    indices: tuple[int, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Example:
        return self.dataset[self.indices[index]]

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """The records its source left out."""
        return left_out(self.dataset)


def left_out(dataset: Dataset) -> tuple[Dropped, ...]:
    """The bad records that were left out when a data set was loaded; a world has none."""
    dropped: tuple[Dropped, ...] = getattr(dataset, "dropped", ())
    return dropped


def _seed_of_part(seed: int, part: int) -> int:
    """Another seed for each source: two of the same size are not shuffled alike."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{part}".encode()).digest()[:4], "big")

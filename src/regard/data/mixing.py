"""The order of examples: a pure function of the seed and the position.

No state goes from one position to the next, so any number of workers, and a run that starts again
in the middle, see the same examples at the same places.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from regard.data.fingerprint import fingerprint
from regard.data.readers.loading import Dropped
from regard.errors import ConfigError
from regard.types import Dataset, Example


@runtime_checkable
class Source(Protocol):
    """Where examples come from: a reader, a world, or several of them mixed."""

    def load(self) -> Dataset: ...


@lru_cache(maxsize=8)
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
class Stream:
    """A data set without end: shuffled anew in each epoch, every example once before any twice.

    Of a mixture, each source has epochs of its own, and sources take turns by their weights.
    """

    dataset: Dataset
    seed: int = 0

    def __getitem__(self, position: int) -> Example:
        if position < 0:
            raise IndexError(f"a stream has no end to count from: {position}")
        if isinstance(self.dataset, Mixture):
            part, place = turn(self.dataset.shares, position)
            return Stream(self.dataset.parts[part], _seed_of_part(self.seed, part))[place]
        epoch, place = divmod(position, len(self.dataset))
        return self.dataset[int(order(len(self.dataset), self.seed, epoch)[place])]


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
class Mixture:
    """Loaded sources. As a data set it is one source after the other, each example once."""

    parts: tuple[Dataset, ...]
    shares: tuple[Fraction, ...]
    """How much of a stream each part is; together 1."""

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

    def fingerprint(self) -> str:
        names = [fingerprint(part) for part in self.parts]
        text = ", ".join(f"{share} {name}" for share, name in zip(self.shares, names, strict=True))
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

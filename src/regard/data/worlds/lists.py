"""Lists of words and what is asked about them, without a picture: which letter, which place.

Answers to many questions about pictures are read off what was seen: which of the options it is,
which of three in a row, what stands beside a name, what comes after it. That is a skill of its own,
which takes a small policy long to find where there is a picture to see first. Each answer thinks as
the worlds' do: it reads from the beginning, and stops where it has found what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regard.data.worlds.common import (
    LETTERS,
    check_counts,
    chosen,
    lettered,
    read_up_to,
    some_of,
    thought,
)
from regard.data.worlds.gates.scenes import PLACES
from regard.errors import ConfigError
from regard.types import Choice, Example, FreeText, Message


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Rows, options by letters, names with numbers, and columns, one question each.

    >>> example = Lists(vocabulary=("red", "green", "blue", "eye")).load()[0]
    >>> example.question
    'blue ? blue , red , green'
    >>> example.gold
    '<think> left blue </think> <answer> left </answer>'
    """

    vocabulary: tuple[str, ...]
    """Different words to make lists of, four or more."""
    size: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        check_counts("lists", self.size, self.seed)
        if len(set(self.vocabulary)) < len(LETTERS):
            raise ConfigError(
                f"lists: {len(LETTERS)} different words are wanted or more, not {self.vocabulary}"
            )

    def load(self) -> ListsDataset:
        return ListsDataset(self)


@dataclass(frozen=True)
class ListsDataset:
    """The examples of `Lists`, made when asked for."""

    lists: Lists

    def __len__(self) -> int:
        return self.lists.size

    def __getitem__(self, index: int) -> Example:
        index = range(len(self))[index]
        rng = np.random.default_rng([self.lists.seed, index])
        make = _KINDS[index % len(_KINDS)]
        question, gold = make(self.lists.vocabulary, rng)
        return Example(
            id=f"lists-{self.lists.seed}-{index}",
            messages=(Message("user", (question,)),),
            target=FreeText(gold),
            gold=gold,
            source="lists",
            kind=make.__name__.strip("_"),
        )


def _row(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Three in a row; the place of one."""
    words: list[Any] = some_of(vocabulary, len(PLACES), rng)
    i = int(rng.integers(len(words)))
    read = read_up_to(i, [f"{place} {word}" for place, word in zip(PLACES, words, strict=True)])
    return f"{words[i]} ? {' , '.join(words)}", thought(read, PLACES[i])


def _options(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Two to four options; the letter of what is thought of."""
    words: list[Any] = some_of(vocabulary, int(rng.integers(2, len(LETTERS) + 1)), rng)
    i = int(rng.integers(len(words)))
    gold = chosen(words[i], Choice(LETTERS[i], tuple(words)))
    return f"which is it ? {lettered(words)}", gold


def _pairs(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Two to four names with numbers; the number of one."""
    names: list[Any] = some_of(vocabulary, int(rng.integers(2, 5)), rng)
    numbers = rng.integers(200, size=len(names))
    pairs = [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
    i = int(rng.integers(len(names)))
    return f"{names[i]} ? {' , '.join(pairs)}", thought(read_up_to(i, pairs), str(numbers[i]))


def _column(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Three to five in a column; the one below another."""
    words: list[Any] = some_of(vocabulary, int(rng.integers(3, 6)), rng)
    i = int(rng.integers(1, len(words)))
    return f"below {words[i - 1]} ? {' , '.join(words)}", thought(read_up_to(i, words), words[i])


_KINDS = (_row, _options, _pairs, _column)
"""They take turns."""

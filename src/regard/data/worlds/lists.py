"""Lists of words and what is asked about them, without a picture: which letter, which place.

Answers to many questions about pictures are read off what was seen: which of the options it is,
which of three in a row. That is a skill of its own, which takes a small policy long to find where
every picture asks for it once; here every example asks for it several times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regard.data.worlds.common import LETTERS, check_counts, some_of
from regard.data.worlds.gates import PLACES
from regard.errors import ConfigError
from regard.types import Example, FreeText, Message


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Options by letters and rows of three, each asked for all its words in another order.

    >>> example = Lists(vocabulary=("red", "green", "blue", "eye")).load()[0]
    >>> example.question, example.gold.count("<answer>")
    ('blue , red , green', 3)
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
        make = _options if index % 2 else _row
        question, gold = make(self.lists.vocabulary, rng)
        return Example(
            id=f"lists-{self.lists.seed}-{index}",
            messages=(Message("user", (question,)),),
            target=FreeText(gold),
            gold=gold,
            source="lists",
            kind=make.__name__.strip("_"),
        )


def _options(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Two to four options; for each, its letter."""
    words: list[Any] = some_of(vocabulary, int(rng.integers(2, len(LETTERS) + 1)), rng)
    question = " ".join(f"{LETTERS[i]} : {word}" for i, word in enumerate(words))
    asked = rng.permutation(len(words))
    return question, " ".join(
        f"<think> {words[i]} </think> <answer> {LETTERS[i]} </answer>" for i in asked
    )


def _row(vocabulary: tuple[str, ...], rng: np.random.Generator) -> tuple[str, str]:
    """Three in a row; for each, its place."""
    words: list[Any] = some_of(vocabulary, len(PLACES), rng)
    asked = rng.permutation(len(words))
    return " , ".join(words), " ".join(
        f"{words[i]} ? <answer> {PLACES[i]} </answer>" for i in asked
    )

"""What worlds have in common: fields, turns of kinds and tiers, and how answers are written.

A world says what it draws and asks for one kind of question at one tier, from a generator of
random numbers; `World` does the rest. All text is in lower case with spaces around punctuation, so
that a tokenizer which splits at spaces needs few words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from PIL import Image

from regard.data.worlds.drawing import Split, encoded
from regard.errors import ConfigError, nearest
from regard.types import Box, Choice, Example, Message, Point, Target

Tier = Literal["easy", "middle", "hard"]

TIERS: tuple[Tier, ...] = ("easy", "middle", "hard")
SPLITS: tuple[Split, ...] = ("train", "test")
LETTERS = "ABCD"
"""Of the options of a multiple-choice question."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One picture, what is asked about it, and the truth: an example before it has a name."""

    image: Image.Image
    question: str
    target: Target
    gold: str
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class World(ABC):
    """The fields of every world; kinds take turns, and in every round of kinds, tiers do."""

    name: ClassVar[str]
    """What it is registered under."""
    known_kinds: ClassVar[tuple[str, ...]]

    split: Split = "train"
    """Nothing drawn in one split is drawn in the other."""
    kinds: tuple[str, ...] = ()
    """Kinds of question, which take turns, so each is equally frequent; none named: all of them."""
    tiers: tuple[Tier, ...] = TIERS
    """How hard: "easy", "middle", "hard", or several, which take turns."""
    size: int = 10_000
    """Number of examples."""
    seed: int = 0

    def __post_init__(self) -> None:
        check_one(self.name, "split", self.split, SPLITS)
        check_all(self.name, "kind", self.kinds or self.known_kinds, self.known_kinds)
        check_all(self.name, "tier", self.tiers, TIERS)
        check_counts(self.name, self.size, self.seed)

    @abstractmethod
    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        """One example of a kind at a tier; all that is random in it comes from `rng`."""

    @abstractmethod
    def describe(self) -> str: ...

    @staticmethod
    @abstractmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, of both splits."""

    def load(self) -> Generated:
        return Generated(self)


@dataclass(frozen=True)
class Generated:
    """The examples of a world, made when asked for."""

    world: World

    def __len__(self) -> int:
        return self.world.size

    def __getitem__(self, index: int) -> Example:
        index = range(self.world.size)[index]
        world = self.world
        kinds = world.kinds or world.known_kinds
        kind = kinds[index % len(kinds)]
        tier = world.tiers[index // len(kinds) % len(world.tiers)]
        rng = np.random.default_rng([world.seed, SPLITS.index(world.split), index])
        task = world.make(kind, tier, rng)
        return Example(
            id=f"{world.name}-{world.split}-{world.seed}-{index}-{kind}-{tier}",
            messages=(Message("user", (encoded(task.image), task.question)),),
            target=task.target,
            gold=task.gold,
            source=world.name,
            kind=kind,
            meta={"tier": tier, **task.meta},
        )


# ------------------------------------------------------------------------------------- fields


def check_one(world: str, noun: str, value: str, known: Iterable[str]) -> None:
    """A value that is not among the known ones is an error that names the nearest."""
    known = tuple(known)
    if value not in known:
        raise ConfigError(f"{world}: no {noun} '{value}'; {nearest(value, known)}")


def check_all(world: str, noun: str, values: Sequence[str], known: Iterable[str]) -> None:
    """The same for several values, of which there must be one at least."""
    known = tuple(known)
    if not values:
        raise ConfigError(f"{world}: no {noun}s are named; known: {', '.join(known)}")
    for value in values:
        check_one(world, noun, value, known)


def check_counts(world: str, size: int, seed: int) -> None:
    """A world has an example at least, and a seed that is a count."""
    if size < 1 or seed < 0:
        raise ConfigError(
            f"{world}: size must be 1 or more and seed 0 or more; got size {size}, seed {seed}"
        )


def check_shares(world: str, **shares: float) -> None:
    """What is a share lies between 0 and 1."""
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ConfigError(f"{world}: {name} is {share}; it must be between 0 and 1")


# ------------------------------------------------------------------------------------- chance


def one_of(items: Sequence[T], rng: np.random.Generator) -> T:
    """One of `items`, all equally likely."""
    return items[int(rng.integers(len(items)))]


def some_of(items: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """So many different ones of `items`, in random order."""
    return [items[i] for i in rng.permutation(len(items))[:count]]


# ------------------------------------------------------------------------------------- answers


def thought(thinking: str, answer: str) -> str:
    """A gold answer: what was seen, then what follows.

    >>> thought("7 5", "12")
    '<think> 7 5 </think> <answer> 12 </answer>'
    """
    return f"<think> {thinking} </think> <answer> {answer} </answer>"


def place(at: Box | Point) -> str:
    """A box or a point in whole numbers.

    >>> place(Box(1.2, 2, 3, 4)), place(Point(5, 6))
    ('[ 1 , 2 , 3 , 4 ]', '[ 5 , 6 ]')
    """
    numbers = (at.x, at.y) if isinstance(at, Point) else (at.x0, at.y0, at.x1, at.y1)
    return f"[ {' , '.join(str(round(number)) for number in numbers)} ]"


def options(right: str, wrong: Sequence[str], rng: np.random.Generator) -> tuple[str, Choice]:
    """The text of a multiple-choice question's options, and the target; the order is random.

    >>> options("3", ["4", "5", "6"], np.random.default_rng(0))
    ('A : 5 B : 3 C : 4 D : 6', Choice(letter='B', options=('5', '3', '4', '6')))
    """
    shown = some_of([right, *wrong], 1 + len(wrong), rng)
    return lettered(shown), Choice(LETTERS[shown.index(right)], tuple(shown))


def lettered(shown: Sequence[str]) -> str:
    """Options as a question lists them.

    >>> lettered(["5", "3"])
    'A : 5 B : 3'
    """
    return " ".join(f"{letter} : {option}" for letter, option in zip(LETTERS, shown, strict=False))


def chosen(thinking: str, target: Choice) -> str:
    """A gold answer by letter: what is seen, then the options up to the one that it is.

    >>> chosen("ct chest", Choice("B", ("head", "chest", "knee")))
    '<think> ct chest : A head , B chest </think> <answer> B </answer>'
    """
    read = [f"{letter} {option}" for letter, option in zip(LETTERS, target.options, strict=False)]
    last = LETTERS.index(target.letter)
    return thought(f"{thinking} : {read_up_to(last, read)}", target.letter)


def read_up_to(last: int, entries: Sequence[str]) -> str:
    """What is read from the beginning, up to where the answer is.

    >>> read_up_to(1, ["left red", "middle blue", "right green"])
    'left red , middle blue'
    """
    return " , ".join(entries[: last + 1])


# ------------------------------------------------------------------------------------- words

TAGS = ("<think>", "</think>", "<answer>", "</answer>")


def vocabulary(*texts: str, numbers: range = range(0)) -> tuple[str, ...]:
    """Each word of the texts once, after the tags, the letters of options, and the numbers.

    >>> vocabulary("how many ?", numbers=range(2))[8:]
    ('0', '1', 'how', 'many', '?')
    """
    counted = [str(number) for number in numbers]
    said = [word for text in texts for word in text.split()]
    return tuple(dict.fromkeys([*TAGS, *LETTERS, *counted, *said]))

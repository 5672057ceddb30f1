"""Two handwritten digits side by side, and a question about them.

The digits are the 1,797 scans of 8x8 pixels that scikit-learn carries (E. Alpaydin and C. Kaynak,
Optical Recognition of Handwritten Digits, UCI, 1998). Which of them are held out is fixed once for
all: no seed brings a test scan into a training image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.data.worlds.common import (
    SPLITS,
    TAGS,
    check_all,
    check_counts,
    check_one,
    check_shares,
    thought,
)
from regard.data.worlds.drawing import encoded
from regard.registry import world
from regard.types import Example, ImageRef, Message, Number

SIDE = 28
"""Width and height of one digit, in pixels; an image is two of them wide."""

QUESTIONS: dict[str, tuple[str, Callable[[int, int], int]]] = {
    "left": ("what is the left digit ?", lambda left, right: left),
    "right": ("what is the right digit ?", lambda left, right: right),
    "sum": ("what is the sum ?", lambda left, right: left + right),
    "difference": ("what is the difference ?", lambda left, right: abs(left - right)),
    "larger": ("what is the larger digit ?", max),
    "smaller": ("what is the smaller digit ?", min),
    "after": ("what comes after the larger digit ?", lambda left, right: max(left, right) + 1),
    "twice": ("what is twice the smaller digit ?", lambda left, right: 2 * min(left, right)),
}
"""For each kind, what is asked and the right answer to it."""

COMPOSED: dict[str, tuple[str, Callable[[int, int], int]]] = {
    "twice_larger": ("what is twice the larger digit ?", lambda left, right: 2 * max(left, right)),
    "twice_left": ("what is twice the left digit ?", lambda left, right: 2 * left),
    "twice_difference": ("what is twice the difference ?", lambda a, b: 2 * abs(a - b)),
    "after_smaller": ("what comes after the smaller digit ?", lambda a, b: min(a, b) + 1),
    "after_right": ("what comes after the right digit ?", lambda left, right: right + 1),
    "after_difference": ("what comes after the difference ?", lambda a, b: abs(a - b) + 1),
}
"""The same of kinds made of parts of the others, in their words. The base model was never asked
these: it can read the digits and knows every word, and has to learn what the words ask together."""

_ALL = QUESTIONS | COMPOSED

LOOK_AGAIN = "wait, look again"
"""Between a first look and a second."""

_TEST_FRACTION = 0.25
_SPLIT_SEED = 1998


@world("digits")
@dataclass(frozen=True, kw_only=True)
class Digits:
    """Read one or both of two handwritten digits; the answer is a number from 0 to 18.

    >>> example = Digits(seed=1).load()[2]
    >>> example.kind, example.question
    ('sum', 'what is the sum ?')
    """

    split: Literal["train", "test"] = "train"
    """Training images show three quarters of the scans, test images the others."""
    kinds: tuple[str, ...] = ("left", "right", "sum", "difference", "larger")
    """Kinds of question, out of `QUESTIONS` and `COMPOSED`; they take turns, so each is equally
    frequent."""
    size: int = 10_000
    """Number of examples."""
    seed: int = 0
    max_shift: int = 2
    """Training digits move up to so many pixels each way; test digits never move."""
    max_stretch: float = 0.1
    """Training digits grow or shrink by up to this fraction; test digits never do."""
    misread: float = 0.0
    """Share of gold answers that take a digit for another and so, for the most part, are wrong: for
    a policy that has something to correct."""
    second_thoughts: float = 0.0
    """Share of gold answers that say `LOOK_AGAIN` and then read rightly."""

    def __post_init__(self) -> None:
        check_one("digits", "split", self.split, SPLITS)
        check_all("digits", "question", self.kinds, _ALL)
        check_counts("digits", self.size, self.seed)
        check_shares("digits", misread=self.misread, second_thoughts=self.second_thoughts)

    def load(self) -> DigitsDataset:
        return DigitsDataset(self)

    def describe(self) -> str:
        questions = "; ".join(_ALL[kind][0] for kind in self.kinds)
        return (
            f"Digits ({self.split}): two handwritten digits side by side in one image of "
            f"{2 * SIDE}x{SIDE} pixels, {self.size:,} examples out of "
            f"{len(scans_of(self.split)[0]):,} scans. Questions: {questions} "
            f"A right answer: {_gold('sum', 7, 5)}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, for a tokenizer that splits at spaces.

        >>> [word for word in Digits.words() if "answer" in word]
        ['<answer>', '</answer>']
        """
        asked = [word for question, _ in QUESTIONS.values() for word in question.split()]
        numbers = [str(number) for number in range(19)]
        return tuple(dict.fromkeys([*TAGS, *numbers, *asked]))


@dataclass(frozen=True)
class DigitsDataset:
    """The examples of a `Digits` world, drawn when asked for."""

    world: Digits

    def __len__(self) -> int:
        return self.world.size

    def __getitem__(self, index: int) -> Example:
        index = range(self.world.size)[index]
        world = self.world
        rng = np.random.default_rng([world.seed, SPLITS.index(world.split), index])
        scans, labels = scans_of(world.split)
        chosen = rng.integers(len(scans), size=2)
        left, right = (int(labels[scan]) for scan in chosen)
        kind = world.kinds[index % len(world.kinds)]
        question, answer = _ALL[kind]
        image = _side_by_side([self._drawn(scans[scan], rng) for scan in chosen])
        return Example(
            id=f"digits-{world.split}-{world.seed}-{index}",
            messages=(Message("user", (image, question)),),
            target=Number(float(answer(left, right))),
            gold=self._gold(kind, left, right, index),
            source="digits",
            kind=kind,
            meta={"left": left, "right": right},
        )

    def _gold(self, kind: str, left: int, right: int, index: int) -> str:
        """The demonstration: right, or misread, or misread and looked at again."""
        world = self.world
        if not (world.misread or world.second_thoughts):
            return _gold(kind, left, right)
        rng = np.random.default_rng([world.seed, SPLITS.index(world.split), index, 1])
        misread, again = rng.random(2)
        seen = [left, right]
        if misread < world.misread:
            seen[rng.integers(2)] = int(rng.integers(10))
        if again >= world.second_thoughts:
            return _gold(kind, *seen)
        first = _gold(kind, *seen).partition(" <answer>")[0]
        return f"{first} {LOOK_AGAIN} {_gold(kind, left, right)}"

    def _drawn(self, scan: NDArray[np.uint8], rng: np.random.Generator) -> Image.Image:
        """One digit of `SIDE` pixels; where it trains, a little moved and stretched."""
        if self.world.split == "test":
            return Image.fromarray(scan).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        stretch, reach = self.world.max_stretch, self.world.max_shift
        side = round(SIDE * (1 + rng.uniform(-stretch, stretch)))
        x, y = (int((SIDE - side) // 2 + shift) for shift in rng.integers(-reach, reach + 1, 2))
        canvas = Image.new("L", (SIDE, SIDE))
        canvas.paste(Image.fromarray(scan).resize((side, side), Image.Resampling.BICUBIC), (x, y))
        return canvas


@lru_cache(maxsize=2)
def scans_of(split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The scans of a split, 0 to 255, and the digits they show; the same share of every digit."""
    from sklearn.datasets import load_digits  # slow to import

    scans, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(_SPLIT_SEED)
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        of_digit = np.flatnonzero(labels == digit)
        is_test[rng.permutation(of_digit)[: round(_TEST_FRACTION * len(of_digit))]] = True
    mine = is_test if split == "test" else ~is_test
    # The scanner counted dark points in cells of 4x4: grey levels run from 0 to 16.
    grey = np.round(scans[mine] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    return grey, labels[mine]


def _side_by_side(digits: list[Image.Image]) -> ImageRef:
    canvas = Image.new("RGB", (len(digits) * SIDE, SIDE))
    for place, digit in enumerate(digits):
        canvas.paste(digit.convert("RGB"), (place * SIDE, 0))
    return encoded(canvas, compress_level=6)


def _gold(kind: str, left: int, right: int) -> str:
    """Read first, then answer: from left to right where that is asked, else in their order."""
    is_placed = any(word in ("left", "right") for word in _ALL[kind][0].split())
    first, second = (left, right) if is_placed else sorted((left, right))
    return thought(f"{first} {second}", str(_ALL[kind][1](left, right)))

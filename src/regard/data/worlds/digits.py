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
    """Kinds of question, out of `QUESTIONS`; they take turns, so each is equally frequent."""
    size: int = 10_000
    """Number of examples."""
    seed: int = 0
    max_shift: int = 2
    """Training digits move up to so many pixels each way; test digits never move."""
    max_stretch: float = 0.1
    """Training digits grow or shrink by up to this fraction; test digits never do."""

    def __post_init__(self) -> None:
        check_one("digits", "split", self.split, SPLITS)
        check_all("digits", "question", self.kinds, QUESTIONS)
        check_counts("digits", self.size, self.seed)

    def load(self) -> DigitsDataset:
        return DigitsDataset(self)

    def describe(self) -> str:
        questions = "; ".join(QUESTIONS[kind][0] for kind in self.kinds)
        return (
            f"Digits ({self.split}): two handwritten digits side by side in one image of "
            f"{2 * SIDE}x{SIDE} pixels, {self.size:,} examples out of "
            f"{len(scans_of(self.split)[0]):,} scans. Questions: {questions} "
            f"A right answer: {_gold('sum', 7, 5, 12)}"
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
        question, answer = QUESTIONS[kind]
        image = _side_by_side([self._drawn(scans[scan], rng) for scan in chosen])
        return Example(
            id=f"digits-{world.split}-{world.seed}-{index}",
            messages=(Message("user", (image, question)),),
            target=Number(float(answer(left, right))),
            gold=_gold(kind, left, right, answer(left, right)),
            source="digits",
            kind=kind,
            meta={"left": left, "right": right},
        )

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


def _gold(kind: str, left: int, right: int, answer: int) -> str:
    """Read first, then answer: from left to right where that is asked, else in their order."""
    first, second = (left, right) if kind in ("left", "right") else sorted((left, right))
    return thought(f"{first} {second}", str(answer))

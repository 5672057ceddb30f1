"""Handwritten sums, and plots of functions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import Tier, one_of
from regard.data.worlds.digits import SIDE, scans_of
from regard.data.worlds.drawing import INK, Split, font, font_name, paper, shade, write
from regard.data.worlds.figures.asked import Asked

CURVES: dict[str, Callable[[float], float]] = {
    "line": lambda x: x,
    "parabola": lambda x: x * x - 2,
    "wave": lambda x: 2 * math.sin(2 * x),
    "peak": lambda x: 2 - abs(x) * 1.5,
}
"""Sorts of curve; what is seen of each is moved and turned over."""

REACH = 3
"""A plot shows x and y from -3 to 3."""

# ------------------------------------------------------------------------------------- sums


def arithmetic(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """A sum of handwritten digits: one and one; with a minus or times; of two-digit numbers."""
    sign = "+" if tier == "easy" else one_of("+-" if tier == "hard" else "+-x", rng)
    greatest = 99 if tier == "hard" else 9
    first, second = (int(number) for number in rng.integers(0, greatest + 1, 2))
    if sign == "-" and first < second:
        first, second = second, first
    said = f"{first}{sign}{second}"
    image = Image.new("L", (SIDE * len(said), SIDE))
    draw = ImageDraw.Draw(image)
    scans, labels = scans_of(split)
    for i, character in enumerate(said):
        if character.isdecimal():
            scan = int(rng.choice(np.flatnonzero(labels == int(character))))
            digit = Image.fromarray(scans[scan]).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            image.paste(digit, (SIDE * i, 0))
        else:
            _sign(draw, character, SIDE * i + SIDE // 2, 8 if split == "train" else 7)
    answer = {"+": first + second, "-": first - second, "x": first * second}[sign]
    return Asked(
        image=image.convert("RGB"),
        question="what is the result ?",
        answer=answer,
        thinking=f"{first} {sign} {second}",
    )


def _sign(draw: ImageDraw.ImageDraw, sign: str, x: int, reach: int) -> None:
    y = SIDE // 2
    strokes = {
        "+": [(x - reach, y, x + reach, y), (x, y - reach, x, y + reach)],
        "-": [(x - reach, y, x + reach, y)],
        "x": [
            (x - reach, y - reach, x + reach, y + reach),
            (x - reach, y + reach, x + reach, y - reach),
        ],
    }[sign]
    for stroke in strokes:
        draw.line(stroke, 255, 3)


# ------------------------------------------------------------------------------------- functions


def functions(tier: Tier, split: Split, rng: np.random.Generator) -> Asked:
    """The sort of a curve; a line's height at a place; a line's equation or slope."""
    if tier == "easy":
        return _sort_of_curve(split, rng)
    slope = int(one_of((-2, -1, 1, 2), rng))
    most = 2 if abs(slope) == 1 else 1
    start = int(rng.integers(-most, most + 1))
    plot = _Plot(split, rng, unit=20 if tier == "middle" else 24)
    plot.curve(lambda x: slope * x + start)
    seen = [x for x in range(-REACH, REACH + 1) if abs(slope * x + start) <= REACH]
    if tier == "middle":
        at = int(one_of(seen, rng))
        plot.dot(at, slope * at + start)
        return Asked(
            image=plot.image,
            question="what is y at the dot ?",
            answer=slope * at + start,
            thinking=f"x = {at}",
        )
    if rng.random() < 0.5:
        return Asked(
            image=plot.image,
            question="what is the slope of the line ?",
            answer=slope,
            thinking=f"y = {start} at 0",
        )
    equations = tuple(
        _equation(a, b) for a in (-slope, slope) for b in sorted({start, -start, 1, -1})
    )
    return Asked(
        image=plot.image,
        question="which equation is it ?",
        answer=_equation(slope, start),
        thinking=f"y = {start} at 0",
        classes=equations,
    )


def _equation(slope: int, start: int) -> str:
    """Of a line, in words of its own.

    >>> _equation(-2, -1), _equation(1, 0)
    ('y = -2 x - 1', 'y = 1 x + 0')
    """
    return f"y = {slope} x {'-' if start < 0 else '+'} {abs(start)}"


def _sort_of_curve(split: Split, rng: np.random.Generator) -> Asked:
    sort = one_of(list(CURVES), rng)
    plot = _Plot(split, rng, unit=16)
    flip, right, up = one_of((-1, 1), rng), float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-1, 1))
    plot.curve(lambda x: flip * CURVES[sort](x - right) + (up if sort != "wave" else up / 2))
    return Asked(
        image=plot.image,
        question=f"is it a {' , '.join(list(CURVES)[:-1])} or {list(CURVES)[-1]} ?",
        answer=sort,
        thinking="the curve",
        classes=tuple(CURVES),
    )


class _Plot:
    """Axes from -3 to 3 with `unit` pixels for one; a grid in training, ticks in tests."""

    def __init__(self, split: Split, rng: np.random.Generator, *, unit: int) -> None:
        self.side, self.unit, self.split = 7 * unit, unit, split
        self.colour = shade(one_of(("red", "blue", "green", "purple"), rng), split, rng)
        self.image = Image.new("RGB", (self.side, self.side), paper(split, rng))
        self.draw = ImageDraw.Draw(self.image)
        middle, face = self.side / 2, font_name(split, rng)
        for number in range(-REACH, REACH + 1):
            x, y = self.at(number, number)
            if split == "train":
                self.draw.line((x, 0, x, self.side), (212, 212, 212))
                self.draw.line((0, y, self.side, y), (212, 212, 212))
            else:
                self.draw.line((x, middle - 3, x, middle + 3), INK[split])
                self.draw.line((middle - 3, y, middle + 3, y), INK[split])
        self.draw.line((middle, 0, middle, self.side), INK[split], 2)
        self.draw.line((0, middle, self.side, middle), INK[split], 2)
        if unit >= 20:
            for number in (-2, 2):
                x, y = self.at(number, number)
                write(self.draw, (x, middle + 9), str(number), font(face, 14), INK[split])
                write(self.draw, (middle - 11, y), str(number), font(face, 14), INK[split])

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.side / 2 + x * self.unit, self.side / 2 - y * self.unit

    def curve(self, height: Callable[[float], float]) -> None:
        xs = np.linspace(-3.5, 3.5, 57).tolist()
        self.draw.line([self.at(x, height(x)) for x in xs], self.colour, 4, joint="curve")

    def dot(self, x: float, y: float) -> None:
        self.draw.circle(self.at(x, y), 6, INK[self.split])


def words() -> tuple[str, ...]:
    """What questions and thoughts about these figures are made of."""
    negative = [str(-number) for number in range(1, REACH + 7)]
    said = (
        "what is the result ? + - x = what is y at the dot ? what is the slope of the line "
        "which equation is it ? is it a , or ? the curve"
    )
    return (said, *CURVES, *negative)

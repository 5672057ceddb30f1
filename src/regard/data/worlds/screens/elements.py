"""What a screen is made of: colours, places, and elements that know their name and box.

Every element is drawn by `Screen`, which notes what it drew and exactly where.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import one_of
from regard.data.worlds.drawing import Colour, Split, fitting, font_name, shade, write
from regard.data.worlds.sketch import banded
from regard.types import Box

WORDS: Final = (
    "save", "send", "open", "edit", "copy", "share", "mail", "music", "photo", "map", "call",
    "chat", "news", "shop", "help", "login", "sound", "games", "books", "notes",
)  # fmt: skip
"""What buttons, items and options are called."""

COLOURS: Final = ("red", "yellow", "green", "blue", "purple", "pink")
"""Of buttons that differ by colour."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a screen."""

    ground: Colour
    bar: Colour
    surface: Colour
    ink: Colour
    accent: Colour


THEMES: Final[dict[str, tuple[Theme, ...]]] = {
    "train": (
        Theme(ground=(255, 255, 255), bar=(33, 99, 210), surface=(226, 232, 240),
              ink=(20, 24, 32), accent=(33, 99, 210)),
        Theme(ground=(250, 245, 232), bar=(46, 125, 50), surface=(232, 220, 190),
              ink=(40, 30, 20), accent=(46, 125, 50)),
        Theme(ground=(18, 26, 44), bar=(40, 56, 92), surface=(56, 74, 116),
              ink=(240, 244, 250), accent=(255, 183, 0)),
        Theme(ground=(236, 236, 238), bar=(96, 60, 160), surface=(255, 255, 255),
              ink=(30, 20, 50), accent=(96, 60, 160)),
    ),
    "test": (
        Theme(ground=(240, 250, 248), bar=(0, 121, 107), surface=(206, 230, 224),
              ink=(16, 36, 34), accent=(0, 121, 107)),
        Theme(ground=(32, 32, 36), bar=(64, 64, 70), surface=(84, 84, 92),
              ink=(248, 244, 240), accent=(255, 138, 60)),
    ),
}  # fmt: skip
"""Light and dark ones; the splits share no colour."""


def theme_of(split: Split, rng: np.random.Generator) -> Theme:
    """One of the split's; in training as often one of any colours whose words can be read."""
    if split == "train" and rng.random() < 0.5:
        return _any_theme(rng)
    return one_of(THEMES[split], rng)


def _any_theme(rng: np.random.Generator) -> Theme:
    """Light or dark, of two hues; nothing in it is close to a colour of the tests."""
    dark = bool(rng.random() < 0.4)
    first, second = rng.random(2)
    paper, ink = (rng.uniform(0.05, 0.25), 0.97) if dark else (rng.uniform(0.85, 1.0), 0.1)
    shades = (
        _tint(first, rng.uniform(0.0, 0.15), paper),
        _tint(second, rng.uniform(0.4, 1.0), rng.uniform(0.3, 0.6)),
        _tint(first, rng.uniform(0.05, 0.3), paper + 0.14 if dark else paper - 0.1),
        _tint(first, 0.1, ink),
        _tint(second, rng.uniform(0.5, 1.0), rng.uniform(0.75, 1.0) if dark else 0.5),
    )
    if any(math.dist(shade, other) < 10 for shade in shades for other in _TEST_COLOURS):
        return _any_theme(rng)
    ground, bar, surface, letters, accent = shades
    return Theme(ground=ground, bar=bar, surface=surface, ink=letters, accent=accent)


def _tint(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
    return red, green, blue


_TEST_COLOURS: Final = [colour for theme in THEMES["test"] for colour in vars(theme).values()]

SIZES: Final = {
    "easy": ((112, 168), (168, 112)),
    "middle": ((140, 196), (196, 140)),
    "hard": ((168, 224), (224, 168)),
}
"""Width and height of a phone and of a desktop."""

FAMILIES: Final = ("stack", "columns")
"""How the elements of a screen are arranged: below each other, or in two columns as well."""

GAP = 6
LEAST_ROW = 30
"""Height of a row, gap included, below which a word could not be read: then there are columns."""

Pair = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Element:
    """Something on a screen that can be named."""

    role: str
    name: str
    box: Box

    @property
    def centre(self) -> tuple[int, int]:
        return round((self.box.x0 + self.box.x1) / 2), round((self.box.y0 + self.box.y1) / 2)


class Screen:
    """A picture that is drawn element by element."""

    def __init__(self, tier: str, split: Split, rng: np.random.Generator) -> None:
        self.split, self.rng = split, rng
        self.width, self.height = one_of(SIZES[tier], rng)
        self.theme, self.face = theme_of(split, rng), font_name(split, rng)
        self.image = Image.new("RGB", (self.width, self.height), self.theme.ground)
        self.draw = ImageDraw.Draw(self.image)
        self.elements: list[Element] = []
        self.top = 0
        self.bottom = self.height

    def between(self, low: float, high: float) -> float:
        """A measure of the screen, in tests from the middle of what it may be (`banded`)."""
        return banded(low, high, self.split, self.rng)

    def title(self, text: str) -> None:
        """A bar that belongs to no question, above or below all else."""
        tall = round(self.between(20, 32))
        if self.rng.random() < 0.5:
            y0, self.top = 0, tall
        else:
            y0 = self.bottom = self.height - tall
        self.draw.rectangle((0, y0, self.width - 1, y0 + tall - 1), self.theme.bar)
        written = fitting(text, self.face, 16, self.width - 8)
        write(self.draw, (self.width / 2, y0 + tall / 2), text, written, (250, 250, 250))

    def slots(self, count: int, family: str = "") -> list[tuple[int, int, int, int]]:
        """So many boxes in the free part of the screen, arranged as a family of layouts has it."""
        family = family or one_of(FAMILIES, self.rng)
        is_stack = family == "stack" and count * LEAST_ROW <= self.bottom - self.top
        edges = (0.0, 1.0) if is_stack else (0.0, self.between(0.36, 0.64), 1.0)
        columns = [
            self._narrowed(*(GAP / 2 + (self.width - GAP) * part for part in pair))
            for pair in pairwise(edges)
        ]
        drop = 0 if is_stack else int(self.between(0, 20))  # of the second column
        per_column = -(-count // len(columns))
        room = (self.bottom - self.top - GAP - drop) / per_column
        tall = int(min(room - GAP, 44))
        tall = int(max(min(tall, LEAST_ROW - GAP), tall * self.between(0.6, 1)))
        start = self.top + GAP + int(self.between(0, per_column * (room - tall - GAP)))
        boxes = []
        for i in range(count):
            column, row = i % len(columns), i // len(columns)
            x0, x1 = columns[column]
            y0 = start + row * (tall + GAP) + column * drop
            boxes.append((int(x0 + GAP / 2), y0, int(x1 - GAP / 2), y0 + tall))
        return boxes

    def _narrowed(self, x0: float, x1: float) -> tuple[float, float]:
        """A part of these columns of pixels, as wide as a word or wider."""
        wide = x1 - x0
        keep = max(wide * self.between(0.6, 1), min(wide, 54))
        start = x0 + self.between(0, wide - keep)
        return start, start + keep

    def block(
        self, role: str, name: str, box: tuple[int, int, int, int], text: str = "",
        fill: Colour | None = None, ink: Colour | None = None,
    ) -> Element:  # fmt: skip
        """A filled box with a text in its middle."""
        radius = int(self.between(0, 10))
        x0, y0, x1, y1 = box
        self.draw.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), radius, fill or self.theme.surface)
        if text:
            size = min(20, y1 - y0 - 4)
            write(self.draw, ((x0 + x1) / 2, (y0 + y1) / 2), text,
                  fitting(text, self.face, size, x1 - x0 - 6), ink or self.theme.ink)  # fmt: skip
        return self.note(role, name, box)

    def coloured(self, colour: str, box: tuple[int, int, int, int]) -> Element:
        """A button without a text."""
        return self.block("button", colour, box, fill=shade(colour, self.split, self.rng))

    def icon(self, role: str, name: str, box: tuple[int, int, int, int], fill: Colour) -> Element:
        """A sign in the middle of a box, as often cut out of a tile or a disc."""
        x0, y0, x1, y1 = box
        centre, reach = ((x0 + x1) / 2, (y0 + y1) / 2), min(x1 - x0, y1 - y0) / 2
        if self.rng.random() < 0.5:
            radius = self.between(0, reach - 1)
            self.draw.rounded_rectangle((x0 + 1, y0 + 1, x1 - 2, y1 - 2), radius, fill)
            fill = self.theme.ink if fill == self.theme.ground else self.theme.ground
            reach *= 0.72
        ICONS[name](self.draw, centre, reach * 0.85, fill)
        return self.note(role, name, box)

    def label(self, text: str, at: Pair, size: int, ink: Colour | None = None) -> None:
        """A text that is no element."""
        write(
            self.draw, at, text, fitting(text, self.face, size, self.width), ink or self.theme.ink
        )

    def note(self, role: str, name: str, box: tuple[float, float, float, float]) -> Element:
        """Remember an element."""
        x0, y0, x1, y1 = box
        element = Element(role=role, name=name, box=Box(x0, y0, x1, y1))
        self.elements.append(element)
        return element


# ------------------------------------------------------------------------------------- icons

Draw = ImageDraw.ImageDraw


def _heart(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    ways = [2 * math.pi * i / 24 for i in range(24)]
    draw.polygon(
        [(at[0] + r * math.sin(t) ** 3,
          at[1] - r * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)) / 16)
         for t in ways], fill)  # fmt: skip


def _star(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    points = [
        (way, r if i % 2 == 0 else r * 0.42)
        for i, way in enumerate(math.pi * (i / 5 - 0.5) for i in range(10))
    ]
    draw.polygon([(at[0] + d * math.cos(w), at[1] + d * math.sin(w)) for w, d in points], fill)


def _plus(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    (x, y), half = at, r * 0.28
    draw.rectangle((x - r, y - half, x + r, y + half), fill)
    draw.rectangle((x - half, y - r, x + half, y + r), fill)


def _close(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    (x, y), wide = at, max(2, round(r * 0.45))
    draw.line((x - r, y - r, x + r, y + r), fill, wide)
    draw.line((x - r, y + r, x + r, y - r), fill, wide)


def _home(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    x, y = at
    draw.polygon([(x - r, y), (x, y - r), (x + r, y)], fill)
    draw.rectangle((x - 0.7 * r, y, x - 0.2 * r, y + r), fill)
    draw.rectangle((x + 0.2 * r, y, x + 0.7 * r, y + r), fill)
    draw.rectangle((x - 0.7 * r, y, x + 0.7 * r, y + 0.3 * r), fill)


def _play(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    x, y = at
    draw.polygon([(x - 0.7 * r, y - r), (x + r, y), (x - 0.7 * r, y + r)], fill)


def _menu(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    x, y = at
    for by in (-0.7, 0, 0.7):
        draw.rectangle((x - r, y + by * r - r * 0.14, x + r, y + by * r + r * 0.14), fill)


def _search(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    (x, y), wide = at, max(2, round(r * 0.3))
    draw.circle((x - 0.25 * r, y - 0.25 * r), 0.7 * r, None, fill, wide)
    draw.line((x + 0.25 * r, y + 0.25 * r, x + r, y + r), fill, wide + 1)


def _check(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    (x, y), wide = at, max(2, round(r * 0.4))
    draw.line([(x - r, y), (x - 0.25 * r, y + 0.7 * r), (x + r, y - 0.8 * r)], fill, wide)


def _user(draw: Draw, at: Pair, r: float, fill: Colour) -> None:
    x, y = at
    draw.circle((x, y - 0.45 * r), 0.5 * r, fill)
    draw.pieslice((x - r, y + 0.1 * r, x + r, y + 2.1 * r), 180, 360, fill)


ICONS: Final[dict[str, Callable[[Draw, Pair, float, Colour], None]]] = {
    "heart": _heart, "star": _star, "plus": _plus, "close": _close, "home": _home,
    "play": _play, "menu": _menu, "search": _search, "check": _check, "user": _user,
}  # fmt: skip
"""What draws each sign around a place, so many pixels to each side."""

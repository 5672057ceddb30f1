"""What scenes are composed of: drawn shapes, handwritten digits, garments, clip art and emoji.

Each thing has a class and, but for clip art, a colour of its own. No picture of one split is shown
in the other: scans and drawings belong to a split, shapes have other proportions and shades. What
is embedded, from whom, and under which licence is told in `objects/README.md`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from regard.data.worlds.common import one_of
from regard.data.worlds.digits import scans_of
from regard.data.worlds.drawing import Colour, Split, shade
from regard.data.worlds.stamps import stamps_of

COLOURS: Final = ("red", "orange", "yellow", "green", "blue", "purple", "pink")
SHAPES: Final = (
    "circle", "square", "triangle", "star", "heart", "ring", "cross", "diamond", "crescent",
    "arrow", "hexagon", "drop",
)  # fmt: skip
DIGITS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip
GARMENTS: Final = ("shirt", "trousers", "dress", "coat", "sandal", "shoe", "bag", "boot")
CLIPART: Final = (
    "cat", "dog", "fish", "bird", "butterfly", "beetle", "spider", "flower", "tree", "house", "car",
    "plane", "boat", "bicycle", "apple", "banana", "cherry", "grapes", "cake", "pizza", "cup",
    "book", "umbrella", "clock", "bulb", "chair", "table", "guitar", "ball", "hat", "scissors",
    "phone", "pencil", "sun", "dolphin", "penguin", "lemon", "trumpet", "hammer", "snail",
)  # fmt: skip
NAMES: Final = (*SHAPES, *DIGITS, *GARMENTS, *CLIPART)
"""All classes."""

HELD_OUT_CLASSES: Final = frozenset(
    ("hexagon", "drop", "coat", "dolphin", "penguin", "lemon", "trumpet", "hammer", "snail")
)
"""Classes of the domain that no training example shows."""

_COLOURED: Final = (*SHAPES, *DIGITS, *GARMENTS)
_FAMILIES: Final[tuple[tuple[str, ...], ...]] = (SHAPES, DIGITS, GARMENTS, CLIPART)
_SHARES: Final = (0.3, 0.45, 0.65)
"""Of the things of a scene: at which share each family ends and the next begins."""
_FOLDER = resources.files("regard.data.worlds") / "objects"
_PIECE = 28
"""Pixels of the side of a scan; digits are scaled up to it."""
_PER_CLASS = {"train": 96, "test": 32}
_FINE = 96
"""Pixels of the side at which shapes are drawn before they are scaled down."""


@dataclass(frozen=True)
class Thing:
    """One thing of a scene: its class and its colour, None where it has several of its own."""

    name: str
    colour: str | None = None

    def __str__(self) -> str:
        return f"{self.colour} {self.name}" if self.colour else self.name


def is_held_out_pair(thing: Thing) -> bool:
    """Whether this class in this colour, each of them known, is kept for testing.

    >>> is_held_out_pair(Thing("circle", "red")), is_held_out_pair(Thing("circle", "blue"))
    (True, False)
    """
    if thing.colour is None or thing.name in HELD_OUT_CLASSES:
        return False
    # Each class lacks one colour, in turn.
    return _COLOURED.index(thing.name) % len(COLOURS) == COLOURS.index(thing.colour)


def any_thing(rng: np.random.Generator, *, is_coloured: bool = False) -> Thing:
    """A thing that training may show; the four families have shares of their own."""
    while True:
        family = _FAMILIES[np.searchsorted(_SHARES, rng.random(), side="right")]
        thing = _coloured(one_of(family, rng), rng)
        is_kept_back = thing.name in HELD_OUT_CLASSES or is_held_out_pair(thing)
        if not is_kept_back and (thing.colour or not is_coloured):
            return thing


def any_held_out(domain: str, rng: np.random.Generator) -> Thing:
    """A thing with a colour that training never shows: of a new class, or in a new colour."""
    if domain == "held_out_classes":
        names = [name for name in _COLOURED if name in HELD_OUT_CLASSES]
        return _coloured(one_of(names, rng), rng)
    names = [name for name in _COLOURED if name not in HELD_OUT_CLASSES]
    name = one_of(names, rng)
    return Thing(name, COLOURS[_COLOURED.index(name) % len(COLOURS)])


def _coloured(name: str, rng: np.random.Generator) -> Thing:
    return Thing(name, one_of(COLOURS, rng) if name in _COLOURED else None)


# ----------------------------------------------------------------------------------- pictures


Objects = Literal["embedded", "stamps"]
"""Where pictures of clip art's classes come from: this library, or stamps where there are some."""


def picture(
    thing: Thing, side: int, split: Split, rng: np.random.Generator, objects: Objects = "embedded"
) -> NDArray[np.uint8]:
    """The thing in RGBA, its longer side about so many pixels, nothing transparent around it.

    What shows is opaque or nearly so: it has an alpha of 128 and more, everything else has 0.
    """
    stamps = stamps_of(thing.name, split) if objects == "stamps" else []
    drawn = one_of(stamps or _pieces(thing.name, split), rng)
    if thing.colour is None and rng.random() < 0.5:
        drawn = drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    factor = side / max(drawn.size)
    size = (max(1, round(drawn.width * factor)), max(1, round(drawn.height * factor)))
    pixels = np.array(drawn.resize(size, Image.Resampling.BILINEAR))
    if thing.colour is not None:
        tones = _tones(shade(thing.colour, split, rng))
        pixels = np.concatenate([tones[pixels[..., 0]], pixels[..., 1:]], axis=-1)
    shows = pixels[..., 3] >= 128
    pixels[~shows, 3] = 0
    rows, columns = np.flatnonzero(shows.any(1)), np.flatnonzero(shows.any(0))
    shown: NDArray[np.uint8] = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return shown


_FULL_LIGHT = 200
"""Lightness at which a paint has its own colour; above it is brighter."""


@lru_cache(maxsize=64)
def _tones(paint: Colour) -> NDArray[np.uint8]:
    """Red, green and blue of a paint at every lightness."""
    tones: NDArray[Any] = np.arange(256)[:, None] * np.asarray(paint) // _FULL_LIGHT
    return tones.clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=256)
def _pieces(name: str, split: Split) -> list[Image.Image]:
    """Every picture of a class in a split: clip art in RGBA, all else as lightness and alpha."""
    if name in CLIPART:
        return _drawings(name, split)
    if name in DIGITS:
        return _digits(DIGITS.index(name), split)
    return _garments(name, split) if name in GARMENTS else _shapes(name, split)


def _lit(light: NDArray[Any], alpha: NDArray[Any]) -> Image.Image:
    return Image.fromarray(np.stack([light, alpha], axis=-1).clip(0, 255).astype(np.uint8))


def _digits(digit: int, split: Split) -> list[Image.Image]:
    scans, labels = scans_of(split)
    pieces = []
    for scan in scans[labels == digit]:
        fine = Image.fromarray(scan).resize((_PIECE, _PIECE), Image.Resampling.BICUBIC)
        ink = np.asarray(fine, np.int16)
        pieces.append(_lit(np.full_like(ink, _FULL_LIGHT), 2 * ink - 100))
    return pieces


def _garments(name: str, split: Split) -> list[Image.Image]:
    start = GARMENTS.index(name) * _PER_CLASS[split]
    if split == "test":
        start += len(GARMENTS) * _PER_CLASS["train"]
    sheet = np.asarray(_sheet("garments.png").convert("L"), np.int16)
    per_row = sheet.shape[1] // _PIECE
    pieces = []
    for place in range(start, start + _PER_CLASS[split]):
        x, y = place % per_row * _PIECE, place // per_row * _PIECE
        grey = sheet[y : y + _PIECE, x : x + _PIECE]
        pieces.append(_lit(90 + grey * 2 // 3, np.where(grey > 30, 255, 0)))
    return pieces


def _drawings(name: str, split: Split) -> list[Image.Image]:
    return [
        _sheet(line["sheet"]).crop(line["box"])
        for line in drawing_lines()
        if line["name"] == name and line["split"] == split
    ]


@lru_cache(maxsize=3)
def _sheet(file: str) -> Image.Image:
    with (_FOLDER / file).open("rb") as opened, Image.open(opened) as sheet:
        return sheet.convert("RGBA")


@lru_cache(maxsize=1)
def drawing_lines() -> tuple[dict[str, Any], ...]:
    """Each drawing of `clipart.png` and `emoji.png`: sheet, box there, class, split and source."""
    return tuple(
        {"sheet": f"{sheet}.png", **json.loads(line)}
        for sheet in ("clipart", "emoji")
        for line in (_FOLDER / f"{sheet}.jsonl").read_text("utf-8").splitlines()
    )


# --------------------------------------------------------------------------------- drawn shapes

_PROPORTIONS: Final = {"train": (0.0, 1.0), "test": (0.5,)}
"""Of shapes: those of testing lie between the others."""
_TEXTURES: Final = {"train": ("plain", "rows", "dots"), "test": ("columns", "shaded")}


def _shapes(name: str, split: Split) -> list[Image.Image]:
    return [
        _textured(_shape(name, proportion), texture)
        for proportion in _PROPORTIONS[split]
        for texture in _TEXTURES[split]
    ]


def _textured(shape: Image.Image, texture: str) -> Image.Image:
    """A shape with a dark edge, plain, shaded, or with a pattern in a darker tone."""
    alpha = np.asarray(shape)
    y, x = np.indices(alpha.shape)
    light: NDArray[Any] = np.full(alpha.shape, _FULL_LIGHT)
    if texture == "rows":
        light[y % 20 < 8] = 155
    elif texture == "columns":
        light[x % 20 < 8] = 155
    elif texture == "dots":
        light[(y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 30] = 150
    elif texture == "shaded":
        light[:] = 170 + 60 * y // _FINE
    inner = np.asarray(shape.filter(ImageFilter.MinFilter(5)))
    light[inner < 128] = 115
    return _lit(light, alpha)


def _shape(name: str, proportion: float) -> Image.Image:
    """A shape in white on black; `proportion`, 0 to 1, moves what its name leaves open."""
    image = Image.new("L", (_FINE, _FINE))
    draw = ImageDraw.Draw(image)
    p, n = proportion, _FINE
    margin = n // 32  # so that the edge is darkened all around
    low, high = margin, n - 1 - margin

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        """Points in fractions of the space within the margin."""
        return [(low + x * (high - low), low + y * (high - low)) for x, y in points]

    def fill(*points: tuple[float, float]) -> None:
        draw.polygon(at(*points), fill=255)

    def disc(x: float, y: float, radius: float, ink: int = 255) -> None:
        (corner, other) = at((x - radius, y - radius), (x + radius, y + radius))
        draw.ellipse([corner, other], fill=ink)

    if name == "circle":
        disc(0.5, 0.5, 0.5)
    elif name == "square":
        draw.rounded_rectangle([low, low, high, high], radius=n * 0.12 * p, fill=255)
    elif name == "triangle":
        fill((0.3 + 0.2 * p, 0), (1, 1), (0, 1))
    elif name == "star":
        fill(*_spokes(5, 0.4 + 0.1 * p))
    elif name == "heart":
        disc(0.26, 0.28, 0.26)
        disc(0.74, 0.28, 0.26)
        fill((0.02, 0.36), (0.5, 0.2), (0.98, 0.36), (0.5, 0.85 + 0.15 * p))
    elif name == "ring":
        disc(0.5, 0.5, 0.5)
        disc(0.5, 0.5, 0.24 + 0.08 * p, 0)
    elif name == "cross":
        half = 0.14 + 0.06 * p
        fill((0.5 - half, 0), (0.5 + half, 0), (0.5 + half, 1), (0.5 - half, 1))
        fill((0, 0.5 - half), (1, 0.5 - half), (1, 0.5 + half), (0, 0.5 + half))
    elif name == "diamond":
        half = 0.32 + 0.1 * p
        fill((0.5, 0), (0.5 + half, 0.5), (0.5, 1), (0.5 - half, 0.5))
    elif name == "crescent":
        disc(0.5, 0.5, 0.5)
        disc(0.72 + 0.08 * p, 0.5, 0.42, 0)
    elif name == "arrow":
        neck = 0.13 + 0.06 * p
        fill((0, 0.5 - neck), (0.5, 0.5 - neck), (0.5, 0.5 + neck), (0, 0.5 + neck))
        fill((0.48, 0.1), (1, 0.5), (0.48, 0.9))
    elif name == "hexagon":
        fill((0.25, 0.04 * p), (0.75, 0.04 * p), (1, 0.5), (0.75, 1), (0.25, 1), (0, 0.5))
    else:  # a drop
        disc(0.5, 0.66, 0.34)
        fill((0.5, 0.05 * p), (0.81, 0.52), (0.19, 0.52))
    return image


def _spokes(count: int, inner: float) -> list[tuple[float, float]]:
    """The corners of a star whose inner ones are at a fraction of the radius."""
    turns = np.arange(2 * count) * np.pi / count - np.pi / 2
    radii = np.where(np.arange(2 * count) % 2 == 0, 0.5, 0.5 * inner)
    return [
        (0.5 + r * np.cos(turn), 0.5 + r * np.sin(turn))
        for turn, r in zip(turns, radii, strict=True)
    ]

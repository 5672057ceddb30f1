"""What the worlds draw with: fonts and shades for each split, text that says where it is, PNG.

Nothing here is shared by the splits: test images are written in other fonts and painted in other
shades than training images, under the same names.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from regard.types import Box, ImageRef

Colour = tuple[int, int, int]
Split = Literal["train", "test"]

FONTS: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("aileron", "roboto-slab", "roboto-mono", "nunito", "lato"),
    "test": ("arimo", "tinos"),
}
"""Names of the fonts of a split; `fonts/README.md` says where they come from."""

SHADES: Final[Mapping[str, Mapping[str, tuple[Colour, ...]]]] = {
    "train": {
        "red": ((220, 38, 38), (244, 67, 54)),
        "orange": ((245, 124, 0), (255, 152, 40)),
        "yellow": ((250, 204, 21), (255, 224, 70)),
        "green": ((22, 163, 74), (76, 175, 80)),
        "blue": ((37, 99, 235), (30, 136, 229)),
        "purple": ((126, 34, 206), (156, 70, 200)),
        "pink": ((244, 114, 182), (255, 140, 200)),
        "brown": ((121, 70, 40), (141, 85, 50)),
        "grey": ((120, 120, 120), (150, 150, 150)),
        "black": ((10, 10, 10), (35, 35, 35)),
    },
    "test": {
        "red": ((232, 52, 52),),
        "orange": ((250, 138, 20),),
        "yellow": ((252, 214, 46),),
        "green": ((50, 170, 78),),
        "blue": ((34, 118, 232),),
        "purple": ((141, 52, 203),),
        "pink": ((250, 127, 191),),
        "brown": ((131, 78, 45),),
        "grey": ((135, 135, 135),),
        "black": ((22, 22, 22),),
    },
}
"""The shades a colour's name stands for in a split: those of testing lie between the others."""

PAPERS: Final[Mapping[str, tuple[Colour, ...]]] = {
    "train": ((255, 255, 255), (250, 246, 235), (236, 240, 244), (228, 238, 228)),
    "test": ((246, 242, 250), (242, 248, 246)),
}
"""Light grounds to draw upon."""

INK: Final[Mapping[str, Colour]] = {"train": (24, 24, 28), "test": (34, 30, 40)}
"""The colour of lines and letters."""


def shade(name: str, split: Split, rng: np.random.Generator) -> Colour:
    """One of the shades that `name` has in a split."""
    shades = SHADES[split][name]
    return shades[rng.integers(len(shades))]


def paper(split: Split, rng: np.random.Generator) -> Colour:
    """A light ground of the split."""
    return PAPERS[split][rng.integers(len(PAPERS[split]))]


def font_name(split: Split, rng: np.random.Generator) -> str:
    """The name of a font of the split."""
    return FONTS[split][rng.integers(len(FONTS[split]))]


@lru_cache(maxsize=256)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels; capital letters are about 0.7 of it high.

    >>> font("lato", 20).getname()
    ('Lato', 'Bold')
    """
    if name == "aileron":
        found = ImageFont.load_default(size)
        assert isinstance(found, ImageFont.FreeTypeFont)  # Pillow has it where it has FreeType
        return found
    data = (resources.files("regard.data.worlds") / "fonts" / f"{name}.woff").read_bytes()
    # The same letters at the same places, whether or not Raqm is installed.
    return ImageFont.truetype(io.BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    fill: Colour,
    *,
    anchor: str = "mm",
) -> Box:
    """Draw a line of text, at whole pixels, and return the box of its ink.

    `anchor` as in Pillow: "mm" puts the middle of the text at `at`, "lm" the middle of its left
    end, "rm" that of its right end.
    """
    mask, left, top = _ink(text, font, anchor)
    x, y = round(at[0]) + left, round(at[1]) + top
    draw.bitmap((x, y), mask, fill)
    return Box(x, y, x + mask.width, y + mask.height)


@lru_cache(maxsize=8192)
def _ink(text: str, font: ImageFont.FreeTypeFont, anchor: str) -> tuple[Image.Image, int, int]:
    """Text as a mask, and where its corner lies from the anchor; worlds write few words often."""
    left, top, right, bottom = (int(side) for side in font.getbbox(text, anchor=anchor))
    mask = Image.new("L", (max(right - left, 1), max(bottom - top, 1)))
    ImageDraw.Draw(mask).text((-left, -top), text, 255, font, anchor=anchor)
    return mask, left, top


@lru_cache(maxsize=8192)
def fitting(text: str, name: str, size: int, width: float) -> ImageFont.FreeTypeFont:
    """The font at `size`, or at the greatest smaller one at which `text` is not too wide.

    >>> fitting("word", "lato", 40, 30).size < 40
    True
    """
    while size > 1 and font(name, size).getlength(text) > width:
        size -= 1
    return font(name, size)


def encoded(image: Image.Image, *, compress_level: int = 1) -> ImageRef:
    """An image as a PNG in memory; drawn ones are small already, so little is spent on packing."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=compress_level)
    png = buffer.getvalue()
    return ImageRef(hashlib.sha256(png).hexdigest(), image.width, image.height, png)

"""What lies behind the things of a scene: papers, textures, photographs.

The photographs are the two of scikit-learn: a temple ("china.jpg") and a dahlia ("flower.jpg"),
both under CC BY 2.0 (`PHOTOGRAPHS`). Training sees their left parts, testing their right ones, with
a strip between that nobody sees; textures are of other kinds in either split.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.data.worlds.drawing import Split, paper

PHOTOGRAPHS: Final = {
    "china.jpg": "danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/",
    "flower.jpg": "danielbuechele, https://www.flickr.com/photos/vultilion/6056698931/",
}
"""Who took them, as scikit-learn says."""
_PARTS: Final = {"train": (0.0, 0.6), "test": (0.62, 1.0)}
"""From where to where of a photograph's width a split may look."""

_NUM_TEXTURES = 12
_TEXTURE = 320
"""Side of a texture, in pixels; a ground is a part of it."""

Pixels = NDArray[Any]


def plain(side: int, split: Split, rng: np.random.Generator) -> Image.Image:
    """A sheet of paper, a little darker to one side."""
    slope = 1 - 0.12 * np.linspace(0, 1, side, dtype=np.float32) * rng.random(dtype=np.float32)
    sheet = np.asarray(paper(split, rng), np.float32) * slope[:, None, None]
    pixels = np.broadcast_to(sheet, (side, side, 3))
    if rng.random() < 0.5:
        pixels = pixels.transpose(1, 0, 2)
    return Image.fromarray(pixels.astype(np.uint8))


def textured(side: int, split: Split, rng: np.random.Generator) -> Image.Image:
    """A part of one of the textures of a split, pale enough for every colour to stand out."""
    texture = _textures(split)[rng.integers(_NUM_TEXTURES)]
    x, y = (int(corner) for corner in rng.integers(_TEXTURE - side + 1, size=2))
    return texture.crop((x, y, x + side, y + side))


def photographed(side: int, split: Split, rng: np.random.Generator) -> Image.Image:
    """A part of a photograph, faded to a few shades of light grey, which also packs well."""
    return photograph(side, split, rng, mode="L").point(_FADED).convert("RGB")


_FADED = [150 + level // 32 * 13 for level in range(256)]


def photograph(
    side: int, split: Split, rng: np.random.Generator, *, mode: Literal["RGB", "L"] = "RGB"
) -> Image.Image:
    """A square part of a photograph, so many pixels wide, perhaps mirrored."""
    whole = _photographs(mode)[rng.integers(len(PHOTOGRAPHS))]
    left, right = (round(part * whole.width) for part in _PARTS[split])
    reach = min(right - left, whole.height)
    wide = int(rng.integers(min(side, reach), min(3 * side, reach) + 1))
    x, y = int(rng.integers(left, right - wide + 1)), int(rng.integers(whole.height - wide + 1))
    part = whole.resize((side, side), Image.Resampling.BILINEAR, (x, y, x + wide, y + wide))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part


@lru_cache(maxsize=2)
def _photographs(mode: str) -> list[Image.Image]:
    from sklearn.datasets import load_sample_image  # slow to import

    return [Image.fromarray(load_sample_image(name)).convert(mode) for name in PHOTOGRAPHS]


@lru_cache(maxsize=2)
def _textures(split: Split) -> list[Image.Image]:
    rng = np.random.default_rng([1998, split == "test"])
    kinds = (_clouds, _rows, _checks) if split == "train" else (_waves, _spots)
    return [_pale(kinds[number % len(kinds)](rng), rng) for number in range(_NUM_TEXTURES)]


def _pale(pattern: Pixels, rng: np.random.Generator) -> Image.Image:
    """A pattern from 0 to 1, as a way from one pale colour to another."""
    one, other = rng.uniform(185, 245, 3), rng.uniform(205, 250, 3)
    pixels: NDArray[Any] = one + pattern[..., None] * (other - one)
    return Image.fromarray(pixels.astype(np.uint8))


def _axes(rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Coordinates of every pixel, turned by a random angle."""
    turn = rng.uniform(0, np.pi)
    y, x = np.mgrid[:_TEXTURE, :_TEXTURE].astype(np.float32)
    c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return c * x + s * y, c * y - s * x


def _clouds(rng: np.random.Generator) -> Pixels:
    """Blotches of several sizes."""
    total = np.zeros((_TEXTURE, _TEXTURE), np.float32)
    for cells in (4, 9, 20):
        coarse = Image.fromarray((rng.random((cells, cells)) * 255).astype(np.uint8))
        blotches = coarse.resize((_TEXTURE, _TEXTURE), Image.Resampling.BICUBIC)
        total += np.asarray(blotches, np.float32) / (255 * 3)
    return total


def _rows(rng: np.random.Generator) -> Pixels:
    along, _ = _axes(rng)
    return (along % rng.uniform(12, 40) < rng.uniform(5, 10)).astype(np.float32)


def _checks(rng: np.random.Generator) -> Pixels:
    (along, across), cell = _axes(rng), rng.uniform(14, 40)
    return ((along // cell + across // cell) % 2).astype(np.float32)


def _waves(rng: np.random.Generator) -> Pixels:
    along, across = _axes(rng)
    bent = along + rng.uniform(4, 12) * np.sin(across / rng.uniform(10, 30))
    return (0.5 + 0.5 * np.sin(bent / rng.uniform(4, 9))).astype(np.float32)


def _spots(rng: np.random.Generator) -> Pixels:
    (along, across), cell = _axes(rng), rng.uniform(16, 40)
    radius = np.hypot(along % cell - cell / 2, across % cell - cell / 2)
    return (radius < cell * rng.uniform(0.2, 0.4)).astype(np.float32)

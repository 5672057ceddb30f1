"""Drawing in fractions of a picture, with smooth edges, and what tells the splits apart.

Every number of style (how much a picture is stretched, how coarse its grain is, how it is tinted)
comes from a range whose middle belongs to testing and whose outer parts belong to training:
`banded`. So no style is shared, and what is tested lies between what was learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from regard.data.worlds.drawing import Split

Place: TypeAlias = tuple[float, float]
Shade: TypeAlias = int | tuple[int, int, int]
Pixels: TypeAlias = NDArray[np.floating[Any]]

_TEST_BAND = (0.4, 0.6)
_TURNS = np.linspace(0, 2 * np.pi, 16, endpoint=False)
_WAVES = np.array([[2.0], [3.0], [5.0]])

CIRCLE: Pixels = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
"""Corners (16, 2) of a circle of radius 1."""


def banded(low: float, high: float, split: Split, rng: np.random.Generator) -> float:
    """A number from a range: from its middle fifth in testing, from the rest in training.

    >>> rng = np.random.default_rng(0)
    >>> train = [banded(0, 10, "train", rng) for _ in range(99)]
    >>> any(4 < value < 6 for value in train), 4 < banded(0, 10, "test", rng) < 6
    (False, True)
    """
    start, end = _TEST_BAND
    if split == "test":
        share = rng.uniform(start, end)
    else:
        share = rng.uniform(0, 1 - (end - start))
        share += (end - start) * (share >= start)
    return low + float(share) * (high - low)


def grain(
    side: int, coarseness: float, rng: np.random.Generator, *, stretch: float = 1.0
) -> Pixels:
    """Noise of a spread of about 1 and shape (side, side).

    Its spots are about `coarseness` pixels high and `stretch` times as wide.
    """
    high = max(4, round(side / coarseness))
    wide = max(4, round(side / (coarseness * stretch)))
    coarse = rng.standard_normal((high, wide), dtype=np.float32)
    fine = Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(fine, dtype=np.float32) * min(1.6, 1 + coarseness / 4)


def picture(pixels: Pixels) -> Image.Image:
    """Numbers around 0 to 255 as an image; what is beyond is cut off."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


class Pen:
    """Draws in fractions of the picture, at twice its size; reduced, edges are smooth.

    A pose moves and stretches all that is drawn, so that no two patients are alike.
    """

    def __init__(self, ground: Shade, *, side: int, mode: str = "RGB") -> None:
        self.side = side
        self.image = Image.new(mode, (2 * side, 2 * side), ground)
        self._draw = ImageDraw.Draw(self.image)
        self.pose((1.0, 1.0), (0.0, 0.0))

    def pose(self, scale: Place, shift: Place) -> None:
        """From now on, all is stretched about the middle and shifted."""
        self._scale = np.array(scale)
        self._shift = 0.5 - 0.5 * self._scale + shift

    def at(self, place: Place) -> Place:
        """Where a place of the phantom lies in the picture, in fractions of it."""
        x, y = (place * self._scale + self._shift).tolist()
        return x, y

    def _pixels(self, places: Sequence[Place] | Pixels) -> list[float]:
        """x and y of one place after the other, in pixels of the double size."""
        flat: list[float] = (
            (np.asarray(places) * self._scale + self._shift) * (2 * self.side)
        ).ravel().tolist()  # fmt: skip
        return flat

    def paste(self, image: Image.Image) -> None:
        """An image over the whole picture, stretched and shifted as all else."""
        left, upper, right, lower = (round(edge) for edge in self._pixels([(0, 0), (1, 1)]))
        self.image.paste(image.resize((right - left, lower - upper)), (left, upper))

    def ellipse(self, middle: Place, radii: Place, shade: Shade) -> None:
        """A filled ellipse."""
        (x, y), (rx, ry) = middle, radii
        self._draw.ellipse(self._pixels([(x - rx, y - ry), (x + rx, y + ry)]), fill=shade)

    def disc(self, middle: Place, radius: float, shade: Shade) -> None:
        """A filled circle."""
        self.ellipse(middle, (radius, radius), shade)

    def polygon(self, corners: Sequence[Place] | Pixels, shade: Shade) -> None:
        """A filled polygon."""
        self._draw.polygon(self._pixels(corners), fill=shade)

    def polygons(self, corners: Pixels, shade: Shade, *, rim: Shade | None = None) -> None:
        """Many filled polygons (N, corners, 2) of one colour, and the colour of their thin rims."""
        places = (corners * self._scale + self._shift) * (2 * self.side)
        for flat in places.reshape(len(corners), -1).tolist():
            self._draw.polygon(flat, fill=shade, outline=rim)

    def line(self, stops: Sequence[Place], width: float, shade: Shade) -> None:
        """A line through some places, `width` a fraction of the picture."""
        thick = max(1, round(width * 2 * self.side))
        self._draw.line(self._pixels(stops), shade, thick, joint="curve")

    def blob(
        self, middle: Place, radius: float, shade: Shade, rng: np.random.Generator, ragged: float
    ) -> None:
        """A disc whose edge goes in and out by up to `ragged`, a fraction of its radius."""
        waves = np.sin(_WAVES * _TURNS + rng.uniform(0, 2 * np.pi, (3, 1)))
        reach = radius * (1 + ragged / 3 * (rng.uniform(0.3, 1, (3, 1)) * waves).sum(axis=0))
        self.polygon(middle + reach[:, None] * CIRCLE, shade)

    def pixels(self, *, blur: float = 1.0) -> Pixels:
        """The picture at its size, softened over `blur` pixels: (side, side, 3), 0 to 255."""
        soft = self.image.reduce(2).filter(ImageFilter.BoxBlur(blur))
        return np.asarray(soft.convert("RGB"), dtype=np.float32)

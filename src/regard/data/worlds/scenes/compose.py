"""Scenes as pictures: things on a ground, each where nothing hides it, and which pixel is whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from regard.data.worlds import grounds
from regard.data.worlds.common import Tier
from regard.data.worlds.drawing import Split
from regard.data.worlds.things import Objects, Thing, picture
from regard.types import Box

SIDES: Final[dict[Tier, int]] = {"easy": 112, "middle": 168, "hard": 224}
"""Width and height of an image, in pixels: 4, 6 or 8 pieces of 28."""


@dataclass(frozen=True)
class Seen:
    """A thing in a scene: where it shows, and how large it was made."""

    thing: Thing
    box: Box
    """The smallest box around the pixels that show, in pixels of the image."""
    side: int
    """The longer side of its picture, in pixels."""

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2

    def to_json(self) -> dict[str, object]:
        """Class, colour and box."""
        box = [int(edge) for edge in (self.box.x0, self.box.y0, self.box.x1, self.box.y1)]
        return {"name": self.thing.name, "colour": self.thing.colour, "box": box}


@dataclass(frozen=True)
class Scene:
    """An image, what is in it, and which pixel shows what."""

    image: Image.Image
    seen: tuple[Seen, ...]
    owners: NDArray[np.int16]
    """For each pixel the number of the thing it shows, from 0; -1 for the ground."""

    def mask(self, number: int) -> NDArray[np.bool_]:
        """The pixels that show one thing."""
        shows: NDArray[np.bool_] = self.owners == number
        return shows


_SIZES: Final[dict[Tier, tuple[tuple[int, int], ...]]] = {
    "easy": ((56, 80), (36, 50), (28, 38)),
    "middle": ((48, 80), (40, 72), (34, 54)),
    "hard": ((40, 80), (36, 72), (32, 64)),
}
"""Least and greatest size of things in pixels: of one alone, of two, and of more."""
_GAP: Final[dict[Tier, int]] = {"easy": 3, "middle": 2, "hard": 0}
"""Pixels between boxes; hard ones may overlap."""
_HIDDEN: Final = 0.3
"""Greatest share of a thing's pixels that others may hide."""
_TRIES: Final = 40


def sizes(tier: Tier, count: int) -> tuple[int, int]:
    """Least and greatest size, in pixels, of each of so many things."""
    return _SIZES[tier][min(count, 3) - 1]


def composed(
    things: Sequence[Thing],
    sides: Sequence[int],
    tier: Tier,
    split: Split,
    rng: np.random.Generator,
    objects: Objects = "embedded",
) -> Scene | None:
    """Things on a ground, of so many pixels each (of any size where none is said).

    None where there was no room.
    """
    width, (least, most) = SIDES[tier], sizes(tier, len(things))
    placed: list[tuple[int, int, int, int]] = []
    pictures, shown_sides = [], []
    for number, thing in enumerate(things):
        side = sides[number] if sides else int(rng.integers(least, most + 1))
        drawn = picture(thing, side, split, rng, objects)
        height, wide = drawn.shape[:2]
        corner = _free_corner((wide, height), placed, width, _GAP[tier], rng)
        if corner is None:
            return None
        x, y = corner
        placed.append((x, y, x + wide, y + height))
        pictures.append(drawn)
        shown_sides.append(side)
    owners = np.full((width, width), -1, np.int16)
    shown = [drawn[..., 3] > 0 for drawn in pictures]
    for number, (x0, y0, x1, y1) in enumerate(placed):
        owners[y0:y1, x0:x1][shown[number]] = number
    seen = []
    for number, (x0, y0, x1, y1) in enumerate(placed):
        shows = owners[y0:y1, x0:x1] == number
        if shows.sum() < (1 - _HIDDEN) * shown[number].sum():
            return None
        rows, columns = np.flatnonzero(shows.any(1)), np.flatnonzero(shows.any(0))
        left, top = x0 + int(columns[0]), y0 + int(rows[0])
        right, bottom = x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1
        seen.append(Seen(things[number], Box(left, top, right, bottom), shown_sides[number]))
    ground = {"easy": grounds.plain, "middle": grounds.textured, "hard": grounds.photographed}
    image = ground[tier](width, split, rng)
    if tier == "hard":
        _litter(image, rng)
    for drawn, (x0, y0, _, _) in zip(pictures, placed, strict=True):
        layer = Image.fromarray(drawn)
        image.paste(layer, (x0, y0), layer)
    return Scene(image, tuple(seen), owners)


def _free_corner(
    size: tuple[int, int],
    placed: Sequence[tuple[int, int, int, int]],
    width: int,
    gap: int,
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """Where a picture may lie: within the image, and off the others or, without a gap, nearly."""
    w, h = size
    corners = rng.integers(1, (width - w, width - h), size=(_TRIES, 2))
    x, y = corners[:, 0], corners[:, 1]
    is_free = np.ones(_TRIES, bool)
    for x0, y0, x1, y1 in placed:
        across = np.minimum(x + w, x1) - np.maximum(x, x0) + gap
        down = np.minimum(y + h, y1) - np.maximum(y, y0) + gap
        shared = across.clip(0) * down.clip(0)
        is_free &= shared <= (0 if gap else 0.2 * min(w * h, (x1 - x0) * (y1 - y0)))
    if not is_free.any():
        return None
    first = int(is_free.argmax())
    return int(x[first]), int(y[first])


def _litter(image: Image.Image, rng: np.random.Generator) -> None:
    """Grey strokes that are no objects."""
    draw = ImageDraw.Draw(image)
    for x, y, dx, dy in rng.integers((0, 0, -30, -30), (224, 224, 30, 30), size=(6, 4)).tolist():
        grey = int(rng.integers(120, 200))
        draw.line([(x, y), (x + dx, y + dy)], fill=(grey, grey, grey), width=2)

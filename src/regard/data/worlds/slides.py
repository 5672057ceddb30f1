"""Drawn stand-ins for tissue under the microscope: stains, tissues, grades, and what lies in them.

None of it comes from a patient. Colours and arrangements are what a pathologist would expect of the
stain and the tissue; a tumour's grade is how much is left of its glands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from regard.data.worlds.drawing import Colour, Split
from regard.data.worlds.sketch import CIRCLE, Pen, Pixels, Place, banded

SIDE = 112
"""Width and height of a tile in pixels."""


@dataclass(frozen=True, kw_only=True)
class Stain:
    """The colours a stain gives."""

    empty: Colour
    """Where there is no tissue."""
    ground: Colour
    """Fibres and matrix."""
    body: Colour
    """The body of a cell, a muscle fibre, the wall of a vessel."""
    nucleus: Colour
    marked: Colour
    """Nuclei that differ: brown ones in an IHC."""


STAINS: Mapping[str, Stain] = {
    "h&e": Stain(
        empty=(250, 246, 250), ground=(240, 196, 218), body=(222, 140, 180),
        nucleus=(82, 48, 140), marked=(40, 20, 70),
    ),
    "ihc": Stain(
        empty=(248, 248, 250), ground=(218, 224, 238), body=(190, 200, 226),
        nucleus=(96, 118, 178), marked=(128, 72, 30),
    ),
    "pas": Stain(
        empty=(252, 246, 250), ground=(244, 206, 226), body=(206, 30, 130),
        nucleus=(96, 90, 170), marked=(120, 10, 70),
    ),
    "silver": Stain(
        empty=(250, 242, 214), ground=(232, 204, 138), body=(168, 122, 52),
        nucleus=(48, 36, 26), marked=(10, 8, 8),
    ),
    "trichrome": Stain(
        empty=(248, 250, 252), ground=(110, 160, 222), body=(208, 58, 70),
        nucleus=(60, 24, 60), marked=(30, 10, 30),
    ),
    "fluorescence": Stain(
        empty=(4, 4, 8), ground=(6, 26, 12), body=(16, 120, 50),
        nucleus=(70, 110, 255), marked=(255, 70, 60),
    ),
}  # fmt: skip
"""Every stain, by name."""


@dataclass(frozen=True)
class Slide:
    """What is drawn on: a pen, a stain, chance, and the shape of nuclei in this patient."""

    pen: Pen
    stain: Stain
    rng: np.random.Generator
    long: float
    """How many times as long as wide a nucleus is."""

    def nuclei(
        self, places: Sequence[Place] | Pixels, radius: float | Pixels, *,
        shade: Colour | None = None, turns: float | Pixels | None = None,
        long: float | Pixels | None = None,
    ) -> None:  # fmt: skip
        """Nuclei at some places, with a darker rim; turned at random where no turn is given."""
        count = len(places)
        if not count:
            return
        at = np.asarray(places, dtype=np.float64)
        if turns is None:
            turns = self.rng.uniform(0, np.pi, count)
        stretch = np.sqrt(self.long if long is None else long)
        wide, high = np.broadcast_arrays(radius * stretch, radius / stretch, np.empty(count))[:2]
        cos, sin = np.broadcast_arrays(np.cos(turns), np.sin(turns), np.empty(count))[:2]
        x, y = CIRCLE[:, 0] * wide[:, None], CIRCLE[:, 1] * high[:, None]
        corners = np.stack(
            [x * cos[:, None] - y * sin[:, None], x * sin[:, None] + y * cos[:, None]], axis=2
        )
        shade = shade or self.stain.nucleus
        self.pen.polygons(corners + at[:, None], shade, rim=_darker(shade, 0.7))


def slide(stain: str, split: Split, rng: np.random.Generator) -> Slide:
    """An empty slide of a stain: only its ground."""
    colours = STAINS[stain]
    pen = Pen(colours.ground, side=SIDE)
    scale = banded(0.9, 1.1, split, rng)
    pen.pose((scale, scale), (0.0, 0.0))
    return Slide(pen, colours, rng, banded(1.0, 1.7, split, rng))


def apart(
    count: int, distance: float, rng: np.random.Generator, *, margin: float = 0.1
) -> list[Place]:
    """Random places of which no two are closer than `distance`; fewer when no more fit."""
    free = rng.uniform(margin, 1 - margin, (40 * count, 2))
    places: list[Place] = []
    while len(free) and len(places) < count:
        x, y = free[0].tolist()
        places.append((x, y))
        free = free[np.square(free - free[0]).sum(axis=1) >= distance * distance]
    return places


def fibres(on: Slide) -> None:
    """Faint waves in the ground."""
    shade = _mixed(on.stain.ground, on.stain.body, 0.25)
    tilt = float(on.rng.uniform(-0.5, 0.5))
    for y in np.linspace(-0.3, 1.3, 12) + on.rng.uniform(-0.03, 0.03, 12):
        bend = float(on.rng.uniform(-0.04, 0.04))
        on.pen.line([(-0.2, y - 0.7 * tilt), (0.5, y + bend), (1.2, y + 0.7 * tilt)], 0.012, shade)


# ------------------------------------------------------------------------------------------- tissue


def _gland(on: Slide, at: Place, radius: float, *, ragged: float, lumen: float, num: int) -> None:
    """A ring of cells around a hollow."""
    on.pen.blob(at, radius * 1.22, on.stain.body, on.rng, ragged)
    if lumen:
        on.pen.blob(at, radius * lumen, on.stain.empty, on.rng, ragged)
    turns = np.linspace(0, 2 * np.pi, num, endpoint=False) + on.rng.uniform(0, 1)
    away = radius * (1 + ragged * on.rng.uniform(-0.3, 0.3, num))
    on.nuclei(at + away[:, None] * _towards(turns), 0.026, turns=turns, long=1.6)


def _glands(on: Slide) -> None:
    fibres(on)
    for at in apart(4, 0.42, on.rng, margin=0.2):
        _gland(on, at, float(on.rng.uniform(0.14, 0.17)), ragged=0.05, lumen=0.72, num=16)


def _fat(on: Slide) -> None:
    on.pen.polygon([(-0.2, -0.2), (1.2, -0.2), (1.2, 1.2), (-0.2, 1.2)], on.stain.body)
    for i in range(-1, 5):
        for j in range(-1, 5):
            x, y = on.rng.uniform(-0.02, 0.02, 2)
            middle = 0.12 + 0.255 * i + 0.127 * (j % 2) + x, 0.12 + 0.23 * j + y
            on.pen.blob(middle, 0.121, on.stain.empty, on.rng, 0.08)
            if on.rng.random() < 0.35:
                on.nuclei([(middle[0] + 0.12, middle[1])], 0.02, turns=1.57, long=2.0)


def _muscle(on: Slide) -> None:
    tilt = float(on.rng.uniform(-0.35, 0.35))
    dark, light = _darker(on.stain.body, 0.9), _mixed(on.stain.body, on.stain.ground, 0.35)
    for k, y in enumerate(np.linspace(-0.5, 1.5, 16)):
        ends = [(-0.2, y - 0.7 * tilt), (1.2, y + 0.7 * tilt)]
        on.pen.line(ends, 0.11, (dark, light)[k % 2])
        x = on.rng.uniform(0, 1, 2)
        places = np.stack([x, y + (x - 0.5) * tilt], axis=1)
        on.nuclei(places, 0.02, turns=float(np.arctan(tilt)), long=4.0)


def _lymph(on: Slide) -> None:
    grid = np.stack(np.meshgrid(np.arange(12), np.arange(12)), axis=2).reshape(-1, 2)
    on.nuclei(0.04 + 0.084 * grid + on.rng.uniform(-0.025, 0.025, (144, 2)), 0.033, long=1.1)


def _cartilage(on: Slide) -> None:
    smooth = _mixed(on.stain.ground, on.stain.nucleus, 0.25)
    on.pen.polygon([(-0.2, -0.2), (1.2, -0.2), (1.2, 1.2), (-0.2, 1.2)], smooth)
    for at in apart(8, 0.26, on.rng):
        for side in (-1, 1):
            place = at[0] + side * 0.048, at[1]
            on.pen.disc(place, 0.062, _mixed(smooth, on.stain.nucleus, 0.4))
            on.pen.disc(place, 0.048, on.stain.empty)
            on.nuclei([place], 0.022, long=1.1)


def _skin(on: Slide) -> None:
    edge = [(x, 0.60 + 0.07 * float(np.sin(9 * x + on.rng.uniform(0, 0.5))))
            for x in np.linspace(-0.2, 1.2, 16).tolist()]  # fmt: skip
    fibres(on)
    on.pen.polygon([(-0.2, 0.28), (1.2, 0.28), *reversed(edge)], on.stain.body)
    on.nuclei(on.rng.uniform((0, 0.33), (1, 0.5), (26, 2)), 0.022)
    basal = [(x + dx, y - 0.02) for x, y in edge for dx in (0.0, 0.045)]
    on.nuclei(basal, 0.026, turns=1.57, long=1.6)
    on.pen.polygon([(-0.2, -0.2), (1.2, -0.2), (1.2, 0.3), (-0.2, 0.3)], on.stain.empty)
    for y in (0.20, 0.25, 0.30):
        on.pen.line([(-0.2, y), (0.3, y + 0.02), (0.7, y - 0.01), (1.2, y)], 0.02, on.stain.body)


TISSUES: Mapping[str, Callable[[Slide], None]] = {
    "gland": _glands,
    "fat": _fat,
    "muscle": _muscle,
    "lymph node": _lymph,
    "cartilage": _cartilage,
    "skin": _skin,
}
"""What draws each tissue."""

# ----------------------------------------------------------------------------------------- tumours


def _grade_1(on: Slide) -> None:
    """Round, separate, hollow glands."""
    fibres(on)
    for x, y in ((0.26, 0.26), (0.74, 0.26), (0.26, 0.74), (0.74, 0.74)):
        dx, dy = on.rng.uniform(-0.03, 0.03, 2)
        _gland(on, (x + dx, y + dy), 0.15, ragged=0.06, lumen=0.7, num=16)


def _grade_2(on: Slide) -> None:
    """Ragged glands that run into each other, their hollows small."""
    fibres(on)
    for at in apart(7, 0.25, on.rng, margin=0.12):
        radius = float(on.rng.uniform(0.11, 0.15))
        _gland(on, at, radius, ragged=0.5, lumen=0.42, num=13)


def _grade_3(on: Slide) -> None:
    """No gland is left: large, uneven nuclei everywhere."""
    fibres(on)
    places = apart(48, 0.105, on.rng, margin=0.0)
    for at in places:
        on.pen.disc(at, 0.06, on.stain.body)
    num = len(places)
    on.nuclei(places, on.rng.uniform(0.026, 0.055, num), long=on.rng.uniform(1, 2.2, num))


GRADES: Mapping[str, Callable[[Slide], None]] = {"1": _grade_1, "2": _grade_2, "3": _grade_3}
"""What draws a tumour of each grade; the higher, the less is left of its glands."""

# ---------------------------------------------------------------------------------------- features

Feature: TypeAlias = Callable[[Slide, Place, float], None]
"""Draws itself on a slide around a place, with a radius."""


def _inflammation(on: Slide, at: Place, radius: float) -> None:
    """A crowd of small dark nuclei."""
    on.nuclei(_around(at, radius, round(2200 * radius * radius), on.rng), 0.022, long=1.0)


def _vessel(on: Slide, at: Place, radius: float) -> None:
    """A ring full of red cells."""
    on.pen.disc(at, radius, _darker(on.stain.body, 0.85))
    on.pen.disc(at, radius * 0.74, on.stain.empty)
    places = _around(at, radius * 0.5, 7, on.rng)
    on.pen.polygons(places[:, None] + 0.03 * CIRCLE, (205, 50, 55))


def _necrosis(on: Slide, at: Place, radius: float) -> None:
    """A pale patch with crumbs and no nuclei."""
    on.pen.blob(at, radius * 1.1, _mixed(on.stain.ground, on.stain.body, 0.7), on.rng, 0.2)
    on.pen.blob(at, radius, _mixed(on.stain.empty, on.stain.body, 0.3), on.rng, 0.2)
    crumbs = _around(at, radius * 0.8, 14, on.rng)
    on.pen.polygons(crumbs[:, None] + 0.009 * CIRCLE, _darker(on.stain.body, 0.65))


FEATURES: Mapping[str, Feature] = {
    "inflammation": _inflammation,
    "vessel": _vessel,
    "necrosis": _necrosis,
}
"""What draws each thing that may lie somewhere in a tissue."""


def sparse_cells(on: Slide, *, around: Place, clear: float) -> None:
    """Loose tissue: waves, and cells here and there, but none within `clear` of a place."""
    fibres(on)
    places = np.array(apart(26, 0.14, on.rng, margin=0.03))
    on.nuclei(places[np.hypot(*(places - around).T) > clear], 0.02, long=2.2)


def _towards(turns: Pixels) -> Pixels:
    """Unit steps (N, 2) in some directions."""
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


def _around(at: Place, radius: float, count: int, rng: np.random.Generator) -> Pixels:
    """So many places (N, 2) evenly within a circle."""
    away = radius * np.sqrt(rng.random((count, 1)))
    return at + away * _towards(rng.uniform(0, 2 * np.pi, count))


def _darker(shade: Colour, factor: float) -> Colour:
    red, green, blue = (round(part * factor) for part in shade)
    return red, green, blue


def _mixed(shade: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(shade, other, strict=True))
    return red, green, blue

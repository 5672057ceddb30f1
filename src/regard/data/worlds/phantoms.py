"""Drawn stand-ins for medical scans: eight modalities, what is in them, and simulated findings.

None of it comes from a patient. A phantom is a few ellipses and lines where a scan of that kind has
its structures, so that "what is in the box" and "where is the mass" have exact answers; findings
are simulated. Places are fractions of the picture's width and height, from its upper left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from regard.data.worlds.sketch import Pen, Place, Shade

SIDE = 112
"""Width and height of a scan in pixels."""

# ----------------------------------------------------------------------------------------- findings

Finding: TypeAlias = Callable[[Pen, Place, float, np.random.Generator, float], None]
"""Draws itself with a pen at a place, with a radius; the last number is its contrast, 0 to 1."""


def _mixed(ground: int, shade: int, contrast: float) -> int:
    return round(ground + (shade - ground) * contrast)


def _solid(ground: int, shade: int) -> Finding:
    def draw(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
        pen.blob(at, radius, _mixed(ground, shade, contrast), rng, 0.12)

    return draw


def _rimmed(ground: int, shade: int, rim: int) -> Finding:
    def draw(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
        pen.disc(at, radius, _mixed(ground, rim, contrast))
        pen.disc(at, radius * 0.68, _mixed(ground, shade, contrast))

    return draw


def _cloudy(ground: int, shade: int) -> Finding:
    def draw(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
        for _ in range(9):
            x, y = rng.uniform(-radius, radius, 2) * 0.8
            level = _mixed(ground, shade, contrast * rng.uniform(0.5, 1.0))
            pen.disc((at[0] + x, at[1] + y), radius * rng.uniform(0.25, 0.45), level)

    return draw


def _crack(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    """Dark and zigzag, across the bone."""
    xs = np.linspace(-0.085, 0.085, 6)
    ys = rng.uniform(-0.02, 0.02) + np.where(np.arange(6) % 2, 0.02, -0.02)
    stops = [(at[0] + float(x), at[1] + float(y)) for x, y in zip(xs, ys, strict=True)]
    pen.line(stops, 0.25 * radius + 0.012, _mixed(170, 15, contrast))


def _echo_cyst(
    pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float
) -> None:
    """Black, with more light below it."""
    x, y = at
    below = [(x - radius, y), (x + radius, y), (x + radius, 0.88), (x - radius, 0.88)]
    pen.polygon(below, _mixed(100, 170, contrast))
    pen.disc(at, radius, _mixed(100, 5, contrast))


def _echo_stone(
    pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float
) -> None:
    """Bright, with a shadow below it."""
    x, y = at
    r = radius * 0.8
    pen.polygon([(x - r, y), (x + r, y), (x + r, 0.9), (x - r, 0.9)], _mixed(100, 10, contrast))
    pen.ellipse(at, (r, r * 0.6), _mixed(100, 250, contrast))


def _dots(shade: tuple[int, int, int], ground: tuple[int, int, int]) -> Finding:
    def draw(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
        """Small dots around a place, the more the larger the radius."""
        level = _tint(ground, shade, contrast)
        for _ in range(3 + round(900 * radius * radius)):
            away, turn = radius * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
            place = at[0] + float(away * np.cos(turn)), at[1] + float(away * np.sin(turn))
            pen.disc(place, rng.uniform(0.010, 0.018), level)

    return draw


def _tint(
    ground: tuple[int, int, int], shade: tuple[int, int, int], contrast: float
) -> tuple[int, int, int]:
    red, green, blue = (_mixed(g, s, contrast) for g, s in zip(ground, shade, strict=True))
    return red, green, blue


_SKIN = (222, 178, 150)
_RETINA = (190, 90, 40)


def _nevus(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    pen.disc(at, radius, _tint(_SKIN, (150, 95, 60), contrast))
    pen.disc(at, radius * 0.6, _tint(_SKIN, (130, 78, 48), contrast))


def _melanoma(
    pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float
) -> None:
    pen.blob(at, radius * 1.05, _tint(_SKIN, (92, 58, 44), contrast), rng, 0.7)
    for shade in ((25, 18, 22), (60, 66, 96), (35, 22, 20)):
        x, y = rng.uniform(-0.45, 0.45, 2) * radius
        pen.blob((at[0] + x, at[1] + y), radius * 0.4, _tint(_SKIN, shade, contrast), rng, 0.5)


def _angioma(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    pen.disc(at, radius, _tint(_SKIN, (205, 70, 70), contrast))
    for _ in range(5):
        x, y = rng.uniform(-0.55, 0.55, 2) * radius
        place = (at[0] + x, at[1] + y)
        pen.disc(place, radius * 0.28, _tint(_SKIN, (165, 15, 40), contrast))


def _scar(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    pen.blob(at, radius, _tint(_RETINA, (40, 22, 20), contrast), rng, 0.25)
    pen.blob(at, radius * 0.7, _tint(_RETINA, (240, 228, 205), contrast), rng, 0.25)


def _oedema(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    """Dark bubbles within the retina."""
    x, _ = at
    level = _mixed(140, 8, contrast)
    for k in (-1, 0, 1):
        tall = radius * (0.75 if k == 0 else 0.5)
        pen.ellipse((x + 0.75 * k * radius, 0.48), (radius * 0.36, tall), level)


def _drusen(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    """Bright bumps of the lowest layer."""
    x, _ = at
    for k in (-1, 0, 1):
        size = radius * (0.75 if k == 0 else 0.5)
        middle = (x + 0.9 * k * radius, 0.66)
        pen.ellipse(middle, (radius * 0.45, size), _mixed(140, 250, contrast))


def _detachment(
    pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float
) -> None:
    """A dark lens under the retina."""
    x, _ = at
    pen.ellipse((x, 0.63), (radius * 1.7, radius * 0.75), _mixed(140, 5, contrast))


def _malaria(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    """A ring and a dot in a red cell."""
    pen.disc(at, 0.095, _BLOOD)
    _red_cell(pen, at, rng)
    place = at[0] + rng.uniform(-0.02, 0.02), at[1] + rng.uniform(-0.02, 0.02)
    pen.disc(place, 0.036, _tint((226, 150, 150), (70, 25, 120), contrast))
    pen.disc(place, 0.014, (226, 150, 150))


def _leukaemia(
    pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float
) -> None:
    """A large dark cell."""
    pen.disc(at, 0.095, _BLOOD)
    pen.blob(at, 0.098, _tint((226, 150, 150), (170, 140, 205), contrast), rng, 0.1)
    pen.blob(at, 0.078, _tint((226, 150, 150), (85, 40, 140), contrast), rng, 0.2)


def _sickle(pen: Pen, at: Place, radius: float, rng: np.random.Generator, contrast: float) -> None:
    """A red cell bent to a crescent."""
    turn, (x, y) = rng.uniform(0, 2 * np.pi), at
    pen.disc(at, 0.095, _BLOOD)
    pen.disc(at, 0.075, (205, 100, 108))
    away = 0.045
    place = x + float(away * np.cos(turn)), y + float(away * np.sin(turn))
    pen.disc(place, 0.066, _BLOOD)


# -------------------------------------------------------------------------------------------- parts

_BLOOD = (245, 234, 228)


def _red_cell(pen: Pen, at: Place, rng: np.random.Generator) -> None:
    radius = rng.uniform(0.066, 0.076)
    pen.disc(at, radius, (214, 112, 118))
    pen.disc(at, radius * 0.45, (236, 172, 172))


def _ct_head(pen: Pen, rng: np.random.Generator) -> None:
    pen.ellipse((0.5, 0.5), (0.37, 0.43), 250)
    pen.ellipse((0.5, 0.5), (0.315, 0.375), 105)
    pen.line([(0.5, 0.14), (0.5, 0.86)], 0.008, 130)
    for x in (0.45, 0.55):
        pen.ellipse((x, 0.48), (0.035, 0.10), 35)


def _ct_chest(pen: Pen, rng: np.random.Generator) -> None:
    pen.ellipse((0.5, 0.52), (0.46, 0.37), 150)
    pen.ellipse((0.5, 0.52), (0.42, 0.33), 120)
    for x in (0.29, 0.71):
        pen.ellipse((x, 0.49), (0.15, 0.24), 22)
    pen.ellipse((0.53, 0.50), (0.09, 0.12), 150)
    pen.disc((0.5, 0.76), 0.06, 245)


def _ct_abdomen(pen: Pen, rng: np.random.Generator) -> None:
    pen.ellipse((0.5, 0.52), (0.46, 0.38), 60)
    pen.ellipse((0.5, 0.52), (0.43, 0.35), 90)
    pen.ellipse((0.30, 0.45), (0.20, 0.22), 150)
    pen.ellipse((0.70, 0.43), (0.17, 0.18), 130)
    for x in (0.34, 0.66):
        pen.ellipse((x, 0.735), (0.06, 0.07), 190)
    pen.disc((0.5, 0.77), 0.06, 245)


def _mri_brain(pen: Pen, rng: np.random.Generator) -> None:
    pen.ellipse((0.5, 0.5), (0.38, 0.45), 215)
    pen.ellipse((0.5, 0.5), (0.36, 0.43), 12)
    pen.ellipse((0.5, 0.5), (0.325, 0.395), 105)
    for k in range(10):
        turn = 2 * np.pi * (k + rng.uniform(-0.2, 0.2)) / 10
        edge = 0.5 + 0.30 * float(np.cos(turn)), 0.5 + 0.37 * float(np.sin(turn))
        inner = 0.5 + 0.25 * float(np.cos(turn)), 0.5 + 0.31 * float(np.sin(turn))
        pen.line([edge, inner], 0.014, 40)
    pen.ellipse((0.5, 0.5), (0.25, 0.31), 150)
    pen.line([(0.5, 0.11), (0.5, 0.89)], 0.012, 30)
    for x in (0.45, 0.55):
        pen.ellipse((x, 0.48), (0.035, 0.11), 18)


def _mri_knee(pen: Pen, rng: np.random.Generator) -> None:
    pen.polygon([(0.12, -0.1), (0.88, -0.1), (0.92, 1.1), (0.08, 1.1)], 60)
    pen.polygon([(0.34, -0.1), (0.66, -0.1), (0.70, 0.2), (0.30, 0.2)], 135)
    pen.ellipse((0.5, 0.27), (0.33, 0.20), 135)
    pen.ellipse((0.5, 0.74), (0.33, 0.18), 125)
    pen.polygon([(0.28, 0.76), (0.72, 0.76), (0.64, 1.1), (0.36, 1.1)], 125)
    pen.ellipse((0.5, 0.51), (0.34, 0.035), 235)


def _xray_chest(pen: Pen, rng: np.random.Generator) -> None:
    pen.ellipse((0.5, 0.62), (0.50, 0.58), 165)
    for x in (0.28, 0.72):
        pen.ellipse((x, 0.48), (0.17, 0.32), 55)
    pen.line([(0.5, -0.1), (0.5, 1.1)], 0.09, 190)
    for y in np.linspace(0.2, 0.72, 6):
        for side in (-1, 1):
            ends = [(0.5 + side * (0.06 + 0.1 * k), float(y) + 0.028 * k * k - 0.02 * k)
                    for k in range(4)]  # fmt: skip
            pen.line(ends, 0.014, 98)
    pen.ellipse((0.56, 0.64), (0.15, 0.15), 205)


def _xray_arm(pen: Pen, rng: np.random.Generator) -> None:
    pen.polygon([(0.10, -0.1), (0.90, -0.1), (0.84, 1.1), (0.16, 1.1)], 62)
    for x in (0.33, 0.67):
        pen.polygon([(x - 0.09, -0.1), (x + 0.09, -0.1), (x + 0.075, 0.5), (x + 0.09, 1.1),
                     (x - 0.09, 1.1), (x - 0.075, 0.5)], 215)  # fmt: skip
        pen.line([(x, -0.1), (x, 1.1)], 0.09, 165)


def _fan(pen: Pen) -> None:
    turns = np.linspace(-0.75, 0.75, 13)
    rim = [(0.5 + 1.0 * float(np.sin(t)), 0.0 + 0.94 * float(np.cos(t))) for t in turns]
    pen.polygon([(0.44, 0.05), (0.56, 0.05), *reversed(rim)], 78)


def _us_kidney(pen: Pen, rng: np.random.Generator) -> None:
    _fan(pen)
    pen.ellipse((0.5, 0.54), (0.34, 0.21), 165)
    pen.ellipse((0.5, 0.54), (0.32, 0.19), 95)
    pen.ellipse((0.5, 0.54), (0.15, 0.05), 205)


def _us_liver(pen: Pen, rng: np.random.Generator) -> None:
    _fan(pen)
    pen.ellipse((0.5, 0.55), (0.40, 0.30), 112)
    pen.line([(0.5, 0.84), (0.49, 0.55), (0.44, 0.26)], 0.055, 20)
    pen.line([(0.49, 0.58), (0.58, 0.30)], 0.04, 20)
    pen.line([(0.12, 0.72), (0.35, 0.85), (0.65, 0.85), (0.88, 0.72)], 0.03, 215)


def _hairs(pen: Pen, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.1, 0.9, 2)
        bend = rng.uniform(-0.2, 0.2, 2)
        pen.line(
            [(x - 0.3, y - 0.25), (x, y + bend[0]), (x + 0.3, y + bend[1])], 0.01, (70, 45, 35)
        )


def _skin(pen: Pen, rng: np.random.Generator) -> None:
    _hairs(pen, rng)


def _fundus(pen: Pen, rng: np.random.Generator) -> None:
    pen.disc((0.5, 0.5), 0.47, _RETINA)
    for up in (-1, 1):
        arch = [(0.22, 0.5), (0.30, 0.5 + up * 0.17), (0.48, 0.5 + up * 0.27),
                (0.70, 0.5 + up * 0.25), (0.88, 0.5 + up * 0.14)]  # fmt: skip
        pen.line(arch, 0.022, (120, 25, 22))
        pen.line([arch[1], (0.36, 0.5 + up * 0.40)], 0.014, (120, 25, 22))
        pen.line([arch[2], (0.66, 0.5 + up * 0.40)], 0.014, (120, 25, 22))
        pen.line([(0.22, 0.5), (0.10, 0.5 + up * 0.2)], 0.014, (120, 25, 22))
    pen.disc((0.22, 0.5), 0.075, (250, 215, 130))
    pen.disc((0.22, 0.5), 0.032, (255, 245, 205))
    pen.disc((0.62, 0.5), 0.065, (140, 52, 25))


def _oct(pen: Pen, rng: np.random.Generator) -> None:
    xs = np.linspace(-0.1, 1.1, 25)
    pit = 0.09 * np.exp(-(((xs - 0.5) / 0.11) ** 2))
    bands = ((0.36, 215), (0.405, 120), (0.45, 165), (0.49, 95), (0.55, 140))
    for top, shade in bands:
        depth = pit * max(0.0, 1 - (top - 0.36) / 0.25)
        edge = [(float(x), top + float(d)) for x, d in zip(xs, depth, strict=True)]
        pen.polygon([*edge, (1.1, 0.7), (-0.1, 0.7)], shade)
    pen.line([(-0.1, 0.68), (1.1, 0.68)], 0.035, 250)
    for k, shade in enumerate((125, 100, 75, 50, 30)):
        y = 0.70 + 0.055 * k
        pen.polygon([(-0.1, y), (1.1, y), (1.1, y + 0.06), (-0.1, y + 0.06)], shade)


def _smear(pen: Pen, rng: np.random.Generator) -> None:
    for place in _CELLS:
        x, y = rng.uniform(-0.02, 0.02, 2)
        if place != _WHITE_CELL:
            _red_cell(pen, (place[0] + x, place[1] + y), rng)
    pen.disc(_WHITE_CELL, 0.10, (205, 190, 225))
    for x, y in ((-0.035, -0.02), (0.03, -0.03), (0.0, 0.04)):
        pen.disc((_WHITE_CELL[0] + x, _WHITE_CELL[1] + y), 0.042, (95, 60, 150))


_CELLS = tuple((0.12 + 0.19 * i, 0.12 + 0.19 * j) for j in range(5) for i in range(5))
_WHITE_CELL = _CELLS[12]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One region of the body as one modality shows it."""

    modality: str
    name: str
    """The part of the body."""
    ground: Shade
    """What lies behind it."""
    draw: Callable[[Pen, np.random.Generator], None]
    structures: Mapping[str, tuple[Place, ...]]
    """What can be pointed at, and where it lies."""
    findings: Mapping[str, Finding]
    spots: tuple[Place, ...]
    """Where findings may be: to the left and to the right of the middle, and far apart."""
    material: str = "phantom"
    """What the picture is made from: a drawn phantom, or the name of a real scan."""
    is_counted: bool = False
    """Whether severity is the number of findings rather than their size."""


_PAIR = ((0.36, 0.30), (0.64, 0.30), (0.36, 0.68), (0.64, 0.68))

PARTS: tuple[Part, ...] = (
    Part(
        modality="ct", name="head", ground=6, draw=_ct_head,
        structures={"skull": ((0.5, 0.10), (0.16, 0.5), (0.84, 0.5)),
                    "ventricle": ((0.5, 0.48),), "brain": ((0.32, 0.5), (0.68, 0.5))},
        findings={"bleeding": _cloudy(105, 235), "mass": _solid(105, 185),
                  "cyst": _rimmed(105, 15, 60)},
        spots=((0.335, 0.36), (0.665, 0.36), (0.335, 0.66), (0.665, 0.66)),
    ),
    Part(
        modality="ct", name="chest", ground=6, draw=_ct_chest,
        structures={"lung": ((0.27, 0.48), (0.73, 0.48)), "heart": ((0.53, 0.50),),
                    "spine": ((0.5, 0.76),)},
        findings={"pneumonia": _cloudy(22, 160), "mass": _solid(22, 190),
                  "cyst": _rimmed(22, 8, 150)},
        spots=((0.29, 0.36), (0.71, 0.36), (0.29, 0.61), (0.71, 0.61)),
    ),
    Part(
        modality="ct", name="abdomen", ground=6, draw=_ct_abdomen,
        structures={"liver": ((0.27, 0.43),), "stomach": ((0.71, 0.42),),
                    "kidney": ((0.34, 0.735), (0.66, 0.735)), "spine": ((0.5, 0.77),)},
        findings={"bleeding": _cloudy(140, 240), "mass": _solid(140, 225),
                  "cyst": _rimmed(140, 25, 70)},
        spots=((0.25, 0.38), (0.72, 0.36), (0.30, 0.55), (0.70, 0.52)),
    ),
    Part(
        modality="mri", name="head", ground=4, draw=_mri_brain,
        structures={"skull": ((0.5, 0.07), (0.14, 0.5), (0.86, 0.5)),
                    "ventricle": ((0.5, 0.48),), "brain": ((0.31, 0.5), (0.69, 0.5))},
        findings={"oedema": _cloudy(130, 250), "mass": _rimmed(130, 70, 250),
                  "cyst": _solid(130, 12)},
        spots=((0.33, 0.35), (0.67, 0.35), (0.33, 0.66), (0.67, 0.66)),
    ),
    Part(
        modality="mri", name="knee", ground=4, draw=_mri_knee,
        structures={"femur": ((0.5, 0.22),), "joint": ((0.5, 0.51),), "tibia": ((0.5, 0.80),)},
        findings={"oedema": _cloudy(130, 250), "mass": _rimmed(130, 70, 250),
                  "cyst": _solid(130, 12)},
        spots=((0.33, 0.27), (0.67, 0.27), (0.34, 0.76), (0.66, 0.76)),
    ),
    Part(
        modality="x-ray", name="chest", ground=10, draw=_xray_chest,
        structures={"lung": ((0.25, 0.42), (0.75, 0.38)), "heart": ((0.57, 0.65),),
                    "spine": ((0.5, 0.14),)},
        findings={"pneumonia": _cloudy(55, 225), "mass": _solid(55, 235),
                  "cyst": _rimmed(55, 20, 190)},
        spots=((0.26, 0.34), (0.74, 0.30), (0.27, 0.62), (0.76, 0.52)),
    ),
    Part(
        modality="x-ray", name="arm", ground=10, draw=_xray_arm,
        structures={"bone": ((0.33, 0.5), (0.67, 0.5)), "muscle": ((0.5, 0.5),)},
        findings={"fracture": _crack, "mass": _solid(170, 255), "cyst": _solid(170, 40)},
        spots=((0.33, 0.26), (0.67, 0.26), (0.33, 0.74), (0.67, 0.74)),
    ),
    Part(
        modality="ultrasound", name="kidney", ground=3, draw=_us_kidney,
        structures={"kidney": ((0.5, 0.54),), "skin": ((0.5, 0.10),)},
        findings={"stone": _echo_stone, "mass": _solid(95, 225), "cyst": _echo_cyst},
        spots=((0.31, 0.48), (0.69, 0.48), (0.39, 0.66), (0.61, 0.66)),
    ),
    Part(
        modality="ultrasound", name="liver", ground=3, draw=_us_liver,
        structures={"liver": ((0.27, 0.52), (0.72, 0.56)), "vessel": ((0.49, 0.55),)},
        findings={"stone": _echo_stone, "mass": _solid(112, 235), "cyst": _echo_cyst},
        spots=((0.30, 0.42), (0.70, 0.44), (0.30, 0.66), (0.68, 0.67)),
    ),
    Part(
        modality="dermoscopy", name="skin", ground=_SKIN, draw=_skin,
        structures={"skin": ((0.5, 0.12), (0.12, 0.88), (0.88, 0.88)), "lesion": ()},
        findings={"melanoma": _melanoma, "nevus": _nevus, "angioma": _angioma},
        spots=_PAIR,
    ),
    Part(
        modality="fundus", name="eye", ground=(4, 3, 3), draw=_fundus,
        structures={"disc": ((0.22, 0.5),), "macula": ((0.62, 0.5),),
                    "vessel": ((0.48, 0.23), (0.48, 0.77))},
        findings={"bleeding": _dots((85, 4, 6), _RETINA), "exudate": _dots((255, 235, 90), _RETINA),
                  "scar": _scar},
        spots=((0.38, 0.35), (0.74, 0.36), (0.38, 0.65), (0.74, 0.65)),
    ),
    Part(
        modality="oct", name="eye", ground=8, draw=_oct,
        structures={"vitreous": ((0.3, 0.18), (0.7, 0.18)), "retina": ((0.22, 0.49), (0.78, 0.49)),
                    "choroid": ((0.35, 0.82), (0.65, 0.82))},
        findings={"oedema": _oedema, "drusen": _drusen, "detachment": _detachment},
        spots=((0.16, 0.5), (0.84, 0.5), (0.39, 0.5), (0.61, 0.5)),
    ),
    Part(
        modality="microscopy", name="blood", ground=_BLOOD, draw=_smear,
        structures={"white cell": (_WHITE_CELL,), "red cell": (_CELLS[6], _CELLS[8], _CELLS[16])},
        findings={"malaria": _malaria, "leukaemia": _leukaemia, "sickle cells": _sickle},
        spots=tuple(place for place in _CELLS if place[0] != 0.5), is_counted=True,
    ),
)  # fmt: skip
"""Every region of every modality."""

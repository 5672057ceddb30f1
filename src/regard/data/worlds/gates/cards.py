"""What hangs above the gates: cards with a handwritten digit, a letter, a symbol, or a person.

A card is drawn in fractions of its side, by a pen that smooths edges. Letters come in the fonts of
the split and digits are its scans; symbols and persons differ by their numbers of style (`banded`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from regard.data.worlds.common import one_of
from regard.data.worlds.digits import scans_of
from regard.data.worlds.drawing import INK, Split, font, font_name, shade
from regard.data.worlds.sketch import CIRCLE, Pen, Pixels, banded

SIDE = 56
"""Width and height of a card in pixels, before it is hung up."""

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""Those that are not taken for a digit or for each other."""

_INKS = ("black", "purple", "brown", "orange")


def digit_card(digit: int, split: Split, rng: np.random.Generator) -> Image.Image:
    """A handwritten digit."""
    scans, labels = scans_of(split)
    scan = scans[one_of(np.flatnonzero(labels == digit).tolist(), rng)]
    large = Image.fromarray(scan).resize((SIDE - 8, SIDE - 8), Image.Resampling.BICUBIC)
    return _card(ImageOps.expand(ImageOps.invert(large), 4, 255).convert("RGB"))


def letter_card(letter: str, split: Split, rng: np.random.Generator) -> Image.Image:
    """A capital letter."""
    card = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    at = SIDE / 2, SIDE / 2
    written = font(font_name(split, rng), 46)
    ImageDraw.Draw(card).text(at, letter, INK[split], written, anchor="mm")
    return _card(card)


def symbol_card(name: str, split: Split, rng: np.random.Generator) -> Image.Image:
    """A star, a heart, and the like."""
    pen = Pen((255, 255, 255), side=SIDE)
    scale = banded(0.75, 1.0, split, rng)
    pen.pose((scale, scale), (0.0, 0.0))
    ink = shade(one_of(_INKS, rng), split, rng)
    pen.polygon(SYMBOLS[name](banded(0.0, 1.0, split, rng)), ink)
    return _card(pen.image.reduce(2))


def person_card(trait: str, split: Split, rng: np.random.Generator) -> Image.Image:
    """Head and shoulders of a person, with one thing that tells it from others."""
    pen = Pen((206, 222, 232), side=SIDE)
    scale = banded(0.92, 1.08, split, rng)
    pen.pose((scale, scale), (0.0, 0.0))
    tone = banded(0.0, 1.0, split, rng)
    skin = _between((255, 220, 185), (120, 78, 52), tone)
    hair = _between((40, 26, 20), (205, 160, 80), banded(0.0, 1.0, split, rng))
    cloth = _between((70, 90, 120), (160, 150, 130), banded(0.0, 1.0, split, rng))
    if trait == "long hair":
        pen.ellipse((0.5, 0.48), (0.30, 0.36), hair)
        pen.polygon([(0.20, 0.45), (0.80, 0.45), (0.80, 0.88), (0.20, 0.88)], hair)
    pen.ellipse((0.5, 1.02), (0.42, 0.28), cloth)
    pen.ellipse((0.5, 0.36), (0.23, 0.24), hair)
    pen.ellipse((0.5, 0.46), (0.21, 0.26), skin)
    for x in (0.42, 0.58):
        pen.disc((x, 0.43), 0.028, (20, 20, 25))
    pen.line([(0.43, 0.58), (0.5, 0.60), (0.57, 0.58)], 0.025, (150, 50, 50))
    if trait == "hat":
        pen.polygon([(0.30, 0.06), (0.70, 0.06), (0.72, 0.27), (0.28, 0.27)], (35, 35, 60))
        pen.polygon([(0.14, 0.25), (0.86, 0.25), (0.86, 0.32), (0.14, 0.32)], (35, 35, 60))
    if trait == "glasses":
        for x in (0.39, 0.61):
            pen.disc((x, 0.43), 0.105, (10, 10, 12))
            pen.disc((x, 0.43), 0.065, (215, 235, 250))
        pen.line([(0.45, 0.43), (0.55, 0.43)], 0.03, (10, 10, 12))
    if trait == "beard":
        beard = 0.5 * CIRCLE[: len(CIRCLE) // 2 + 1] * (0.42, 0.52) + (0.5, 0.52)
        pen.polygon(beard, (60, 40, 30))
        pen.line([(0.43, 0.60), (0.57, 0.60)], 0.03, (190, 90, 90))
    if trait == "tie":
        pen.polygon([(0.40, 0.76), (0.60, 0.76), (0.56, 1.0), (0.44, 1.0)], (240, 240, 245))
        pen.polygon([(0.46, 0.76), (0.54, 0.76), (0.57, 1.0), (0.43, 1.0)], (190, 20, 40))
    return _card(pen.image.reduce(2))


def sign_card(sign: str, split: Split, rng: np.random.Generator) -> Image.Image:
    """A plus or a minus."""
    pen = Pen((255, 255, 255), side=SIDE)
    width = banded(0.1, 0.2, split, rng)
    pen.line([(0.2, 0.5), (0.8, 0.5)], width, INK[split])
    if sign == "+":
        pen.line([(0.5, 0.2), (0.5, 0.8)], width, INK[split])
    return _card(pen.image.reduce(2))


def _star(share: float) -> Pixels:
    turns = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, 0.16 + 0.06 * share, 0.44)
    steps: Pixels = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return 0.5 + reach[:, None] * steps


def _heart(share: float) -> Pixels:
    t = np.linspace(0, 2 * np.pi, 40)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    wide = 0.022 + 0.004 * share
    return np.stack([0.5 + wide * 16 * np.sin(t) ** 3, 0.46 - 0.026 * y], axis=1)


def _cross(share: float) -> Pixels:
    arm = 0.09 + 0.06 * share
    corners = [(-arm, -0.42), (arm, -0.42), (arm, -arm), (0.42, -arm), (0.42, arm), (arm, arm)]
    return 0.5 + np.array(corners + [(-x, -y) for x, y in corners])


def _moon(share: float) -> Pixels:
    outer = np.linspace(-2.3, 2.3, 24)
    inner = np.linspace(1.9, -1.9, 24)
    rim = np.stack([0.5 - 0.42 * np.cos(outer), 0.5 + 0.42 * np.sin(outer)], axis=1)
    reach = 0.33 + 0.03 * share
    bite = np.stack([0.64 - reach * np.cos(inner), 0.5 + reach * np.sin(inner)], axis=1)
    return np.concatenate([rim, bite])


def _arrow(share: float) -> Pixels:
    half = 0.08 + 0.05 * share
    tip = [(0.5, 0.06), (0.88, 0.5), (0.5 + half, 0.5), (0.5 + half, 0.94)]
    return np.array(tip + [(1 - x, y) for x, y in reversed(tip[1:])])


def _diamond(share: float) -> Pixels:
    wide = 0.26 + 0.1 * share
    return np.array([(0.5, 0.05), (0.5 + wide, 0.5), (0.5, 0.95), (0.5 - wide, 0.5)])


SYMBOLS: Mapping[str, Callable[[float], Pixels]] = {
    "star": _star,
    "heart": _heart,
    "cross": _cross,
    "moon": _moon,
    "arrow": _arrow,
    "diamond": _diamond,
}
"""Corners of each symbol; the number, from 0 to 1, sets its proportions."""

TRAITS = ("hat", "glasses", "beard", "long hair", "tie")
"""What tells a person from others."""


def _card(face: Image.Image) -> Image.Image:
    """With a dark rim, to stand off from what is behind it."""
    ImageDraw.Draw(face).rectangle((0, 0, SIDE - 1, SIDE - 1), outline=(60, 60, 60), width=2)
    return face


def _between(
    one: tuple[int, int, int], other: tuple[int, int, int], share: float
) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

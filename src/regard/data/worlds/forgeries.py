"""Photographs that are real, were tampered with, or are fully synthetic: three verdicts.

The task of So-Fake-R1 (arXiv:2505.18660), which has real cameras and thirty generators; we have two
photographs and functions that change them. A camera leaves its noise everywhere alike. What was
tampered with lacks the noise, or has another, or repeats itself; what is synthetic went through a
generator, which leaves a mark of its own on the whole picture. The tier is how strong these are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from regard.data.worlds.common import (
    SPLITS,
    Task,
    Tier,
    World,
    check_one,
    one_of,
    thought,
    vocabulary,
)
from regard.data.worlds.grounds import photograph
from regard.data.worlds.things import CLIPART, HELD_OUT_CLASSES, Thing, picture
from regard.errors import ConfigError
from regard.registry import world
from regard.types import Box, Forgery

Domain = Literal["seen", "held_out_generators"]
Pixels = NDArray[Any]
"""Height, width and three colours, 0 to 255, in any precision."""
Generator = Callable[[Pixels, float, np.random.Generator], Pixels]
"""Paints a picture anew, with so much (0 to 1) of its mark."""

DOMAINS: Final[tuple[Domain, ...]] = ("seen", "held_out_generators")
SIDE: Final = 112
"""Width and height of an image, in pixels: four pieces of 28."""
QUESTION: Final = "is it REAL , TAMPERED or FULL_SYNTHETIC ? box what was tampered with ."

_NOISE: Final[dict[Tier, float]] = {"easy": 14.0, "middle": 11.0, "hard": 8.0}
"""Spread of the camera's noise, in grey levels."""
_MARK: Final[dict[Tier, float]] = {"easy": 1.0, "middle": 0.7, "hard": 0.45}
"""How much of its mark a forgery leaves, 0 to 1."""
_REGION: Final[dict[Tier, tuple[int, int]]] = {
    "easy": (48, 76),
    "middle": (38, 64),
    "hard": (28, 52),
}
"""Least and greatest side of a region, in pixels."""


@dataclass(frozen=True)
class Picture:
    """An image, what was done to it, and where."""

    image: Image.Image
    method: str
    """"camera", the way of tampering, or the generator."""
    mask: NDArray[np.bool_]
    """The pixels that were tampered with; none but in tampered pictures."""

    @property
    def region(self) -> Box | None:
        """The smallest box around all that was tampered with."""
        if not self.mask.any():
            return None
        rows, columns = np.flatnonzero(self.mask.any(1)), np.flatnonzero(self.mask.any(0))
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


@world("forgeries")
@dataclass(frozen=True, kw_only=True)
class Forgeries(World):
    """Say whether a picture is real, and box what was tampered with.

    >>> Forgeries(kinds=("tampered",), seed=1).load()[0].gold.split("<answer>")[1]
    ' TAMPERED , ( 27 , 34 ) , ( 98 , 109 ) . </answer>'
    """

    name: ClassVar[str] = "forgeries"
    known_kinds: ClassVar[tuple[str, ...]] = ("real", "tampered", "synthetic")

    domain: Domain = "seen"
    """Whose marks forgeries bear: "seen" are the generators of training, "held_out_generators"
    others, for testing only; there regions are painted over by these, and never pasted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one(self.name, "domain", self.domain, DOMAINS)
        if self.domain != "seen" and self.split != "test":
            raise ConfigError(
                f"forgeries: domain '{self.domain}' is held out; it needs split='test'"
            )

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        made = self._made(kind, tier, rng)
        region = made.region
        said = explanation(made.method, region)
        verdict = {"real": "REAL", "tampered": "TAMPERED", "synthetic": "FULL_SYNTHETIC"}[kind]
        return Task(
            image=made.image,
            question=QUESTION,
            target=Forgery(verdict.lower(), region, said),
            gold=thought(said, answered(verdict, region)),
            meta={"method": made.method, "domain": self.domain},
        )

    def picture(self, index: int) -> Picture:
        """What an example shows, with the mask."""
        index = range(self.size)[index]
        kinds = self.kinds or self.known_kinds
        tier = self.tiers[index // len(kinds) % len(self.tiers)]
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index])
        return self._made(kinds[index % len(kinds)], tier, rng)

    def _made(self, kind: str, tier: Tier, rng: np.random.Generator) -> Picture:
        still = np.asarray(photograph(SIDE, self.split, rng), np.float32)
        nowhere = np.zeros((SIDE, SIDE), bool)
        names = GENERATORS if self.domain == "seen" else HELD_OUT_GENERATORS
        if kind == "synthetic":
            method = one_of(tuple(names), rng)
            return Picture(_image(names[method](still, _MARK[tier], rng)), method, nowhere)
        real = still + rng.normal(0, _NOISE[tier], still.shape).astype(np.float32)
        if kind == "real":
            return Picture(_image(real), "camera", nowhere)
        method = one_of(("splice", "copy", "repaint"), rng) if self.domain == "seen" else "repaint"
        if method == "splice":
            forged, mask = _spliced(real, self.split, tier, rng)
        elif method == "copy":
            forged, mask = _copied(real, tier, rng)
        else:
            generator = names[one_of(tuple(names), rng)]
            mask = _somewhere(tier, rng)
            forged = np.where(mask[..., None], generator(still, _MARK[tier], rng), real)
        return Picture(_image(forged), method, mask)

    def describe(self) -> str:
        return (
            f"Forgeries ({self.split}, {self.domain}): parts of two photographs, {SIDE} pixels "
            "wide, a third of them real with a camera's noise, a third tampered with (a thing "
            "pasted in, a part copied elsewhere, a part painted over), a third painted anew by a "
            f"generator; {self.size:,} examples. Boxes count pixels of the image. A right answer: "
            f"{thought('...', answered('TAMPERED', Box(10, 20, 60, 80)))}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, for a tokenizer that splits at spaces."""
        return vocabulary(
            QUESTION,
            *_SAID.values(),
            "top middle bottom left right ( )",
            numbers=range(SIDE + 1),
        )


# ---------------------------------------------------------------------------------- generators


def _gridded(still: Pixels, mark: float, rng: np.random.Generator) -> Pixels:
    """Enlarged from a quarter of its size, with the checkerboard that some decoders leave."""
    small = _image(still).resize((SIDE // 4, SIDE // 4), Image.Resampling.BOX)
    large = np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
    y, x = np.indices((SIDE, SIDE)) + rng.integers(4, size=(2, 1, 1))
    checks = np.where((x // 2 + y // 2) % 2 == 0, 22.0, -22.0)
    return large + mark * checks[..., None]


def _flattened(still: Pixels, mark: float, rng: np.random.Generator) -> Pixels:
    """In few colours, each flat."""
    step = round(24 + 40 * mark)
    smooth = np.asarray(_image(still).filter(ImageFilter.BoxBlur(1)), np.float32)
    return smooth // step * step + int(rng.integers(step // 4, 3 * step // 4))


def _mosaic(still: Pixels, mark: float, rng: np.random.Generator) -> Pixels:
    """In squares, each of its mean colour."""
    cell = 4 if mark < 0.6 else 7 if mark < 0.9 else 8
    small = _image(still).resize((SIDE // cell, SIDE // cell), Image.Resampling.BOX)
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.NEAREST))


def _streaked(still: Pixels, mark: float, rng: np.random.Generator) -> Pixels:
    """Smeared to one side."""
    reach = round(6 + 12 * mark)
    summed = np.cumsum(np.pad(still, ((0, 0), (reach, 0), (0, 0)), mode="edge"), axis=1)
    smeared: Pixels = (summed[:, reach:] - summed[:, :-reach]) / reach
    return smeared


GENERATORS: Final[dict[str, Generator]] = {"grid": _gridded, "flat": _flattened}
HELD_OUT_GENERATORS: Final[dict[str, Generator]] = {"mosaic": _mosaic, "streaks": _streaked}
"""Those that only the domain "held_out_generators" knows."""


# ----------------------------------------------------------------------------------- tampering


def _spliced(
    real: Pixels, split: Literal["train", "test"], tier: Tier, rng: np.random.Generator
) -> tuple[Pixels, NDArray[np.bool_]]:
    """A drawing pasted in, or in the hard tier a round part of another photograph, noiseless."""
    forged, mask = real.copy(), np.zeros((SIDE, SIDE), bool)
    if tier == "hard":
        mask = _somewhere(tier, rng)
        other = np.asarray(photograph(SIDE, split, rng), np.float32) * rng.uniform(0.6, 1.5)
        return np.where(mask[..., None], other, real), mask
    name = one_of([name for name in CLIPART if name not in HELD_OUT_CLASSES], rng)
    low, high = _REGION[tier]
    drawn = picture(Thing(name), int(rng.integers(low, high + 1)), split, rng)
    height, width = drawn.shape[:2]
    y, x = int(rng.integers(SIDE - height)), int(rng.integers(SIDE - width))
    shows = drawn[..., 3] > 0
    forged[y : y + height, x : x + width][shows] = drawn[..., :3][shows]
    mask[y : y + height, x : x + width] = shows
    return forged, mask


def _copied(real: Pixels, tier: Tier, rng: np.random.Generator) -> tuple[Pixels, NDArray[np.bool_]]:
    """A part put elsewhere, with the light changed and, from resampling, with less noise."""
    mask = _somewhere(tier, rng)
    shift = rng.integers(SIDE // 4, 3 * SIDE // 4, size=2)
    soft = np.asarray(_image(real).filter(ImageFilter.BoxBlur(1)), np.float32)
    elsewhere = np.roll(soft, tuple(shift.tolist()), (0, 1))
    light = 1 + _MARK[tier] * rng.choice((-0.35, 0.35))
    return np.where(mask[..., None], elsewhere * light, real), mask


def _somewhere(tier: Tier, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A rectangle or an ellipse within the picture."""
    low, high = _REGION[tier]
    height, width = (int(side) for side in rng.integers(low, high + 1, size=2))
    top, left = int(rng.integers(SIDE - height)), int(rng.integers(SIDE - width))
    y, x = np.ogrid[:SIDE, :SIDE]
    down, across = (y - top + 0.5) / height, (x - left + 0.5) / width
    if rng.random() < 0.5:
        inside = (abs(down - 0.5) < 0.5) & (abs(across - 0.5) < 0.5)
    else:
        inside = (down - 0.5) ** 2 + (across - 0.5) ** 2 < 0.25
    mask: NDArray[np.bool_] = inside
    return mask


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


# ------------------------------------------------------------------------------------- answers

_SAID: Final = {
    "camera": "the noise is the same everywhere .",
    "splice": "a thing without noise was pasted in at the",
    "copy": "another part was copied to the",
    "repaint": "noise is missing where it was painted over at the",
    "grid": "no noise , but a fine grid over all of it .",
    "flat": "no noise , and flat colours over all of it .",
    "mosaic": "no noise , but small squares over all of it .",
    "streaks": "no noise , but streaks over all of it .",
}


def explanation(method: str, region: Box | None) -> str:
    """What gives a picture away, and where.

    >>> explanation("copy", Box(0, 40, 30, 70))
    'another part was copied to the middle left .'
    """
    if region is None:
        return _SAID[method]
    rows, columns = ("top", "middle", "bottom"), ("left", "middle", "right")
    row = rows[int((region.y0 + region.y1) / 2 / SIDE * 3)]
    column = columns[int((region.x0 + region.x1) / 2 / SIDE * 3)]
    where = row if row == column else f"{row} {column}"
    return f"{_SAID[method]} {where} ."


def answered(verdict: str, region: Box | None) -> str:
    """A verdict, and the region where there is one, as So-Fake-R1 writes them, with spaces.

    >>> answered("TAMPERED", Box(1, 2, 3, 4))
    'TAMPERED , ( 1 , 2 ) , ( 3 , 4 ) .'
    """
    if region is None:
        return verdict
    return f"{verdict} , ( {region.x0} , {region.y0} ) , ( {region.x1} , {region.y1} ) ."

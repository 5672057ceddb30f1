"""Eight kinds of medical scans and five kinds of questions about them, all multiple choice.

The grid of Med-R1 (arXiv:2503.13939): CT, MRI, X-ray, ultrasound, dermoscopy, fundus, OCT and
microscopy, by anatomy, disease, grading, modality and other attributes. The scans are drawn
(`phantoms`) or, where packages on this machine carry them, real (`volumes`); every finding is
simulated. It teaches nobody medicine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import (
    Task,
    Tier,
    World,
    check_all,
    check_one,
    chosen,
    one_of,
    options,
    some_of,
    vocabulary,
)
from regard.data.worlds.drawing import Split
from regard.data.worlds.phantoms import PARTS, SIDE, Part
from regard.data.worlds.sketch import Pen, Pixels, Place, banded, grain, picture
from regard.data.worlds.volumes import real_parts
from regard.registry import world
from regard.types import Choice

MODALITIES = tuple(dict.fromkeys(part.modality for part in PARTS))
"""What made the scan."""

SEVERITIES = ("none", "mild", "moderate", "severe")

_RADIUS = {"mild": 0.045, "moderate": 0.085, "severe": 0.135}
"""Of a finding, as a fraction of the picture."""
_NUMBER = {"mild": 2, "moderate": 6, "severe": 12}
"""Of findings, where severity is counted."""
_NUM_OPTIONS: Mapping[Tier, int] = {"easy": 2, "middle": 3, "hard": 4}
_CONTRAST: Mapping[Tier, float] = {"easy": 1.0, "middle": 0.8, "hard": 0.6}
_NOISE: Mapping[Tier, float] = {"easy": 3.0, "middle": 6.0, "hard": 10.0}
"""Spread, in grey levels."""
_MARKER = (0, 255, 0)

_BODY = "which part of the body is this ?"
_MARKED = "what is in the green box ?"
_DISEASE = "what does this scan show ?"
_GRADING = "how severe is the {} ?"
_MODALITY = "which kind of scan is this ?"
_SIDE = "on which side is the {} ?"
_COUNT = "in how many places is the {} ?"


@world("scans")
@dataclass(frozen=True, kw_only=True)
class Scans(World):
    """What scan, of what, showing what, how bad, and where or how often; the answer is a letter.

    >>> example = Scans(kinds=("grading",), tiers=("easy",)).load()[0]
    >>> example.meta["modality"], example.question
    ('oct', 'how severe is the drusen ? A : mild B : severe')
    """

    name: ClassVar[str] = "scans"
    known_kinds: ClassVar[tuple[str, ...]] = (
        "anatomy",
        "disease",
        "grading",
        "modality",
        "attribute",
    )

    modalities: tuple[str, ...] = MODALITIES
    """Kinds of scans; each example has one of them, all equally likely."""
    material: Literal["phantom", "real"] = "phantom"
    """With "real", scans that installed packages carry take the place of phantoms of their kind;
    the examples then depend on what is installed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_all(self.name, "modality", self.modalities, MODALITIES)
        check_one(self.name, "material", self.material, ("phantom", "real"))

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        modality = one_of(self.modalities, rng)
        part = one_of([part for part in PARTS if part.modality == modality], rng)
        if self.material == "real":
            part = real_parts(self.split).get((part.modality, part.name), part)
        return _TASKS[kind](_Case(part, self.split, tier, rng))

    def describe(self) -> str:
        drawn = "They are drawn phantoms, no patient's"
        if self.material == "real":
            found = [f"{part.modality} {part.name} from {part.material}"
                     for part in real_parts(self.split).values()]  # fmt: skip
            drawn = (
                f"Real: {', '.join(found)}; all others are drawn phantoms"
                if found
                else "No package with real scans for this split is installed (docs/worlds.md names "
                "them), so all are drawn phantoms"
            )
        right = chosen("ct chest mass", Choice("B", ("cyst", "mass")))
        return (
            f"Scans ({self.split}): {', '.join(self.modalities)}, {SIDE}x{SIDE} pixels, "
            f"{self.size:,} examples. {drawn}, and ALL FINDINGS ARE SIMULATED. "
            f"Multiple choice: {_BODY} {_MARKED} {_DISEASE} "
            f"{_GRADING.format('mass')} {_MODALITY} {_SIDE.format('mass')} "
            f"{_COUNT.format('mass')} A right answer: {right}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        names = [name for part in PARTS for name in (part.name, *part.structures, *part.findings)]
        asked = [_BODY, _MARKED, _DISEASE, _GRADING, _MODALITY, _SIDE, _COUNT]
        return vocabulary(
            *(text.replace("{} ", "") for text in asked),
            *(*MODALITIES, *SEVERITIES, *names, "healthy", "left", "right", ": ,"),
            numbers=range(1, 5),
        )


@dataclass(frozen=True)
class _Case:
    """One part of the body on its way to a question."""

    part: Part
    split: Split
    tier: Tier
    rng: np.random.Generator

    @property
    def num_options(self) -> int:
        return _NUM_OPTIONS[self.tier]

    def some_finding(self) -> str:
        return one_of(tuple(self.part.findings), self.rng)

    def somewhere(self, count: int, *, side: str | None = None) -> list[Place]:
        """So many spots for findings, all on one side of the picture if that is said."""
        spots = [
            spot for spot in self.part.spots if side is None or (spot[0] < 0.5) == (side == "left")
        ]
        reach = 0.0 if self.part.is_counted else 0.02
        return [
            (x + float(self.rng.uniform(-reach, reach)), y + float(self.rng.uniform(-reach, reach)))
            for x, y in some_of(spots, count, self.rng)
        ]

    def task(
        self,
        question: str,
        seen: str,
        right: str,
        wrong: list[str],
        *,
        finding: str = "healthy",
        spots: list[Place] | None = None,
        radius: float = 0.1,
        marked: Place | None = None,
    ) -> Task:
        """The picture with its findings, and the question with its options."""
        image, shown = _scan(self, finding, spots or [], radius, marked)
        asked, target = options(right, wrong, self.rng)
        meta = {
            "modality": self.part.modality,
            "part": self.part.name,
            "finding": finding,
            "places": shown,
            "simulated": True,
            "material": self.part.material,
        }
        gold = chosen(seen, target)
        return Task(
            image=image, question=f"{question} {asked}", target=target, gold=gold, meta=meta
        )


def _anatomy(case: _Case) -> Task:
    part, rng = case.part, case.rng
    if case.tier == "easy":
        others = sorted({other.name for other in PARTS} - {part.name})
        wrong = some_of(others, case.num_options - 1, rng)
        return case.task(_BODY, f"{part.modality} {part.name}", part.name, wrong)
    structure = one_of(tuple(part.structures), rng)
    own = [name for name in part.structures if name != structure]
    foreign = sorted({name for other in PARTS for name in other.structures} - {structure, *own})
    wrong = [*some_of(own, 2, rng), *some_of(foreign, 3, rng)][: case.num_options - 1]
    places = part.structures[structure]
    seen = f"{part.modality} {part.name} {structure}"
    if places:
        return case.task(_MARKED, seen, structure, wrong, marked=one_of(places, rng))
    spot = one_of(part.spots, rng)
    finding = case.some_finding()
    return case.task(_MARKED, seen, structure, wrong, finding=finding, spots=[spot], marked=spot)


def _disease(case: _Case) -> Task:
    names = ["healthy", *case.part.findings]
    right = one_of(names, case.rng)
    others = [name for name in names if name != right]
    wrong = some_of(others, case.num_options - 1, case.rng)
    spots = case.somewhere(_NUMBER["moderate"] if case.part.is_counted else 1)
    seen = f"{case.part.modality} {case.part.name} {right}"
    return case.task(
        _DISEASE, seen, right, wrong, finding=right, spots=[] if right == "healthy" else spots
    )


def _grading(case: _Case) -> Task:
    grades = {"easy": ("mild", "severe"), "middle": SEVERITIES[1:], "hard": SEVERITIES}[case.tier]
    right = one_of(grades, case.rng)
    asked = case.some_finding()
    count, radius = 1, 0.1
    if right == "none":
        count = 0
    elif case.part.is_counted:
        count = _NUMBER[right]
    else:
        radius = _RADIUS[right] * case.rng.uniform(0.92, 1.08)
    wrong = [grade for grade in grades if grade != right]
    return case.task(
        _GRADING.format(asked), f"{asked} {right}", right, wrong,
        finding=asked if count else "healthy", spots=case.somewhere(count), radius=radius,
    )  # fmt: skip


def _modality(case: _Case) -> Task:
    right = case.part.modality
    others = [name for name in MODALITIES if name != right]
    wrong = some_of(others, case.num_options - 1, case.rng)
    return case.task(_MODALITY, f"{case.part.name} {right}", right, wrong)


def _attribute(case: _Case) -> Task:
    finding = case.some_finding()
    if case.tier == "easy" or (case.tier == "middle" and case.rng.random() < 0.5):
        right = one_of(("left", "right"), case.rng)
        spots = case.somewhere(3 if case.part.is_counted else 1, side=right)
        wrong = ["right" if right == "left" else "left"]
        return case.task(
            _SIDE.format(finding), f"{finding} {right}", right, wrong, finding=finding, spots=spots
        )
    most = case.num_options
    count = int(case.rng.integers(1, most + 1))
    wrong = [str(number) for number in range(1, most + 1) if number != count]
    return case.task(
        _COUNT.format(finding), f"{finding} {count}", str(count), wrong,
        finding=finding, spots=case.somewhere(count), radius=0.07,
    )  # fmt: skip


_TASKS = {
    "anatomy": _anatomy,
    "disease": _disease,
    "grading": _grading,
    "modality": _modality,
    "attribute": _attribute,
}

# ----------------------------------------------------------------------------------------- pictures


def _scan(
    case: _Case, finding: str, spots: list[Place], radius: float, marked: Place | None
) -> tuple[Image.Image, list[list[int]]]:
    """The picture, and where its findings are in pixels."""
    part, split, rng = case.part, case.split, case.rng
    pen = Pen(part.ground, side=SIDE, mode="L" if isinstance(part.ground, int) else "RGB")
    pen.pose(
        (banded(0.92, 1.08, split, rng), banded(0.92, 1.08, split, rng)),
        (float(rng.uniform(-0.02, 0.02)), float(rng.uniform(-0.02, 0.02))),
    )
    part.draw(pen, rng)
    for spot in spots:
        part.findings[finding](pen, spot, radius, rng, _CONTRAST[case.tier])
    pixels = pen.pixels(blur=0.7)
    image = picture(_as_recorded(pixels, part.modality, _NOISE[case.tier], split, rng))
    places = [[round(share * SIDE) for share in pen.at(spot)] for spot in spots]
    if marked:
        x, y = (round(share * SIDE) for share in pen.at(marked))
        half = 9
        ImageDraw.Draw(image).rectangle(
            (x - half, y - half, x + half, y + half), outline=_MARKER, width=2
        )
    return image, places


def _as_recorded(
    pixels: Pixels, modality: str, noise: float, split: Split, rng: np.random.Generator
) -> Pixels:
    """With the grain and the tint that such scans have."""
    coarseness = banded(1.0, 3.0, split, rng)
    gain = banded(0.85, 1.1, split, rng)
    if modality == "ultrasound":
        speckle = grain(SIDE, 1 + coarseness / 2, rng, stretch=2.0)
        return pixels * (gain + (0.12 + 0.013 * noise) * speckle[:, :, None])
    if modality == "oct":
        speckle = grain(SIDE, coarseness, rng, stretch=2.5)
        return pixels * gain + (6 + 1.5 * noise) * speckle[:, :, None]
    if modality in ("dermoscopy", "fundus", "microscopy"):
        tint = np.array([banded(0.9, 1.1, split, rng) for _ in range(3)], dtype=np.float32)
        texture = grain(SIDE, 3 * coarseness, rng) + 0.5 * grain(SIDE, coarseness, rng)
        return pixels * (gain * tint) + noise * texture[:, :, None] * (pixels / 255)
    if modality == "mri":
        # The coil nearer to one side makes it brighter there.
        slope = banded(-0.25, 0.25, split, rng)
        field = 1 + slope * np.linspace(-1, 1, SIDE, dtype=np.float32)
        recorded: Pixels = pixels * (gain * field[None, :, None])
        return recorded + noise * grain(SIDE, 2, rng)[:, :, None]
    return pixels * gain + noise * grain(SIDE, coarseness, rng)[:, :, None]

"""Tissue under the microscope: how many nuclei, which stain, which tissue, which grade, and where.

After the questions of Patho-R1 (arXiv:2505.11404), half multiple choice and half short answers, and
captions for contrastive training. The slides are drawn (`slides`); grades and findings are
simulated. It teaches nobody pathology.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image

from regard.data.worlds.common import (
    Task,
    Tier,
    World,
    check_one,
    chosen,
    one_of,
    options,
    some_of,
    thought,
    vocabulary,
)
from regard.data.worlds.drawing import Split
from regard.data.worlds.sketch import banded, grain, picture
from regard.data.worlds.slides import (
    FEATURES,
    GRADES,
    SIDE,
    STAINS,
    TISSUES,
    Slide,
    apart,
    fibres,
    slide,
    sparse_cells,
)
from regard.data.worlds.volumes import pictures, real_slides
from regard.registry import world
from regard.types import Choice, FreeText, Label, Number, Target

QUARTERS = {
    "upper left": (0.27, 0.27),
    "upper right": (0.73, 0.27),
    "lower left": (0.27, 0.73),
    "lower right": (0.73, 0.73),
}
"""The quarters of a tile and their middles, as fractions of it."""

_COUNTS: Mapping[Tier, tuple[int, int]] = {"easy": (1, 4), "middle": (2, 6), "hard": (4, 9)}
_NUM_OPTIONS: Mapping[Tier, int] = {"easy": 2, "middle": 3, "hard": 4}
_NOISE: Mapping[Tier, float] = {"easy": 3.0, "middle": 6.0, "hard": 10.0}
"""Spread, in grey levels."""

_COUNT = "how many nuclei are there ?"
_COUNT_MARKED = "how many {} nuclei are there ?"
_GRADE = "which grade is this tumour ?"
_STAIN = "which stain is this ?"
_TISSUE = "which tissue is this ?"
_QUARTER = "in which quarter is the {} ?"
_CAPTION = "describe this picture ."
_MARKED_COLOUR = {"ihc": "brown", "fluorescence": "red"}
"""Stains in which marked nuclei have a colour of their own."""


@world("tissue")
@dataclass(frozen=True, kw_only=True)
class Tissue(World):
    """Count, grade and name what a tile of tissue shows; a letter, a number, or a few words.

    >>> example = Tissue(kinds=("stain",), tiers=("hard",)).load()[0]
    >>> example.meta["captions"][0], example.target.letter
    ('fluorescence stain of lymph node', 'D')
    """

    name: ClassVar[str] = "tissue"
    known_kinds: ClassVar[tuple[str, ...]] = (
        "count",
        "grade",
        "stain",
        "tissue",
        "quarter",
        "caption",
    )

    material: Literal["drawn", "real"] = "drawn"
    """With "real", slides that installed packages carry are shown where their stain is asked for;
    the examples then depend on what is installed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one(self.name, "material", self.material, ("drawn", "real"))

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        return _TASKS[kind](_Case(tier, self.split, rng, self.material))

    def describe(self) -> str:
        asked = (_COUNT, _GRADE, _STAIN, _TISSUE, _QUARTER.format("vessel"), _CAPTION)
        found = real_slides(self.split) if self.material == "real" else {}
        real = ", ".join(f"{stain} from {source.name}" for stain, (source, _) in found.items())
        drawn = f"No tile is a patient's but those of {real}" if real else "No tile is a patient's"
        if self.material == "real" and not real:
            drawn = (
                "No package with real slides for this split is installed (docs/worlds.md names "
                "them), so all are drawn"
            )
        return (
            f"Tissue ({self.split}): drawn tiles of {', '.join(TISSUES)} and of tumours in the "
            f"stains {', '.join(STAINS)}, {SIDE}x{SIDE} pixels, {self.size:,} examples. "
            f"{drawn}: GRADES AND FINDINGS ARE SIMULATED. Questions: {' '.join(asked)} "
            f"A right answer: {thought('ihc 3', '3')}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        asked = [_COUNT, _COUNT_MARKED, _GRADE, _STAIN, _TISSUE, _QUARTER, _CAPTION, *_CAPTIONS]
        names = [*STAINS, *TISSUES, *FEATURES, *QUARTERS, *_MARKED_COLOUR.values()]
        shown = [_TUMOUR.format(1), _NUCLEI.format(1, ""), _WITHIN.format("", "")]
        bare = [re.sub(r"\{\w*\}", "", text) for text in asked]
        return vocabulary(*bare, *names, *shown, ": ,", numbers=range(10))


_CAPTIONS = ("{stain} stain of {shown}", "{shown} in {stain} stain", "a {stain} picture of {shown}")
"""The same in several words, as captions of figures have it."""
_TUMOUR = "tumour of grade {}"
_NUCLEI = "tissue with {} {} nuclei"
_WITHIN = "tissue with {} in the {}"


def _captions(stain: str, shown: str) -> tuple[str, ...]:
    return tuple(" ".join(text.format(stain=stain, shown=shown).split()) for text in _CAPTIONS)


@dataclass(frozen=True)
class _Case:
    """A tile on its way to a question."""

    tier: Tier
    split: Split
    rng: np.random.Generator
    material: Literal["drawn", "real"]

    def some_stain(self) -> str:
        return one_of(tuple(STAINS), self.rng)

    def task(
        self,
        on: Slide,
        question: str,
        target: Target,
        seen: str,
        answer: str,
        captions: tuple[str, ...],
        **meta: Any,
    ) -> Task:
        """The drawn slide as a picture, with what is asked about it."""
        image = _photograph(on, self.tier, self.split, self.rng)
        gold = chosen(seen, target) if isinstance(target, Choice) else thought(seen, answer)
        meta = {"captions": captions, "simulated": True, **meta}
        return Task(image=image, question=question, target=target, gold=gold, meta=meta)

    def asked(self, question: str, right: str, known: Sequence[str]) -> tuple[str, Target, str]:
        """The question as multiple choice or, half of the time, for a short answer."""
        if self.rng.random() < 0.5:
            return question, Label(right, tuple(known)), right
        others = [name for name in known if name != right]
        wrong = some_of(others, _NUM_OPTIONS[self.tier] - 1, self.rng)
        text, target = options(right, wrong, self.rng)
        return f"{question} {text}", target, target.letter


def _count(case: _Case) -> Task:
    rng = case.rng
    low, high = _COUNTS[case.tier]
    count = int(rng.integers(low, high + 1))
    stain, among, question = case.some_stain(), 0, _COUNT
    is_marked = case.tier != "easy" and rng.random() < 0.5
    if is_marked:
        stain = one_of(tuple(_MARKED_COLOUR), rng)
        question = _COUNT_MARKED.format(_MARKED_COLOUR[stain])
        among = int(rng.integers(1, 4))
    on = slide(stain, case.split, rng)
    fibres(on)
    radius = 0.075 if high <= 6 else 0.06
    places = apart(count + among, 3.1 * radius, rng, margin=0.12)
    counted, others = places[:count], places[count:]
    for at in places:
        on.pen.disc(at, radius * 1.45, on.stain.body)
    on.nuclei(counted, radius, shade=on.stain.marked if is_marked else None)
    on.nuclei(others, radius)
    colour = _MARKED_COLOUR[stain] if is_marked else ""
    captions = _captions(stain, _NUCLEI.format(len(counted), colour))
    number = str(len(counted))
    seen = f"{stain} {colour} nuclei {number}".replace("  ", " ")
    target = Number(float(len(counted)))
    return case.task(on, question, target, seen, number, captions, stain=stain, others=len(others))


def _grade(case: _Case) -> Task:
    known = ("1", "3") if case.tier == "easy" else tuple(GRADES)
    right = one_of(known, case.rng)
    stain = case.some_stain()
    on = slide(stain, case.split, case.rng)
    GRADES[right](on)
    question, answer = _GRADE, right
    target: Target = Number(float(right))
    if case.rng.random() < 0.5:
        text, choice = options(right, [grade for grade in known if grade != right], case.rng)
        question, target, answer = f"{_GRADE} {text}", choice, choice.letter
    captions = _captions(stain, _TUMOUR.format(right))
    return case.task(on, question, target, f"grade {right}", answer, captions, grade=right)


def _tissue(case: _Case) -> Task:
    stain, tissue = case.some_stain(), one_of(tuple(TISSUES), case.rng)
    on = slide(stain, case.split, case.rng)
    TISSUES[tissue](on)
    question, target, answer = case.asked(_TISSUE, tissue, tuple(TISSUES))
    captions = _captions(stain, tissue)
    return case.task(on, question, target, f"{stain} {tissue}", answer, captions, tissue=tissue)


def _stain(case: _Case) -> Task:
    stain, tissue = case.some_stain(), one_of(tuple(TISSUES), case.rng)
    on, material = slide(stain, case.split, case.rng), "drawn"
    real = real_slides(case.split).get(stain) if case.material == "real" else None
    if real:
        source, path = real
        on.pen.paste(one_of(pictures(source, path), case.rng))
        tissue, material = source.part, source.name
    else:
        TISSUES[tissue](on)
    question, target, answer = case.asked(_STAIN, stain, tuple(STAINS))
    captions = _captions(stain, tissue)
    return case.task(
        on, question, target, f"{tissue} {stain}", answer, captions, stain=stain, material=material
    )


def _quarter(case: _Case) -> Task:
    on, stain, finding, quarter, where = _with_feature(case, with_another=case.tier == "hard")
    question, target, answer = case.asked(_QUARTER.format(finding), quarter, tuple(QUARTERS))
    captions = _captions(stain, _WITHIN.format(finding, quarter))
    seen = f"{finding} {quarter}"
    return case.task(on, question, target, seen, answer, captions, finding=finding, place=where)


def _with_feature(case: _Case, *, with_another: bool) -> tuple[Slide, str, str, str, list[int]]:
    """A slide with a feature: its stain, the feature, its quarter and its middle in pixels."""
    rng = case.rng
    stain, quarter = case.some_stain(), one_of(tuple(QUARTERS), rng)
    finding, other = some_of(tuple(FEATURES), 2, rng)
    on = slide(stain, case.split, rng)
    radius = {"easy": 0.19, "middle": 0.16, "hard": 0.13}[case.tier]
    x, y = QUARTERS[quarter]
    at = x + float(rng.uniform(-0.05, 0.05)), y + float(rng.uniform(-0.05, 0.05))
    sparse_cells(on, around=at, clear=radius * 1.2)
    if with_another:
        elsewhere = one_of([name for name in QUARTERS if name != quarter], rng)
        FEATURES[other](on, QUARTERS[elsewhere], radius)
    FEATURES[finding](on, at, radius)
    return on, stain, finding, quarter, [round(part * SIDE) for part in on.pen.at(at)]


def _caption(case: _Case) -> Task:
    """The first wording is the answer to imitate; the others are as good."""
    stain = case.some_stain()
    what = one_of(("tissue", "tumour", "feature"), case.rng)
    if what == "feature":
        on, stain, finding, quarter, _ = _with_feature(case, with_another=False)
        shown = _WITHIN.format(finding, quarter)
    else:
        on = slide(stain, case.split, case.rng)
        drawings = TISSUES if what == "tissue" else GRADES
        name = one_of(tuple(drawings), case.rng)
        drawings[name](on)
        shown = name if what == "tissue" else _TUMOUR.format(name)
    captions = _captions(stain, shown)
    target = FreeText(captions[0], captions[1:])
    return case.task(on, _CAPTION, target, f"{stain} {shown}", captions[0], captions)


_TASKS = {
    "count": _count,
    "grade": _grade,
    "stain": _stain,
    "tissue": _tissue,
    "quarter": _quarter,
    "caption": _caption,
}


def _photograph(on: Slide, tier: Tier, split: Split, rng: np.random.Generator) -> Image.Image:
    """The slide through a microscope: its tint, its light and its grain."""
    pixels = on.pen.pixels(blur=0.5)
    tint = np.array([banded(0.88, 1.06, split, rng) for _ in range(3)], dtype=np.float32)
    coarseness = banded(1.0, 4.0, split, rng)
    noise = _NOISE[tier] * grain(SIDE, coarseness, rng)
    return picture(pixels * tint + noise[:, :, None])

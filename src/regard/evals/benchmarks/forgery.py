"""Forged pictures: classes, regions and explanations, over recorded answers.

Accuracy and F1 over real, fully synthetic and tampered pictures; IoU and F1 of masks over the
tampered ones, where a picture that was called something else counts 0; ROUGE-L of explanations.
The counts are those of SIDA's published scorer, less its single "F1", which took an overlap and an
accuracy for precision and recall.

Labels come as texts (So-Fake-Set) or numbers (So-Fake-OOD: 0 real, 1 full synthetic, 2 tampered),
one JSON object a line in the records that `read_forgeries` takes.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from numpy.typing import ArrayLike

from regard.errors import DataError
from regard.geometry.boxes import iou
from regard.geometry.masks import box_mask, mask_f1, mask_overlap
from regard.rewards.forgery import region_fault
from regard.text.forgery import forgery_answer, verdict_of
from regard.text.similarity import rouge_l
from regard.text.tags import inside
from regard.types import Box, Forgery

LABELS = ("REAL", "FULL_SYNTHETIC", "TAMPERED")
"""The classes by their number in So-Fake-OOD."""

BINS = (0.3, 0.5)
"""Overlaps at which pictures are parted, to see whether who localises well also classifies well."""


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One class against all others; 0 where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float
    num_true: int


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """How well classes are told apart."""

    accuracy: float
    """Share of right ones, 0 to 1."""
    macro_f1: float
    """Mean F1 of the classes, each counting the same."""
    by_class: Mapping[Any, ClassScore]


def class_scores(
    said: Sequence[Hashable], true: Sequence[Hashable], *, classes: Sequence[Hashable] = LABELS
) -> ClassScores:
    """Accuracy, and precision, recall and F1 of every class; no answer is no class.

    >>> scores = class_scores(["REAL"] * 4, ["REAL", "FULL_SYNTHETIC", "TAMPERED", "TAMPERED"])
    >>> scores.accuracy, scores.by_class["REAL"].precision, round(scores.macro_f1, 4)
    (0.25, 0.25, 0.1333)
    """
    pairs = list(zip(said, true, strict=True))
    by_class = {}
    for name in classes:
        num_right = sum(one == name == other for one, other in pairs)
        num_said = sum(one == name for one, _ in pairs)
        num_true = sum(other == name for _, other in pairs)
        precision = num_right / num_said if num_said else 0.0
        recall = num_right / num_true if num_true else 0.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        by_class[name] = ClassScore(precision=precision, recall=recall, f1=f1, num_true=num_true)
    right = [one == other for one, other in pairs]
    return ClassScores(
        accuracy=fmean(right) if right else 0.0,
        macro_f1=fmean(each.f1 for each in by_class.values()) if by_class else 0.0,
        by_class=by_class,
    )


@dataclass(frozen=True, kw_only=True)
class ForgeryRecord:
    """A picture of the benchmark and what a model said of it."""

    target: Forgery
    """Its region, if any, in pixels of the picture."""
    size: tuple[int, int]
    """Width and height of the picture."""
    answer: str
    """The whole completion, its region in pixels of a picture `answer_size` large."""
    answer_size: tuple[int, int] = (224, 224)
    """Width and height of what the model saw; 224 x 224 in the paper."""
    mask: ArrayLike | None = field(default=None, compare=False)
    """The true mask; without one, the filled region."""
    generator: str = ""


@dataclass(frozen=True, kw_only=True)
class ForgeryReport:
    """The scores of a benchmark."""

    classes: ClassScores
    mask_iou: float
    """Mean IoU of masks over tampered pictures, 0 to 1."""
    mask_ciou: float
    """Shared over united pixels of all tampered pictures, 0 to 1."""
    mask_f1: float
    """Mean F1 of masks over tampered pictures, 0 to 1."""
    rouge_l: float | None
    """Mean ROUGE-L of explanations; None where the benchmark has none."""
    accuracy_by_overlap: Mapping[str, float]
    """Accuracy of tampered pictures by how well their region was found, whatever the verdict."""
    accuracy_by_generator: Mapping[str, float]


def score_forgeries(records: Sequence[ForgeryRecord]) -> ForgeryReport:
    """The scores over recorded answers."""
    said = [forgery_answer(record.answer).verdict for record in records]
    true = [_verdict(record.target) for record in records]
    tampered = [
        (record, answer == "TAMPERED")
        for record, answer, truth in zip(records, said, true, strict=True)
        if truth == "TAMPERED"
    ]
    masks = [
        (_said_mask(record) if is_right else box_mask(None, *record.size), _true_mask(record))
        for record, is_right in tampered
    ]
    overlap = mask_overlap([one for one, _ in masks], [other for _, other in masks])
    explained = [record for record in records if record.target.explanation]
    right = [one == other for one, other in zip(said, true, strict=True)]
    return ForgeryReport(
        classes=class_scores(said, true),
        mask_iou=overlap.giou,
        mask_ciou=overlap.ciou,
        mask_f1=fmean(mask_f1(*pair) for pair in masks) if masks else 0.0,
        rouge_l=_mean_rouge(explained),
        accuracy_by_overlap=_means(
            (_bin_of(_region_iou(record)), is_right) for record, is_right in tampered
        ),
        accuracy_by_generator=_means(
            (record.generator, is_right)
            for record, is_right in zip(records, right, strict=True)
            if record.generator
        ),
    )


def read_forgeries(path: Path) -> list[ForgeryRecord]:
    """Records with answers, one JSON object a line.

    `{"label": "TAMPERED" or 2, "size": [w, h], "box": [x0, y0, x1, y1] or null, "answer": "…"}`,
    and if there are any "answer_size", "mask" (rows of 0 and 1), "explanation", "generator".
    """
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            records.append(_record(line, f"{path}:{number}"))
    return records


def overlapping_generators(train: Iterable[str], test: Iterable[str]) -> list[str]:
    """Generators of the training pictures among those of the test: there should be none.

    >>> overlapping_generators(["FLUX.1-dev", "SD3.5"], ["Imagen 4", "flux.1-dev"])
    ['flux.1-dev']
    """
    return sorted({name.casefold() for name in train} & {name.casefold() for name in test})


def _record(line: str, place: str) -> ForgeryRecord:
    try:
        row = json.loads(line)
        label, box = row["label"], row.get("box")
        verdict = LABELS[label] if isinstance(label, int) else verdict_of(label)
        if verdict is None:
            raise ValueError(f"label {label!r}")
        width, height = row["size"]
        seen_width, seen_height = row.get("answer_size", (224, 224))
        return ForgeryRecord(
            target=Forgery(verdict, Box(*box) if box else None, row.get("explanation") or ""),
            size=(int(width), int(height)),
            answer=str(row["answer"]),
            answer_size=(int(seen_width), int(seen_height)),
            mask=row.get("mask"),
            generator=str(row.get("generator") or ""),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{place}: expected a JSON object with label, size and answer ({error!r})"
        ) from error


def _verdict(target: Forgery) -> str:
    verdict = verdict_of(target.verdict)
    if verdict is None:
        raise DataError(f"{target.verdict!r} is no verdict; expected one of {', '.join(LABELS)}")
    return verdict


def _said_region(record: ForgeryRecord) -> Box | None:
    """The region of the answer, in pixels of the picture."""
    answer = forgery_answer(record.answer)
    if not answer.regions or (answer.verdict == "TAMPERED" and region_fault(answer)):
        return None
    (x0, y0, x1, y1), *_ = answer.regions
    across, down = (new / old for new, old in zip(record.size, record.answer_size, strict=True))
    return Box(x0 * across, y0 * down, x1 * across, y1 * down)


def _said_mask(record: ForgeryRecord) -> ArrayLike:
    return box_mask(_said_region(record), *record.size)


def _true_mask(record: ForgeryRecord) -> ArrayLike:
    return box_mask(record.target.region, *record.size) if record.mask is None else record.mask


def _region_iou(record: ForgeryRecord) -> float:
    said, true = _said_region(record), record.target.region
    return iou(said, true) if said is not None and true is not None else 0.0


def _bin_of(overlap: float) -> str:
    low, high = BINS
    if overlap < low:
        return f"below {low}"
    return f"above {high}" if overlap > high else f"{low} to {high}"


def _means(pairs: Iterable[tuple[str, bool]]) -> dict[str, float]:
    groups: dict[str, list[bool]] = {}
    for name, is_right in pairs:
        groups.setdefault(name, []).append(is_right)
    return {name: fmean(groups[name]) for name in sorted(groups)}


def _mean_rouge(records: Sequence[ForgeryRecord]) -> float | None:
    if not records:
        return None
    return fmean(
        rouge_l(inside("think", record.answer) or "", record.target.explanation)
        for record in records
    )

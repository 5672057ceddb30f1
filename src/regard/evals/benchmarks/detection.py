"""Detection: COCO and ODinW, over answers in text.

Answers become rows in COCO's result format (`detections_of`, `listed_detections`,
`griffon_detections`), the truth is COCO's annotation file, and faster-coco-eval counts
(`coco_metrics`). A language model has no confidence to give, so every box is as sure as every
other, and only their order counts.

VLM-R1 reports detection on three subsets of COCO: COCO_filtered (`without_crowded(truth)`),
COCO_pos_2, one box of a category (`without_crowded(truth, max_boxes=1)`), and COCO_pos_3, ten boxes
of an image (`with_few_boxes(truth)`). It asks for all categories, or for those an image has
(`names_in`). Its greedy precision and recall are in `greedy_precision_recall`.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from regard.errors import DataError, MissingExtra
from regard.evals.benchmarks.tables import read_json
from regard.geometry.frames import frame_size
from regard.geometry.matching import greedy_pairs
from regard.geometry.pairs import Array, pairwise_iou, rescaled
from regard.text.boxes import fenced_literals, named_boxes, read_objects
from regard.text.tags import inside
from regard.types import Frame, ImageFrame

CONSTANT_SCORE = 0.99
"""What Vision-R1 gives for the confidence of every box."""

COCO_METRICS = (
    *("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large"),
    *("AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large"),
)


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One box: left, top, width and height in pixels of the original image, as COCO has it."""

    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    score: float = 1.0

    @classmethod
    def from_coco(cls, row: Mapping[str, Any]) -> Detection:
        """A row of a result or annotation file."""
        try:
            x, y, width, height = row["bbox"]
            return cls(
                image_id=row["image_id"],
                category_id=row["category_id"],
                bbox=(x, y, width, height),
                score=row.get("score", 1.0),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{row!r} is no row of COCO; expected image_id, category_id and a bbox of four"
            ) from error

    def to_coco(self) -> dict[str, Any]:
        """A row of a result file."""
        return {
            "image_id": self.image_id,
            "category_id": self.category_id,
            "bbox": list(self.bbox),
            "score": self.score,
        }


def detections_of(
    text: str,
    *,
    image_id: int,
    categories: Mapping[str, int],
    input_size: tuple[float, float],
    original_size: tuple[float, float],
    score: float = CONSTANT_SCORE,
) -> list[Detection]:
    """The boxes of an answer as rows of results, read as Vision-R1's published scorer reads them.

    `[{"bbox_2d": [x0, y0, x1, y1], "label": "cat"}]` after a line ```json, or bare; corners in
    pixels of the resized input. Unknown labels and odd boxes are passed over; corners out of order
    make a negative size.

    >>> rows = detections_of('[{"bbox_2d": [10, 10, 110, 60], "label": "Cat"}]', image_id=7,
    ...     categories={"cat": 1}, input_size=(280, 280), original_size=(560, 280))
    >>> rows[0].to_coco()
    {'image_id': 7, 'category_id': 1, 'bbox': [20.0, 10.0, 200.0, 50.0], 'score': 0.99}
    """
    found = []
    for item in fenced_literals(text):
        if not isinstance(item, dict) or not isinstance(item.get("label"), str):
            continue
        category = categories.get(item["label"].lower())
        row = _left_top_size(item.get("bbox_2d"))
        if category is None or row is None:
            continue
        # 32 bits, divided first: so the published numbers come out to the last digit.
        sides = np.asarray(input_size * 2, np.float32), np.asarray(original_size * 2, np.float32)
        x, y, width, height = (row / sides[0] * sides[1]).tolist()
        box = (x, y, width, height)
        found.append(Detection(image_id=image_id, category_id=category, bbox=box, score=score))
    return found


def listed_detections(
    text: str,
    *,
    image_id: int,
    categories: Mapping[str, int],
    image: ImageFrame,
    score: float = 1.0,
) -> list[Detection]:
    """The boxes of an answer as rows of results, in VLM-R1's way of answering.

    Objects as JSON (fenced or not) in the last answer block, or in the text without one; "None" is
    none. Corners count what the image's answers count (`answers_in`). Names may differ
    in case; unknown ones are passed over, which costs nothing.

    >>> seen = ImageFrame(original=(560, 280), model_input=(280, 280), answers_in=Frame.INPUT)
    >>> text = '<answer>[{"bbox_2d": [10, 10, 110, 60], "label": "Cat"}]</answer>'
    >>> rows = listed_detections(text, image_id=7, categories={"cat": 1}, image=seen)
    >>> rows[0].bbox
    (20.0, 10.0, 200.0, 50.0)
    """
    answer = inside("answer", text, "last")
    objects = read_objects(text if answer is None else answer) or []
    numbers = [categories.get(str(each.label).strip().lower()) for each in objects]
    rows = np.asarray([each.corners for each in objects], float).reshape(-1, 4)
    pixels = frame_size(Frame.PIXELS, image)
    found = []
    for number, row in zip(
        numbers, rescaled(rows, frame_size(image.answers_in, image), pixels), strict=True
    ):
        if number is not None:
            x0, y0, x1, y1 = row.tolist()
            box = (x0, y0, x1 - x0, y1 - y0)
            found.append(Detection(image_id=image_id, category_id=number, bbox=box, score=score))
    return found


def griffon_detections(
    text: str,
    *,
    image_id: int,
    categories: Mapping[str, int],
    size: tuple[float, float],
    scores: Sequence[float] = (),
) -> list[Detection]:
    """The boxes of an answer of Griffon, the other model that Vision-R1 (2503.18013) trains.

    `scores`: of each object it lists, in order, known or not; without them all are as sure. `size`:
    width and height of the original image in pixels. Names of categories are lower case.

    >>> rows = griffon_detections("cat-[0.100,0.200,0.500,0.600]&cow-[0.000,0.000,1.000,1.000]",
    ...     image_id=7, categories={"cat": 1}, size=(200, 100), scores=[0.5, 0.9])
    >>> [(row.bbox, row.score) for row in rows]
    [((20.0, 20.0, 80.0, 40.0), 0.5)]
    """
    objects = named_boxes(text)
    if scores and len(scores) != len(objects):
        raise DataError(f"{len(scores)} scores of {len(objects)} objects in {text[:60]!r}")
    width, height = size
    found = []
    for each, score in zip(objects, scores or [CONSTANT_SCORE] * len(objects), strict=True):
        category = categories.get(str(each.label).lower())
        if category is not None:
            x0, y0, x1, y1 = each.corners
            sides = round((x1 - x0) * width, 6), round((y1 - y0) * height, 6)
            box = (round(x0 * width, 6), round(y0 * height, 6), *sides)
            found.append(
                Detection(image_id=image_id, category_id=category, bbox=box, score=float(score))
            )
    return found


def _left_top_size(value: Any) -> Array | None:
    """The first row of four numbers, as left, top, width and height; None for anything else."""
    while isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        value = value[0]
    if not isinstance(value, (list, tuple)) or len(value) < 4 or len(value) % 4:
        return None
    if not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in value):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            x0, y0, x1, y1 = np.asarray(value[:4], np.float64)
        except OverflowError:
            return None
        return np.asarray([x0, y0, x1 - x0, y1 - y0], np.float32)


# ------------------------------------------------------------------------------------ the counts


def coco_metrics(truth: Mapping[str, Any], found: Iterable[Detection]) -> dict[str, float]:
    """The twelve numbers of COCO, by name (`COCO_METRICS`); -1 where there is nothing to count.

    `truth` is what COCO's annotation file holds: images, annotations, categories.
    """
    rows = list(found)
    if not rows:
        return {name: 0.0 if "AP" in name or "AR" in name else -1.0 for name in COCO_METRICS}
    stats = count_boxes(truth, rows).stats
    return dict(zip(COCO_METRICS, map(float, stats[:12]), strict=True))


def count_boxes(
    truth: Mapping[str, Any],
    found: Sequence[Detection],
    *,
    max_boxes: Sequence[int] = (1, 10, 100),
    lvis_style: bool = False,
) -> Any:
    """What faster-coco-eval counts, some boxes at least: its `COCOeval_faster`, summarised.

    `max_boxes` of one image and category are taken, the surest first. Annotations are numbered
    anew: COCO's own count takes a box that is matched with number 0 for a wrong one, and files of
    OVDEval begin with 0.
    """
    try:
        from faster_coco_eval import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
            COCO,
            COCOeval_faster,
        )
    except ImportError as error:
        raise MissingExtra("faster-coco-eval", "detection", "average precision of COCO") from error
    known = {image["id"] for image in truth["images"]}
    if unknown := {row.image_id for row in found} - known:
        raise DataError(f"boxes of images that the truth has not: {sorted(unknown)[:5]}")
    own = json.loads(json.dumps(truth))  # COCO writes into what it is given
    for number, row in enumerate(own["annotations"], start=1):
        row["id"] = number
    with contextlib.redirect_stdout(io.StringIO()):
        true = COCO(own)
        listed = true.loadRes([row.to_coco() for row in found])
        counted = COCOeval_faster(
            true, listed, "bbox", print_function=lambda *_: None, lvis_style=lvis_style
        )
        counted.params.maxDets = list(max_boxes)
        counted.evaluate()
        counted.accumulate()
        counted.summarize()
    return counted


def read_coco(path: Path) -> dict[str, Any]:
    """An annotation file of COCO, or of a data set of ODinW, checked for what is needed."""
    truth: dict[str, Any] = read_json(path)
    for key in ("images", "annotations", "categories"):
        if not isinstance(truth, dict) or not isinstance(truth.get(key), list):
            raise DataError(f"{path}: no list '{key}'; expected an annotation file of COCO")
    for row in truth["annotations"]:
        Detection.from_coco(row)
        row.setdefault("area", row["bbox"][2] * row["bbox"][3])
        row.setdefault("iscrowd", 0)
    return truth


def read_results(path: Path) -> list[Detection]:
    """A file of results in COCO's form: a list of image_id, category_id, bbox and score."""
    rows = read_json(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a list of results")
    return [Detection.from_coco(row) for row in rows]


def categories_of(truth: Mapping[str, Any]) -> dict[str, int]:
    """The number of each category by its name in lower case.

    >>> categories_of({"categories": [{"id": 3, "name": "Car"}]})
    {'car': 3}
    """
    return {row["name"].lower(): row["id"] for row in truth["categories"]}


def without_crowded(truth: Mapping[str, Any], *, max_boxes: int = 10) -> dict[str, Any]:
    """The truth without categories that an image has more than `max_boxes` of: COCO_filtered.

    Left out image by image; images where nothing is left go too (VLM-R1, its report on detection).

    >>> rows = [{"id": i, "image_id": 1, "category_id": 1, "bbox": [i, 0, 1, 1]} for i in range(3)]
    >>> truth = {"images": [{"id": 1}], "annotations": rows, "categories": [{"id": 1, "name": "a"}]}
    >>> without_crowded(truth, max_boxes=2)["images"]
    []
    """
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for row in truth["annotations"]:
        counts[row["image_id"], row["category_id"]] += 1
    kept = [
        row
        for row in truth["annotations"]
        if counts[row["image_id"], row["category_id"]] <= max_boxes
    ]
    images = {row["image_id"] for row in kept}
    return {
        **truth,
        "annotations": kept,
        "images": [image for image in truth["images"] if image["id"] in images],
    }


def with_few_boxes(truth: Mapping[str, Any], *, max_boxes: int = 10) -> dict[str, Any]:
    """The images that have `max_boxes` in all at most, and one at least: COCO_pos_3.

    >>> rows = [{"id": i, "image_id": i // 2, "category_id": 1} for i in range(3)]
    >>> truth = {"images": [{"id": 0}, {"id": 1}, {"id": 2}], "annotations": rows}
    >>> with_few_boxes(truth, max_boxes=1)["images"]
    [{'id': 1}]
    """
    counts = Counter(row["image_id"] for row in truth["annotations"])
    return {
        **truth,
        "annotations": [r for r in truth["annotations"] if counts[r["image_id"]] <= max_boxes],
        "images": [image for image in truth["images"] if 0 < counts[image["id"]] <= max_boxes],
    }


def names_in(truth: Mapping[str, Any]) -> dict[int, list[str]]:
    """The names of the categories that each image has a box of, in the order of the categories.

    >>> truth = {"images": [{"id": 4}], "categories": [{"id": 2, "name": "Cat"}]}
    >>> names_in({**truth, "annotations": [{"image_id": 4, "category_id": 2}]})
    {4: ['Cat']}
    """
    present: dict[int, set[int]] = defaultdict(set)
    for row in truth["annotations"]:
        present[row["image_id"]].add(row["category_id"])
    return {
        image["id"]: [
            row["name"] for row in truth["categories"] if row["id"] in present[image["id"]]
        ]
        for image in truth["images"]
    }


def padded_names(names: Sequence[str], others: Sequence[str], *, count: int = 80) -> list[str]:
    """The names to ask for, filled up with others until there are `count`.

    Vision-R1 (arXiv:2503.18013) asks for sets that are smaller than COCO's so, with COCO's names.

    >>> padded_names(["boggle", "Cat"], ["person", "cat", "dog"], count=3)
    ['boggle', 'Cat', 'person']
    """
    own = {name.lower() for name in names}
    more = (name for name in others if name.lower() not in own)
    return [*names, *islice(more, max(count - len(names), 0))]


HELD_OUT_ODINW = ("boggleBoards", "MountainDewCommercial", "ThermalCheetah", "vector")
"""The four of ODinW that Vision-R1 keeps for the last."""


def odinw_mean(
    truths: Mapping[str, Mapping[str, Any]], found: Mapping[str, Iterable[Detection]]
) -> dict[str, float]:
    """AP of each data set of ODinW by name, and their mean as "mean"."""
    if missing := truths.keys() - found.keys():
        raise DataError(f"no answers to {', '.join(sorted(missing))} of ODinW")
    each = {name: coco_metrics(truth, found[name])["AP"] for name, truth in truths.items()}
    return {**each, "mean": float(np.mean(list(each.values()))) if each else 0.0}


def greedy_precision_recall(
    found: Sequence[Detection], true: Sequence[Detection], *, threshold: float = 0.5
) -> tuple[float, float]:
    """Shares of boxes that are matched, of those listed and of the true ones.

    Within an image and a category the greatest overlap is matched first, from `threshold` on.
    VLM-R1 reports such numbers without its scorer; this is our reading of them.

    >>> truth = [Detection(image_id=1, category_id=1, bbox=(0, 0, 10, 10))]
    >>> listed = [*truth, Detection(image_id=1, category_id=1, bbox=(50, 50, 10, 10))]
    >>> greedy_precision_recall(listed, truth)
    (0.5, 1.0)
    """
    groups: dict[tuple[int, int], tuple[list[Detection], list[Detection]]] = defaultdict(
        lambda: ([], [])
    )
    for each in found:
        groups[each.image_id, each.category_id][0].append(each)
    for each in true:
        groups[each.image_id, each.category_id][1].append(each)
    num_matched = sum(
        len(
            greedy_pairs(
                pairwise_iou(corners_of_rows(listed), corners_of_rows(wanted)), least=threshold
            )
        )
        for listed, wanted in groups.values()
    )
    return (
        num_matched / len(found) if found else 0.0,
        num_matched / len(true) if true else 0.0,
    )


def corners_of_rows(rows: Sequence[Detection]) -> Array:
    """The corners of rows, [rows 4]."""
    boxes = np.asarray([each.bbox for each in rows], float).reshape(-1, 4)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)

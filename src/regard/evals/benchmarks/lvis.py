"""LVIS (arXiv:1908.03195): AP over 1,203 categories, by how often they are trained on.

Its annotations are a federation: an image says which categories it certainly lacks
(`neg_category_ids`) and of which it may hold more than was drawn (`not_exhaustive_category_ids`).
Boxes of categories that an image neither has nor is known to lack do not count, and of the second
sort no box is wrong. APr, APc and APf are the means over rare, common and frequent categories.

"Fixed" AP (arXiv:2102.01066) takes the surest 10,000 boxes of each category over all images, where
the official one takes the surest 300 of each image, so that sureness need not agree between
categories. DINO-R1 (arXiv:2505.24025) does not say which it reports; MM-Grounding-DINO, whose code
it has, reports the fixed one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.detection import Detection, count_boxes, read_coco

_PER_IMAGE = 300
_PER_CATEGORY = 10_000
_NAMES = {
    "AP": "AP_all", "AP50": "AP_50", "AP75": "AP_75", "APr": "APr", "APc": "APc", "APf": "APf",
    "AP_small": "AP_small", "AP_medium": "AP_medium", "AP_large": "AP_large", "AR": "AR_all",
}  # fmt: skip
"""Ours, and what faster-coco-eval calls them."""


def read_lvis(path: Path) -> dict[str, Any]:
    """An annotation file of LVIS (or its minival), checked for what is needed."""
    truth = read_coco(path)
    for number, image in enumerate(truth["images"]):
        for key in ("neg_category_ids", "not_exhaustive_category_ids"):
            if not isinstance(image.get(key), list):
                raise DataError(f"{path}: images[{number}] should have a list '{key}', as LVIS has")
    for number, category in enumerate(truth["categories"]):
        if category.get("frequency") not in ("r", "c", "f"):
            raise DataError(
                f"{path}: categories[{number}] should have a frequency 'r', 'c' or 'f', "
                f"got {category.get('frequency')!r}"
            )
    return truth


def lvis_metrics(
    truth: Mapping[str, Any], found: Iterable[Detection], *, fixed: bool = True
) -> dict[str, float]:
    """AP, AP50, AP75, APr, APc, APf and by size, and the recall AR; -1 where there is no truth.

    faster-coco-eval counts. With `fixed` False these are the numbers of the lvis package.
    """
    rows = list(found)
    kept = (
        surest(rows, _PER_CATEGORY, by=lambda row: row.category_id)
        if fixed
        else surest(rows, _PER_IMAGE, by=lambda row: row.image_id)
    )
    if not kept:
        return dict.fromkeys(_NAMES, 0.0)
    most = max(Counter((row.image_id, row.category_id) for row in kept).values())
    counted = count_boxes(truth, kept, max_boxes=(max(most, _PER_IMAGE),), lvis_style=True)
    stats = counted.stats_as_dict
    return {ours: float(stats[theirs]) for ours, theirs in _NAMES.items()}


def surest(
    rows: Iterable[Detection], count: int, *, by: Callable[[Detection], int]
) -> list[Detection]:
    """The `count` rows of highest score in each group, groups in the order they appear.

    >>> box = Detection(image_id=1, category_id=1, bbox=(0, 0, 1, 1), score=0.1)
    >>> from dataclasses import replace
    >>> rows = [box, replace(box, score=0.9)]
    >>> [row.score for row in surest(rows, 1, by=lambda row: row.image_id)]
    [0.9]
    """
    groups: dict[int, list[Detection]] = defaultdict(list)
    for row in rows:
        groups[by(row)].append(row)
    return [
        row
        for group in groups.values()
        for row in sorted(group, key=lambda row: row.score, reverse=True)[:count]
    ]

"""OVDEval (arXiv:2308.13177): detection by fine-grained names, where hedging gains nothing.

Nine files, one of each sort of name (colour, material, position, …), in COCO's form; an image says
itself which names are asked for, the true ones (`text`) and hard negatives (`neg_text`):

    {"images": [{"id": 0, "file_name": "a.jpg", "height": 254, "width": 340,
                 "text": ["computer without screen on"], "neg_text": ["computer with screen on"]}],
     "categories": [{"id": 0, "name": "computer without screen on"}, …], "annotations": […]}

What counts is COCO's AP of what is left when each true box keeps only its surest rival (NMS-AP).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regard.errors import DataError
from regard.evals.benchmarks.detection import Detection, coco_metrics, corners_of_rows, read_coco
from regard.geometry.pairs import pairwise_iou

ALL_NAMES_ASKED = ("coco", "celebrity", "logo", "landmark")
"""The files whose images are asked for every category (their script)."""


def read_ovdeval(path: Path) -> dict[str, Any]:
    """An annotation file, as one of COCO whose images have `names`: what to ask for, in order.

    The name of the file says whether these are an image's own or all there are.
    """
    truth = read_coco(path)
    every = [row["name"] for row in truth["categories"]]
    for number, image in enumerate(truth["images"]):
        image["names"] = every if path.stem in ALL_NAMES_ASKED else _names(image, number, path)
        if unknown := set(image["names"]) - set(every):
            raise DataError(f"{path}: images[{number}] names no category: {sorted(unknown)}")
    return truth


def _names(image: Mapping[str, Any], number: int, path: Path) -> list[str]:
    try:
        return list(dict.fromkeys([*image["text"], *image["neg_text"]]))
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: images[{number}] should have lists 'text' and 'neg_text' ({error!r})"
        ) from error


def nms_ap(truth: Mapping[str, Any], found: Sequence[Detection]) -> float:
    """COCO's AP of what `best_for_each_truth` leaves: the number of OVDEval.

    >>> cats = {"images": [{"id": 1}], "categories": [{"id": 0, "name": "cat"}]}
    >>> box = {"id": 1, "image_id": 1, "category_id": 0, "bbox": [0, 0, 9, 9], "area": 81}
    >>> nms_ap({**cats, "annotations": [{**box, "iscrowd": 0}]}, [Detection.from_coco(box)])
    1.0
    """
    true = [Detection.from_coco(row) for row in truth["annotations"]]
    return coco_metrics(truth, [found[i] for i in best_for_each_truth(found, true)])["AP"]


def best_for_each_truth(
    found: Sequence[Detection], true: Sequence[Detection], *, above: float = 0.5
) -> list[int]:
    """Which boxes are left when each true box keeps only its surest one, by their numbers.

    Of the boxes of any label that overlap a true one by more than `above`, the one with the highest
    score stays, and of equals the last; the others go, unless they are another true box's surest.
    Boxes that overlap none stay.

    >>> cat = Detection(image_id=1, category_id=1, bbox=(0, 0, 10, 10), score=0.9)
    >>> dog = Detection(image_id=1, category_id=2, bbox=(0, 0, 10, 10), score=0.4)
    >>> best_for_each_truth([cat, dog], [cat])
    [0]
    """
    kept: set[int] = set()
    beaten: set[int] = set()
    true_of = _by_image(true)
    for image_id, numbers in _by_image(found).items():
        wanted = [true[j] for j in true_of.get(image_id, ())]
        if not wanted:
            continue
        listed = [found[i] for i in numbers]
        overlaps = pairwise_iou(corners_of_rows(listed), corners_of_rows(wanted))
        for column in overlaps.T:
            rivals = [numbers[k] for k in np.flatnonzero(column > above)]
            if rivals:
                kept.add(max(rivals, key=lambda i: (found[i].score, i)))
                beaten.update(rivals)
    return [i for i in range(len(found)) if i in kept or i not in beaten]


def _by_image(rows: Iterable[Detection]) -> dict[int, list[int]]:
    """The numbers of the rows of each image."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        found[row.image_id].append(number)
    return found

"""Average precision of the boxes found in one image, by the rules of COCO.

Boxes of one class are taken by falling score (equal scores: in the order given), each against the
true box it overlaps most that is still free. Precision is read off at 101 points of recall and
averaged, over classes and over thresholds of overlap. Lin et al. 2014 (arXiv:1405.0312), and the
details of pycocotools, with which the tests compare: here without its objects, in a hundredth of
the time, since a reward asks for every completion.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from regard.geometry.pairs import Array, pairwise_iou

# Not rounded: where an overlap is 0.6 to the last bit, the last bit of the threshold decides.
COCO_THRESHOLDS: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""Overlaps 0.50, 0.55, …, 0.95: the mean over them is COCO's AP."""

_RECALLS = np.linspace(0, 1, 101)
_LARGEST = 1e5**2
"""Square pixels; COCO ignores what is larger, and what has a negative area."""


def average_precision(
    boxes: ArrayLike,
    labels: Sequence[Hashable],
    true_boxes: ArrayLike,
    true_labels: Sequence[Hashable],
    *,
    scores: ArrayLike | None = None,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = 100,
) -> float:
    """The mean over classes and thresholds, 0 to 1; NaN where no class has a true box.

    Classes are those of the truth: boxes of any other class cost nothing. Without scores all
    boxes are equally sure, so only their order counts: a wrong box before a right one costs, and
    after it costs nothing.

    >>> truth = [[0, 0, 10, 10]], ["cat"]
    >>> average_precision([[50, 50, 60, 60], [0, 0, 10, 10]], ["cat", "cat"], *truth)
    0.5
    >>> average_precision([[0, 0, 10, 10], [50, 50, 60, 60]], ["cat", "cat"], *truth)
    1.0
    """
    found, true = _rows(boxes), _rows(true_boxes)
    sureness = np.ones(len(found)) if scores is None else np.asarray(scores, float)
    worths = []
    for label in dict.fromkeys(true_labels):
        chosen = [i for i, other in enumerate(labels) if other == label]
        chosen.sort(key=lambda i: -sureness[i])
        wanted = [i for i, other in enumerate(true_labels) if other == label]
        worth = _of_one_class(found[chosen[:max_detections]], true[wanted], thresholds)
        if worth is not None:
            worths.append(worth)
    return float(np.mean(worths)) if worths else float("nan")


def _rows(boxes: ArrayLike) -> Array:
    return np.asarray(boxes, float).reshape(-1, 4)


def _of_one_class(found: Array, true: Array, thresholds: Sequence[float]) -> float | None:
    """Mean over the thresholds; None where every true box is ignored."""
    is_ignored = _is_ignored(true)
    # Ignored ones go last, since a box may be given to them only when nothing else wants it.
    order = np.argsort(is_ignored, kind="stable")
    true, is_ignored = true[order], is_ignored[order]
    num_wanted = int((~is_ignored).sum())
    if not num_wanted:
        return None
    candidates = _candidates(pairwise_iou(found, true), min(thresholds))
    free_of_cost = _is_ignored(found).tolist()
    ignored = is_ignored.tolist()
    worth: dict[tuple[bool, ...], float] = {}  # most thresholds find the same boxes right
    total = 0.0
    for threshold in thresholds:
        matches = _matched(candidates, ignored, min(threshold, 1 - 1e-10))
        hits = tuple(
            match >= 0
            for match, ignorable in zip(matches, free_of_cost, strict=True)
            if not (ignored[match] if match >= 0 else ignorable)
        )
        if hits not in worth:
            worth[hits] = _area_under(hits, num_wanted)
        total += worth[hits]
    return total / len(thresholds)


def _candidates(overlaps: Array, least: float) -> list[list[tuple[int, float]]]:
    """For each found box the true ones it overlaps enough at any threshold, and by how much."""
    found: list[list[tuple[int, float]]] = [[] for _ in overlaps]
    rows, columns = np.nonzero(overlaps >= least)
    values = overlaps[rows, columns].tolist()
    for row, column, value in zip(rows.tolist(), columns.tolist(), values, strict=True):
        found[row].append((column, value))
    return found


def _is_ignored(boxes: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return np.asarray((area < 0) | (area > _LARGEST))


def _matched(
    candidates: Sequence[Sequence[tuple[int, float]]], is_ignored: Sequence[bool], threshold: float
) -> list[int]:
    """For each found box the true one it is given, or -1."""
    taken: set[int] = set()
    matches = []
    for options in candidates:
        best, match = threshold, -1
        for j, overlap in options:
            if j in taken:
                continue
            if match >= 0 and is_ignored[j] and not is_ignored[match]:
                break
            if overlap >= best:  # of equals, the later one
                best, match = overlap, j
        if match >= 0:
            taken.add(match)
        matches.append(match)
    return matches


def _area_under(hits: Sequence[bool], num_wanted: int) -> float:
    """Precision averaged over 101 recalls, from which found boxes are right, in their order."""
    num_right, at_hits = 0, []
    for place, is_hit in enumerate(hits, 1):
        if is_hit:
            num_right += 1
            at_hits.append(num_right / place)
    reached, total, best = _recalls_reached(num_wanted), 0.0, 0.0
    # Between two hits precision is the best that is still to come.
    for k in range(num_right, 0, -1):
        best = max(best, at_hits[k - 1])
        total += best * (reached[k] - reached[k - 1])
    return total / len(_RECALLS)


@lru_cache(maxsize=1024)
def _recalls_reached(num_wanted: int) -> list[int]:
    """How many of the 101 points of recall are reached with 0, 1, 2, … of the true boxes."""
    recalls = np.arange(num_wanted + 1) / num_wanted
    return [0, *np.searchsorted(_RECALLS, recalls[1:], side="right").tolist()]

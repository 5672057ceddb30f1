"""Which predicted box is which true one: pairs of row and column, each used once at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from regard.errors import MissingExtra
from regard.geometry.pairs import Array, from_centres, pairwise_giou, pairwise_l1, to_centres

Pairs = list[tuple[int, int]]


def greedy_pairs(quality: ArrayLike, *, least: float) -> Pairs:
    """The best pair, then the best of those left, while their quality is at least `least`.

    Of equals, the lower row comes first, then the lower column.

    >>> greedy_pairs([[0.6, 0.9], [0.7, 0.8]], least=0.5)
    [(0, 1), (1, 0)]
    """
    table = np.asarray(quality, dtype=float)
    rows, columns = np.nonzero(table >= least)
    order = np.argsort(-table[rows, columns], kind="stable")
    pairs: Pairs = []
    rows_taken, columns_taken = set(), set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in rows_taken and column not in columns_taken:
            rows_taken.add(row)
            columns_taken.add(column)
            pairs.append((row, column))
    return pairs


def cheapest_pairs(cost: ArrayLike) -> Pairs:
    """The assignment of least total cost (Hungarian); min(rows, columns) pairs in order of rows.

    >>> cheapest_pairs([[4.0, 1.0], [2.0, 0.0]])
    [(0, 1), (1, 0)]
    """
    try:
        from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingExtra("scipy", "detection", "matching boxes at the least cost") from error
    # Endless costs cannot be assigned; a great one serves.
    table = np.nan_to_num(np.asarray(cost), nan=1e30, posinf=1e30, neginf=-1e30)
    rows, columns = linear_sum_assignment(table)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


# -------------------------------------------------------------------------- queries of a detector


def focal_class_cost(
    logits: ArrayLike,
    wanted: ArrayLike,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    eps: float = 1e-12,
) -> Array:
    """What calling query i the classes of target j costs: focal, summed over the classes.

    logits: Q x U; wanted: M x U, ones where target j is of class u. With p the sigmoid, a wanted
    class costs -alpha (1 - p)^gamma log p less nothing, an unwanted one
    -(1 - alpha) p^gamma log(1 - p). Named as in mmdetection's BinaryFocalLossCost.

    >>> bool(focal_class_cost([[4.0]], [[1]])[0, 0] < focal_class_cost([[-4.0]], [[1]])[0, 0])
    True
    """
    scores = np.asarray(logits)
    scores = scores if np.issubdtype(scores.dtype, np.floating) else scores.astype(np.float64)
    with np.errstate(over="ignore"):
        p = 1 / (1 + np.exp(-scores))
    wished = np.asarray(wanted, dtype=scores.dtype)
    small = scores.dtype.type(eps)
    present = -np.log(p + small) * alpha * (1 - p) ** gamma
    absent = -np.log(1 - p + small) * (1 - alpha) * p**gamma
    return np.asarray(present @ wished.T + absent @ (1 - wished).T)


def query_costs(
    logits: ArrayLike,
    centres: ArrayLike,
    targets: ArrayLike,
    wanted: ArrayLike,
    *,
    image_size: tuple[float, float],
    class_weight: float = 2.0,
    l1_weight: float = 5.0,
    giou_weight: float = 2.0,
) -> Mapping[str, Array]:
    """Costs of Q queries against M targets: `cls`, `l1`, `giou`, each weighted, and their `total`.

    centres: Q x 4, (cx, cy, w, h) as fractions of the image; targets: M x 4 corners in pixels of
    an image `image_size` (width, height) large. The distance is taken on fractions, the overlap in
    pixels. The weights are those of Grounding DINO's matching, which DINO-R1 rewards with.
    """
    queries, boxes = np.asarray(centres), np.asarray(targets)
    dtype: Any = np.result_type(queries, boxes, np.float32)
    sides = np.asarray(image_size * 2, dtype)
    queries, boxes = queries.astype(dtype).reshape(-1, 4), boxes.astype(dtype).reshape(-1, 4)
    costs = {
        "cls": class_weight * focal_class_cost(logits, wanted),
        "l1": l1_weight * pairwise_l1(queries, to_centres(boxes / sides)),
        "giou": -giou_weight * pairwise_giou(from_centres(queries) * sides, boxes, eps=1e-6),
    }
    return {**costs, "total": costs["cls"] + costs["l1"] + costs["giou"]}


def query_rewards(total_cost: ArrayLike) -> Array:
    """What each query is worth: the least of its costs, turned round; nothing without a target.

    DINO-R1 (arXiv:2505.24025): several queries may serve one target, so each has a signal.

    >>> query_rewards([[3.0, -1.0], [2.0, 5.0]])
    array([ 1., -2.])
    """
    table = np.asarray(total_cost)
    if table.size == 0:
        return np.zeros(len(table))
    return np.asarray(-table.min(axis=1))

"""How much every box of one list shares with every box of another, as arrays.

Boxes are rows of corners (x0, y0, x1, y1) in one frame; the precision of the input is kept, so that
32-bit numbers give what 32-bit code gave. N boxes against M make an N x M array.

Three ways of counting pixels are in use. "continuous": [0, 10] is ten wide. "inclusive": both end
pixels belong to the box, and it is eleven wide (PASCAL VOC). "beyond_a_pixel": continuous, but an
overlap one pixel wide or high, or less, is none (the published code of VLM-R1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regard.types import Box

Array: TypeAlias = NDArray[Any]
# A model may write numbers that are none, or too great for 32 bits.
_QUIETLY = np.errstate(invalid="ignore", over="ignore")

PixelRule = Literal["continuous", "inclusive", "beyond_a_pixel"]


def corners_of(boxes: Sequence[Box], dtype: type[np.floating[Any]] = np.float64) -> Array:
    """Boxes as rows of an array; none makes an array without rows.

    >>> corners_of([Box(1, 2, 3, 4)])
    array([[1., 2., 3., 4.]])
    """
    rows = [(box.x0, box.y0, box.x1, box.y1) for box in boxes]
    return np.asarray(rows, dtype).reshape(-1, 4)


@_QUIETLY
def pairwise_iou(a: ArrayLike, b: ArrayLike, *, rule: PixelRule = "continuous") -> Array:
    """Intersection over union of every pair, 0 to 1; 0 where both have no area.

    >>> pairwise_iou([[0, 0, 10, 10]], [[0, 0, 5, 10], [20, 20, 30, 30]])
    array([[0.5, 0. ]])
    >>> pairwise_iou([[0, 0, 9, 9]], [[0, 0, 4, 9]], rule="inclusive")  # 50 of 100 pixels
    array([[0.5]])
    """
    shared, union, _ = _areas(_rows(a), _rows(b), rule)
    return _ratio(shared, union)


@_QUIETLY
def pairwise_giou(a: ArrayLike, b: ArrayLike, *, eps: float = 0.0) -> Array:
    """IoU less the share of the enclosing box that neither covers, of every pair: -1 to 1.

    `eps` is the least union and hull that is divided by, as some detectors have it.

    >>> pairwise_giou([[0, 0, 1, 1]], [[2, 0, 3, 1]]).round(4)
    array([[-0.3333]])
    """
    shared, union, hull = _areas(_rows(a), _rows(b), "continuous")
    if eps:
        union, hull = np.maximum(union, eps), np.maximum(hull, eps)
    return _ratio(shared, union) - _ratio(hull - union, hull)


@_QUIETLY
def pairwise_l1(a: ArrayLike, b: ArrayLike) -> Array:
    """Sum of the absolute differences of the four numbers, of every pair.

    >>> pairwise_l1([[0, 0, 1, 1]], [[2, 0, 3, 1]])
    array([[4.]])
    """
    return np.asarray(np.abs(_rows(a)[:, None] - _rows(b)[None]).sum(axis=-1))


@_QUIETLY
def rescaled(boxes: ArrayLike, old: tuple[float, float], new: tuple[float, float]) -> Array:
    """Boxes of an image `old` (width, height) large, in the same image `new` large.

    >>> rescaled([[10, 10, 20, 20]], (100, 50), (200, 50))
    array([[20., 10., 40., 20.]])
    """
    rows = _rows(boxes)
    # Divided first, as the published code does: 32-bit results depend on the order.
    return np.asarray(rows / np.asarray(old * 2, rows.dtype) * np.asarray(new * 2, rows.dtype))


def from_centres(boxes: ArrayLike) -> Array:
    """Corners of boxes given as centre and size (cx, cy, w, h).

    >>> from_centres([[5, 5, 4, 2]])
    array([[3., 4., 7., 6.]])
    """
    rows = _rows(boxes)
    half = rows[:, 2:] * rows.dtype.type(0.5)
    return np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)


def to_centres(boxes: ArrayLike) -> Array:
    """Centre and size (cx, cy, w, h) of boxes given as corners.

    >>> to_centres([[3, 4, 7, 6]])
    array([[5., 5., 4., 2.]])
    """
    rows = _rows(boxes)
    return np.concatenate([(rows[:, :2] + rows[:, 2:]) / 2, rows[:, 2:] - rows[:, :2]], axis=1)


def _rows(boxes: ArrayLike) -> Array:
    rows = np.asarray(boxes)
    if not np.issubdtype(rows.dtype, np.floating):
        rows = rows.astype(np.float64)
    return rows.reshape(-1, 4)


def _areas(a: Array, b: Array, rule: PixelRule) -> tuple[Array, Array, Array]:
    """Intersection, union and enclosing box of every pair, as areas."""
    extra = a.dtype.type(1 if rule == "inclusive" else 0)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low + extra, 0)
    if rule == "beyond_a_pixel":
        sides = np.where(sides > 1, sides, 0)
    shared = sides[..., 0] * sides[..., 1]
    union = _area(a, extra)[:, None] + _area(b, extra)[None] - shared
    hull = np.maximum(a[:, None, 2:], b[None, :, 2:]) - np.minimum(a[:, None, :2], b[None, :, :2])
    hull = np.maximum(hull + extra, 0)
    return shared, union, hull[..., 0] * hull[..., 1]


def _area(boxes: Array, extra: Any) -> Array:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2] + extra, 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _ratio(top: Array, bottom: Array) -> Array:
    """`top / bottom`, and 0 where there is nothing to divide by."""
    out = np.zeros(np.broadcast(top, bottom).shape, np.result_type(top, bottom))
    np.divide(top, bottom, out=out, where=bottom > 0)
    out[np.isnan(out)] = 0
    return out

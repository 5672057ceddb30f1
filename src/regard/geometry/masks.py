"""Masks: grids of 0 and 1, true where the thing is. Overlap of many images, and boxes around them.

The two averages over images are those of referring segmentation (LISA): `ciou` sums pixels over
all images first, `giou` averages the images; here as SIDA's published scorer computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regard.types import Box


@dataclass(frozen=True, kw_only=True)
class MaskOverlap:
    """How predicted masks overlap with true ones, over a set of images."""

    ciou: float
    """Shared pixels of all images over united pixels of all images."""
    giou: float
    """Mean over images of their IoU; an image where both masks are empty counts 1."""
    shared: float
    """Shared pixels of all images."""
    united: float
    """United pixels of all images."""


def mask_overlap(predicted: Sequence[ArrayLike], true: Sequence[ArrayLike]) -> MaskOverlap:
    """Overlap of pairs of masks, one pair an image.

    >>> overlap = mask_overlap([[[1, 1], [0, 0]]], [[[1, 1], [1, 1]]])
    >>> round(overlap.ciou, 3), round(overlap.giou, 3)
    (0.5, 0.5)
    """
    shared, united = _counts(predicted, true)
    if not len(shared):
        return MaskOverlap(ciou=0.0, giou=0.0, shared=0.0, united=0.0)
    # 32 bit and these very small terms are the published scorer's.
    one = np.float32(1)
    each = shared / (united + np.float32(1e-5)) + np.where(united == 0, one, np.float32(0))
    total, union = shared.sum(), united.sum()
    return MaskOverlap(
        ciou=float(total / (union + np.float32(1e-10))),
        giou=float(each.mean()),
        shared=float(total),
        united=float(union),
    )


def mask_f1(predicted: ArrayLike, true: ArrayLike) -> float:
    """Twice the shared pixels over the pixels of both; 0 where both are empty.

    >>> mask_f1([[1, 0], [0, 0]], [[1, 1], [1, 1]])
    0.4
    """
    one, other = np.asarray(predicted, bool), np.asarray(true, bool)
    both = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / both if both else 0.0


def box_around(mask: ArrayLike) -> Box | None:
    """The least box that holds the whole mask, in pixels; None for an empty one.

    >>> box_around([[0, 0, 0], [0, 1, 1]])
    Box(x0=1, y0=1, x1=3, y1=2, frame=<Frame.PIXELS: 'pixels'>)
    """
    rows, columns = np.nonzero(np.asarray(mask))
    if not len(rows):
        return None
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def box_mask(
    box: Box | None, width: int, height: int
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The filled rectangle of a box in pixels, cut at the image; empty for None.

    >>> box_mask(Box(1, 0, 3, 1), width=3, height=2).astype(int).tolist()
    [[0, 1, 1], [0, 0, 0]]
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    if box is not None:
        x0, x1 = (round(min(max(x, 0), width)) for x in (box.x0, box.x1))
        y0, y1 = (round(min(max(y, 0), height)) for y in (box.y0, box.y1))
        mask[y0:y1, x0:x1] = True
    return mask


def _counts(
    predicted: Sequence[ArrayLike], true: Sequence[ArrayLike]
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.float32]]
]:
    pairs = [
        (np.asarray(one, bool), np.asarray(other, bool))
        for one, other in zip(predicted, true, strict=True)
    ]
    shared = np.array([(one & other).sum() for one, other in pairs], dtype=np.float32)
    united = np.array([(one | other).sum() for one, other in pairs], dtype=np.float32)
    return shared, united

"""How much two boxes share. Boxes are continuous: [0, 10] is ten wide, and touching shares nothing.

GIoU: Rezatofighi et al. 2019 (arXiv:1902.09630).
"""

from __future__ import annotations

from regard.types import Box


def area(box: Box) -> float:
    """Width times height in the units of the box's frame; nothing where a side is turned round.

    >>> area(Box(0, 0, 4, 3))
    12
    """
    return max(box.x1 - box.x0, 0) * max(box.y1 - box.y0, 0)


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1; of two boxes without area it is 0.

    >>> iou(Box(0, 0, 10, 10), Box(0, 0, 5, 10))
    0.5
    """
    shared, union = _shared_and_union(a, b)
    return shared / union if union > 0 else 0.0


def giou(a: Box, b: Box) -> float:
    """IoU less the share of the enclosing box that neither covers: -1 (far apart) to 1.

    >>> giou(Box(0, 0, 1, 1), Box(2, 0, 3, 1))  # nothing shared, a third of the hull empty
    -0.3333333333333333
    """
    shared, union = _shared_and_union(a, b)
    hull = (max(a.x1, b.x1) - min(a.x0, b.x0)) * (max(a.y1, b.y1) - min(a.y0, b.y0))
    empty = (hull - union) / hull if hull > 0 else 0.0
    return (shared / union if union > 0 else 0.0) - empty


def _shared_and_union(a: Box, b: Box) -> tuple[float, float]:
    """The areas of intersection and union."""
    if a.frame is not b.frame:
        raise ValueError(f"boxes in two frames, {a.frame} and {b.frame}; carry one over: to_frame")
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    shared = max(width, 0) * max(height, 0)
    return shared, area(a) + area(b) - shared

"""Whether a place is where it should be: inside a box, or near a point."""

from __future__ import annotations

from regard.types import Box, Point


def is_inside(point: Point, box: Box, *, with_border: bool = True) -> bool:
    """Whether a point lies in a box; on the border too, unless that is told otherwise.

    >>> is_inside(Point(10, 5), Box(0, 0, 10, 10))
    True
    >>> is_inside(Point(10, 5), Box(0, 0, 10, 10), with_border=False)
    False
    """
    _same_frame(point, box)
    if with_border:
        return box.x0 <= point.x <= box.x1 and box.y0 <= point.y <= box.y1
    return box.x0 < point.x < box.x1 and box.y0 < point.y < box.y1


def is_within(
    point: Point, other: Point, radius: float, *, size: tuple[float, float] = (1, 1)
) -> bool:
    """Whether two points are less than `radius` apart, counted in `size` along each axis.

    With the size of the image, 0.14 is an ellipse of 14% of its width and height (the rule for
    AndroidControl, OmniAct and GUI-Odyssey); without it, a circle in the unit of the points.

    >>> is_within(Point(500, 500), Point(630, 500), 0.14, size=(1000, 1000))
    True
    """
    _same_frame(point, other)
    width, height = size
    across, down = (point.x - other.x) / width, (point.y - other.y) / height
    return across**2 + down**2 < radius**2


def centre(place: Box | Point) -> Point:
    """The middle of a box, or the point itself.

    >>> centre(Box(0, 0, 10, 4)).x
    5.0
    """
    if isinstance(place, Point):
        return place
    return Point((place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2, place.frame)


def _same_frame(point: Point, other: Box | Point) -> None:
    if point.frame is not other.frame:
        raise ValueError(f"places in {point.frame} and {other.frame}; carry one over: to_frame")

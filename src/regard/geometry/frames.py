"""Carrying a box or a point from one frame to another.

What a number counts is written beside it (`Frame`). The way leads through fractions of the image,
so no frame is privileged and nothing is rounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from regard.types import Box, Frame, ImageFrame, Point

Place = TypeVar("Place", Box, Point)


def frame_size(frame: Frame, image: ImageFrame) -> tuple[float, float]:
    """The width and height of `image`, counted in `frame`.

    >>> frame_size(Frame.INPUT, ImageFrame(original=(640, 480), model_input=(336, 252)))
    (336, 252)
    """
    match frame:
        case Frame.PIXELS:
            return image.original
        case Frame.INPUT:
            return image.model_input
        case Frame.PER_MILLE:
            return (1000, 1000)
        case Frame.UNIT:
            return (1, 1)


def to_frame(place: Place, frame: Frame, image: ImageFrame) -> Place:
    """The same place of `image`, counted in `frame`.

    >>> image = ImageFrame(original=(640, 480), model_input=(320, 240))
    >>> to_frame(Point(500, 250, Frame.PER_MILLE), Frame.PIXELS, image)
    Point(x=320.0, y=120.0, frame=<Frame.PIXELS: 'pixels'>)
    """
    if place.frame is frame:
        return place
    old_width, old_height = frame_size(place.frame, image)
    width, height = frame_size(frame, image)
    changed: dict[str, Any] = {"frame": frame}
    for name in ("x", "y") if isinstance(place, Point) else ("x0", "y0", "x1", "y1"):
        old_side, side = (old_width, width) if name.startswith("x") else (old_height, height)
        # Multiplied first: 500 * 640 / 1000 is exact where 500 * 0.64 need not be.
        changed[name] = getattr(place, name) * side / old_side
    return replace(place, **changed)

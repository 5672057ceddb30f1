"""Boxes as models write them."""

from __future__ import annotations

import re

from regard.types import Box, Frame

# Possessive (++, ?+): what was read is never read again, so the time is linear.
_COORDINATE = r"\s*+([+-]?+[0-9]{1,15}+(?:\.[0-9]{0,15}+)?+)\s*+"
_BOX = re.compile(rf"[\[(]{','.join([_COORDINATE] * 4)}[\])]")


def first_box(text: str, *, frame: Frame = Frame.PIXELS) -> Box | None:
    """The first `[x0, y0, x1, y1]` (or in round brackets) whose corners are in order.

    The text does not say what its numbers count; `frame` does.

    >>> first_box('{"bbox_2d": [10, 20, 60.5, 80]}')
    Box(x0=10.0, y0=20.0, x1=60.5, y1=80.0, frame=<Frame.PIXELS: 'pixels'>)
    """
    for match in _BOX.finditer(text):
        x0, y0, x1, y1 = map(float, match.groups())
        if x0 <= x1 and y0 <= y1:
            return Box(x0, y0, x1, y1, frame)
    return None

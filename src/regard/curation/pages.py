"""Figures out of books: the size of a page, the pages to read beside a figure, and its crop.

The steps of Patho-R1 (arXiv:2505.11404, its code). Where that code has a slip, `as_published`
repeats it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from regard.errors import DataError
from regard.types import Box


def page_pixels(
    width: float, height: float, *, factor: int = 28, max_pixels: int = 1280 * 28 * 28
) -> tuple[int, int]:
    """Width and height to draw a page in: its shape, whole multiples of `factor`, within an area.

    >>> page_pixels(612, 792)  # US letter
    (868, 1120)
    """
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise DataError(f"a page of {width} x {height} points cannot be drawn")
    aspect = max(width, height) / min(width, height)
    long = int(math.sqrt(max_pixels * aspect))
    short = int(long / aspect)
    long, short = (max(side // factor * factor, factor) for side in (long, short))
    return (short, long) if height > width else (long, short)


def pages_to_read(
    pages: Sequence[int], with_figures: Sequence[int], *, as_published: bool = False
) -> list[int]:
    """The pages with figures and their neighbours, in order: text may be overleaf.

    As published, the first page with a figure and the last two are read without their neighbours,
    and a book without figures is an error.

    >>> pages_to_read(range(1, 10), [3, 9])
    [2, 3, 4, 8, 9]
    >>> pages_to_read(range(1, 14), [2, 4, 7, 9, 12], as_published=True)
    [2, 3, 4, 5, 6, 7, 8, 9, 12]
    """
    if as_published and not with_figures:
        raise DataError("no page has a figure")
    inner = with_figures[1:-2] if as_published else with_figures
    neighbours = {page + step for page in inner for step in (-1, 1)}
    return sorted(set(with_figures) | (neighbours & set(pages)))


def crop_window(
    box: Box, width: int, height: int, *, scale: float = 2, as_published: bool = False
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a box in a page that is drawn `scale` times as large.

    Cut off at the edges of the page of `width` x `height` pixels; empty where a side is turned
    round. As published, a negative number counts from the far edge, as slices of arrays do.

    >>> crop_window(Box(40, 80, 70, 130), 100, 200)
    (80, 160, 100, 200)
    >>> crop_window(Box(-5, 0, 10, 10), 100, 200)
    (0, 0, 20, 20)
    """

    def side(start: float, stop: float, length: int) -> tuple[int, int]:
        first, last = int(start * scale), int(stop * scale)
        if as_published:
            first, last, _ = slice(first, last).indices(length)
        first, last = (min(max(each, 0), length) for each in (first, last))
        return first, max(first, last)

    left, right = side(box.x0, box.x1, width)
    top, bottom = side(box.y0, box.y1, height)
    return left, top, right, bottom

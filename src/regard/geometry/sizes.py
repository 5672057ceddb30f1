"""The size an image has once a model has resized it to whole patches."""

from __future__ import annotations

import math

from regard.errors import DataError

MAX_ASPECT = 200
"""Longer side over shorter; transformers refuses more."""


def smart_resize(
    width: int,
    height: int,
    *,
    factor: int = 28,
    min_pixels: int = 56 * 56,
    max_pixels: int = 14 * 14 * 4 * 1280,
) -> tuple[int, int]:
    """Width and height in whole multiples of `factor`, shape kept, area within the two limits.

    The rule of Qwen2-VL and its heirs, as transformers has it but for the order of the sides.
    Halves go to the even multiple, as Python rounds: 42 is one and a half times 28, and becomes
    56; 70 is two and a half, and becomes 56 as well.

    >>> smart_resize(640, 480)
    (644, 476)
    >>> smart_resize(42, 70, min_pixels=1)
    (56, 56)
    """
    if width < 1 or height < 1:
        raise DataError(f"an image of {width}x{height} pixels has no size to keep")
    if max(width, height) / min(width, height) > MAX_ASPECT:
        raise DataError(
            f"an image of {width}x{height} pixels is too narrow: "
            f"its sides may differ {MAX_ASPECT} times"
        )
    new_width = round(width / factor) * factor
    new_height = round(height / factor) * factor
    if new_width * new_height > max_pixels:
        shrink = math.sqrt(width * height / max_pixels)
        new_width = max(factor, math.floor(width / shrink / factor) * factor)
        new_height = max(factor, math.floor(height / shrink / factor) * factor)
    elif new_width * new_height < min_pixels:
        grow = math.sqrt(min_pixels / (width * height))
        new_width = math.ceil(width * grow / factor) * factor
        new_height = math.ceil(height * grow / factor) * factor
    return new_width, new_height


def fit_area(width: int, height: int, *, min_pixels: int, max_pixels: int) -> tuple[int, int]:
    """Width and height scaled into an area, shape kept, fractions of a pixel cut off.

    First down to `max_pixels`, then up to `min_pixels`: what EasyR1 and its heirs do to an image
    before the model's own resizing.

    >>> fit_area(1920, 1080, min_pixels=512 * 512, max_pixels=1258291)
    (1495, 841)
    """
    if width * height > max_pixels:
        shrink = math.sqrt(max_pixels / (width * height))
        width, height = int(width * shrink), int(height * shrink)
    if width * height < min_pixels:
        grow = math.sqrt(min_pixels / (width * height))
        width, height = int(width * grow), int(height * grow)
    return width, height


def tile_grid(width: int, height: int, *, max_tiles: int = 12, tile: int = 448) -> tuple[int, int]:
    """Columns and rows of the square tiles that InternVL cuts an image into.

    Of all grids of at most `max_tiles`, the one whose shape is nearest to that of the image; of
    equally near ones the larger, as long as the image has more than half of its pixels.

    >>> tile_grid(480, 640, max_tiles=6)
    (2, 3)
    >>> tile_grid(100, 100)
    (1, 1)
    """
    if width < 1 or height < 1:
        raise DataError(f"an image of {width}x{height} pixels has no tiles")
    shape = width / height
    grids = [
        (columns, rows)
        for columns in range(1, max_tiles + 1)
        for rows in range(1, max_tiles // columns + 1)
    ]
    best, least = (1, 1), math.inf
    for columns, rows in sorted(grids, key=lambda grid: grid[0] * grid[1]):
        distance = abs(shape - columns / rows)
        is_full = width * height > 0.5 * tile * tile * columns * rows
        if distance < least or (distance == least and is_full):
            best, least = (columns, rows), distance
    return best

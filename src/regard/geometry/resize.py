"""Sizes that vision models resize images to."""

from __future__ import annotations

import math


def smart_resize(
    width: int, height: int, *, factor: int, min_pixels: int, max_pixels: int
) -> tuple[int, int]:
    """Width and height as Qwen2-VL resizes an image (its published image processor).

    Both become multiples of `factor`, their product stays between `min_pixels` and `max_pixels`,
    and the shape is kept as well as that allows. Halves round to even, as Python rounds.

    >>> smart_resize(56, 28, factor=28, min_pixels=784, max_pixels=50176)
    (56, 28)
    """
    new_width = round(width / factor) * factor
    new_height = round(height / factor) * factor
    if new_width * new_height > max_pixels:
        scale = math.sqrt(width * height / max_pixels)
        new_width = max(factor, math.floor(width / scale / factor) * factor)
        new_height = max(factor, math.floor(height / scale / factor) * factor)
    elif new_width * new_height < min_pixels:
        scale = math.sqrt(min_pixels / (width * height))
        new_width = math.ceil(width * scale / factor) * factor
        new_height = math.ceil(height * scale / factor) * factor
    return new_width, new_height

"""A pinhole camera that looks straight ahead: where places in a room lie in its picture.

Metres and radians, x ahead, y to the left, z up; pixels to the right and down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers: TypeAlias = NDArray[np.floating[Any]]

NEAREST = 0.05
"""What is closer, in metres, or behind, is taken to be this far away."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where it is, where it looks, and how its picture is cut.

    >>> camera = Camera(place=(0, 0, 1), yaw=0.0, width=100, height=60, view=math.pi / 2)
    >>> camera.seen([[10, 0, 1], [10, 5, 1], [10, 0, 6]]).round(6).tolist()
    [[50.0, 30.0], [25.0, 30.0], [50.0, 5.0]]
    """

    place: tuple[float, float, float]
    yaw: float
    """Counter-clockwise from above; 0 looks along x."""
    width: int
    """In pixels."""
    height: int
    view: float
    """Between the left and the right edge of the picture, in radians."""
    horizon: float = 0.5
    """Where the horizon is, as a fraction of the height from above."""

    @property
    def focal(self) -> float:
        """Pixels that one metre takes up at a distance of one metre."""
        return self.width / 2 / math.tan(self.view / 2)

    def ahead(self, places: ArrayLike) -> Numbers:
        """How far ahead some places (…, 3) are, in metres; what is behind is `NEAREST`."""
        x, y, _ = np.moveaxis(np.asarray(places, dtype=np.float64) - self.place, -1, 0)
        depth: Numbers = math.cos(self.yaw) * x + math.sin(self.yaw) * y
        return np.maximum(depth, NEAREST)

    def seen(self, places: ArrayLike) -> Numbers:
        """Pixels (…, 2) of some places (…, 3), within the picture or not."""
        x, y, z = np.moveaxis(np.asarray(places, dtype=np.float64) - self.place, -1, 0)
        left = math.cos(self.yaw) * y - math.sin(self.yaw) * x
        scale = self.focal / self.ahead(places)
        return np.stack(
            [self.width / 2 - scale * left, self.horizon * self.height - scale * z], axis=-1
        )

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
        return self._ahead(np.asarray(places, dtype=np.float64) - self.place)

    def seen(self, places: ArrayLike) -> Numbers:
        """Pixels (…, 2) of some places (…, 3), within the picture or not."""
        away = np.asarray(places, dtype=np.float64) - self.place
        scale = self.focal / self._ahead(away)
        pixels = np.empty((*away.shape[:-1], 2))
        left = math.cos(self.yaw) * away[..., 1] - math.sin(self.yaw) * away[..., 0]
        pixels[..., 0] = self.width / 2 - scale * left
        pixels[..., 1] = self.horizon * self.height - scale * away[..., 2]
        return pixels

    def _ahead(self, away: Numbers) -> Numbers:
        depth: Numbers = math.cos(self.yaw) * away[..., 0] + math.sin(self.yaw) * away[..., 1]
        return np.maximum(depth, NEAREST)

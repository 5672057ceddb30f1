"""Smooth curves through points: cubic splines along the chords, without curvature at their ends."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regard.errors import DataError

Numbers: TypeAlias = NDArray[np.floating[Any]]


def natural_spline(knots: ArrayLike, values: ArrayLike, at: ArrayLike) -> Numbers:
    """The cubic spline through `values` at `knots`, read off `at` some places.

    Its second derivative is 0 at both ends ("natural"). Knots grow.

    >>> natural_spline([0, 1, 2], [0, 1, 0], [0, 0.5, 1]).tolist()
    [0.0, 0.6875, 1.0]
    """
    t, y = np.asarray(knots, dtype=np.float64), np.asarray(values, dtype=np.float64)
    places = np.asarray(at, dtype=np.float64)
    steps = np.diff(t)
    if len(t) < 2 or (steps <= 0).any():
        raise DataError(f"a curve through knots {t.tolist()}; expected two or more that grow")
    slopes = np.diff(y) / steps
    # Half the second derivative at each knot, from the continuity of the first.
    system = np.eye(len(t))
    right = np.zeros(len(t))
    for i in range(1, len(t) - 1):
        system[i, i - 1 : i + 2] = steps[i - 1], 2 * (steps[i - 1] + steps[i]), steps[i]
        right[i] = 3 * (slopes[i] - slopes[i - 1])
    bend = np.linalg.solve(system, right)
    piece = np.clip(np.searchsorted(t, places, side="right") - 1, 0, len(steps) - 1)
    far = places - t[piece]
    first = slopes[piece] - steps[piece] * (bend[piece + 1] + 2 * bend[piece]) / 3
    third = (bend[piece + 1] - bend[piece]) / (3 * steps[piece])
    curve: Numbers = y[piece] + far * (first + far * (bend[piece] + far * third))
    return curve


def spline_path(points: ArrayLike, spacing: float) -> Numbers:
    """Points (N, D) every `spacing` along a smooth curve through `points` (K, D).

    Distances are counted along the chords between the points, not along the curve; the last of
    the points is not reached.

    >>> spline_path([[0, 0], [1, 0], [2, 0]], 0.5).tolist()
    [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [1.5, 0.0]]
    """
    stops = np.asarray(points, dtype=np.float64)
    chords = np.linalg.norm(np.diff(stops, axis=0), axis=1)
    knots = np.concatenate([[0.0], np.cumsum(chords)])
    places = np.arange(0.0, knots[-1], spacing)
    return np.stack([natural_spline(knots, column, places) for column in stops.T], axis=1)

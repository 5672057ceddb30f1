"""Turning in the plane and in space. Angles in radians, counter-clockwise from above."""

from __future__ import annotations

import math


def turned(x: float, y: float, angle: float) -> tuple[float, float]:
    """A vector of the plane, turned.

    >>> [round(value, 9) for value in turned(1, 0, math.pi / 2)]
    [0.0, 1.0]
    """
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * x - sin * y, sin * x + cos * y


def yaw_pitch_roll(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """The angles of a unit quaternion, its real part first: about z, then y, then x.

    >>> yaw_pitch_roll(1, 0, 0, 0)
    (0.0, 0.0, 0.0)
    """
    yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    pitch = math.asin(min(max(2 * (w * y - z * x), -1.0), 1.0))
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    return yaw, pitch, roll


def quaternion_of_yaw(yaw: float) -> tuple[float, float, float, float]:
    """The quaternion (w, x, y, z) of a turn about the vertical.

    >>> quaternion_of_yaw(0.0)
    (1.0, 0.0, 0.0, 0.0)
    """
    return math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)

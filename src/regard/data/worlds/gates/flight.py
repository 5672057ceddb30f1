"""How the published expert flies through a gate, and its actions in words.

Metres and radians; x ahead, y to the left, z up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from regard.data.worlds.gates.layout import Layout
from regard.data.worlds.sketch import Pixels
from regard.geometry.splines import spline_path
from regard.text.action_tokens import ActionTokens, normalised

START = (-1.0, 0.0, 0.75)
GATE_HEIGHT = 0.75
"""Where the expert aims, in metres above ground."""
LOOKAHEAD = 3
"""An action leads to so many places ahead on the expert's way."""

TOKENS = ActionTokens(vocab_size=32, bins=32)
"""31 bins from -1 to 1 for each number of an action; 0 is in the middle of one."""
ACTION_WORDS = tuple(f"<a{number}>" for number in range(32))
"""Word n for id n of `TOKENS`: as the last 32 words of a vocabulary they have OpenVLA's ids."""
STATISTICS: Mapping[str, Sequence[float]] = {
    "min": (0.2, 0.0, -0.1, -1.2),
    "max": (0.4, 0.0, 0.1, 1.2),
}
"""Bounds of an action: metres ahead, to the left (never any) and up, and radians to turn."""

Place = tuple[float, float, float]


def start_of(layout: Layout, rng: np.random.Generator) -> tuple[Place, float]:
    """Where the drone is, and where it looks, before it flies."""
    x, y, z = rng.uniform(-layout.wander, layout.wander, 3).tolist()
    place = START[0] * layout.closeness + x, START[1] + y, START[2] + z / 2
    return place, float(rng.uniform(-layout.turn, layout.turn))


def expert_step(start: Place, goal: tuple[float, float], row: int) -> tuple[Place, float, Pixels]:
    """Place, heading and next action of the published expert, so many places on its way.

    The action: metres ahead, to the left and up, and radians to turn. `regard.envs.drone` has the
    whole flight, as it is logged.

    >>> place, yaw, action = expert_step((-1.0, 0.0, 0.75), (5.0, 0.0), 1)
    >>> action.round(3).tolist()
    [0.3, 0.0, 0.0, 0.0]
    """
    (x, y, z), (goal_x, goal_y) = start, goal
    stops = [(x, y), (x + 0.5, y), (goal_x - 0.5, goal_y), (goal_x, goal_y)]
    way = spline_path(stops, 0.1)
    heights = np.linspace(z, GATE_HEIGHT, len(way))
    here, ahead = way[row], way[row + LOOKAHEAD]
    heading = math.atan2(*(ahead - here)[::-1])
    bearing = math.atan2(goal_y - ahead[1], goal_x - ahead[0])
    climb = heights[row + LOOKAHEAD] - heights[row]
    action = np.array([math.hypot(*(ahead - here)), 0.0, climb, bearing - heading])
    return (float(here[0]), float(here[1]), float(heights[row])), heading, action


def action_tokens(action: Pixels) -> list[int]:
    """The ids of an action, among `TOKENS`; their words are `ACTION_WORDS`.

    >>> action_tokens(np.array([0.3, 0.0, 0.0, 1.2]))
    [16, 16, 16, 1]
    """
    return TOKENS.encode(normalised(action, STATISTICS, scaling="bounds"))

"""A drone and three gates: how an expert flies, and when a flight has succeeded.

The scenes and rules of CognitiveDrone (arXiv:2503.01378; code:
SerValera/docker_CognitiveDrone_DataCollector). Metres and radians; x ahead, y to the left, z up.
An *official* log row counts ahead as negative and down as positive: `forward_velocity` turns it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from regard.errors import DataError
from regard.geometry.splines import spline_path
from regard.geometry.turns import quaternion_of_yaw, turned

Place: TypeAlias = tuple[float, float, float]

GATE_HEIGHT = 0.75
"""Where the expert aims, above ground, in metres."""

LOWEST_START = 0.2
"""Metres above ground."""


class Pose(NamedTuple):
    """One row of an expert's log, in the order of its file."""

    frame_id: int
    dx: float
    """From the place ahead back to this one, along the heading: negative in forward flight."""
    dy: float
    dz: float
    """Positive when descending."""
    angle: float
    """From the heading to the goal, as seen from the place ahead; not wrapped."""
    x: float
    y: float
    z: float
    qx: float
    qy: float
    qz: float
    qw: float


def gate_path(
    start: tuple[float, float], goal: tuple[float, float], *, spacing: float = 0.1
) -> np.ndarray[Any, Any]:
    """The expert's way (N, 2) over ground: half a metre straight out, and straight in at the end.

    >>> gate_path((0, 0), (5, 0)).shape
    (50, 2)
    """
    (x, y), (goal_x, goal_y) = start, goal
    stops = [(x, y), (x + 0.5, y), (goal_x - 0.5, goal_y), (goal_x, goal_y)]
    return spline_path(stops, spacing)


def expert_flight(
    start: Place,
    goal: Place,
    *,
    height: float = GATE_HEIGHT,
    spacing: float = 0.1,
    lookahead: int = 3,
) -> list[Pose]:
    """The log of an expert that flies through the gate at `goal`, at `height`.

    Each row looks `lookahead` places ahead. Rows from which the goal is abeam or behind are left
    out, and so is the first place, whose picture shows the flight before. A goal beside or behind
    the start gives a short log, or none.

    >>> len(expert_flight((-1, 0, 0.75), (5, 0, 0)))
    54
    """
    way = gate_path(start[:2], goal[:2], spacing=spacing)
    heights = np.linspace(max(start[2], LOWEST_START), height, len(way))
    places = np.column_stack([way, heights])
    rows: list[Pose] = []
    for i in range(len(places) - lookahead - 2):
        x, y, z = places[i].tolist()
        ahead_x, ahead_y, ahead_z = places[i + lookahead].tolist()
        back_x, back_y = x - ahead_x, y - ahead_y
        heading = math.atan2(-back_y, -back_x)
        # Both bearings are turned round in the same way: straight back, the sign of 0 decides.
        angle = math.atan2(-(ahead_y - goal[1]), -(ahead_x - goal[0])) - heading
        if abs(angle) > math.pi / 2:
            continue
        local_x, local_y = turned(back_x, back_y, -heading)
        w, qx, qy, qz = quaternion_of_yaw(heading)
        local = local_x, local_y, z - ahead_z
        rows.append(Pose(len(rows), *local, angle, x, y, z, qx, qy, qz, w))
    return rows[1:]


def forward_velocity(row: Pose, *, lookahead_s: float) -> tuple[float, float, float, float]:
    """Velocity ahead, to the left and up, and the turn to come, of a row of an official log.

    >>> row = Pose(1, -0.3, 0.0, 0.03, 0.1, 0, 0, 1, 0, 0, 0, 1)
    >>> [round(value, 6) for value in forward_velocity(row, lookahead_s=0.5)]
    [0.6, -0.0, -0.06, 0.2]
    """
    return tuple(  # type: ignore[return-value]
        value / lookahead_s for value in (-row.dx, -row.dy, -row.dz, row.angle)
    )


def world_velocity(
    action: Sequence[float],
    yaw: float,
    *,
    gain_xy: float = 1.875,
    gain_z: float = 0.5,
    gain_yaw: float = 1.5,
) -> tuple[float, float, float, float]:
    """The set-points for the autopilot: the body's velocity, turned into the world, with gains.

    Four numbers are velocity and yaw rate; of seven (OpenVLA's layout) the sixth is the yaw rate.
    The gains are those of RaceVLA's published client.

    >>> world_velocity([1, 0, 1, 1], 0.0)
    (1.875, 0.0, 0.5, 1.5)
    """
    if len(action) not in (4, 7):
        raise DataError(f"an action of {len(action)} numbers; expected 4 or 7")
    x, y = turned(action[0], action[1], yaw)
    turn = action[3] if len(action) == 4 else action[5]
    return x * gain_xy, y * gain_xy, action[2] * gain_z, turn * gain_yaw


# -------------------------------------------------------------------------------------------- gates


@dataclass(frozen=True, kw_only=True)
class Gate:
    """An upright rectangle to fly through."""

    centre: Place
    yaw: float
    """The direction one flies through it, in the plane."""
    width: float = 1.8
    height: float = 1.8


def gates_by_number(gates: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Gates of a recorded `setup.json`, a list with a `gate` key, as scenario files have them.

    >>> gates_by_number([{"gate": "1", "color": "red"}])
    {'1': {'color': 'red'}}
    """
    found = {}
    for each in gates:
        if "gate" not in each:
            raise DataError(f"a gate without its number, in the field 'gate': {dict(each)}")
        found[each["gate"]] = {name: value for name, value in each.items() if name != "gate"}
    return found


def crosses(before: Place, after: Place, gate: Gate) -> bool:
    """Whether the straight way between two places leads through a gate, from either side.

    >>> crosses((0, 0, 1), (2, 0, 1), Gate(centre=(1, 0, 1), yaw=0.0))
    True
    """
    start = _seen_from(gate, before)
    end = _seen_from(gate, after)
    if (start[0] < 0) == (end[0] < 0):
        return False
    share = start[0] / (start[0] - end[0])
    across, up = (start[i] + share * (end[i] - start[i]) for i in (1, 2))
    return abs(across) <= gate.width / 2 and abs(up) <= gate.height / 2


def first_gate(flight: Sequence[Place], gates: Mapping[str, Gate]) -> str | None:
    """The number of the gate a flight passes first, or None.

    >>> gates = {"1": Gate(centre=(1, 0, 1), yaw=0.0), "2": Gate(centre=(2, 0, 1), yaw=0.0)}
    >>> first_gate([(0, 0, 1), (0.9, 0, 1), (1.1, 0, 1), (3, 0, 1)], gates)
    '1'
    """
    for before, after in pairwise(flight):
        passed = [number for number, gate in gates.items() if crosses(before, after, gate)]
        if passed:
            return min(passed, key=lambda number: math.dist(before, gates[number].centre))
    return None


def _seen_from(gate: Gate, place: Place) -> Place:
    """A place as distance through, beside and above the middle of a gate."""
    across = place[0] - gate.centre[0], place[1] - gate.centre[1]
    through, beside = turned(*across, -gate.yaw)
    return through, beside, place[2] - gate.centre[2]


# ---------------------------------------------------------------------------------- the benchmark

Result: TypeAlias = Literal["SUCCESS", "FAIL"]


def official_result(place: Place, goal: Place) -> Result | None:
    """The published rule: within 1 m of the gate is success, beyond 10 m failure, else fly on.

    The gate is at (x, y) of `goal`, always 0.75 m above ground. Which gate was flown through, and
    how long it took, is not asked.

    >>> official_result((4.2, 0, 0.75), (5, 0, 0))
    'SUCCESS'
    """
    distance = math.dist(place, (goal[0], goal[1], GATE_HEIGHT))
    if distance < 1.0:
        return "SUCCESS"
    return "FAIL" if distance > 10.0 else None


def oracle_flight(
    start: Place,
    yaw: float,
    goal: Place,
    *,
    max_steps: int,
    step: float = 0.1,
    official: bool = False,
) -> tuple[Result | None, int, Place]:
    """How straight flight to a gate ends: the result, the steps it took, and where.

    `official` flies as the published driver does, which takes a direction of the world for one of
    the body: right only without yaw. None: it was still flying after `max_steps`.

    >>> oracle_flight((-1, 0, 0.75), 0.0, (5, 0, 0), max_steps=400)[:2]
    ('SUCCESS', 50)
    """
    place = start
    for num_steps in range(max_steps + 1):
        result = official_result(place, goal)
        if result or num_steps == max_steps:
            return result, num_steps, place
        gate = (goal[0], goal[1], GATE_HEIGHT)
        distance = math.dist(place, gate)
        x, y, z = ((to - at) / distance * step for to, at in zip(gate, place, strict=True))
        if official:
            x, y = turned(x, y, yaw)
        place = place[0] + x, place[1] + y, place[2] + z
    return None, 0, place

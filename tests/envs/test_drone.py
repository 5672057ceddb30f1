"""The drone: how its expert flies, and what a gate is."""

from __future__ import annotations

import math

import pytest

from regard.envs.drone import (
    Gate,
    crosses,
    expert_flight,
    first_gate,
    forward_velocity,
    gate_path,
    gates_by_number,
    official_result,
    oracle_flight,
    world_velocity,
)
from regard.errors import DataError

AHEAD = Gate(centre=(5, 0, 1), yaw=0.0, width=2.0, height=1.0)


def test_straight_flight_by_hand():
    # 6 m in steps of 0.1 m: 60 places, of which the last five look beyond and the first is dropped.
    rows = expert_flight((-1, 0, 0.75), (5, 0, 0))
    assert len(rows) == 54
    assert rows[0][:8] == pytest.approx((1, -0.3, 0, 0, 0, -0.9, 0, 0.75))
    assert [row.frame_id for row in rows] == list(range(1, 55))


def test_logs_count_ahead_as_negative_and_down_as_positive():
    row = expert_flight((-1, 0, 1.75), (5, 0, 0))[0]
    assert row.dx < 0 < row.dz
    ahead, left, up, _ = forward_velocity(row, lookahead_s=0.3)
    assert ahead == pytest.approx(1.0)
    assert left == pytest.approx(0.0)
    assert up < 0


def test_a_start_below_ground_is_lifted():
    assert 0.2 <= expert_flight((-1, 0, -3), (5, 0, 0))[0].z < 0.25


@pytest.mark.parametrize("goal", [(0.2, 0, 0), (-3, 0, 0), (-3, 1, 0), (0.1, -2, 0)])
def test_where_the_goal_is_abeam_or_behind_no_row_is_written(goal):
    rows = expert_flight((0, 0, 0.75), goal)
    assert all(abs(row.angle) <= math.pi / 2 for row in rows)
    # All places but the first and the last five could have a row.
    assert 0 < len(rows) < len(gate_path((0, 0), goal[:2], spacing=0.1)) - 6


def test_a_goal_one_metre_straight_ahead_makes_no_curve():
    with pytest.raises(DataError, match="that grow"):
        expert_flight((0, 0, 0.75), (1.0, 0, 0))


def test_set_points_are_turned_and_amplified():
    # a quarter turn: ahead becomes left
    assert world_velocity([1, 0, 2, 3], math.pi / 2) == pytest.approx((0, 1.875, 1, 4.5))
    assert world_velocity([1, 0, 2, 9, 9, 3, 9], 0.0) == pytest.approx((1.875, 0, 1, 4.5))
    with pytest.raises(DataError, match="5 numbers"):
        world_velocity([1, 2, 3, 4, 5], 0.0)


# ------------------------------------------------------------------------------------------ gates


@pytest.mark.parametrize(
    ("before", "after", "is_through"),
    [
        ((4, 0, 1), (6, 0, 1), True),
        ((6, 0, 1), (4, 0, 1), True),  # from behind
        ((4, 0.9, 1), (6, 0.9, 1), True),
        ((4, 1.1, 1), (6, 1.1, 1), False),  # beside it
        ((4, 0, 1.6), (6, 0, 1.6), False),  # above it
        ((3, 0, 1), (4.9, 0, 1), False),  # not there yet
        ((4, -2, 1), (6, 2, 1), True),  # askew, through the middle
        ((4, 0, 1), (4, 0, 1), False),
    ],
)
def test_a_gate_is_a_rectangle(before, after, is_through):
    assert crosses(before, after, AHEAD) is is_through


def test_the_first_gate_counts():
    far = Gate(centre=(8, 0, 1), yaw=0.0)
    flight = [(0, 0, 1), (4, 0, 1), (6, 0, 1), (9, 0, 1)]
    assert first_gate(flight, {"1": far, "2": AHEAD}) == "2"
    assert first_gate([(0, 0, 1), (9, 0, 1)], {"1": far, "2": AHEAD}) == "2"  # both in one step
    assert first_gate(flight[:2], {"1": far, "2": AHEAD}) is None


def test_a_gate_without_a_number_is_an_error():
    with pytest.raises(DataError, match="without its number"):
        gates_by_number([{"color": "red"}])


# ------------------------------------------------------------------------------------ the benchmark


def test_within_a_metre_is_success_and_ten_are_failure():
    assert official_result((4.01, 0, 0.75), (5, 0, 99)) == "SUCCESS"  # its height is not asked
    assert official_result((4.0, 0, 0.75), (5, 0, 0)) is None
    assert official_result((-5.01, 0, 0.75), (5, 0, 0)) == "FAIL"


def test_the_published_driver_flies_away_when_it_looks_back():
    away = oracle_flight((-1, 0, 0.75), math.pi, (5, 0, 0), max_steps=400, official=True)
    assert away[:2] == ("FAIL", 41)
    assert oracle_flight((-1, 0, 0.75), math.pi, (5, 0, 0), max_steps=400)[:2] == ("SUCCESS", 50)


def test_a_flight_that_runs_out_of_steps_has_no_result():
    assert oracle_flight((-1, 0, 0.75), 0.0, (5, 0, 0), max_steps=3)[:2] == (None, 3)

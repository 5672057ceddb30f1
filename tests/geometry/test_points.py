"""Places in boxes and near points; curves and turns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from regard.errors import DataError
from regard.geometry.points import centre, is_inside, is_within
from regard.geometry.sizes import fit_area
from regard.geometry.splines import natural_spline, spline_path
from regard.geometry.turns import quaternion_of_yaw, turned, yaw_pitch_roll
from regard.types import Box, Frame, Point

ANGLES = st.floats(-3, 3)


def test_the_border_is_inside_unless_told_otherwise():
    box = Box(10, 20, 30, 40)
    for corner in (Point(10, 30), Point(30, 30), Point(20, 20), Point(20, 40), Point(10, 40)):
        assert is_inside(corner, box)
        assert not is_inside(corner, box, with_border=False)
    assert is_inside(centre(box), box, with_border=False)


def test_near_is_an_ellipse_in_shares_of_the_screen():
    target = Point(500, 500)
    assert is_within(Point(639, 500), target, 0.14, size=(1000, 2000))
    assert not is_within(Point(640, 500), target, 0.14, size=(1000, 2000))  # less than, not up to
    assert is_within(Point(500, 779), target, 0.14, size=(1000, 2000))
    assert is_within(Point(503, 504), target, 5.1)


def test_places_in_two_frames_are_not_compared():
    with pytest.raises(ValueError, match="carry one over"):
        is_inside(Point(1, 1), Box(0, 0, 1, 1, Frame.UNIT))


def test_an_area_is_fitted_down_then_up():
    assert fit_area(64, 64, min_pixels=512 * 512, max_pixels=10**6) == (512, 512)
    # Down: 5000x10 is small enough as it is. Up: by the root of 262144 / 50000, 2.2897….
    assert fit_area(5000, 10, min_pixels=262144, max_pixels=1258291) == (11448, 22)
    assert fit_area(1000, 1000, min_pixels=1, max_pixels=10**6) == (1000, 1000)


# ----------------------------------------------------------------------------------------- curves


def test_a_straight_line_stays_straight():
    assert natural_spline([0, 1, 3], [0, 2, 6], [0.5, 2, 3]).tolist() == [1, 4, 6]


def test_three_points_by_hand():
    # Natural ends; in the middle 2 * (1 + 1) * bend = 3 * (-1 - 1), so the bend is -1.5.
    # First piece: slope 1 - (-1.5) / 3 = 1.5 at the start, cubic term -0.5: 1.5 / 2 - 0.5 / 8.
    assert natural_spline([0, 1, 2], [0, 1, 0], [0.5]).tolist() == [0.6875]


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=8))
def test_a_curve_goes_through_its_points(values):
    knots = np.arange(len(values))
    assert natural_spline(knots, values, knots) == pytest.approx(np.array(values), abs=1e-9)


def test_points_that_coincide_make_no_curve():
    with pytest.raises(DataError, match="that grow"):
        spline_path([[0, 0], [1, 1], [1, 1]], 0.1)


# ------------------------------------------------------------------------------------------ turns


@given(ANGLES, ANGLES)
def test_turning_there_and_back(x, angle):
    assert turned(*turned(x, 2.0, angle), -angle) == pytest.approx((x, 2.0), abs=1e-9)


@given(ANGLES)
def test_a_yaw_is_read_back_from_its_quaternion(yaw):
    assert yaw_pitch_roll(*quaternion_of_yaw(yaw)) == pytest.approx((yaw, 0, 0), abs=1e-9)


def test_straight_up_is_no_error():
    half = math.sqrt(0.5)
    assert yaw_pitch_roll(half, 0, half, 0)[1] == pytest.approx(math.pi / 2)
    assert yaw_pitch_roll(1, 0, 1, 0)[1] == pytest.approx(math.pi / 2)  # no unit quaternion


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_angles_of_any_unit_quaternion_are_finite(values):
    length = math.hypot(*values)
    assume(length > 1e-3)
    assert all(map(math.isfinite, yaw_pitch_roll(*(value / length for value in values))))

"""Overlaps worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.geometry.boxes import area, giou, iou
from regard.types import Box, Frame

SQUARE = Box(0, 0, 10, 10)
coordinates = st.floats(-1e6, 1e6)
boxes = st.builds(
    lambda x0, y0, width, height: Box(x0, y0, x0 + width, y0 + height),
    coordinates,
    coordinates,
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)


@pytest.mark.parametrize(
    ("box", "overlap"),
    [
        (SQUARE, 1.0),
        (Box(0, 0, 5, 10), 0.5),  # shared 50, union 100
        (Box(5, 5, 15, 15), 25 / 175),
        (Box(10, 0, 20, 10), 0.0),  # they touch
        (Box(30, 30, 40, 40), 0.0),
        (Box(3, 3, 3, 3), 0.0),  # a point within
        (Box(8, 8, 2, 2), 0.0),  # turned round
    ],
)
def test_overlap_is_shared_over_union(box, overlap):
    assert iou(SQUARE, box) == iou(box, SQUARE) == overlap


def test_two_boxes_without_area_share_nothing():
    assert iou(Box(1, 1, 1, 1), Box(1, 1, 1, 1)) == 0.0
    assert giou(Box(1, 1, 1, 1), Box(1, 1, 1, 1)) == 0.0


def test_giou_takes_off_the_empty_share_of_the_hull():
    assert giou(SQUARE, SQUARE) == 1.0
    # shared 25, union 175, hull 15 * 15 = 225, empty 50
    assert giou(SQUARE, Box(5, 5, 15, 15)) == pytest.approx(25 / 175 - 50 / 225)
    # two unit squares with a gap of 8: hull 10, empty 8
    assert giou(Box(0, 0, 1, 1), Box(9, 0, 10, 1)) == pytest.approx(-0.8)


def test_area_is_never_negative():
    assert area(Box(0, 0, 4, 3)) == 12
    assert area(Box(4, 0, 0, 3)) == 0


def test_boxes_in_two_frames_are_not_compared():
    with pytest.raises(ValueError, match="pixels and per_mille; carry one over"):
        iou(SQUARE, Box(0, 0, 10, 10, Frame.PER_MILLE))


@given(boxes, boxes)
def test_overlaps_stay_in_their_ranges(a, b):
    assert 0.0 <= iou(a, b) <= 1.0 + 1e-9
    assert -1.0 - 1e-9 <= giou(a, b) <= iou(a, b) + 1e-9
    assert iou(a, b) == iou(b, a)

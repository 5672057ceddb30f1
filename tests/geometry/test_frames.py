"""One place, four ways to count it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.geometry.frames import frame_size, to_frame
from regard.types import Box, Frame, ImageFrame, Point

# 640x480 pixels, given to the model as 320x120: halved in width, quartered in height
IMAGE = ImageFrame(original=(640, 480), model_input=(320, 120))
SAME_BOX = {
    Frame.PIXELS: Box(160, 120, 320, 480),
    Frame.INPUT: Box(80, 30, 160, 120, Frame.INPUT),
    Frame.PER_MILLE: Box(250, 250, 500, 1000, Frame.PER_MILLE),
    Frame.UNIT: Box(0.25, 0.25, 0.5, 1.0, Frame.UNIT),
}


@pytest.mark.parametrize("old", Frame)
@pytest.mark.parametrize("new", Frame)
def test_a_box_is_the_same_place_in_every_frame(old, new):
    assert to_frame(SAME_BOX[old], new, IMAGE) == SAME_BOX[new]


def test_a_point_is_carried_over():
    assert to_frame(Point(0.5, 0.5, Frame.UNIT), Frame.INPUT, IMAGE) == Point(160, 60, Frame.INPUT)


def test_a_place_in_its_own_frame_is_left_alone():
    point = Point(1, 2)
    assert to_frame(point, Frame.PIXELS, IMAGE) is point


def test_a_frame_is_as_large_as_it_counts():
    assert [frame_size(frame, IMAGE) for frame in Frame] == [
        (640, 480),
        (320, 120),
        (1000, 1000),
        (1, 1),
    ]


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.sampled_from(Frame), st.sampled_from(Frame))
def test_there_and_back_is_where_we_were(x, y, old, new):
    point = Point(x, y, old)
    back = to_frame(to_frame(point, new, IMAGE), old, IMAGE)
    assert (back.x, back.y) == pytest.approx((x, y))

"""The sizes transformers 5.23 gives, recorded with its own `smart_resize` (Qwen2-VL's defaults)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import DataError
from regard.geometry.sizes import smart_resize


@pytest.mark.parametrize(
    ("size", "resized"),
    [
        ((640, 480), (644, 476)),
        ((1, 1), (56, 56)),
        ((28, 28), (56, 56)),
        ((42, 70), (56, 56)),  # both halves go to the even multiple
        ((20000, 20000), (980, 980)),
        ((3, 600), (28, 812)),
        ((10, 1000), (28, 560)),
        ((1920, 1080), (1316, 728)),
    ],
)
def test_sizes_are_those_of_transformers(size, resized):
    assert smart_resize(*size) == resized


@pytest.mark.parametrize("size", [(201, 1), (1, 201), (0, 5)])
def test_what_cannot_be_resized_is_an_error_of_the_data(size):
    with pytest.raises(DataError, match=f"{size[0]}x{size[1]}"):
        smart_resize(*size)


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([14, 28, 32]))
def test_sides_are_whole_multiples_and_the_area_keeps_its_limits(width, height, factor):
    if max(width, height) / min(width, height) > 200:
        return
    new_width, new_height = smart_resize(
        width, height, factor=factor, min_pixels=4 * factor**2, max_pixels=400 * factor**2
    )
    assert new_width % factor == new_height % factor == 0
    assert new_width * new_height >= 4 * factor**2
    # a side is never less than one factor, which a very narrow image may pay with its area
    assert new_width * new_height <= 400 * factor**2 or factor in (new_width, new_height)

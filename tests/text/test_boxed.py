"""Boxes of LaTeX: which one, and where it ends."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.boxed import boxed, every_box, flat_boxes, last_opened_box, outer_boxes


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        (r"\boxed{4}", "4", "4"),
        (r"\boxed{1} or \boxed{2}", "2", "1"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}", r"\frac{1}{2}"),
        (r"\boxed{\boxed{5}}", "5", r"\boxed{5}"),
        (r"\boxed{1} and \boxed{2", "1", "1"),
        (r"\boxed{}", "", ""),
        (r"} \boxed{3} }", "3", "3"),
        (r"\boxed 3", None, None),
        ("", None, None),
    ],
)
def test_the_last_and_the_first_box(text, last, first):
    assert (boxed(text), boxed(text, "first")) == (last, first)


def test_four_ways_to_read_a_box_that_stays_open():
    text = r"\boxed{1} \boxed{2 \boxed{3}"
    assert boxed(text) == "3"
    assert last_opened_box(text) == "3"
    assert outer_boxes(text) == ["1"]
    assert outer_boxes(text, skip_open=True) == ["1", "3"]
    assert every_box(text) is None
    assert flat_boxes(text) == ["1", r"2 \boxed{3"]


@given(st.text(alphabet="\\boxed{}1 \n", max_size=60))
def test_flat_boxes_are_what_the_published_pattern_finds(text):
    import re

    assert flat_boxes(text) == re.findall(r"\\boxed\{(.*?)\}", text)


@given(st.lists(st.sampled_from(["\\boxed{", "{", "}", "a", "\n"]), max_size=30).map("".join))
def test_a_closed_box_has_as_many_braces_on_both_sides(text):
    for inside in outer_boxes(text, skip_open=True):
        assert inside.count("{") == inside.count("}")


def test_a_megabyte_of_open_boxes_takes_no_time():
    text = r"\boxed{" * 150_000
    start = time.perf_counter()
    assert boxed(text) is None
    assert time.perf_counter() - start < 3

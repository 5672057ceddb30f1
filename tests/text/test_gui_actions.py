"""Actions on screens, as they stand in a text and as published patterns find them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.text.gui_actions import gui_actions, last_pair_in_braces, quoted_kind, quoted_text
from regard.text.overlap import word_set_f1
from regard.text.written import written
from regard.types import Box, GuiAction, Point


@pytest.mark.parametrize(
    "text",
    [
        "[{'action': 'click', 'point': [3, 4], 'input_text': 'no input text'}]",
        '[{"action": "click", "point": [3, 4], "input_text": "no input text"}]',
        '```json\n[{"action": "click", "point": [3, 4]}]\n```',
        "{'action': 'click', 'point': (3, 4)}",
        written(GuiAction("click", Point(3, 4))),
        "[{'action': 'click',\n  'point': [ 3, 4 ],\n}]",
    ],
)
def test_a_click_is_read_however_it_is_quoted(text):
    assert gui_actions(text) == (GuiAction("click", Point(3, 4)),)


@pytest.mark.parametrize(
    ("record", "action"),
    [
        ("'action': 'close/delete', 'point': [-100, -100]", GuiAction("close/delete")),
        ("'action': 'type', 'input_text': \"it's ok\"", GuiAction("type", None, "it's ok")),
        ("'action': 'click', 'point': [1.5, 2, 3, 4]", GuiAction("click", Box(1.5, 2, 3, 4))),
        ("'action': 'wait', 'point': None", GuiAction("wait")),
    ],
)
def test_other_records_are_read_too(record, action):
    assert gui_actions(f"[{{{record}}}]") == (action,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[3, 4]",
        "click(3, 4)",
        "[dict(action='click')]",
        "[{'action': 'cl' + 'ick', 'point': [1 + 1, 2]}]",
        "[{'action': 3}]",
        "[{'action': 'click', 'point': '[3, 4]'}]",
        "[{'action': 'click', 'point': [3]}]",
        "[{'action': 'click', 'point': [True, 4]}]",
        "[{'action': 'click', 'point': [1e999, 4]}]",
        "[{'action': 'click', 'input_text': 5}]",
        "[{'action': 'click'}, 5]",
        "[" * 10_000,
    ],
)
def test_what_is_no_list_of_actions_is_none(text):
    assert gui_actions(text) is None


# ---------------------------------------------------------------- as the published patterns find


def test_double_quotes_slashes_and_dashes_hide_the_kind():
    assert quoted_kind("'action':   'long_press'") == "long_press"
    for text in ('"action": "click"', "'action': 'close/delete'", "'action': 'long-press'", ""):
        assert quoted_kind(text) is None


def test_an_apostrophe_ends_the_text_and_a_line_break_hides_it():
    assert quoted_text("'input_text': 'it's ok'") == "it"
    assert quoted_text("'input_text': ''") == ""
    assert quoted_text("'input_text': 'a\nb', 'input_text': 'c'") == "c"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("{[3, 4]}", (3, 4)),
        ("{[3,4] [5,   6]}", (5, 6)),
        ("{[3, 4]} [5, 6]", (3, 4)),  # the second has no brace after it
        ("[3, 4] {}", None),
        ("{[3, 4]", None),
        ("{[-3, 4]}", None),
        ("{[3.0, 4]}", None),
        ("{[3, 4 ]}", None),
        ("{[3, 4, 5]}", None),
        ("{[007, 08]}", (7, 8)),
        ("{\n[3, 4]}", None),
        ("{[3, 4]\n  }", (3, 4)),  # white space may hold line breaks
        ("{[3, 4],\n}", None),
        ("{[3,\n4]}", (3, 4)),
        ("{}\n{[1, 2]}\n{[3, 4]}", (1, 2)),
    ],
)
def test_the_last_pair_of_the_first_line_that_has_one(text, pair):
    assert last_pair_in_braces(text) == pair


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="{}[]12, \n", max_size=25))
def test_the_pair_is_the_one_the_published_search_finds(text):
    # An independent statement of the rule; it needs quadratic time, so only for short texts.
    found = re.search(r"\{[^\n]*\[(\d+),\s*(\d+)\]\s*[^\n]*\}", text)
    assert last_pair_in_braces(text) == (found and (int(found[1]), int(found[2])))


@pytest.mark.parametrize(
    "piece",
    ["{[1, 2]", "[1, 2]\n{", "'input_text': '", "'action': '", "{[1,\n2]  ", "1,", "[1, 2], "],
)
def test_a_megabyte_takes_no_longer_than_it_must(piece):
    text = piece * (1_000_000 // len(piece))
    start = time.thread_time()
    last_pair_in_braces(text), quoted_kind(text), quoted_text(text), gui_actions(text)
    assert time.thread_time() - start < 5


def test_a_list_of_ten_thousands_of_marks_is_noise():
    assert gui_actions("[" + "{'action': 'wait'}, " * 2000 + "]") is not None
    assert gui_actions("[" + "{'action': 'wait'}, " * 9000 + "]") is None


# ------------------------------------------------------------------------------------ shared words


def test_words_are_shared_as_sets():
    # 3 of 6 words, all 3 of the other: 2 * 0.5 * 1 / 1.5
    assert word_set_f1("search for cheap flights to tokyo", "flights to tokyo") == pytest.approx(
        2 / 3
    )
    assert word_set_f1("[UP]", "up") == 1.0
    assert word_set_f1("up up up", "up") == 1.0
    assert word_set_f1("", "up") == word_set_f1("", "") == 0.0


def test_one_word_may_be_part_of_another_only_where_that_is_asked():
    assert word_set_f1("a", "banana") == 0.0
    assert word_set_f1("a", "banana", part_of_a_word=True) == 1.0
    assert word_set_f1("a b", "banana", part_of_a_word=True) == 0.0


@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_sharing_is_mutual_and_between_0_and_1(one, other, part):
    f1 = word_set_f1(one, other, part_of_a_word=part)
    assert 0 <= f1 <= 1
    assert f1 == word_set_f1(other, one, part_of_a_word=part)

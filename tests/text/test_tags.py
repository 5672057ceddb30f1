import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text.tags import (
    blocks,
    first_on_a_line,
    has_loose_layout,
    inside,
    layout_fault,
    shorten,
)

pieces = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<answer>", "</answer>", "a", " ", "\n", "<", "<answer", "é"]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("<answer>5</answer>", "5", "5"),
        ("<answer>5</answer><answer>6</answer>", "5", "6"),
        ("<answer>\n5\n</answer>", "\n5\n", "\n5\n"),
        ("<answer></answer>", "", ""),
        ("<answer>5", None, None),
        ("5</answer>", None, None),
        ("</answer>5<answer>", None, None),
        ("<answer>5</answer><answer>6", "5", "5"),
        ("<answer>a<answer>b</answer>c</answer>", "a<answer>b", "a<answer>b"),
        ("<Answer>5</Answer>", None, None),
        ("< answer>5</answer>", None, None),
        ("", None, None),
    ],
)
def test_a_block_runs_to_the_next_closing_tag(text, first, last):
    assert inside("answer", text) == first
    assert inside("answer", text, "last") == last


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<think>a</think><answer>b</answer>", None),
        (" \n<think>a</think>\n\n<answer>b</answer>\n", None),
        ("<think></think><answer></answer>", None),
        ("", "no <think>"),
        ("<answer>b</answer>", "no <think>"),
        ("<think>a<answer>b</answer>", "no </think>"),
        ("<think>a</think>b", "no <answer>"),
        ("<think>a</think><answer>b", "no </answer>"),
        ("<think>a</think><answer>b</answer><answer>c</answer>", "2 times <answer>"),
        ("<think>a<think>b</think><answer>c</answer>", "2 times <think>"),
        (
            "<answer>b</answer><think>a</think>",
            "<answer> </answer> <think> </think>, not <think> </think> <answer> </answer>",
        ),
        (
            "<think>a<answer>b</answer></think>",
            "<think> <answer> </answer> </think>, not <think> </think> <answer> </answer>",
        ),
        ("Well. <think>a</think><answer>b</answer>", "text before <think>: 'Well.'"),
        ("<think>a</think> so <answer>b</answer>", "text after </think>: 'so'"),
        ("<think>a</think><answer>b</answer>.", "text after </answer>: '.'"),
    ],
)
def test_the_first_fault_of_a_layout_is_told(text, fault):
    assert layout_fault(text) == fault


def test_a_layout_may_have_other_tags_and_more_of_them():
    tags = ("summary", "think", "answer")
    text = "<summary>a</summary><think>b</think><answer>c</answer>"
    assert layout_fault(text, tags) is None
    assert layout_fault(text[1:], tags) == "no <summary>"


@given(pieces)
def test_the_loose_layout_is_the_published_pattern(text):
    published = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
    assert has_loose_layout(text) == (published.fullmatch(text) is not None)


@given(pieces)
def test_blocks_are_what_the_published_pattern_finds(text):
    assert blocks("answer", text) == re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)


@given(pieces)
def test_the_first_block_on_a_line_is_what_the_published_pattern_finds(text):
    match = re.search(r"<answer>(.*?)</answer>", text)
    assert first_on_a_line("answer", text) == (match[1] if match else None)


def test_the_loose_layout_needs_its_tags_apart():
    assert not has_loose_layout("<think></think><answer></answer")
    assert not has_loose_layout("<think></answer>")
    assert has_loose_layout("<think></think><answer></answer>")


def test_a_long_text_is_shortened_to_its_limit():
    assert shorten("abc", limit=3) == "abc"
    assert shorten("abcd", limit=3) == "ab…"


def test_many_openings_with_one_closing_tag_cost_one_pass():
    text = "<answer>\n" * 100_000
    start = time.perf_counter()
    assert first_on_a_line("answer", f"{text}<answer>5</answer>") == "5"
    assert time.perf_counter() - start < 2

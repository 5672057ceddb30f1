"""Pages, crops, shards and conversations, each by a small example."""

from __future__ import annotations

import pytest

from regard.curation.imitation import LETTER_PROMPT, imitation_messages
from regard.curation.pages import crop_window, page_pixels, pages_to_read
from regard.curation.shards import Pair, shard_entries, shard_name
from regard.errors import DataError
from regard.text.chat_markup import question_and_reply, with_image_marks
from regard.types import Box


def test_a_page_keeps_its_shape_within_the_area() -> None:
    # aspect 20: the long side is sqrt(1280 * 784 * 20) = 4480, the short 224
    assert page_pixels(100, 2000) == (224, 4480)
    assert page_pixels(2000, 100) == (4480, 224)
    assert page_pixels(1, 10_000, max_pixels=784) == (28, 2800)  # never thinner than a patch


@pytest.mark.parametrize("sides", [(0, 10), (10, -1), (float("nan"), 10), (float("inf"), 10)])
def test_a_page_without_a_size_is_an_error(sides: tuple[float, float]) -> None:
    with pytest.raises(DataError, match="cannot be drawn"):
        page_pixels(*sides)


def test_neighbours_of_every_figure_are_read_unless_as_published() -> None:
    assert pages_to_read(range(1, 8), [1, 5]) == [1, 2, 4, 5, 6]
    assert pages_to_read(range(1, 8), [1, 5], as_published=True) == [1, 5]
    assert pages_to_read([1, 2], []) == []
    with pytest.raises(DataError, match="no page has a figure"):
        pages_to_read([1, 2], [], as_published=True)


def test_a_crop_ends_at_the_edge_and_never_turns_round() -> None:
    assert crop_window(Box(30, 40, 10, 20), 100, 200) == (60, 80, 60, 80)
    # as published, -40 is 80 from the right edge of 100: at 20
    assert crop_window(Box(-40, 0, 45, 10), 100, 200) == (0, 0, 90, 20)
    assert crop_window(Box(-40, 0, 45, 10), 100, 200, as_published=True) == (20, 0, 90, 20)
    assert crop_window(Box(-5, 0, 10, 10), 100, 200, as_published=True) == (90, 0, 90, 20)


def test_a_shard_leaves_out_what_cannot_be_read() -> None:
    pairs = [Pair("gone.jpg", "x", None), Pair("in/b.png", "y", (3, 2))]
    (entry,) = shard_entries(pairs, 1, first_row=5)
    # row 6 of a shard of two rows: 6 % 2
    assert entry.members == ("000010000.png", "000010000.json", "000010000.txt")
    assert entry.record["caption"] == "y"
    assert (entry.record["width"], entry.record["height"]) == (3, 2)
    assert shard_name(1) == "00001.tar"


def test_thinking_stands_before_the_solution_where_there_is_any() -> None:
    record = {"image": "a.png", "problem": "q", "solution": "<answer>A</answer>"}
    system, user, assistant = imitation_messages(record)
    assert system["content"][0]["text"] == LETTER_PROMPT
    assert [part["type"] for part in user["content"]] == ["text", "image"]
    assert assistant["content"] == "<answer>A</answer>"
    thinking = imitation_messages({**record, "thinking": "<think>t</think>"})
    assert thinking[2]["content"] == "<think>t</think>\n\n<answer>A</answer>"
    with pytest.raises(DataError, match="the record lacks solution"):
        imitation_messages({"image": "a.png", "problem": "q"})


def test_a_chat_is_marked_twice_like_once() -> None:
    once = with_image_marks("<image> x <image>")
    assert with_image_marks("x") == "<|vision_start|><|image_pad|><|vision_end|>x"
    assert once.count("<|image_pad|>") == 2
    assert with_image_marks(once.replace("<|image_pad|>", "<image>")) == once


def test_a_chat_is_its_first_question_and_reply() -> None:
    chat = (
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>How many?<|im_end|>\n"
        "<|im_start|>assistant\nTwo.<|im_end|>\n<|im_start|>assistant\nThree."
    )
    assert question_and_reply(chat) == ("How many?", "Two.<|im_end|>\n")
    assert question_and_reply("<|im_start|>user\nQ?") == ("Q?", "")
    with pytest.raises(DataError, match=r"no '<\|im_start\|>user"):
        question_and_reply("no markers")

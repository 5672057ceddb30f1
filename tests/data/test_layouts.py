"""Records of published data sets become records of ours; the rows here are invented."""

from __future__ import annotations

import pytest

from regard.data.readers import Jsonl
from regard.errors import ConfigError, DataError
from regard.types import (
    Box,
    Choice,
    Expression,
    Frame,
    FreeText,
    LabelledBox,
    LabelledBoxes,
    Number,
)


def one(lines, layout, row):
    return Jsonl(path=lines(row), layout=layout).load()[0]


def turns(*texts):
    return [{"from": ("human", "gpt")[i % 2], "value": text} for i, text in enumerate(texts)]


def test_the_last_turn_of_a_conversation_is_the_answer(lines):
    row = {
        "id": 17,
        "image": "cat.png",
        "system": "Think first.",
        "conversations": turns("<image>How many dots?", "<think>…</think><answer>4</answer>"),
        "accu_reward_method": "odLength",
    }
    example = one(lines, "sharegpt", row)
    assert [message.role for message in example.messages] == ["system", "user"]
    assert (example.question, len(example.images)) == ("How many dots?", 1)
    assert example.target == FreeText("4")
    assert example.gold == "<think>…</think><answer>4</answer>"
    assert example.meta == {"accu_reward_method": "odLength"}


def test_a_conversation_may_have_several_turns_and_the_names_of_messages(lines):
    row = {
        "messages": [
            {"role": "user", "content": "Look at this."},
            {"role": "assistant", "content": "I do."},
            {"role": "user", "content": "What is it?"},
            {"role": "assistant", "content": "A cat."},
        ],
        "images": ["cat.png"],
    }
    example = one(lines, "sharegpt", row)
    assert [message.role for message in example.messages] == ["user", "assistant", "user"]
    assert len(example.messages[0].images) == 1  # it has no place of its own
    assert example.target == FreeText("A cat.")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({}, "list of turns"),
        ({"conversations": ["?"]}, r"conversations\[0\]"),
        ({"conversations": [{"from": "robot", "value": "?"}]}, "human"),
        ({"conversations": turns("?")}, "the assistant's"),
    ],
)
def test_a_broken_conversation_is_refused(lines, row, fault):
    with pytest.raises(DataError, match=fault):
        one(lines, "sharegpt", row)


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (r"\boxed{16}", Expression("16")),
        (r"\boxed{\frac{1}{2}}", Expression(r"\frac{1}{2}")),
        (r"\boxed{K}", Choice("K")),
        (r"\boxed{AB}", Expression("AB")),
    ],
)
def test_a_row_of_virl39k(lines, answer, target):
    row = {
        "question": "What is the area?",
        "answer": answer,
        "PassRate_32BTrained": 0.875,
        "PassRate_7BBase": -1.0,
        "category": "(GradeSchool) Geometric",
        "source": "Processed",
        "qid": "Processed-demo-0-1",
        "image": ["cat.png"],
    }
    example = one(lines, "virl39k", row)
    assert example.target == target
    assert (example.id, example.kind) == ("Processed-demo-0-1", "(GradeSchool) Geometric")
    assert example.messages[0].parts == (example.images[0], "What is the area?")
    assert example.meta == {"PassRate_32BTrained": 0.875, "PassRate_7BBase": -1.0}
    assert one(lines, "virl39k", {**row, "image": []}).images == ()


@pytest.mark.parametrize(
    ("place", "truth", "target"),
    [
        ("clevr_math", 3, Number(3.0)),
        ("arxivqa", "(b)", Choice("B")),
        ("geoqa170k", "A)", Choice("A")),
        ("synthesis", "Since x > 0.\n†Answer: $x^2$", Expression("$x^2$")),
        ("coco/train2017", "[0.1, 0.2, 0.7, 0.5]", Box(0.1, 0.2, 0.7, 0.5, Frame.UNIT)),
        ("vizwiz", "a can of soup", FreeText("a can of soup")),
    ],
)
def test_the_folder_of_an_image_says_what_sort_of_answer_vlaa_wants(lines, place, truth, target):
    path = lines({"id": "d", "image": f"/{place}/cat.png", "question": "?", "gt": truth})
    (path.parent / place).mkdir(parents=True)
    (path.parent / place / "cat.png").write_bytes((path.parent / "cat.png").read_bytes())
    example = Jsonl(path=path, layout="vlaa_thinking").load()[0]
    assert (example.target, example.source) == (target, place.partition("/")[0])


@pytest.mark.parametrize(
    ("place", "truth"),
    [("clevr_math", "three"), ("arxivqa", "?"), ("coco", "left"), ("docvqa", "")],
)
def test_a_truth_of_the_wrong_sort_is_refused(lines, place, truth):
    row = {"image": f"{place}/cat.png", "question": "?", "gt": truth}
    with pytest.raises(DataError, match="gt"):
        one(lines, "vlaa_thinking", row)


def test_an_unknown_layout_is_an_error_that_says_which_there_are():
    with pytest.raises(ConfigError, match="sharegpt"):
        Jsonl(path="train.jsonl", layout="sharegtp")


def vlm_r1(truth, **fields):
    said = {"from": "gpt", "value": truth}
    asked = {"from": "human", "value": "<image>Find every cat."}
    return {"id": 17, "image": "cat.png", "conversations": [asked, said], **fields}


@pytest.mark.parametrize(
    ("truth", "fields", "target"),
    [
        ("[4, 5, 20, 28]", {}, Box(4, 5, 20, 28)),
        ("[0.5, 1.5, 2.5, 3.5]", {"accu_reward_method": "default"}, Box(0.5, 1.5, 2.5, 3.5)),
        ("None", {"accu_reward_method": "odLength"}, LabelledBoxes(())),
        (
            '```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]\n```',
            {"accu_reward_method": "odLength"},
            LabelledBoxes((LabelledBox("cat", Box(1, 2, 3, 4)),)),
        ),
        ("B", {"accu_reward_method": "mcq"}, Choice("B")),
        ("B", {}, FreeText("B")),
        (5, {}, Number(5.0)),
        ("a red bus", {"accu_reward_method": "llm"}, FreeText("a red bus")),
    ],
)
def test_the_truth_of_a_conversation_of_vlm_r1_is_read_for_what_it_is(lines, truth, fields, target):
    example = one(lines, "vlm_r1", vlm_r1(truth, **fields))
    assert (example.id, example.question, example.target) == ("17", "Find every cat.", target)
    assert example.meta == fields


def test_a_letter_that_is_none_and_a_conversation_that_is_none_are_told(lines):
    with pytest.raises(DataError, match="is no letter"):
        one(lines, "vlm_r1", vlm_r1("the second", accu_reward_method="mcq"))
    with pytest.raises(DataError, match="list of turns"):
        one(lines, "vlm_r1", {"id": 1, "conversations": "?"})

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
    GuiAction,
    LabelledBox,
    LabelledBoxes,
    Number,
    Point,
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


ODVG = {"filename": "cat.png", "height": 48, "width": 64}


def instance(box, category="cat", label=3):
    return {"bbox": box, "label": label, "category": category}


def odvg_line(*instances):
    return {**ODVG, "detection": {"instances": list(instances)}}


def test_a_line_of_odvg_asks_for_the_categories_that_are_there(lines):
    row = odvg_line(
        instance([1, 2, 30, 40]), instance([5, 6, 20, 30], "hat"), instance([2, 2, 9, 9])
    )
    example = one(lines, "odvg", row)
    assert (example.kind, example.question) == ("detection", "Locate every cat, hat.")
    assert [(each.label, each.box) for each in example.target.boxes] == [
        ("cat", Box(1, 2, 30, 40)),
        ("hat", Box(5, 6, 20, 30)),
        ("cat", Box(2, 2, 9, 9)),
    ]
    assert one(lines, "odvg", odvg_line()).target == LabelledBoxes(())


def test_boxes_of_odvg_are_cut_at_the_edges_and_slivers_are_left_out(lines):
    row = odvg_line(
        instance([-5, 10, 70, 60]),
        instance([70, 10, 90, 40]),  # beside the image
        instance([10, 10, 10.5, 40]),  # thinner than a pixel
    )
    (left,) = one(lines, "odvg", row).target.boxes
    assert left.box == Box(0, 10, 64, 48)


def test_a_caption_of_odvg_has_phrases_with_one_box_or_several(lines):
    regions = [
        {"bbox": [1, 2, 30, 40], "phrase": "a cat", "tokens_positive": [[0, 5]]},
        {"bbox": [[0, 0, 9, 9], [9, 9, 20, 20]], "phrase": ["two", "mice"]},
    ]
    example = one(
        lines, "odvg", {**ODVG, "grounding": {"caption": "a cat and two mice", "regions": regions}}
    )
    assert example.question == "Locate what this names: a cat and two mice"
    assert [each.label for each in example.target.boxes] == ["a cat", "two mice", "two mice"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ODVG, "either 'detection' or 'grounding'"),
        ({**ODVG, "width": 32, "detection": {"instances": []}}, "says 32x48"),
        (odvg_line({"bbox": [1, 2, 3, 4], "label": 3}), "the label map has for label 3"),
        (odvg_line(instance([1, 2, 3])), "'bbox' should be a list of 4"),
        ({**ODVG, "grounding": {"caption": "", "regions": [{"bbox": [1, 2, 3, 4]}]}}, "'phrase'"),
    ],
)
def test_a_broken_line_of_odvg_is_refused(lines, row, fault):
    with pytest.raises(DataError, match=fault):
        one(lines, "odvg", row)


def vision_r1(solution, **fields):
    row = {"image": "cat.png", "problem": "Locate the exact position of cat.", "width": 64}
    return {**row, "height": 48, "solution": solution, **fields}


def test_the_solution_of_vision_r1_is_json_of_labels_and_boxes(lines):
    more = {"num_instances": 2, "target_id_maps": '{"cat": 1, "hat": 2}'}
    solution = '[["cat", [[1.0, 2.5, 30.0, 40.0]]], ["hat", [[5, 6, 20, 30]]]]'
    example = one(lines, "vision_r1_guided", vision_r1(solution, **more))
    assert example.target == LabelledBoxes(
        (LabelledBox("cat", Box(1, 2.5, 30, 40)), LabelledBox("hat", Box(5, 6, 20, 30)))
    )
    assert (example.question, example.meta) == ("Locate the exact position of cat.", more)
    assert one(lines, "vision_r1_guided", vision_r1("[]")).target == LabelledBoxes(())


@pytest.mark.parametrize(
    ("solution", "fault"),
    [
        ("[", "no JSON"),
        ('{"cat": 1}', "list of"),
        ('["cat"]', r"solution\[0\]"),
        ('[["cat", [[1, 2, 3]]]]', "4 finite numbers"),
        ('[["cat", [[1, 2, 300, 40]]]]', "outside its 64x48"),
    ],
)
def test_a_broken_solution_of_vision_r1_is_refused(lines, solution, fault):
    with pytest.raises(DataError, match=fault):
        one(lines, "vision_r1_guided", vision_r1(solution))


def wethink(answer, category, **fields):
    row = {"problem": "Which <image> is it?", "answer": answer, "category": category}
    return {**row, "image_path": "cat.png", "abilities": ["reasoning"], "reward": "rule", **fields}


@pytest.mark.parametrize(
    ("answer", "category", "target"),
    [
        ("B", "MC", Choice("B")),
        ("(c) a hat", "MC", Choice("C")),
        ("B", "FIB", FreeText("B")),
        ("3.5", "FIB", Number(3.5)),
        (3, "FIB", Number(3.0)),
        ("a cat with a hat", "DES", FreeText("a cat with a hat")),
    ],
)
def test_the_answer_of_wethink_is_read_by_its_category(lines, answer, category, target):
    example = one(lines, "wethink", wethink(answer, category))
    assert (example.target, example.kind, example.gold) == (target, category, None)
    assert example.messages[0].parts == (example.images[0], "Which  is it?")
    assert example.meta == {"abilities": ["reasoning"], "reward": "rule"}


@pytest.mark.parametrize(
    "thinking",
    [
        "One, <image>two.",
        "<think>One, two.</think>",
        "<think> One, two. </think><answer>5</answer>",
        "One, two. <answer>5</answer>",
        "One, two.</think>",
    ],
)
def test_the_thinking_of_wethink_is_freed_of_tags_and_answers(lines, thinking):
    example = one(lines, "wethink", wethink("2", "FIB", refined_cot=thinking))
    assert example.gold == "<think>One, two.</think><answer>2</answer>"


def test_a_question_of_wethink_without_an_answer_is_refused(lines):
    with pytest.raises(DataError, match="'answer' is missing"):
        one(lines, "wethink", wethink("", "DES"))
    assert one(lines, "wethink", wethink("2", "FIB", image_path=None)).images == ()


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("B", Choice("B")),
        ("x", Expression("x")),
        ("\\sqrt{3}", Expression("\\sqrt{3}")),
        (3, Expression("3")),
    ],
)
def test_a_row_in_easy_r1s_form(lines, answer, target):
    row = {"images": ["cat.png"], "problem": "<image>Find x.", "answer": answer}
    example = one(lines, "geometry3k", row)
    assert (example.target, example.question, len(example.images)) == (target, "Find x.", 1)
    with pytest.raises(DataError, match="'answer' is missing"):
        one(lines, "geometry3k", {**row, "answer": ""})


def test_a_row_of_med_r1(lines):
    row = {"image": "cat.png", "problem": "Which? A)Lung (COPD), B)Liver"}
    example = one(lines, "med_r1", {**row, "solution": "<answer> B </answer>"})
    assert (example.target, len(example.images)) == (Choice("B"), 1)
    for solution in ("B", "<answer> liver </answer>"):
        with pytest.raises(DataError, match="a letter in answer tags"):
            one(lines, "med_r1", {**row, "solution": solution})


@pytest.mark.parametrize(
    ("numbers", "text", "action"),
    [
        ([0.25, 0.5], "no input text", GuiAction("click", Point(0.25, 0.5, Frame.UNIT))),
        (
            [0.1, 0.2, 0.3, 0.4],
            "no input text",
            GuiAction("click", Box(0.1, 0.2, 0.3, 0.4, Frame.UNIT)),
        ),
        ([-100, -100], "7 am", GuiAction("click", None, "7 am")),
    ],
)
def test_a_row_of_gui_r1(lines, numbers, text, action):
    row = {
        "id": "a-17", "image": "cat.png", "instruction": "open the alarm tab", "task_type": "high",
        "history": "None", "gt_action": "click", "gt_bbox": numbers, "gt_input_text": text,
    }  # fmt: skip
    example = one(lines, "gui_r1", row)
    assert (example.target, example.kind, example.meta) == (action, "high", {})
    assert example.question == "open the alarm tab\nActions so far: None"


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [([1, 2, 3], "two or four"), ([10, 20], "fractions of the screen"), (["a", 1], "finite")],
)
def test_a_place_of_gui_r1_that_is_none_is_refused(lines, numbers, fault):
    row = {"image": "cat.png", "instruction": "?", "gt_action": "click", "gt_bbox": numbers}
    with pytest.raises(DataError, match=fault):
        one(lines, "gui_r1", row)


def test_a_test_of_vlm_r1_asks_for_a_box(lines):
    row = {"image": "cat.png", "problem": "the mug", "solution": [4, 5, 20.5, 28]}
    example = one(lines, "vlm_r1_test", row)
    assert (example.target, example.question) == (Box(4, 5, 20.5, 28), "the mug")
    with pytest.raises(DataError, match="4 finite numbers"):
        one(lines, "vlm_r1_test", {**row, "solution": "[4, 5]"})

"""What `check-data` finds in a file, and what it says."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import pytest
from tests.data.pictures import picture, png

from regard.data.check import check
from regard.data.gold import gold_completion
from regard.data.worlds.digits import Digits
from regard.errors import DataError
from regard.text.written import written
from regard.types import (
    Box,
    Choice,
    Example,
    Expression,
    Forgery,
    Frame,
    FreeText,
    GuiAction,
    Label,
    LabelledBox,
    LabelledBoxes,
    Message,
    Number,
    Point,
    Score,
)


@dataclass(frozen=True)
class Says:
    """One point when the answer is the target's number, a tenth for the tags."""

    range = (0.0, 1.1)

    def __call__(self, completion, example):
        answer = completion.text.partition("<answer>")[2].partition("</answer>")[0].strip()
        is_right = answer == f"{example.target.value:g}"
        parts = {"accuracy": Score(value=float(is_right), reason=f"it says {answer}")}
        return Score(value=is_right + 0.1 * ("<think>" in completion.text), parts=parts)


def errors(report):
    return [(finding.place, finding.topic) for finding in report.findings if finding.is_error]


def test_a_world_s_own_answers_earn_full_marks():
    report = check(Digits(size=20).load(), Says())
    assert report.is_ok
    assert report.render() == "DigitsDataset: 20 examples, 0 errors, 0 warnings"


def test_a_gold_answer_that_is_wrong_is_named_with_its_line_and_the_reason(lines):
    path = lines(
        {"id": "a", "prompt": "2 + 3?", "target": 5, "gold": "<think></think><answer>5</answer>"},
        {"id": "b", "prompt": "2 + 4?", "target": 6, "gold": "<think></think><answer>5</answer>"},
    )
    report = check(path, Says())
    assert errors(report) == [("train.jsonl:2", "gold")]
    assert not report.is_ok
    assert report.render() == (
        "train.jsonl: 2 examples, 1 error, 0 warnings\n"
        "  train.jsonl:2 'b': error (gold): '<think></think><answer>5</answer>' earns 0.1 of 1.1 "
        "(accuracy: it says 5)"
    )


def test_without_a_gold_answer_the_target_is_written_as_one(lines):
    assert check(lines({"prompt": "2 + 3?", "target": 5}), Says()).is_ok


def test_full_marks_are_the_greatest_value_of_the_reward_unless_one_says(lines):
    path = lines({"prompt": "2 + 3?", "target": 5, "gold": "<answer>5</answer>"})
    # the answer is right and the tags of thinking are missing: 1.0 of 1.1
    assert errors(check(path, Says())) == [("train.jsonl:1", "gold")]
    assert check(path, Says(), full_marks=1.0).is_ok
    assert check(path, lambda completion, example: Score(value=1.0)).is_ok


def test_a_range_may_depend_on_the_example(lines):
    class Many:
        def range_for(self, example):
            return (0.0, float(example.target.value))

        def __call__(self, completion, example):
            return Score(value=3.0)

    path = lines({"prompt": "?", "target": 3}, {"prompt": "?", "target": 4})
    assert errors(check(path, Many())) == [("train.jsonl:2", "gold")]


def test_without_a_greatest_value_a_whole_point_is_enough(lines):
    class Endless:
        range = (0.0, float("inf"))

        def __call__(self, completion, example):
            return Score(value=1.0)

    assert check(lines({"prompt": "?", "target": 3}), Endless()).is_ok


def test_a_group_reward_sees_a_group_of_one(lines):
    class Longest:
        def score_group(self, completions, example):
            return [Score(value=float(len(completions)))]

    assert check(lines({"prompt": "?", "target": 3}), Longest()).is_ok


def test_a_reward_that_fails_on_one_example_does_not_hide_the_others(lines):
    def touchy(completion, example):
        if example.target.value == 1:
            raise TypeError("no ones")
        return Score(value=float("nan"))

    report = check(lines({"prompt": "?", "target": 1}, {"prompt": "?", "target": 2}), touchy)
    assert errors(report) == [("train.jsonl:1", "gold"), ("train.jsonl:2", "gold")]
    assert "the reward failed: TypeError: no ones" in report.render()
    assert "earns nan of 1" in report.render()


def test_a_target_the_reward_cannot_check_is_said_in_its_words(lines):
    def numbers_only(completion, example):
        raise DataError("the target is a FreeText, and this checks Number")

    finding = check(lines({"prompt": "?", "target": "five"}), numbers_only).findings[0]
    assert finding.message == "the target is a FreeText, and this checks Number"


def test_every_bad_record_of_a_file_is_an_error_by_line(lines):
    boxed = {"prompt": "<image>?", "images": ["cat.png"]}
    path = lines(
        {"id": "a", "prompt": "?", "target": 1},
        "{",
        {**boxed, "target": {"type": "box", "box": [0, 0, 900, 900]}},
        {"prompt": "<image>?", "images": ["dog.png"], "target": 1},
        {"prompt": "<image>?", "target": 1},
        {"id": "a", "prompt": "?", "target": 1},
    )
    report = check(path)
    assert errors(report) == [(f"train.jsonl:{line}", "record") for line in (2, 3, 4, 5, 6)]
    assert "train.jsonl:3: error (record): example 'train.jsonl:3': box (0, 0, 900, 900) is outside its 64x48 image; per-mille, perhaps?" in report.render()  # fmt: skip # noqa: E501
    assert report.render().startswith("train.jsonl: 6 examples, 5 errors, 0 warnings")


def test_a_file_with_no_good_record_is_reported_too(lines):
    assert errors(check(lines("{", "{"))) == [
        ("train.jsonl:1", "record"),
        ("train.jsonl:2", "record"),
    ]


def test_a_picture_that_is_cut_off_is_found_by_decoding_it(lines, folder):
    (folder / "cut.jpg").write_bytes(picture(300, 200, "JPEG")[:900])
    record = {"prompt": "<image>?", "images": ["cut.jpg"], "target": 1}
    assert errors(check(lines(record, record))) == [
        ("train.jsonl:1", "image"),
        ("train.jsonl:2", "image"),
    ]


def test_one_pixel_is_odd_and_a_ribbon_is_wrong(lines, folder):
    (folder / "dot.png").write_bytes(png(1, 1))
    (folder / "ribbon.png").write_bytes(png(2, 401))
    (folder / "strip.png").write_bytes(png(400, 2))
    names = ("dot.png", "ribbon.png", "strip.png")
    report = check(lines(*[{"prompt": "<image>?", "images": [n], "target": 1} for n in names]))
    assert [(finding.place, finding.is_error) for finding in report.findings] == [
        ("train.jsonl:1", False),
        ("train.jsonl:2", True),
    ]
    assert "one pixel" in report.render()


def test_a_prompt_that_cannot_fit_is_an_error(lines):
    path = lines({"prompt": "one two three", "target": 1}, {"prompt": "one", "target": 1})

    def count(example):
        return len(example.question.split())

    report = check(path, count_tokens=count, max_prompt_tokens=2)
    assert errors(report) == [("train.jsonl:1", "prompt")]
    assert "3 tokens, at most 2 fit" in report.render()


def test_a_prompt_that_cannot_be_counted_is_an_error(lines):
    def count(example):
        raise DataError("too many images")

    path = lines({"prompt": "?", "target": 1})
    assert errors(check(path, count_tokens=count, max_prompt_tokens=2)) == [
        ("train.jsonl:1", "prompt")
    ]


def test_a_question_without_words_is_odd(lines):
    report = check(lines({"prompt": "<image> ", "images": ["cat.png"], "target": 1}))
    assert report.is_ok
    assert [finding.topic for finding in report.findings] == ["prompt"]


def test_any_data_set_may_be_checked():
    user = (Message("user", ("?",)),)
    twice = Example(id="a", messages=user, target=Box(3, 0, 1, 1))
    assert errors(check([twice, twice])) == [("0", "target"), ("1", "id"), ("1", "target")]


def test_a_long_report_ends_in_a_count(lines):
    report = check(lines(*["{"] * 7))
    assert report.render(max_findings=5).endswith("… and 2 more (record 2)")


def test_a_thousand_examples_take_no_time(lines):
    records = [{"prompt": "<image>?", "images": ["cat.png"], "target": i} for i in range(1000)]
    path = lines(*records)
    start = time.perf_counter()
    check(path, Says())
    assert time.perf_counter() - start < 5


# ------------------------------------------------------------------------------------- gold answers


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Choice("B", ("cat", "dog")), "B"),
        (Number(12.0), "12"),
        (Number(0.5), "0.5"),
        (Expression("\\pi"), "\\pi"),
        (FreeText("a car"), "a car"),
        (Label("cat"), "cat"),
        (Box(1, 2, 3, 4.5), "[1, 2, 3, 4.5]"),
        (Point(1, 2), "[1, 2]"),
        (LabelledBoxes(()), "[]"),
        (
            LabelledBoxes((LabelledBox("cat", Box(1, 2, 3, 4)),)),
            '[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]',
        ),
        (GuiAction("click", Point(5, 6)), '{"action": "click", "coordinate": [5, 6]}'),
        (GuiAction("type", None, "hi"), '{"action": "type", "text": "hi"}'),
        (Forgery("tampered", Box(1, 2, 3, 4)), "tampered"),
    ],
)
def test_a_target_is_written_as_a_model_would(target, said):
    assert written(target) == said


@pytest.mark.parametrize(
    "target",
    [
        Box(1, 2, 3, 4, Frame.PER_MILLE),
        LabelledBoxes((LabelledBox("cat", Box(1, 2, 3, 4, Frame.PER_MILLE)),)),
        GuiAction("click", Point(5, 6, Frame.PER_MILLE)),
        Forgery("tampered", Box(1, 2, 3, 4, Frame.PER_MILLE)),
    ],
)
def test_the_answer_is_given_in_the_frame_of_the_target(target):
    example = replace(Digits().load()[0], target=target, gold=None)
    completion, is_sure = gold_completion(example)
    assert [frame.answers_in for frame in completion.frames] == [Frame.PER_MILLE]
    assert completion.frames[0].original == (56, 28)
    assert not is_sure  # systems differ in how they write places


def test_what_was_learnt_is_no_test(lines, folder):
    for name, width in (("one.png", 8), ("again.png", 8), ("other.png", 9)):
        (folder / name).write_bytes(png(width, 8))
    once = {"images": ["one.png"], "target": 1}
    learnt = lines(
        {"id": "a", "prompt": "<image>Which  organ?", **once},
        {"id": "b", "prompt": "2 + 3?", "target": 5},
        {"id": "broken", "prompt": "<image>Which one?", "images": ["gone.png"], "target": 1},
    ).rename(folder / "learnt.jsonl")
    test = lines(
        {"id": "c", "prompt": "<image>Which organ?\n", "images": ["again.png"], "target": 2},
        {"id": "d", "prompt": "<image>How old?", "images": ["again.png"], "target": 2},
        {"id": "e", "prompt": "<image>Which organ?", "images": ["other.png"], "target": 2},
        {"id": "f", "prompt": "2 + 3?", "target": 5},
        {"id": "g", "prompt": "2 + 4?", "target": 6},
    )
    assert check(test).findings == ()
    found = [
        (finding.example_id, finding.message, finding.is_error)
        for finding in check(test, training=learnt).findings
    ]
    assert found == [
        ("c", "the same question about the same image as 'a' of the training data", True),
        ("d", "the same image as 'a' of the training data", False),
        ("f", "the same question as 'b' of the training data", True),
    ]

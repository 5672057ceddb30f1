"""Lines of a rollouts file."""

from __future__ import annotations

import json
import math
from enum import Enum

import numpy as np
import pytest
from tests.data.pictures import png

from regard.data.images import ImageStore
from regard.data.jsonable import json_safe
from regard.data.records import ImageReader
from regard.data.rollouts import group_from_json, group_to_json
from regard.errors import DataError
from regard.types import (
    Box,
    Completion,
    Example,
    Finish,
    Frame,
    Group,
    ImageFrame,
    Message,
    Number,
    Score,
)

DIGITS = ImageStore().put(png(56, 28))
READ = ImageReader(ImageStore(), None)

GROUP = Group(
    example=Example(
        id="digits-17",
        messages=(Message("user", (DIGITS, "What is the sum?")),),
        target=Number(12.0),
        source="digits",
        kind="sum",
    ),
    completions=(
        Completion(
            text="<think> 7 5 </think><answer> 12 </answer>",
            token_ids=tuple(range(11)),
            frames=(ImageFrame((56, 28), (56, 28)),),
        ),
        Completion(text="<think> 7", finish=Finish.LENGTH),
    ),
    scores=(
        Score(
            value=1.1,
            parts={
                "accuracy": Score(value=1.0, reason="12 is right"),
                "format": Score(value=1.0),
            },
        ),
        Score(value=0.0, reason="no answer"),
    ),
    advantages=(0.7, -0.7),
)


def test_a_line_is_as_the_page_on_the_run_folder_shows_it():
    line = group_to_json(GROUP, step=120, stage="rl", image=lambda image: "images/3f2a.png")
    assert line["example"] == {
        "id": "digits-17", "kind": "sum", "messages": [{"role": "user", "content": [
            {"type": "image", "image": "images/3f2a.png", "width": 56, "height": 28},
            {"type": "text", "text": "What is the sum?"}]}],
        "target": {"type": "number", "value": 12}, "gold": None, "source": "digits", "meta": {},
    }  # fmt: skip
    assert line["completions"][0] == {
        "text": "<think> 7 5 </think><answer> 12 </answer>", "num_tokens": 11, "finish": "stop",
        "frames": [{"original": [56, 28], "model_input": [56, 28], "answers_in": "pixels"}],
        "score": {"value": 1.1, "reason": "", "parsed": None, "parts": {
            "accuracy": {"value": 1.0, "reason": "12 is right", "parsed": None, "parts": {}},
            "format": {"value": 1.0, "reason": "", "parsed": None, "parts": {}}}},
        "advantage": 0.7,
    }  # fmt: skip
    assert (line["step"], line["stage"]) == (120, "rl")


def test_a_group_comes_back_without_its_tokens():
    line = json.loads(json.dumps(group_to_json(GROUP, step=1, stage="rl")))
    group = group_from_json(line, READ)
    assert group.example == GROUP.example
    assert (group.scores, group.advantages) == (GROUP.scores, GROUP.advantages)
    assert [completion.finish for completion in group.completions] == ["stop", "length"]
    assert group.completions[0].frames == GROUP.completions[0].frames


def test_completions_of_a_file_may_be_bare_texts():
    line = {"example": {"id": 1, "prompt": "2 + 3?", "target": 5}, "completions": ["5", "6"]}
    group = group_from_json(line, READ)
    assert [completion.text for completion in group.completions] == ["5", "6"]
    assert (group.scores, group.advantages) == ((), ())


def test_a_score_that_is_not_a_number_is_written_and_read():
    group = Group(
        example=GROUP.example,
        completions=(Completion(text=""),),
        scores=(Score(value=math.nan),),
        advantages=(math.inf,),
    )
    text = json.dumps(group_to_json(group, step=1, stage="rl"), allow_nan=False)
    back = group_from_json(json.loads(text), READ)
    assert math.isnan(back.scores[0].value)
    assert back.advantages == (math.inf,)


@pytest.mark.parametrize(
    ("completion", "said"),
    [
        ({"text": 3}, "completions[0]: 'text' should be a text"),
        ({"text": "x", "finish": "eos"}, "unknown finish 'eos'"),
        ({"text": "x", "socre": 1}, "did you mean 'score'"),
        ({"text": "x", "score": {"value": "high"}}, "completions[0].score: 'value' should be"),
        (
            {"text": "x", "score": {"value": 1, "parts": {"a": 3}}},
            "completions[0].score.a: expected",
        ),
        ({"text": "x", "score": {"value": 1, "parts": 3}}, "'parts' should be an object"),
    ],
)
def test_a_line_that_cannot_be_says_why(completion, said):
    line = {"example": {"id": 1, "prompt": "2 + 3?", "target": 5}, "completions": [completion]}
    with pytest.raises(DataError) as error:
        group_from_json(line, READ)
    assert said in str(error.value)


def test_scores_are_for_all_or_none():
    line = group_to_json(GROUP, step=1, stage="rl")
    line["completions"][1]["score"] = None
    with pytest.raises(DataError, match="some have a score and some have none"):
        group_from_json(line, READ)


class Colour(Enum):
    RED = "red"


def test_whatever_a_reward_parsed_can_be_written():
    parsed = {
        "box": Box(1, 2, 3, 4, Frame.UNIT),
        "sizes": (np.float32(0.5), np.arange(2)),
        "frame": ImageFrame((1, 2), (3, 4)),
        "set": {"b", "a"},
        "colour": Colour.RED,
        "nothing": None,
        "complex": 1j,
    }
    assert json_safe(parsed) == {
        "box": {"type": "box", "box": [1, 2, 3, 4], "frame": "unit"},
        "sizes": [0.5, [0, 1]],
        "frame": {"original": [1, 2], "model_input": [3, 4], "answers_in": "pixels"},
        "set": ["a", "b"],
        "colour": "red",
        "nothing": None,
        "complex": "1j",
    }

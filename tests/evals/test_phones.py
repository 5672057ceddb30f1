"""Recorded trajectories on phones, and what a model gets right of them."""

from __future__ import annotations

import json
import math

import pytest

from regard.errors import DataError
from regard.evals.benchmarks.phones import (
    Episode,
    episode_metrics,
    read_trajectories,
    trajectory_metrics,
)
from regard.types import Box, GuiAction


def row(**others):
    tap = {"name": "mobile_use", "arguments": {"action": "click", "coordinate": [180, 640]}}
    back = {"name": "mobile_use", "arguments": {"action": "system_button", "button": "Back"}}
    swipe = {"action": "swipe", "coordinate": [300, 900], "coordinate2": [300, 200]}
    steps = [
        {"image": "0.png", "thought": "The icon is in row two.", "action": "Tap the icon"}
        | {"tool_call": tap, "bbox": [120, 580, 240, 700]},
        {"image": "1.png", "action_desc": "Go back", "function_call": json.dumps(back)},
        {"image": "2.png", "action": "Scroll", "tool_call": {"arguments": swipe}}
        | {"box": [0, 100, 720, 1500]},
    ]
    return {
        "app_name": "FoodNow",
        "trajectory_length": 3,
        "instruction": "Show the vouchers",
        "system": "…",
        "image_width": 720,
        "image_height": 1600,
        "trajectory": steps,
        **others,
    }


def written(tmp_path, *rows):
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def called(**arguments):
    call = json.dumps({"name": "mobile_use", "arguments": arguments})
    return f"<think>a</think><action>b</action><tool_call>{call}</tool_call>"


def test_fields_are_read_under_their_other_names(tmp_path):
    (trajectory,) = read_trajectories(written(tmp_path, row()))
    tap, back, swipe = trajectory.steps
    assert tap.wanted == GuiAction("click", Box(120, 580, 240, 700))
    assert back.wanted == GuiAction("system_button", None, "Back")
    assert swipe.wanted == GuiAction("swipe", Box(0, 100, 720, 1500), "up")
    assert trajectory.history(0) == ()
    assert trajectory.history(2) == ("Tap the icon", "Go back")


def test_a_trajectory_is_right_when_each_step_is(tmp_path):
    trajectories = list(read_trajectories(written(tmp_path, row(), row())))
    tap = called(action="click", coordinate=[180, 640])
    back = called(action="system_button", button="Back")
    home = called(action="system_button", button="Home")
    up = called(action="swipe", coordinate=[10, 900], coordinate2=[10, 200])
    answers = [[tap, back, up], [tap, home, "I swipe up."]]
    assert trajectory_metrics(trajectories, answers) == {
        "format": 5 / 6,
        "type": 5 / 6,
        "step": 4 / 6,
        "trajectory": 0.5,
    }


def test_answers_must_be_as_many_as_steps(tmp_path):
    trajectories = list(read_trajectories(written(tmp_path, row())))
    with pytest.raises(DataError, match="answers to 0 of 1 trajectories"):
        trajectory_metrics(trajectories, [])
    with pytest.raises(DataError, match="1 answers to the 3 steps of 'Show the vouchers'"):
        trajectory_metrics(trajectories, [["a"]])


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"trajectory_length": 5}, "trajectory_length is 5, but there are 3 steps"),
        ({"trajectory": [{"image": "0.png"}]}, "no field 'tool_call or function_call'"),
        ({"trajectory": [{"tool_call": {"name": "x"}}]}, "a tool call without arguments"),
        ({"trajectory": [{"tool_call": "tap"}]}, "Expecting value"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, others, said):
    with pytest.raises(DataError, match="data.jsonl:2: .*" + said):
        list(read_trajectories(written(tmp_path, row(), row(**others))))


def test_recovery_is_success_after_leaving_the_path():
    def episode(success, astray):
        return Episode(success=success, num_turns=6, left_the_path=astray)

    episodes = [episode(True, False), episode(True, True), episode(False, True)]
    assert episode_metrics(episodes) == {"success": 2 / 3, "turns": 6.0, "recovery": 0.5}
    assert math.isnan(episode_metrics([episode(True, False)])["recovery"])
    assert math.isnan(episode_metrics([])["success"])

"""Calls of tools in a text."""

from __future__ import annotations

import json

import pytest

from regard.text.tool_calls import called_action, direction, tool_call_fault
from regard.types import GuiAction, Point


def called(arguments, name="mobile_use"):
    call = json.dumps({"name": name, "arguments": arguments})
    return f"<think>a</think> <action>b</action>\n<tool_call>{call}</tool_call>"


@pytest.mark.parametrize(
    "arguments",
    [
        {"action": "key", "text": "volume_up"},
        {"action": "click", "coordinate": [3, 4]},
        {"action": "long_press", "coordinate": [3, 4], "time": 2},
        {"action": "swipe", "coordinate": [3, 4], "coordinate2": [3, 9.5]},
        {"action": "type", "text": ""},
        {"action": "system_button", "button": "Back"},
        {"action": "open", "text": "闲鱼"},
        {"action": "wait", "time": 0.5},
        {"action": "terminate", "status": "success"},
    ],
)
def test_each_action_with_its_arguments_is_valid(arguments):
    assert tool_call_fault(called(arguments)) is None
    for name in set(arguments) - {"action"}:
        without = {key: value for key, value in arguments.items() if key != name}
        assert tool_call_fault(called(without)) == f"{arguments['action']} without {name}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (called({"action": "fly"}), "'fly' is no action of mobile_use"),
        (called({"action": ["click"]}), "['click'] is no action of mobile_use"),
        (called({"action": "click", "coordinate": [3]}), "coordinate of click is [3]"),
        (called({"action": "click", "coordinate": None}), "coordinate of click is None"),
        (called({"action": "click", "coordinate": [True, 1]}), "coordinate of click is [True, 1]"),
        (called({"action": "wait", "time": -1}), "time of wait is -1"),
        (
            called({"action": "system_button", "button": "back"}),
            "button of system_button is 'back'",
        ),
        (called(None), "a call without arguments"),
        (called({}, name=""), "a call without a name"),
        (called({}, name=None), "a call without a name"),
        (called({}, name=["mobile_use"]), "a call without a name"),
        (
            "<think>a</think><action>b</action><tool_call>[]</tool_call>",
            "the call is no JSON object",
        ),
        (called({"action": "wait", "time": 1}) * 2, "2 times <think>"),
    ],
)
def test_a_fault_is_named(text, fault):
    assert tool_call_fault(text) == fault


def test_a_call_needs_a_name_and_may_have_any():
    assert tool_call_fault(called({"action": "wait", "time": 1}, name="phone")) is None


def test_the_first_call_is_the_action():
    first, second = ({"action": "type", "text": text} for text in "ab")
    assert called_action(called(first) + called(second)) == GuiAction("type", None, "a")
    assert called_action("<tool_call>{}</tool_call>" + called(second)) is None
    assert called_action("<tool_call>" + '{"a":' * 50_000 + "</tool_call>") is None
    assert called_action("") is None


def test_a_swipe_says_where_it_goes():
    swipe = {"action": "swipe", "coordinate": [100, 900], "coordinate2": [130, 200]}
    assert called_action(called(swipe)) == GuiAction("swipe", Point(100, 900), "up")
    assert direction(Point(0, 0), Point(5, 4)) == "right"
    assert direction(Point(0, 0), Point(-5, 4)) == "left"
    assert direction(Point(0, 0), Point(4, 4)) == "down"
    assert direction(Point(1, 1), Point(1, 1)) is None

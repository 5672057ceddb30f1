"""A call of a tool in a model's text: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`.

The calls and the schema are those of the phone agent of Qwen2.5-VL, which Mobile-R1
(arXiv:2506.20332) trains: places are pixels of the screenshot as the tool description gives it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from regard.text.tags import blocks, layout_fault, shorten
from regard.types import Frame, GuiAction, Point

_MAX_LENGTH = 100_000
"""Characters; no honest call is longer."""

LAYOUT: Final = ("think", "action", "tool_call")
"""The blocks of an answer: what is seen, the action in a sentence, the call."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """What a tool is called with: its actions, and the arguments each must have."""

    name: str
    actions: Mapping[str, tuple[str, ...]]
    """The names of required arguments, by action."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Arguments that are one of a few words."""


MOBILE_USE: Final = Tool(
    name="mobile_use",
    actions={
        "key": ("text",),
        "click": ("coordinate",),
        "long_press": ("coordinate", "time"),
        "swipe": ("coordinate", "coordinate2"),
        "type": ("text",),
        "system_button": ("button",),
        "open": ("text",),
        "wait": ("time",),
        "terminate": ("status",),
    },
    words={"button": ("Back", "Home", "Menu", "Enter"), "status": ("success", "failure")},
)
"""The phone of Qwen2.5-VL's published tool description."""


def tool_calls(text: str) -> list[dict[str, Any] | None]:
    """What each `<tool_call>` block holds: a JSON object, or None where it holds none.

    >>> tool_calls('<tool_call>{"name": "f"}</tool_call><tool_call>f()</tool_call>')
    [{'name': 'f'}, None]
    """
    return [_json_object(block) for block in blocks("tool_call", text)]


def tool_call_fault(text: str, tool: Tool = MOBILE_USE) -> str | None:
    """What keeps `text` from being a thought, a sentence and one valid call, and nothing else.

    >>> tool_call_fault('<think>a</think><action>b</action><tool_call>{"name": "mobile_use", '
    ...     '"arguments": {"action": "type"}}</tool_call>')
    'type without text'
    """
    if fault := layout_fault(text, LAYOUT):
        return fault
    call = tool_calls(text)[0]
    if call is None:
        return "the call is no JSON object"
    # Which name is not asked: the definition wants one, and there is no other tool to be meant.
    if not isinstance(call.get("name"), str) or not call["name"].strip():
        return "a call without a name"
    arguments = call.get("arguments")
    if not isinstance(arguments, dict):
        return "a call without arguments"
    action = arguments.get("action")
    if not isinstance(action, str) or action not in tool.actions:
        return f"{shorten(repr(action))} is no action of {tool.name}"
    for name in tool.actions[action]:
        if name not in arguments:
            return f"{action} without {name}"
        if not _fits(arguments[name], name, tool):
            return f"{name} of {action} is {shorten(repr(arguments[name]))}"
    return None


def called_action(text: str) -> GuiAction | None:
    """The action of the first call: its kind, the place it starts from, and what it says.

    What it says is its text, its button or its status; of a swipe, the direction it goes.

    >>> called_action('<tool_call>{"arguments": {"action": "type", "text": "a"}}</tool_call>')
    GuiAction(kind='type', target=None, text='a')
    """
    calls = tool_calls(text)
    arguments = calls[0].get("arguments") if calls and calls[0] else None
    if not isinstance(arguments, dict) or not isinstance(arguments.get("action"), str):
        return None
    place = _point(arguments.get("coordinate"))
    end = _point(arguments.get("coordinate2"))
    said = [arguments.get(name) for name in ("text", "button", "status")]
    text = next((each for each in said if isinstance(each, str)), "")
    if place and end:
        text = direction(place, end) or ""
    return GuiAction(kind=arguments["action"], target=place, text=text)


def direction(start: Point, end: Point) -> str | None:
    """Where a stroke mainly goes on a screen, whose y grows downwards; None where it goes nowhere.

    >>> direction(Point(100, 900), Point(120, 200))
    'up'
    """
    across, down = end.x - start.x, end.y - start.y
    if across == down == 0:
        return None
    if abs(across) > abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


def _json_object(text: str) -> dict[str, Any] | None:
    if len(text) > _MAX_LENGTH:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _fits(value: Any, name: str, tool: Tool) -> bool:
    """Whether an argument is of its sort: a place, a time, one of a few words, or a text."""
    if name.startswith("coordinate"):
        return _point(value) is not None
    if name == "time":
        return _is_finite(value) and value >= 0
    return isinstance(value, str) and (name not in tool.words or value in tool.words[name])


def _point(value: Any) -> Point | None:
    if isinstance(value, list) and len(value) == 2 and all(map(_is_finite, value)):
        return Point(value[0], value[1], Frame.PIXELS)
    return None


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 10**15

"""What a model wants done on a screen: `[{'action': 'click', 'point': [3, 4], 'input_text': …}]`.

The unified action space of GUI-R1 (arXiv:2504.10458): one record of kind, place and text for
desktops, phones and browsers, and a list of kinds for each. Two ways to read it: `gui_actions`
reads the record as it stands; the `quoted_…` functions read fields as the published code finds
them, by pattern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from regard.text.literals import NoLiteral, read_literal
from regard.types import Box, Frame, GuiAction, Point

NO_TEXT: Final = "no input text"
"""What stands where an action has no text."""

POINTING: Final = frozenset({"click", "long_press", "moveto", "doubleclick", "rightclick"})
"""Kinds whose place counts."""

WRITING: Final = frozenset({"type", "select", "scroll", "open_app", "hotkey"})
"""Kinds whose text counts: words, a direction, the name of an application, keys."""

DIRECTIONS: Final = ("left", "right", "up", "down")

ACTION_SPACES: Final[Mapping[str, tuple[str, ...]]] = {
    "train_high": (
        *("complete", "close/delete", "press_home", "click", "press_back", "type", "select"),
        *("scroll", "enter"),
    ),
    "train_low": ("click",),
    "screenspot": ("click",),
    "android_control": (
        *("wait", "long_press", "click", "press_back", "type", "open_app", "scroll"),
    ),
    "gui_act_web": ("scroll", "click", "complete"),
    "gui_odyssey": (
        *("press_back", "press_recent", "press_home", "complete", "long_press", "scroll"),
        *("click", "impossible", "type"),
    ),
    "omni_act_desktop": ("click", "moveto", "press_pgdn"),
    "omni_act_web": (
        *("press_tab", "moveto", "rightclick", "press_enter", "scroll", "click"),
        *("press_down", "hotkey", "press_space", "doubleclick"),
    ),
}
"""Kinds of action by benchmark, as GUI-R1 offers them to the model."""

_FENCE = re.compile(r"```[a-z]*\s*+(.*?)```", re.DOTALL)


def gui_actions(text: str, *, frame: Frame = Frame.PIXELS) -> tuple[GuiAction, ...] | None:
    """The actions that `text` lists, or None when it is no such list or an empty one.

    Both quotings, that of Python and that of JSON, and a code fence around it; one record may
    stand without its list. The place may be called `point` or `coordinate`, the text `input_text`
    or `text`. Negative places are none, four numbers are a box.

    >>> gui_actions('[{"action": "click", "point": [3, 4], "input_text": "no input text"}]')
    (GuiAction(kind='click', target=Point(x=3, y=4, frame=<Frame.PIXELS: 'pixels'>), text=''),)
    """
    fenced = _FENCE.search(text)
    try:
        value = read_literal((fenced[1] if fenced else text).strip(), json_names=True)
    except NoLiteral:
        return None
    records = [value] if isinstance(value, dict) else value
    if not isinstance(records, list) or not records:
        return None
    actions = []
    for record in records:
        action = _action(record, frame)
        if action is None:
            return None
        actions.append(action)
    return tuple(actions)


def _action(record: Any, frame: Frame) -> GuiAction | None:
    if not isinstance(record, dict):
        return None
    kind, text = record.get("action"), record.get("input_text", record.get("text", NO_TEXT))
    numbers = record.get("point", record.get("coordinate"))
    if not (isinstance(kind, str) and isinstance(text, str)):
        return None
    place: Box | Point | None = None
    if numbers is not None:
        if not isinstance(numbers, (list, tuple)) or not all(map(_is_finite, numbers)):
            return None
        if len(numbers) not in (2, 4):
            return None
        if min(numbers) >= 0:
            x, y = numbers[:2]
            place = Box(x, y, numbers[2], numbers[3], frame) if numbers[2:] else Point(x, y, frame)
    return GuiAction(kind=kind, target=place, text="" if text == NO_TEXT else text)


def _is_finite(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) < 1e15


# --------------------------------------------------------------------- as the published code reads

_KIND = re.compile(r"'action':\s*+'(\w++)'")
_TEXT = re.compile(r"'input_text':\s*+'([^'\n]*+)'")
_PAIR = re.compile(r"\[(\d++),\s*+(\d++)\]")
_GAP = re.compile(r"\s*+")


def quoted_kind(text: str) -> str | None:
    """The first `'action': '…'` of letters, digits and underscores, in single quotes.

    >>> quoted_kind("[{'action': 'click'}]"), quoted_kind('[{"action": "click"}]')
    ('click', None)
    >>> quoted_kind("[{'action': 'close/delete'}]") is None
    True
    """
    match = _KIND.search(text)
    return match[1] if match else None


def quoted_text(text: str) -> str | None:
    """The first `'input_text': '…'`, in single quotes, which an apostrophe ends.

    >>> quoted_text("[{'input_text': 'it's'}]")
    'it'
    """
    match = _TEXT.search(text)
    return match[1] if match else None


def last_pair_in_braces(text: str) -> tuple[int, int] | None:
    """The last `[x, y]` of whole numbers between a `{` and a `}` of its line.

    Of several lines, the first that has one. Signs, decimals and spaces inside the brackets
    hide a pair; where it stands in the record does not matter.

    >>> last_pair_in_braces("[{'point': [3, 4], 'input_text': 'see [7, 8]'}]")
    (7, 8)
    """
    found: tuple[str, str] | None = None
    line_end = opening = closing = -1
    for match in _PAIR.finditer(text):
        start, end = match.span()
        if start > line_end:  # another line
            if found:
                break
            line_end = _line_end(text, start)
            opening = text.find("{", text.rfind("\n", 0, start) + 1, line_end)
            closing = text.rfind("}", start, line_end)
        if not 0 <= opening < start:
            continue
        gap = _GAP.match(text, end)
        after = gap.end() if gap else end
        # The pair and the white space after it may hold line breaks. The closing brace stands on
        # the line where either of them ends.
        is_closed = closing >= end or any(
            text.rfind("}", place, _line_end(text, place)) >= 0
            for place in (end, after)
            if place > line_end
        )
        if is_closed:
            found = match[1], match[2]
    if found is None or max(map(len, found)) > 4300:  # more digits than Python reads
        return None
    return int(found[0]), int(found[1])


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end

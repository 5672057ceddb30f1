"""Rewards for agents that call a tool at each turn, after Mobile-R1 (arXiv:2506.20332).

A single step: `Weighted(action=(1.0, ToolCallAction()), format=(1.0, ToolCallFormat()))`. A whole
episode: `episode_score`, a verdict on the outcome plus the share of well-formed turns. Mobile-R1
published no code; what its text leaves open is said where it is decided.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from regard.errors import DataError
from regard.geometry.frames import to_frame
from regard.geometry.points import is_inside
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, target_of
from regard.text.tags import shorten
from regard.text.tool_calls import called_action, tool_call_fault
from regard.types import Box, Completion, Example, GuiAction, Point, Score

_SOURCE = "Mobile-R1 (arXiv:2506.20332), action-level reward"

PLACED = frozenset({"click", "long_press", "swipe"})
"""Actions whose place counts."""

SAID = frozenset({"key", "type", "open", "system_button", "terminate"})
"""Actions whose text, button or status counts."""


@reward("tool_call_format")
@dataclass(frozen=True, kw_only=True)
class ToolCallFormat:
    """One point for a thought, a sentence and one valid call, in this order and nothing else.

    `<think>…</think><action>…</action><tool_call>{"name": "mobile_use", "arguments":
    {"action": "click", "coordinate": [540, 1210]}}</tool_call>`: the call has a name, the action is
    one of the tool's, and each argument it needs is there and of its sort.
    """

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        fault = tool_call_fault(completion.text)
        return Score(value=float(fault is None), reason=fault or "as asked")

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=_asked(),
            best=say(_called("[200, 230]")),
            poor=say("I tap the shop."),
            source=_SOURCE,
        )


@reward("tool_call_action")
@dataclass(frozen=True, kw_only=True)
class ToolCallAction:
    """One point when the first call does what the target says.

    Clicks, long presses and swipes: the same action, starting inside the target's box (its border
    counts), and for a swipe the same direction. Typing, opening, keys, buttons and the final
    status: the same action and the same words, case included, after Unicode normalisation and
    without white space around them. Waiting is right by name. The layout is not asked; of several
    calls the first counts.
    """

    range: ClassVar[Range] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = target_of(example, GuiAction, self)
        if wanted.kind in PLACED and not isinstance(wanted.target, Box):
            raise DataError(
                f"example '{example.id}': the target is a {wanted.kind} without a box; "
                "a GuiAction of that kind needs target=Box(…)"
            )
        said = called_action(completion.text)
        if said is None:
            return Score(value=0.0, reason="no call that can be read")
        fault = self._fault(said, wanted, completion)
        return Score(value=float(fault is None), reason=fault or "right", parsed=said)

    @staticmethod
    def _fault(said: GuiAction, wanted: GuiAction, completion: Completion) -> str | None:
        if said.kind != wanted.kind:
            return f"{shorten(said.kind)}, not {wanted.kind}"
        if wanted.kind in PLACED:
            if not isinstance(said.target, Point) or not isinstance(wanted.target, Box):
                return f"{wanted.kind} without a place"
            point = Point(said.target.x, said.target.y, wanted.target.frame)
            if completion.frames:
                image = completion.frames[0]
                told = Point(point.x, point.y, image.answers_in)
                point = to_frame(told, wanted.target.frame, image)
            if not is_inside(point, wanted.target):
                return f"({point.x:g}, {point.y:g}) is outside the box"
            if wanted.kind == "swipe" and wanted.text and said.text != wanted.text:
                return f"swiped {said.text or 'nowhere'}, not {wanted.text}"
        elif wanted.kind in SAID and _plain(said.text) != _plain(wanted.text):
            return f"{shorten(said.text)!r}, not {shorten(wanted.text)!r}"
        return None

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=_asked(),
            best=say(_called("[200, 230]")),
            poor=say(_called("[40, 230]")),
            source=_SOURCE,
        )


def episode_score(
    turns: Sequence[str],
    verdict: float | None,
    *,
    verdict_weight: float = 1.0,
    format_weight: float = 1.0,
) -> Score | None:
    """The worth of a whole episode: the verdict on it, plus the mean of its turns' format.

    `verdict` is 0 to 1, from the environment or a judge; each turn counts +1 when well-formed and
    -1 when not. Without a verdict (a judge that could not be read) there is no score: the episode
    leaves its group, since 0 would be a claim. The three weights and ranges are ours to choose, as
    the paper's are not public.

    >>> episode_score(["tap", "tap"], 1.0).value
    0.0
    """
    if verdict is None:
        return None
    if not 0 <= verdict <= 1:
        raise DataError(f"a verdict of {verdict}; expected 0 to 1")
    faults = [tool_call_fault(turn) for turn in turns]
    well_formed = sum(fault is None for fault in faults)
    layout = (2 * well_formed - len(turns)) / len(turns) if turns else -1.0
    parts = {
        "verdict": Score(value=verdict, reason="of the environment or judge"),
        "format": Score(value=layout, reason=f"{well_formed} of {len(turns)} turns well-formed"),
    }
    value = verdict_weight * verdict + format_weight * layout
    return Score(value=value, reason=f"verdict {verdict:g}, format {layout:.2f}", parts=parts)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _asked() -> Example:
    target = GuiAction(kind="click", target=Box(100, 200, 300, 260))
    return ask("Open the shop.", target, gold=_called("[200, 230]"))


def _called(coordinate: str) -> str:
    arguments = f'{{"action": "click", "coordinate": {coordinate}}}'
    return (
        "<think>The shop is in the second row.</think>\n<action>Tap the shop.</action>\n"
        f'<tool_call>{{"name": "mobile_use", "arguments": {arguments}}}</tool_call>'
    )

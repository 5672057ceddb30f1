"""Agents on phones: recorded trajectories, and how much of them a model gets right.

The file format and the numbers of Mobile-R1 (arXiv:2506.20332): every step is asked with the true
history; a trajectory succeeds when each of its steps is right. In a live environment a task
succeeds or not, and an episode that left the true path and still succeeded has recovered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.errors import DataError
from regard.rewards.contract import say
from regard.rewards.tool_calls import ToolCallAction
from regard.text.tool_calls import called_action, direction, tool_call_fault
from regard.types import Box, Example, GuiAction, Message, Point


@dataclass(frozen=True, kw_only=True)
class Step:
    """One screenshot of a trajectory and what was done there."""

    image: str
    """File name of the screenshot."""
    thought: str
    sentence: str
    """The action in a sentence."""
    call: Mapping[str, Any]
    """The tool call: name and arguments."""
    box: Box | None = None
    """The element that was meant, in pixels of the screenshot."""

    @property
    def wanted(self) -> GuiAction:
        """The action, as `ToolCallAction` compares it: its place is the element's box."""
        arguments = self.call["arguments"]
        said = next((arguments[k] for k in ("text", "button", "status") if k in arguments), "")
        if "coordinate" in arguments and "coordinate2" in arguments:
            start, end = Point(*arguments["coordinate"]), Point(*arguments["coordinate2"])
            said = direction(start, end) or ""
        return GuiAction(arguments["action"], self.box, said)


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """One task on a phone, from instruction to end."""

    app: str
    instruction: str
    system: str
    size: tuple[int, int]
    """Width and height of the screenshots in pixels."""
    steps: tuple[Step, ...]

    def history(self, step: int) -> tuple[str, ...]:
        """The sentences of the steps before `step` (from 0)."""
        return tuple(each.sentence for each in self.steps[:step])


_SENTENCE = ("action", "action_desc")
_CALL = ("tool_call", "function_call")
_BOX = ("bbox", "box")


def read_trajectories(path: Path) -> Iterator[Trajectory]:
    """The trajectories of a `data.jsonl`, one a line.

    The published card shows only some names of the fields of a step: the sentence may be `action`
    or `action_desc`, the call `tool_call` or `function_call` (an object, or JSON in a text), the
    box `bbox` or `box`.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _trajectory(json.loads(line))
        except (KeyError, TypeError, ValueError, DataError) as error:
            said = f"no field {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"{path}:{number}: {said}") from error


def _trajectory(row: Mapping[str, Any]) -> Trajectory:
    steps = tuple(map(_step, row["trajectory"]))
    if (told := row.get("trajectory_length", len(steps))) != len(steps):
        raise DataError(f"trajectory_length is {told}, but there are {len(steps)} steps")
    return Trajectory(
        app=row["app_name"],
        instruction=row["instruction"],
        system=row.get("system", ""),
        size=(row["image_width"], row["image_height"]),
        steps=steps,
    )


def _step(row: Mapping[str, Any]) -> Step:
    call = _first(row, _CALL)
    call = json.loads(call) if isinstance(call, str) else call
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        raise DataError(f"a tool call without arguments: {call!r}")
    if "action" not in call["arguments"]:
        raise DataError(f"a tool call without an action: {call!r}")
    numbers = next((row[name] for name in _BOX if row.get(name) is not None), None)
    return Step(
        image=row["image"],
        thought=row.get("thought", ""),
        sentence=_first(row, _SENTENCE),
        call=call,
        box=None if numbers is None else Box(*numbers),
    )


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        if name in row:
            return row[name]
    raise KeyError(" or ".join(names))


# ------------------------------------------------------------------------------------------- scores


def trajectory_metrics(
    trajectories: Sequence[Trajectory], answers: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Shares over steps (format, type, step) and over trajectories (trajectory), from the answers.

    One text for each step of each trajectory, given with the true history.
    """
    if len(trajectories) != len(answers):
        raise DataError(f"answers to {len(answers)} of {len(trajectories)} trajectories")
    truths: dict[str, list[bool]] = {"format": [], "type": [], "step": [], "trajectory": []}
    for trajectory, texts in zip(trajectories, answers, strict=True):
        if len(texts) != len(trajectory.steps):
            raise DataError(
                f"{len(texts)} answers to the {len(trajectory.steps)} steps of "
                f"'{trajectory.instruction}'"
            )
        right = []
        for step, text in zip(trajectory.steps, texts, strict=True):
            said = called_action(text)
            truths["format"].append(tool_call_fault(text) is None)
            truths["type"].append(said is not None and said.kind == step.wanted.kind)
            right.append(_is_right(text, step, trajectory))
        truths["step"] += right
        truths["trajectory"].append(all(right))
    return {name: sum(each) / len(each) if each else math.nan for name, each in truths.items()}


def _is_right(text: str, step: Step, trajectory: Trajectory) -> bool:
    example = Example(
        id=f"{trajectory.app}: {step.image}",
        messages=(Message("user", (trajectory.instruction,)),),
        target=step.wanted,
    )
    return ToolCallAction()(say(text), example).value == 1.0


@dataclass(frozen=True, kw_only=True)
class Episode:
    """How one attempt at a task went in a live environment."""

    success: bool
    num_turns: int
    left_the_path: bool
    """Whether it ever did something else than the shortest true way."""


def episode_metrics(episodes: Sequence[Episode]) -> dict[str, float]:
    """Success, mean number of turns, and recovery: successes among those that left the path.

    >>> astray = Episode(success=True, num_turns=8, left_the_path=True)
    >>> episode_metrics([astray, Episode(success=True, num_turns=4, left_the_path=False)])
    {'success': 1.0, 'turns': 6.0, 'recovery': 1.0}
    """
    astray = [each.success for each in episodes if each.left_the_path]
    count = len(episodes)
    return {
        "success": sum(each.success for each in episodes) / count if count else math.nan,
        "turns": sum(each.num_turns for each in episodes) / count if count else math.nan,
        "recovery": sum(astray) / len(astray) if astray else math.nan,
    }

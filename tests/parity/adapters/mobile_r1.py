"""Mobile-R1: the action-level reward; its vectors are derived from the published definition."""

from __future__ import annotations

from typing import Any

from regard.rewards.compositions import tool_call
from regard.rewards.contract import ask, say
from regard.rewards.tool_calls import ToolCallAction, ToolCallFormat
from regard.types import Box, FreeText, GuiAction


def target_of(truth: dict[str, Any]) -> GuiAction:
    said = next((truth[name] for name in ("text", "button", "status") if name in truth), "")
    place = Box(*truth["bbox"]) if "bbox" in truth else None
    return GuiAction(truth["action"], place, said)


def score(reward: Any, given: dict[str, Any]) -> float:
    target = target_of(given["ground_truth"]) if "ground_truth" in given else FreeText("")
    return reward(say(given["response"]), ask("?", target)).value


ADAPTERS = {
    "action_reward": lambda given: score(ToolCallAction(), given),
    "format_reward": lambda given: score(ToolCallFormat(), given),
    "stage2_reward": lambda given: score(tool_call(), given),
}

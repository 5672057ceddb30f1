"""Patho-R1 (arXiv:2505.11404): replies of its extraction, and the length term of its framework."""

from __future__ import annotations

from typing import Any

from regard.rewards.length import overlong_penalty
from regard.text.figures import read_figure_reply

_KINDS = {"figures": "figures", "none": "no_figures", "unreadable": "error_logged"}


def _figure_reply(given: dict[str, Any]) -> dict[str, Any]:
    if given["reply"] is None:
        return {"kind": "nothing_written"}
    found = read_figure_reply(given["reply"])
    json = {"json": found.figures} if found.kind == "figures" else {}
    return {"kind": _KINDS[found.kind], **json}


def _overlong(given: dict[str, Any]) -> dict[str, float]:
    length, limits = given["response_length"], (given["max_length"], given["buffer"])
    free, floored = (
        overlong_penalty(length, max_length=limits[0], buffer=limits[1], floor=floor)
        for floor in (None, -1.0)
    )
    reward = given["score"] + given["penalty_factor"] * free
    return {"verl_reward": reward, "easyr1_penalty_unscaled": floored}


ADAPTERS = {"figure_reply_parse": _figure_reply, "overlong_penalty": _overlong}

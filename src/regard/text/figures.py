"""Reading what a vision-language model replies when it is asked for the figures of a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class FigureReply:
    """What was read."""

    kind: Literal["figures", "none", "unreadable"]
    figures: Any = None
    """The JSON that was given, where it could be read."""


_NOTHING = ("none", "[]", "[[]]")


def read_figure_reply(reply: str, *, strict: bool = True) -> FigureReply:
    """A list of figures in JSON, bare or in a fence; or "None", when the page has none.

    Not strict forgives what is plainly meant: spaces and a full stop around "None", and a fence
    that does not say `json`. The extraction of Patho-R1 (arXiv:2505.11404) is strict.

    >>> read_figure_reply('```json\\n[{"bbox": [1, 2, 3, 4]}]\\n```').figures
    [{'bbox': [1, 2, 3, 4]}]
    >>> read_figure_reply("None.").kind, read_figure_reply("None.", strict=False).kind
    ('unreadable', 'none')
    """
    text = reply
    for fence in ("```json",) if strict else ("```json", "```"):
        start = reply.find(fence)
        end = reply.find("```", start + len(fence)) if start >= 0 else -1
        if end >= 0:
            text = reply[start + len(fence) : end].strip()
            break
    if not strict:
        text = text.strip().removesuffix(".")
    if text.lower() in _NOTHING or (not strict and "".join(text.split()).lower() in _NOTHING):
        return FigureReply("none")
    try:
        return FigureReply("figures", json.loads(text))
    except (ValueError, RecursionError):
        return FigureReply("unreadable")

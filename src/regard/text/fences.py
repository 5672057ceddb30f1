"""Markdown fences in a model's text, and the JSON in them.

What reads JSON here is bounded: deep nesting is refused before a parser sees it, so that neither a
stack nor a clock decides what an answer is worth.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

MAX_DEPTH = 50
"""Brackets within brackets; boxes need four."""

_FENCE = "```"
_NO_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[^\[\]{}"]++', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def fences(text: str, language: str = "json") -> list[str]:
    """The insides of every fence opened by three backticks and `language`, as written.

    Case counts. With an empty language every fence counts, and its language is part of the inside.

    >>> fences("Here: ```json\\n[1]\\n``` and ```json[2]```")
    ['\\n[1]\\n', '[2]']
    >>> fences("```python\\nx\\n```", "")
    ['python\\nx\\n']
    """
    opening, found, position = _FENCE + language, [], 0
    while (start := text.find(opening, position)) >= 0:
        start += len(opening)
        end = text.find(_FENCE, start)
        if end < 0:
            break
        found.append(text[start:end])
        position = end + len(_FENCE)
    return found


def is_deep(text: str, limit: int = MAX_DEPTH) -> bool:
    """Whether brackets outside of double quotes are nested deeper than `limit`.

    >>> is_deep("[[1], [2]]", limit=1), is_deep('["[[["]', limit=1)
    (True, False)
    """
    if text.count("[") + text.count("{") <= limit:
        return False
    brackets = _NO_BRACKETS.sub("", text)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > limit


def read_json(text: str) -> Any:
    """The value of a JSON text; None where it is none (or null), or nested too deeply.

    >>> read_json(' {"a": [1, 2.5]} ')
    {'a': [1, 2.5]}
    >>> read_json("[1, 2") is None
    True
    """
    if is_deep(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a number of 5000 digits is a ValueError
        return None


def salvaged_items(text: str) -> list[Any]:
    """The whole items of a JSON list that breaks off or breaks down; broken ones are passed over.

    >>> salvaged_items('[{"a": 1}, {"a": 2,,}, {"a": 3}, {"a"')
    [{'a': 1}, {'a': 3}]
    """
    start = text.find("[")
    if start < 0 or is_deep(text):
        return []
    items: list[Any] = []
    decoder, position, num_broken = json.JSONDecoder(), start + 1, 0
    while position >= 0 and num_broken <= _MAX_BROKEN and len(items) < _MAX_ITEMS:
        position = _after_blank(text, position)
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("{", position + 1)
            num_broken += 1
            continue
        items.append(item)
        position = _after_blank(text, position)
        if text[position : position + 1] == ",":
            position += 1
    return items


def _after_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    assert match is not None
    return match.end()


_MAX_BROKEN = 1000
"""Broken items of a list. Each costs a look at all text before it, since the decoder counts lines
for its message; what has more of them is noise."""
_MAX_ITEMS = 10_000
"""Whole items that are taken out of a broken list; what has more of them is noise, too."""
_BLANK = re.compile(r"[ \t\r\n]*+")

"""DynaMath (arXiv:2411.00836): short answers, right on average, and right in every variant."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regard.text.plain import plain

_OPTIONS = "ABCDE"


@dataclass(frozen=True)
class Verdict:
    """What was read, and whether it is right."""

    is_parsed: bool
    extracted: str | float | None
    is_correct: bool


def short_answer(prediction: object) -> str:
    r"""What a scorer looks at: from the first brace to the last, without backslashes.

    A table may hold a prediction as a number; its text is looked at.

    >>> short_answer('Here: {"short answer": "B"}.')
    '{"short answer": "B"}'
    """
    text = str(prediction)
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        text = text[start : end + 1]
    return text.replace("\\", "")


def parse_answer(text: str, answer_type: str) -> tuple[bool, str | float | None]:
    """A number (its first word, may be a multiple of π), an option from A to E, or the text.

    >>> parse_answer("2π", "float"), parse_answer("(b)", "multiple choice")
    ((True, 6.283185307179586), (True, 'B'))
    """
    if answer_type == "float":
        head, pi, _ = text.split(" ")[0].partition("π")
        try:
            return True, float(head) * (math.pi if pi else 1.0)
        except ValueError:
            return False, None
    if answer_type == "multiple choice":
        if len(text) == 1:
            return True, text.upper()
        found = [letter for letter in _OPTIONS if letter in text.upper()]
        return (True, found[0]) if len(found) == 1 else (False, None)
    return True, text


def verdict(
    prediction: object,
    answer: str,
    answer_type: str,
    *,
    helper: Callable[[str], str] | None = None,
    official: bool = True,
) -> Verdict:
    """Whether a prediction holds the answer of one variant.

    `helper` is asked for the short answer where none can be read. Official, as it ran: the JSON
    of the prediction is never looked into (a column is misspelt), and a free answer is right when
    it is any part of the wanted one, even nothing. Otherwise the field "short answer" is read,
    and a free answer must be the wanted one.

    >>> reply = '{"solution": "7 / 2", "short answer": "3.5"}'
    >>> verdict(reply, "3.5", "float").is_correct
    False
    >>> verdict(reply, "3.5", "float", official=False).is_correct
    True
    """
    reply = short_answer(prediction)
    said = reply if official else _from_json(reply)
    is_parsed, extracted = parse_answer(said, answer_type)
    if not is_parsed and helper is not None:
        is_parsed, extracted = parse_answer(helper(reply), answer_type)
    if not is_parsed:
        head_is_right = answer_type == "multiple choice" and answer in reply[:3].upper()
        return Verdict(False, None, head_is_right)
    if isinstance(extracted, float):
        return Verdict(True, extracted, abs(extracted - float(answer)) <= 0.001)
    text = str(extracted)
    if answer_type == "multiple choice":
        return Verdict(True, text, text == answer)
    if official:
        return Verdict(True, text, text.lower() in answer.lower())
    return Verdict(True, text, plain(text) == plain(answer))


def _from_json(reply: str) -> str:
    try:
        content = json.loads(reply, strict=False)
    except (ValueError, RecursionError):
        return reply
    answer = content.get("short answer") if isinstance(content, dict) else None
    return reply if answer is None else str(answer)


def worst_case(rows: Iterable[Mapping[str, Any]]) -> float:
    """The share of problems (`qid`) of which every variant is right (`correct`), 0 to 1.

    >>> worst_case([{"qid": 1, "correct": True}, {"qid": 1, "correct": False}])
    0.0
    """
    problems: dict[Any, bool] = {}
    for row in rows:
        problems[row["qid"]] = problems.get(row["qid"], True) and bool(row["correct"])
    return sum(problems.values()) / len(problems) if problems else 0.0

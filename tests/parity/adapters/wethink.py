"""WeThink (arXiv:2506.07905): the rewards of EasyR1, which it names, and its VLMEvalKit class."""

from __future__ import annotations

from typing import Any

from regard.rewards.combine import Weighted
from regard.rewards.contract import ask, say
from regard.rewards.format import ThinkAnswerFormat
from regard.rewards.mathematics import MathAnswer
from regard.text.tags import only
from regard.types import FreeText

ACCURACY = MathAnswer(where="first_line", rule="competition")
FORMAT = ThinkAnswerFormat(strict=False, allow_blank=True)


def _extract_answer_tag(given: dict[str, Any]) -> str | None:
    answer = only("answer", given["text"])
    return None if answer is None else answer.strip()


def _extract_response(given: dict[str, Any]) -> str:
    answer = _extract_answer_tag(given)
    return given["text"] if answer is None else answer


def _score(given: dict[str, Any]) -> dict[str, float]:
    weight = given["format_weight"]
    reward = Weighted(accuracy=(1 - weight, ACCURACY), format=(weight, FORMAT))
    score = reward(say(given["response"]), ask("", FreeText(given["ground_truth"])))
    parts = {name: part.value for name, part in score.parts.items()}
    return {"overall": score.value, **parts}


def _accuracy(given: dict[str, Any]) -> float:
    return ACCURACY(say(given["response"]), ask("", FreeText(given["ground_truth"]))).value


ADAPTERS = {
    "vlmeval_extract_answer_tag": _extract_answer_tag,
    "vlmeval_extract_response": _extract_response,
    "r1v_format": lambda given: FORMAT(say(given["response"]), ask("", FreeText(""))).value,
    "r1v_accuracy": _accuracy,
    "r1v_score": _score,
}

"""Med-R1 (arXiv:2503.13939): its rewards, and the scoring of its test scripts."""

from __future__ import annotations

import re
from typing import Any

from regard.curation.imitation import imitation_messages
from regard.errors import DataError
from regard.evals.benchmarks import medical
from regard.rewards.contract import ask, say
from regard.rewards.format import AnswerOnlyFormat, ThinkAnswerFormat
from regard.rewards.labels import label_value
from regard.rewards.mathematics import TagOrTextAnswer, tagged_or_whole
from regard.rewards.verifier import verify
from regard.types import FreeText

THINK = ThinkAnswerFormat(strict=False, allow_blank=True)
NO_THINK = AnswerOnlyFormat(strict=False)
READINGS: dict[str, medical.Reading] = {
    "qwen2_think": "tag",
    "qwen2_nothink": "raw",
    "qwen2_5_think": "tag",
    "qwen2_5_nothink": "tag_if_mentioned",
    "zero_shot": "raw",
}


def _accuracy(given: dict[str, Any]) -> float:
    example = ask("", FreeText(given["solution"]))
    return TagOrTextAnswer()(say(given["content"]), example).value


def _cls_accuracy(given: dict[str, Any]) -> float:
    content, solution = given["content"], given["solution"]
    if re.search(r"[0-9$\\]", solution) and verify(content, solution).is_equal:
        return 1.0
    return label_value(tagged_or_whole(content), tagged_or_whole(solution))


def _is_right(output: str, solution: str, variant: str) -> bool:
    try:
        return medical.is_right(output, solution, reading=READINGS[variant])
    except DataError as error:
        raise AttributeError(str(error)) from error  # there, None has no group()


def _eval_accuracy(given: dict[str, Any]) -> dict[str, Any]:
    pairs = zip(given["outputs"], given["solutions"], strict=True)
    found = medical.account(_is_right(*pair, given["variant"]) for pair in pairs)
    return {"accuracy": 100 * found.accuracy, "correct": found.num_correct}


ADAPTERS = {
    "accuracy": _accuracy,
    "format_think": lambda given: THINK(say(given["content"]), ask("", FreeText(""))).value,
    "format_nothink": lambda given: NO_THINK(say(given["content"]), ask("", FreeText(""))).value,
    "cls_accuracy": _cls_accuracy,
    "eval_extract": lambda given: medical.answer_word(given["output"]),
    "eval_correct_by_variant": lambda given: {
        variant: _is_right(given["output"], given["solution"], variant) for variant in READINGS
    },
    "eval_accuracy": _eval_accuracy,
    "sft_messages": lambda given: imitation_messages(given, without_thinking="None"),
}

"""Vision-R1 (arXiv:2503.06749): its evaluation, the rewards of EasyR1 it builds on, and its own."""

from __future__ import annotations

from typing import Any

from regard.evals.benchmarks import dynamath, mathvista, mm_math
from regard.rewards.combine import Gated, Weighted
from regard.rewards.contract import ask, say
from regard.rewards.format import ThinkAnswerFormat, ThinkBoxFormat
from regard.rewards.mathematics import MathAnswer
from regard.text.choices import infer_choice
from regard.text.tags import after_final_answer
from regard.types import FreeText

FORMAT = ThinkAnswerFormat(strict=False, allow_blank=True)
ACCURACY = MathAnswer(where="first_line", rule="competition")
HARD = Gated(
    gate=FORMAT, reward=MathAnswer(where="first", rule="competition", drop_final_answer=True)
)
BOXED = Weighted(
    accuracy=(0.9, MathAnswer(where="last_opened_box", rule="competition")),
    format=(0.1, ThinkBoxFormat()),
)


def _value(reward: Any, given: dict[str, Any]) -> float:
    example = ask("", FreeText(given.get("ground_truth", "")))
    return reward(say(given["predict_str"]), example).value


def _eval_extract(given: dict[str, Any]) -> str:
    answer = after_final_answer(given["response"])
    return given["response"] if answer is None else answer


def _mathvista(given: dict[str, Any]) -> Any:
    if given["prefetch"]:
        found = mathvista.prefetched(given)
        return False if found is None else found
    return mathvista.is_right(given, given["prediction"])


def _dynamath(given: dict[str, Any]) -> dict[str, Any]:
    found = dynamath.verdict(
        given["prediction"], given["answer"], given["answer_type"], helper=lambda _: ""
    )
    return {"parse": found.is_parsed, "extracted": found.extracted, "correct": found.is_correct}


ADAPTERS = {
    "mm_math_judge": lambda given: mm_math.is_same(given["gt"], given["pred"]),
    "mathvista_post_check": _mathvista,
    "can_infer": lambda given: infer_choice(given["answer"], given["choices"]) or False,
    "dynamath_auxeval": _dynamath,
    "eval_extract": _eval_extract,
    "easyr1_r1v_format": lambda given: _value(FORMAT, given),
    "easyr1_r1v_accuracy": lambda given: _value(ACCURACY, given),
    "easyr1_math_compute_score": lambda given: _value(BOXED, given),
    "hfrrf_composed": lambda given: _value(HARD, given),
}

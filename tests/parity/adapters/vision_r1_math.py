"""Vision-R1 (arXiv:2503.06749): its evaluation, the rewards of EasyR1 it builds on, and its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, advantages_by_token, divergence, run

from regard.algorithms.published import vision_r1_math
from regard.algorithms.surrogates import Clip
from regard.errors import DataError
from regard.evals.benchmarks import dynamath, mathvista, mm_math
from regard.rewards.combine import Gated, Weighted
from regard.rewards.contract import ask, say
from regard.rewards.format import ThinkAnswerFormat, ThinkBoxFormat
from regard.rewards.mathematics import MathAnswer
from regard.text.boxed import last_opened_box
from regard.text.choices import infer_choice
from regard.text.competition import same_answer
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
    try:
        if given["prefetch"]:
            found = mathvista.prefetched(given)
            return False if found is None else found
        return mathvista.is_right(given, given["prediction"])
    except DataError:  # there, an answer that is no number is never right
        return False


def _dynamath(given: dict[str, Any]) -> dict[str, Any]:
    found = dynamath.verdict(
        given["prediction"], given["answer"], given["answer_type"], helper=lambda _: ""
    )
    return {"parse": found.is_parsed, "extracted": found.extracted, "correct": found.is_correct}


def _grpo_advantage(given: dict[str, Any]) -> list[list[float]]:
    return advantages_by_token(
        given["rewards"], given["index"], given["mask"], vision_r1_math().advantage
    )


def _policy_loss(given: dict[str, Any]) -> dict[str, float]:
    clip = Clip(low=given["cliprange"], high=given["cliprange"])
    found = run(
        replace(vision_r1_math(), surrogate=clip, kl_coef=0.0), now=given["log_prob"],
        old=given["old_log_prob"], advantages=given["advantages"], mask=given["mask"],
    )  # fmt: skip
    clipped = found["means"]["policy/clip_fraction"]
    return {"pg_loss": found["loss"], "clipfrac": clipped, "ppo_kl": found["drift"]}


def _kl_low_var(given: dict[str, Any]) -> list[float]:
    return divergence(given["logprob"], given["ref_logprob"], "low_var_kl")


ADAPTERS = {
    "grpo_advantage": _grpo_advantage,
    "policy_loss": _policy_loss,
    "kl_low_var": _kl_low_var,
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

_EQUAL = EqualGroups(lambda given: (given["rewards"], given["index"]))
PREDICATES = {
    "all_earn_the_same": _EQUAL.exist,
    "nothing_boxed_is_none": lambda given: (
        same_answer("None", given["ground_truth"]) and last_opened_box(given["predict_str"]) is None
    ),
}
EXPECTED = {"no_signal": _EQUAL.have_none, "no_accuracy": lambda given, published: published - 0.9}

"""WeThink (arXiv:2506.07905): the rewards of EasyR1, which it names, and its VLMEvalKit class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, advantages_by_token, divergence, run

from regard.algorithms.published import wethink
from regard.algorithms.surrogates import Clip
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


def _advantage(given: dict[str, Any]) -> list[list[float]]:
    return advantages_by_token(
        given["scores"], given["index"], given["response_mask"], wethink().advantage
    )


def _policy_loss(given: dict[str, Any]) -> dict[str, float]:
    clip = Clip(low=given["clip_low"], high=given["clip_high"], dual=given["clip_dual"])
    found = run(
        replace(wethink(), surrogate=clip, kl_coef=0.0), now=given["log_probs"],
        old=given["old_log_probs"], advantages=given["advantages"], mask=given["response_mask"],
    )  # fmt: skip
    return {
        "loss": found["loss"],
        "clipfrac_higher": found["means"]["policy/clip_fraction"],
        "clipfrac_lower": found["means"]["policy/dual_clip_fraction"],
        "ppo_kl": found["drift"],
    }


def _kl(given: dict[str, Any]) -> list[list[float]]:
    rows = zip(given["log_probs"], given["ref_log_probs"], strict=True)
    return [divergence(now, reference, given["kind"]) for now, reference in rows]


ADAPTERS = {
    "easyr1_grpo_advantage": _advantage,
    "easyr1_policy_loss": _policy_loss,
    "easyr1_kl": _kl,
    "vlmeval_extract_answer_tag": _extract_answer_tag,
    "vlmeval_extract_response": _extract_response,
    "r1v_format": lambda given: FORMAT(say(given["response"]), ask("", FreeText(""))).value,
    "r1v_accuracy": _accuracy,
    "r1v_score": _score,
}

_EQUAL = EqualGroups(lambda given: (given["scores"], given["index"]))
PREDICATES = {"all_earn_the_same": _EQUAL.exist}
EXPECTED = {"no_signal": _EQUAL.have_none}

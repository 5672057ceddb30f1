"""OpenVLThinker (arXiv:2503.17352): its reward, the cleaning of its data, and its evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, advantages_by_token, divergence, run

from regard.algorithms.published import openvlthinker
from regard.algorithms.surrogates import Clip
from regard.curation.selection import Attempt, chosen_attempt, right_attempts, shard_bounds
from regard.evals.benchmarks import hints
from regard.rewards.contract import ask, say
from regard.rewards.format import ThinkAnswerFormat
from regard.rewards.mathematics import MathAnswer
from regard.text.short_answers import bare_answer
from regard.text.tags import last_opened
from regard.types import FreeText

ACCURACY = MathAnswer(where="first_line", rule="competition", unexplained_penalty=0.5)
FORMAT = ThinkAnswerFormat(strict=False, allow_blank=True)


def _accuracy(given: dict[str, Any]) -> float:
    return ACCURACY(say(given["predict_str"]), ask("", FreeText(given["ground_truth"]))).value


def _compute_score(given: dict[str, Any]) -> dict[str, float]:
    accuracy = _accuracy(given)
    form = FORMAT(say(given["predict_str"]), ask("", FreeText(""))).value
    return {"overall": accuracy, "format": form, "accuracy": accuracy}


def _extract_answer(given: dict[str, Any]) -> str | None:
    answer = last_opened("answer", given["reasoning"] or "")
    return None if answer is None else bare_answer(answer.strip(), units="anywhere")


def _extract_answers(given: dict[str, Any]) -> list[str]:
    read = hints.free_answers if given["model"] == "qwen" else hints.tagged_answers
    return read(given["reasoning"])


def _select(given: dict[str, Any]) -> list[str | None]:
    attempts = [Attempt(*path) for path in given["all_correct_paths"]]
    chosen = chosen_attempt(attempts, choose="second_longest")
    return [chosen.text, chosen.answer] if chosen else [None, None]


def _keep(given: dict[str, Any]) -> dict[str, Any]:
    right = right_attempts(given["attempts"], given["answer"], units="anywhere")
    chosen = chosen_attempt(right, choose="second_longest")
    return {
        "kept": chosen is not None,
        "reasoning": chosen and chosen.text,
        "answer": chosen and chosen.answer,
    }


def _check_correctness(given: dict[str, Any]) -> bool:
    said = [each for each in given["preds"] if isinstance(each, str)]
    return isinstance(given["gt"], str) and hints.any_is_right(given["gt"], said)


def _grpo_advantage(given: dict[str, Any]) -> list[list[float]]:
    return advantages_by_token(
        given["rewards"], given["index"], given["mask"], openvlthinker().advantage
    )


def _policy_loss(given: dict[str, Any]) -> dict[str, Any]:
    clip = Clip(low=given["clip_low"], high=given["clip_high"], dual=given["clip_dual"])
    found = run(
        replace(openvlthinker(), surrogate=clip, kl_coef=0.0), now=given["log_probs"],
        old=given["old_log_probs"], advantages=given["advantages"], mask=given["mask"],
    )  # fmt: skip
    return {
        "pg_loss": found["loss"],
        "clipfrac_higher": found["means"]["policy/clip_fraction"],
        "clipfrac_lower": found["means"]["policy/dual_clip_fraction"],
        "ppo_kl": found["drift"],
    }


def _kl_estimate(given: dict[str, Any]) -> list[float]:
    return divergence(given["log_probs"], given["ref_log_probs"], given["kind"])


ADAPTERS = {
    "grpo_advantage": _grpo_advantage,
    "policy_loss": _policy_loss,
    "kl_estimate": _kl_estimate,
    "r1v_accuracy": _accuracy,
    "r1v_compute_score": _compute_score,
    "clean_answer": lambda given: bare_answer(given["answer"], units="anywhere"),
    "extract_answer_from_reasoning": _extract_answer,
    "process_ground_truth": lambda given: hints.option_letter(
        given["response"], given["choices"], given["options"]
    ),
    "extract_answers": _extract_answers,
    "select_best_reasoning": _select,
    "rejection_sampling_keep": _keep,
    "get_shard_indices": lambda given: shard_bounds(
        given["total_size"], given["shard_id"], given["num_shards"]
    ),
    "check_correctness": _check_correctness,
}

_EQUAL = EqualGroups(lambda given: (given["rewards"], given["index"]))
PREDICATES = {"all_earn_the_same": _EQUAL.exist}
EXPECTED = {"no_signal": _EQUAL.have_none}

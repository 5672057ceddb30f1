"""Med-R1 (arXiv:2503.13939): its rewards, and the scoring of its test scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from tests.parity.tokens import EqualGroups, Tokens, advantages_by_group, divergence, in_turn, run

from regard.algorithms.published import med_r1
from regard.curation.imitation import imitation_messages
from regard.errors import DataError
from regard.evals.benchmarks import medical
from regard.rewards.contract import ask, say
from regard.rewards.format import AnswerOnlyFormat, ThinkAnswerFormat
from regard.rewards.labels import label_value
from regard.rewards.mathematics import TagOrTextAnswer, tagged_or_whole
from regard.rewards.verifier import verify
from regard.rollout.sampling import num_until_stop
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


def _advantages(given: dict[str, Any]) -> dict[str, Any]:
    rewards = [sum(row) for row in given["rewards_per_func"]]
    groups = [i // given["num_generations"] for i in range(len(rewards))]
    found = advantages_by_group(rewards, groups, med_r1().advantage)
    return {"rewards": rewards, "advantages": found}


def _grpo_loss(given: dict[str, Any]) -> dict[str, Any]:
    now, reference, mask = given["logps"], given["ref_logps"], given["completion_mask"]
    advantages = _advantages(given)["advantages"]
    advantages_of_tokens = Tokens(mask).rows(advantages)
    update = partial(
        run, now=now, old=now, advantages=advantages_of_tokens, mask=mask, reference=reference
    )
    found = update(replace(med_r1(), kl_coef=given["beta"]))
    with_reference = update(replace(med_r1(), kl_coef=1.0))
    rows = zip(now, reference, strict=True)
    return {
        "per_token_kl": [divergence(*pair, "trl") for pair in rows],
        "advantages": advantages,
        "loss": found["loss"],
        "mean_kl": with_reference["sequence_means"]["policy/kl"],
        "grad_wrt_logps": found["gradient"],
    }


def _completion_mask(given: dict[str, Any]) -> list[list[int]]:
    rows = given["completion_ids"]
    kept = [num_until_stop(row, [given["eos_token_id"]]) for row in rows]
    return [[1] * n + [0] * (len(row) - n) for row, n in zip(rows, kept, strict=True)]


def has_an_empty_row(given: dict[str, Any]) -> bool:
    return not all(any(row) for row in given["completion_mask"])


PREDICATES = {"has_an_empty_row": has_an_empty_row}


ADAPTERS = {
    "completion_mask": _completion_mask,
    "advantages": _advantages,
    "grpo_loss": _grpo_loss,
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

_EQUAL = EqualGroups(in_turn)
PREDICATES["all_earn_the_same"] = _EQUAL.exist
EXPECTED = {"no_signal": _EQUAL.have_none}

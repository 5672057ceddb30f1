"""Skywork-R1V3 (arXiv:2507.06167): its scorers of MMMU, EMMA, MMK12, HallusionBench, We-Math."""

from __future__ import annotations

import re
from typing import Any

import torch
from tests.parity.tokens import EqualGroups, advantages_by_group, verl_policy_loss

from regard.algorithms.published import skywork_r1v3
from regard.algorithms.surrogates import Clip
from regard.evals.benchmarks import emma, hallusion, mmk12, mmmu, wemath
from regard.evals.benchmarks.accounts import Account
from regard.models.head import entropy_of
from regard.text.boxed import last_opened_box, outer_boxes
from regard.text.choices import infer_choice


def _mmmu_rule_with_judge(given: dict[str, Any]) -> dict[str, Any]:
    is_boxed = mmmu.is_boxed_answer(given["prediction"], given["answer"])
    score = mmmu.mmmu_score(given["prediction"], given["answer"], judged=given.get("hit") == 1)
    return {"score": score, "is_correct": True if is_boxed else None}


def _accuracy(given: dict[str, Any], *, only_validation: bool) -> Any:
    found = mmmu.score_account(given["records"], only_validation=only_validation)
    if not found.num_total:
        return "prints no data"
    return {
        "total": found.num_total,
        "correct": found.num_correct,
        "percent": round(100 * found.accuracy, 2),
    }


def _last_box(given: dict[str, Any]) -> str | None:
    found = last_opened_box(given["text"])
    return None if found is None else found.strip()


def _wemath(given: dict[str, Any]) -> dict[str, Any]:
    items = [(item["steps"], bool(item["multi"])) for item in given["items"]]
    strict, loose = (wemath.four_ways(items, strict=strict) for strict in (True, False))

    def percent(share: float) -> str:
        return f"{share:.2%}"

    def of_all(count: int) -> str:
        return percent(count / wemath.NUM_PROBLEMS)

    return {
        "counts": {
            "InadequateGeneralization": strict.inadequate_generalization,
            "InsufficientKnowledge": strict.insufficient_knowledge,
            "CompleteMastery_loose": loose.complete_mastery,
            "CompleteMastery_strict": strict.complete_mastery,
            "RoteMemorization_loose": loose.rote_memorization,
            "RoteMemorization_strict": strict.rote_memorization,
        },
        "score_strict": percent(strict.score()),
        "score_loose": percent(loose.score()),
        "rates": {
            "InadequateGeneralization_rate": of_all(strict.inadequate_generalization),
            "InsufficientKnowledge_rate": of_all(strict.insufficient_knowledge),
            "CompleteMastery_loose_rate": of_all(loose.complete_mastery),
            "CompleteMastery_strict_rate": of_all(strict.complete_mastery),
            "RoteMemorization_loose_rate": percent(loose.rote_rate),
            "RoteMemorization_strict_rate": percent(strict.rote_rate),
        },
    }


def _emma_pipeline(given: dict[str, Any]) -> dict[str, Any]:
    extraction = emma.extract_answer(given["response"])
    is_right = bool(given["response"]) and emma.is_equal(extraction, given["answer"])
    return {"extraction": extraction, "correct": is_right}


def _emma_aggregate(given: dict[str, Any]) -> Any:
    def shown(value: Any) -> Any:
        if isinstance(value, Account):
            return {
                "accuracy": value.accuracy,
                "correct": value.num_correct,
                "total": value.num_total,
            }
        return {key: shown(item) for key, item in value.items()}

    return shown(emma.emma_accounts(given["results"]))


def _grpo_advantage(given: dict[str, Any]) -> list[float]:
    scores = given["scores"]
    return advantages_by_group(scores, [0] * len(scores), skywork_r1v3().advantage)


def _ppo_clip_loss(given: dict[str, Any]) -> dict[str, float]:
    clip = Clip(low=given["clip"], high=given["clip"], dual=given["clip_ratio_c"])
    return verl_policy_loss(given, skywork_r1v3(), clip)


def _entropy(given: dict[str, Any]) -> list[float]:
    return entropy_of(torch.tensor(given["logits"], dtype=torch.float32).log_softmax(-1)).tolist()


def logits_are_large(given: dict[str, Any]) -> bool:
    return any(abs(logit) > 50 for row in given["logits"] for logit in row)


def is_beyond_floats(given: dict[str, Any]) -> bool:
    """More than 308 digits, or a power that may have as many."""
    text = given["answer"] + given.get("prediction", given.get("response"))
    return re.search(r"[0-9]{309}|[0-9]\^\{?[0-9]{3}", text) is not None


def nothing_is_solved(given: dict[str, Any]) -> bool:
    return not any(item["multi"] for item in given["items"])


def _nothing_by_rote(given: dict[str, Any], published: Any) -> dict[str, Any]:
    """Every problem is wrong as a whole: what is left to count is whether its steps are right."""
    knew = sum(all(item["steps"]) for item in given["items"])
    lacked = len(given["items"]) - knew
    score = f"{(525 - 0.5 * knew - lacked) / 525:.2%}"
    solved = [
        f"{way}_{how}"
        for way in ("CompleteMastery", "RoteMemorization")
        for how in ("loose", "strict")
    ]
    return {
        "counts": {
            "InadequateGeneralization": knew,
            "InsufficientKnowledge": lacked,
            **dict.fromkeys(solved, 0),
        },
        "score_strict": score,
        "score_loose": score,
        "rates": {
            "InadequateGeneralization_rate": f"{knew / 525:.2%}",
            "InsufficientKnowledge_rate": f"{lacked / 525:.2%}",
            **{f"{name}_rate": "0.00%" for name in solved},
        },
    }


PREDICATES = {
    "logits_are_large": logits_are_large,
    "nothing_is_solved": nothing_is_solved,
    "is_beyond_floats": is_beyond_floats,
}

ADAPTERS = {
    "token_entropy_nats": _entropy,
    "grpo_advantage_from_scores": _grpo_advantage,
    "ppo_clip_loss": _ppo_clip_loss,
    "mmmu_rule": lambda given: mmmu.is_boxed_answer(given["prediction"], given["answer"]),
    "mmmu_rule_with_judge": _mmmu_rule_with_judge,
    "mmmu_accuracy": lambda given: _accuracy(given, only_validation=True),
    "logicvista_accuracy": lambda given: _accuracy(given, only_validation=False),
    "mmk12_extract": lambda given: mmk12.extract_for_judge(given["response"]),
    "can_infer": lambda given: infer_choice(given["answer"], given["choices"]) or False,
    "last_box": _last_box,
    "hallusion": lambda given: hallusion.hallusion_accuracy(given["rows"]),
    "wemath": _wemath,
    "emma_extract": lambda given: emma.extract_answer(given["response"]),
    "emma_boxed_all": lambda given: outer_boxes(given["text"]),
    "emma_pipeline": _emma_pipeline,
    "emma_is_equal": lambda given: emma.is_equal(given["prediction"], given["answer"]),
    "emma_aggregate": _emma_aggregate,
}

_EQUAL = EqualGroups(lambda given: (given["scores"], [0] * len(given["scores"])))
PREDICATES["all_earn_the_same"] = _EQUAL.exist
EXPECTED = {"no_signal": _EQUAL.have_none, "nothing_by_rote": _nothing_by_rote}

"""VL-Rethinker (arXiv:2504.08837): its rule, its shaping, and its count of second thoughts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from tests.parity.tokens import Tokens, run
from tests.parity.units import differ_by_a_unit, installed_says_equal

from regard.algorithms.advantages import LengthBonus, length_bonus
from regard.algorithms.kl import to_go
from regard.algorithms.published import vl_rethinker
from regard.evals.difficulty import difficulty
from regard.rewards.contract import say
from regard.rewards.mathematics import (
    candidates_verdict,
    goes_on_after_the_end,
    released_normal_form,
    rethinking_value,
)
from regard.rollout.filters import solve_rate_shares
from regard.rollout.replay import Kept, ReleasedReplay, RepeatEffective, Replay, Replayed, Sample
from regard.text.chat_markup import question_and_reply, with_image_marks
from regard.text.reflection import before_second_thought, count_marks

_STOPS = ("<|im_end|>", "<|endoftext|>")
_TURN = "<|im_start|>assistant\n"


def _rule_reward(given: dict[str, Any], *, only_box: bool = False) -> dict[str, Any]:
    text = given["solution"]
    error = None
    if not any(stop in text for stop in _STOPS):
        error = "No eos."
    elif only_box and "boxed" not in text:
        error = "No valid boxed."
    elif text.lower().count("wait") > 5:
        error = "too many waits"
    goes_on = goes_on_after_the_end(text)
    if goes_on:
        score = 0.0
    else:
        score = float(candidates_verdict(text, given["gt"], only_box=only_box))
        if only_box and "boxed" not in text and score >= 0:
            raise ValueError("there, a box is looked for and not found")
    return {
        "valid": error is None,
        "norepeat": None if goes_on is None else not goes_on,
        "usefmt": None if goes_on else _use_of_format(text, given.get("format_type")),
        "error_info": error,
        "score": score,
    }


def _use_of_format(text: str, sort: str | None) -> bool | None:
    if sort == "wait":
        return any(mark in text.lower() for mark in ("wait", "alternatively"))
    if sort == "confidence":
        return "</confidence>" in text and 1 <= text.count("<confidence>") <= 5
    return None


def _shaped(given: dict[str, Any]) -> list[float]:
    rows = zip(
        given["validity"], given["correct"], given["round0_nwait"], given["forced"], strict=True
    )
    return [
        rethinking_value(
            bool(correct),
            is_valid=bool(valid),
            num_marks=waits,
            was_forced=forced or bool(given.get("is_eval")),
        )
        for valid, correct, waits, forced in rows
    ]


def _trim(given: dict[str, Any]) -> str:
    before, turn, answer = given["text"].rpartition(_TURN)
    for stop in _STOPS:
        answer = answer.removesuffix(stop)
    return before + turn + (before_second_thought(answer) if given["cut"] else answer)


def _labels(given: dict[str, Any]) -> list[int]:
    size, scores = given["n_samples"], given["scores"]
    groups = [scores[start : start + size] for start in range(0, len(scores), size)]
    return [int(difficulty(group)) for group in groups for _ in group]


def _said_and_wanted(given: dict[str, Any]) -> tuple[str, str]:
    """The last box, answer block or "Answer:" of the solution; the reference without its box."""
    pattern = r"\\boxed\{([^{}]*)\}|<answer>(.*?)</answer>|Answer: *([^<\n]*)"
    found = re.findall(pattern, given["solution"])
    reference = re.fullmatch(r"\s*\\boxed\{([^{}]*)\}\s*", given["gt"])
    return "".join(found[-1]) if found else "", reference[1] if reference else given["gt"]


def adds_a_unit(given: dict[str, Any]) -> bool:
    return differ_by_a_unit(*_said_and_wanted(given))


def _as_installed(given: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    return (
        {**published, "score": 1.0} if installed_says_equal(*_said_and_wanted(given)) else published
    )


def _group_advantage(given: dict[str, Any]) -> dict[str, Any]:
    """Both tables have as many columns as an "experience" of theirs has completions."""
    size, is_longer = given["n_samples"], given.get("fmt") == "longer"
    rewards = torch.tensor(given["rewards"]).reshape(-1, size)
    lengths = torch.tensor(given.get("lengths", [1.0] * len(given["rewards"]))).reshape(-1, size)
    bonus = length_bonus(lengths, rewards > LengthBonus().threshold, limit=LengthBonus().limit)
    found = vl_rethinker().advantage(rewards) * (1 + bonus if is_longer else 1)
    tiers = [solve_rate_shares(group) for group in rewards.tolist()]
    return {
        "advantages": found.flatten(),
        "buckets": {
            name: [float(t[name]) for t in tiers for _ in range(size)] for name in tiers[0]
        },
        "length_bonus": bonus.flatten(),
    }


def _policy_loss(given: dict[str, Any]) -> dict[str, float]:
    mask, advantages = given["mask"], [row[-1] for row in given["advantages"]]
    found = run(
        vl_rethinker(), now=given["log_probs"], old=given["old_log_probs"],
        advantages=given["advantages"], mask=mask,
        imitated=[n >= 1 and a > 0 for n, a in zip(given["waits"], advantages, strict=True)],
    )  # fmt: skip
    # Their valve: a loss above 10 is replaced by 1, without a gradient. Ours has none.
    actor = found["loss"] if found["loss"] <= 10 else 1.0
    return {"actor_loss": actor, **({"sft_loss": found["imitation"]} if given["sft"] else {})}


def _token_returns(given: dict[str, Any]) -> list[list[float]]:
    tokens = Tokens(given["mask"])
    rewards = torch.tensor(given["reward"]).clamp(-10, 10).repeat_interleave(tokens.lengths)
    divergence = to_go(tokens.pack(given["kl"]), tokens.lengths)
    return tokens.spread(rewards - given["kl_coef"] * divergence)


def _sampling(replay: Replay) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    return lambda given: [_told(fresh, made) for fresh, made in _episodes(given, replay)]


def _sampling_as_called(given: dict[str, Any]) -> list[dict[str, Any]]:
    """A missing argument leaves their batch as it is; the queue fills all the same."""
    episodes = _episodes(given, ReleasedReplay())
    return [_told(fresh, replace(made, samples=fresh, drawings=())) for fresh, made in episodes]


def _episodes(given: dict[str, Any], replay: Replay) -> list[tuple[list[Sample], Replayed]]:
    kept, found = Kept(), []
    for batch in given["batches"]:
        fresh = [Sample(0, say(""), row["reward"], row["advantage"]) for row in batch]
        made = replay(fresh, kept, num_questions=len(fresh), seed=0)
        found.append((fresh, made))
        kept = made.kept
    return found


def _told(fresh: list[Sample], made: Replayed) -> dict[str, Any]:
    if not made.samples:
        return {"skipped": True, "keep_size": len(made.kept.samples)}
    return {
        "n_in": len(fresh),
        "n_out": len(made.samples),
        "zero_fraction": sum(not sample.advantage for sample in fresh) / len(fresh),
        "keep_size": len(made.kept.samples),
        "keep_capacity": made.kept.capacity,
        "draws": [{"pool": d.pool, "size": d.num, "p": d.weights} for d in made.drawings],
        "n_nonzero_in_output": sum(bool(sample.advantage) for sample in made.samples),
    }


def nothing_ever_had_an_advantage(given: dict[str, Any]) -> bool:
    return not any(row["advantage"] for row in given["batches"][0])


PREDICATES = {
    "adds_a_unit": adds_a_unit,
    "nothing_ever_had_an_advantage": nothing_ever_had_an_advantage,
}

EXPECTED = {
    "as_installed": _as_installed,
    "skipped": lambda given, published: [
        {"skipped": True, "keep_size": 0} if "raises" in one else one for one in published
    ],
}

ADAPTERS = {
    "difficulty_labels": _labels,
    "rule_reward": _rule_reward,
    "rule_reward_format": _rule_reward,
    "rule_reward_requires_box": lambda given: _rule_reward(given, only_box=True),
    "normalize_answer": lambda given: given["answer"] and released_normal_form(given["answer"]),
    "shaped_reward": _shaped,
    "handle_placeholders": lambda given: [with_image_marks(text) for text in given["texts"]],
    "extract_qwen_query_and_response": lambda given: question_and_reply(given["input_text"]),
    "count_waits": lambda given: count_marks(given["text"]),
    "trim_before_trigger": _trim,
    "group_advantage": _group_advantage,
    "group_advantage_longer": _group_advantage,
    "policy_loss": _policy_loss,
    "token_returns": _token_returns,
    "ssr_active_sampling": _sampling(ReleasedReplay()),
    "filter_active_sampling": _sampling(RepeatEffective()),
    "active_sampling_as_called_in_trainer": _sampling_as_called,
}

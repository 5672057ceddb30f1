"""GUI-R1: the reward of its trainer and the two scorers of its repository."""

from __future__ import annotations

import ast
import json
import math
from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, advantages_by_group, divergence, run

from regard.algorithms.advantages import GroupMean
from regard.algorithms.published import gui_r1
from regard.algorithms.surrogates import Clip
from regard.errors import DataError
from regard.evals.benchmarks.screens import (
    official_action_metrics,
    official_grounding_accuracy,
    screen_answer,
    step_answer,
)
from regard.geometry.sizes import fit_area
from regard.rewards.compositions import screen_action
from regard.rewards.contract import ask, say
from regard.rewards.gui import GuiFormat
from regard.rollout.sampling import num_until_stop
from regard.text.gui_actions import NO_TEXT, last_pair_in_braces, quoted_kind, quoted_text
from regard.text.overlap import word_set_f1
from regard.text.tags import inside
from regard.types import Box, Example, FreeText, GuiAction, Point

SCORE = screen_action(official=True)


def format_reward(given: dict[str, Any]) -> float:
    example = ask("?", FreeText(""))
    return GuiFormat(official=True)(say(given["response"]), example).value


def answer_of(given: dict[str, Any]) -> str:
    return inside("answer", given["response"]) or ""


def extract_coord(given: dict[str, Any]) -> dict[str, Any]:
    found = last_pair_in_braces(answer_of(given).strip())
    return {"coord": found or [0, 0, 0, 0], "found": found is not None}


def extract_input_text(given: dict[str, Any]) -> str:
    found = quoted_text(answer_of(given))
    return NO_TEXT if found is None else found


def example_of(given: dict[str, Any]) -> Example:
    """The published code takes any fault of the truth as a wrong answer; we raise."""
    truth = json.loads(given["ground_truth_json"])
    kind, place, text = truth["action"], truth["gt_bbox"], truth["input_text"]
    target: Point | Box | None = None
    if isinstance(place, list) and len(place) in (2, 4):
        target = Point(*place) if len(place) == 2 else Box(*place)
    if not isinstance(text, str):
        if kind.lower() in ("type", "select", "scroll"):
            raise DataError("no text")
        text = ""
    return ask("?", GuiAction(kind, target, text))


def compute_score(given: dict[str, Any]) -> dict[str, float]:
    try:
        score = SCORE(say(given["response"]), example_of(given))
    except (DataError, KeyError, ValueError, TypeError, AttributeError):
        form = format_reward(given)
        return {"overall": 0.2 * form, "format": form, "accuracy": 0.0}
    parts = {name: part.value for name, part in score.parts.items()}
    return {"overall": score.value, **parts}


def process_image_size(given: dict[str, Any]) -> dict[str, int]:
    width, height = fit_area(**given)
    return {"width": width, "height": height}


def policy_loss(given: dict[str, Any]) -> dict[str, Any]:
    found = _update(given, kl_coef=0.0)
    clipped = found["means"]["policy/clip_fraction"]
    return {"pg_loss": found["loss"], "clip_frac": clipped, "ppo_kl": found["drift"]}


def actor_loss(given: dict[str, Any]) -> dict[str, Any]:
    """With a coefficient of 0 there is a divergence still, which the loss does not hold."""
    coefficient = given["kl_coef"]
    found = _update(given, kl_coef=coefficient or 1.0, reference=given["ref_log_probs"])
    kl = found["means"]["policy/kl"]
    loss = found["loss"] if coefficient else found["loss"] - kl
    return {"kl_loss": kl, "loss": loss}


def _update(given: dict[str, Any], *, kl_coef: float, reference: Any = None) -> dict[str, Any]:
    clip = Clip(low=given["clip_ratio"], high=given["clip_ratio"])
    return run(
        replace(gui_r1(), surrogate=clip, kl_coef=kl_coef),
        now=given["log_probs"], old=given["old_log_probs"], advantages=given["advantages"],
        mask=given["response_mask"], reference=reference,
    )  # fmt: skip


def kl_penalty(given: dict[str, Any]) -> float:
    return divergence([given["log_prob"]], [given["ref_log_prob"]], given["kind"])[0]


def eos_mask(given: dict[str, Any]) -> list[int]:
    ids, stops = given["response_ids"], given["eos_token_id"]
    kept = num_until_stop(ids, stops if isinstance(stops, list) else [stops])
    return [1] * kept + [0] * (len(ids) - kept)


def grpo_advantage(given: dict[str, Any]) -> list[float]:
    advantage = GroupMean(eps=given["eps"], alone="reward")
    return advantages_by_group(given["scores"], given["group"], advantage)


ADAPTERS = {
    "grpo_advantage": grpo_advantage,
    "policy_loss": policy_loss,
    "actor_loss": actor_loss,
    "kl_penalty": kl_penalty,
    "eos_mask": eos_mask,
    "format_reward": format_reward,
    "extract_action": lambda given: quoted_kind(answer_of(given)) or "no action",
    "extract_input_text": extract_input_text,
    "extract_coord": extract_coord,
    "text_f1": lambda given: word_set_f1(given["pred"], given["gt"], part_of_a_word=True),
    "accuracy_reward": lambda given: compute_score(given)["accuracy"],
    "compute_score": compute_score,
    "process_image_size": process_image_size,
    "eval_omni": lambda given: official_action_metrics(map(step_answer, given["rows"])),
    "eval_screenspot": lambda given: official_grounding_accuracy(map(screen_answer, given["rows"])),
}


# -------------------------------------------------------------------------------- differences


def answer_is_computed(given: dict[str, Any]) -> bool:
    """The answer is an expression of Python, but no literal."""
    try:
        tree = ast.parse(answer_of(given).strip(), mode="eval")
    except SyntaxError:
        return False
    try:
        ast.literal_eval(tree)
    except ValueError:
        return True
    return False


def nothing_to_divide_by(given: dict[str, Any]) -> bool:
    """No place is right, or no kind of action is, in the rows of a benchmark."""
    printed = official_action_metrics(map(step_answer, given["rows"]))
    return any(math.isnan(value) for value in printed.values())


PREDICATES = {
    "answer_is_computed": answer_is_computed,
    "nothing_to_divide_by": nothing_to_divide_by,
}

EXPECTED = {
    "no_format": lambda given, published: 0.0,
    "no_format_in_the_sum": lambda given, published: {
        **published,
        "overall": 0.8 * published["accuracy"],
        "format": 0.0,
    },
}

_EQUAL = EqualGroups(lambda given: (given["scores"], given["group"]))
PREDICATES["all_earn_the_same"] = _EQUAL.exist
EXPECTED["no_signal"] = _EQUAL.have_none

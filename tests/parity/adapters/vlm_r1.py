"""VLM-R1: rewards and scorers of boxes and detections."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, Tokens, advantages_by_group, in_turn, run

from regard.algorithms.published import vlm_r1
from regard.algorithms.surrogates import Clip
from regard.evals.benchmarks.detection import Detection
from regard.evals.benchmarks.grounding import answered_corners
from regard.evals.benchmarks.ovdeval import best_for_each_truth
from regard.geometry.pairs import pairwise_iou
from regard.geometry.sizes import tile_grid
from regard.rewards import ThinkAnswerFormat
from regard.rewards.boxes import BoxAnswerFormat, BoxOverlap
from regard.rewards.contract import ask, say
from regard.rewards.detection import DetectionAP, DetectionScore
from regard.rewards.loose_answers import LooseAnswer, Rule
from regard.rewards.shape import CosineLength, DetectionRepetition
from regard.text.boxes import fenced_items
from regard.text.fences import fences, read_json
from regard.text.loose import likely_letter, one_line, same_number
from regard.text.tags import first_on_a_line, inside
from regard.types import (
    Box,
    Completion,
    Example,
    Frame,
    FreeText,
    ImageFrame,
    LabelledBox,
    LabelledBoxes,
    Reward,
)

ANY = ask("?", FreeText("?"))


def on_text(reward: Reward) -> Any:
    return lambda given: reward(say(given["completion"]), ANY).value


def overlap(family: str) -> Any:
    rule = "continuous" if family == "glm" else "beyond_a_pixel"
    reward = BoxOverlap(
        spelling="integers",
        rule=rule,
        answers_in=Frame.INPUT if family == "qwen" else None,
    )

    def value(given: dict[str, Any]) -> float:
        _, rows, columns = given["image_grid_thw"]
        frame = ImageFrame(tuple(given["image_wh"]), (14 * columns, 14 * rows))
        completion = Completion(text=given["completion"], frames=(frame,))
        return reward(completion, ask("?", Box(*given["gt_box"]))).value

    return value


def iou_pixel(given: dict[str, Any]) -> float:
    return float(pairwise_iou(given["box1"], given["box2"], rule="beyond_a_pixel")[0, 0])


def truth_of(solution: str, *, which: str = "last") -> Example:
    answer = inside("answer", solution)
    items = fenced_items(solution if answer is None else answer, which=which)
    boxes = tuple(LabelledBox(item.get("label", ""), Box(*item["bbox_2d"][:4])) for item in items)
    return ask("?", LabelledBoxes(boxes))


def detection(reward: Reward, *, which: str = "last") -> Any:
    def value(given: dict[str, Any]) -> float:
        return reward(say(given["completion"]), truth_of(given["solution"], which=which)).value

    return value


def map_reward_len(given: dict[str, Any]) -> float:
    """The published function looks for fences in all it is given, tags or not."""
    said, truth = (re.sub("</?answer>", "", given[key]) for key in ("content", "solution"))
    reward = DetectionAP(
        length_factor=given["length_reward"],
        threshold=0.5 if given.get("score_type") else None,
        official=True,
    )
    return reward(say(f"<answer>{said}</answer>"), truth_of(truth)).value


def first_of_fence(given: dict[str, Any]) -> list[float]:
    return answered_corners(given["completion"], way="first_of_list")


def ovdeval_gt_nms(given: dict[str, Any]) -> list[dict[str, Any]]:
    def read(rows: list[dict[str, Any]]) -> list[Detection]:
        return [Detection.from_coco(row) for row in rows]

    kept = best_for_each_truth(read(given["pred"]), read(given["gt"]), above=given["iou_threshold"])
    return [given["pred"][i] for i in kept]


def internvl_tiles(given: dict[str, Any]) -> tuple[int, int]:
    return tile_grid(
        given["width"], given["height"], max_tiles=given["max_tiles"], tile=given["tile"]
    )


def same_line(given: dict[str, Any]) -> float:
    """The rule that takes the last answer of the truth, too."""
    reward = LooseAnswer(rule="text")
    return reward(say(given["completion"]), ask("?", FreeText(given["solution"]))).value


def loose(rule: Rule) -> Any:
    reward = LooseAnswer(rule=rule)

    def value(given: dict[str, Any]) -> float:
        truth = first_on_a_line("answer", given["solution"])
        target = FreeText((given["solution"] if truth is None else truth).strip())
        return reward(say(given["completion"]), ask("?", target)).value

    return value


def numeric_reward(given: dict[str, Any]) -> float | None:
    is_same = same_number(given["completion"], given["solution"])
    return None if is_same is None else float(is_same)


def cosine_reward(given: dict[str, Any]) -> float:
    completion = Completion(text="", token_ids=(0,) * given["gen_len_tokens"])
    return CosineLength(is_periodic=True)(completion, ANY).value


def grpo_advantage(given: dict[str, Any]) -> dict[str, Any]:
    rewards = [sum(row) for row in given["rewards_per_func"]]
    groups = [i // given["num_generations"] for i in range(len(rewards))]
    found = advantages_by_group(rewards, groups, vlm_r1().advantage)
    return {"rewards": rewards, "advantages": found}


def grpo_loss(given: dict[str, Any]) -> dict[str, Any]:
    clip = Clip(low=given["epsilon_low"], high=given["epsilon_high"])
    mask, beta = given["completion_mask"], given["beta"]
    found = run(
        replace(vlm_r1(kl_coef=beta), surrogate=clip), now=given["logps"],
        old=given["old_logps"] or given["logps"],
        advantages=Tokens(mask).rows(given["advantages"]), mask=mask,
        reference=given["ref_logps"],
    )  # fmt: skip
    return {
        "loss": found["loss"],
        "clip_ratio": found["means"]["policy/clip_fraction"],
        "kl": found["sequence_means"].get("policy/kl"),
        "grad_logps": found["gradient"],
    }


def _tokens_of(given: dict[str, Any]) -> list[tuple[float, float]]:
    """Ratio and advantage of every token."""
    old, mask = given["old_logps"] or given["logps"], given["completion_mask"]
    return [
        (math.exp(given["logps"][i][t] - old[i][t]), given["advantages"][i])
        for i, row in enumerate(mask)
        for t, is_token in enumerate(row)
        if is_token
    ]


def a_ratio_leaves_the_range(given: dict[str, Any]) -> bool:
    low, high = 1 - given["epsilon_low"], 1 + given["epsilon_high"]
    return any(not low <= ratio <= high for ratio, _ in _tokens_of(given))


def held_are_counted(given: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    low, high = 1 - given["epsilon_low"], 1 + given["epsilon_high"]
    held = [
        (ratio > high and advantage > 0) or (ratio < low and advantage < 0)
        for ratio, advantage in _tokens_of(given)
    ]
    return {**published, "clip_ratio": sum(held) / len(held)}


ADAPTERS = {
    "grpo_advantage": grpo_advantage,
    "grpo_loss": grpo_loss,
    "mcq_reward": loose("letter"),
    "yes_no_reward": loose("yes_no"),
    "all_match_reward": same_line,
    "numeric_reward": numeric_reward,
    "math_reward": loose("math"),
    "default_accuracy_reward": loose("alike"),
    "extract_choice": lambda given: likely_letter(given["text"]),
    "clean_text": lambda given: one_line(given["text"]),
    "cosine_reward": cosine_reward,
    "repetition_reward": on_text(DetectionRepetition()),
    "format_reward": on_text(ThinkAnswerFormat(strict=False, allow_blank=True)),
    "format_reward_rec_qwen": on_text(BoxAnswerFormat()),
    "format_reward_rec_internvl": on_text(BoxAnswerFormat(in_braces=False)),
    "format_reward_rec_glm": on_text(BoxAnswerFormat(spelling=None, closed_thinking=False)),
    "iou_reward_qwen": overlap("qwen"),
    "iou_reward_internvl": overlap("internvl"),
    "iou_reward_glm": overlap("glm"),
    "iou_pixel": iou_pixel,
    "od_ap": detection(DetectionAP(length_factor=False, official=True)),
    "od_ap50": detection(DetectionAP(length_factor=False, threshold=0.5, official=True)),
    "odLength": detection(DetectionAP(official=True)),
    "weighted_sum": detection(DetectionScore(official=True), which="first"),
    "map_reward_len": map_reward_len,
    "eval_extract_rec_r1": lambda given: answered_corners(given["completion"], way="trained"),
    "eval_extract_rec_internvl": lambda given: answered_corners(
        given["completion"], way="trained_without_braces"
    ),
    "eval_extract_rec_baseline": lambda given: answered_corners(
        given["completion"], way="untrained"
    ),
    "eval_extract_od_first": first_of_fence,
    "ovdeval_gt_nms": ovdeval_gt_nms,
    "internvl_tiles": internvl_tiles,
}


# ----------------------------------------------------------------------------- where we differ


def nothing_to_divide_by(given: dict[str, Any]) -> bool:
    """The areas of the boxes are 0 together."""
    both = given["box1"], given["box2"]
    return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in both) == 0


def true_box_is_out_of_order(given: dict[str, Any]) -> bool:
    x0, y0, x1, y1 = given["gt_box"]
    return bool(x0 > x1 or y0 > y1)


def truth_is_an_empty_list(given: dict[str, Any]) -> bool:
    """The truth has no boxes, and is not the word None either."""
    return one_line(given["solution"]) != "none" and not truth_of(given["solution"]).target.boxes


def lacks_a_label(given: dict[str, Any]) -> bool:
    """An object of the answer has a box, but no label that is a text."""
    items = fenced_items(one_line(given["completion"]), which="first")
    return any(
        isinstance(item, dict) and "bbox_2d" in item and not isinstance(item.get("label"), str)
        for item in items
    )


def list_is_broken(given: dict[str, Any]) -> bool:
    """The fence, or what looks like a list, is no JSON."""
    text = given["completion"]
    inside_fence = next(iter(fences(text) or fences(text, "")), "").strip()
    if not inside_fence:
        match = re.search(r'\[\s*{.*?"bbox_2d".*?"label".*?}\s*\]', text, re.DOTALL)
        inside_fence = match[0] if match else "[]"
    return read_json(inside_fence) is None


PREDICATES = {
    "list_is_broken": list_is_broken,
    "nothing_to_divide_by": nothing_to_divide_by,
    "lacks_a_label": lacks_a_label,
    "true_box_is_out_of_order": true_box_is_out_of_order,
    "truth_is_an_empty_list": truth_is_an_empty_list,
    "a_ratio_leaves_the_range": a_ratio_leaves_the_range,
}

EXPECTED = {
    "nothing": lambda given, published: 0.0,
    "refused": lambda given, published: {"raises": "DataError"},
    "held_are_counted": held_are_counted,
    "the_word_none": lambda given, published: float(one_line(given["completion"]) == "none"),
}

_EQUAL = EqualGroups(in_turn)
PREDICATES["all_earn_the_same"] = _EQUAL.exist
EXPECTED["no_signal"] = _EQUAL.have_none

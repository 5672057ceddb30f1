"""Vision-R1 (vision-guided): reading, matching, rewards and its scorer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tests.parity.tokens import Tokens, advantages_by_group, run

from regard.algorithms.published import vision_r1_guided
from regard.evals.benchmarks.detection import detections_of
from regard.rewards.contract import ask, say
from regard.rewards.detection import (
    DetectionFormat,
    MatchedPrecision,
    MatchedRecall,
    matched_giou,
    steepened,
)
from regard.text.boxes import objects_or_salvage
from regard.types import (
    Box,
    Completion,
    Example,
    Frame,
    ImageFrame,
    LabelledBox,
    LabelledBoxes,
    Reward,
)


def extract_boxes(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"bbox": [int(number) for number in each.corners], "category_name": each.label}
        for each in objects_or_salvage(given["completion"])
    ]


def dual_format_reward(given: dict[str, Any]) -> float:
    thing = LabelledBox("thing", Box(0, 0, 1, 1))
    example = ask("?", LabelledBoxes((thing,) * given["num_instances"]))
    return DetectionFormat(official=True)(say(given["completion"]), example).value


def match_giou(given: dict[str, Any]) -> list[float]:
    same = [[a == b for b in given["gt_class"]] for a in given["pred_class"]]
    rows, true = (np.asarray(given[key], np.float32) for key in ("pred_boxes", "gt_boxes"))
    quality, pairs = matched_giou(rows, true, same)
    return [float(quality[pair]) for pair in pairs]


def truth_of(given: dict[str, Any]) -> Example:
    boxes = [
        LabelledBox(label, Box(*np.reshape(rows, (-1, 4))[0].tolist()))
        for label, rows in given["solution"]
    ]
    return ask("?", LabelledBoxes(tuple(boxes)))


def scored(reward: Reward, given: dict[str, Any]) -> float:
    frame = ImageFrame(
        original=(given["width"], given["height"]),
        model_input=(given["input_width"], given["input_height"]),
        answers_in=Frame.INPUT,
    )
    return reward(Completion(text=given["completion"], frames=(frame,)), truth_of(given)).value


LAST_EARLY_STEP = 1499
"""The published code turns stricter after it, when it is told the step at all."""


def recall_reward(given: dict[str, Any]) -> float:
    step = given["step"]
    is_late = step is not None and step > LAST_EARLY_STEP
    low, high = (0.0, 1.0) if step is None else (0.5, 0.75)
    reward = MatchedRecall(threshold=0.75 if is_late else 0.5, low=low, high=high, official=True)
    return scored(reward, given)


def precision_reward(given: dict[str, Any]) -> float:
    step = given["step"]
    low, high = (0.5, 0.75) if step is not None else (0.0, 1.0)
    if step is not None and step > LAST_EARLY_STEP:
        low, high = 0.75, 0.9
    return scored(MatchedPrecision(low=low, high=high, charge_extra=False, official=True), given)


def differentiate_list(given: dict[str, Any]) -> list[float]:
    return steepened(given["values"], low=given["low"], high=given["high"], reaches_high=False)


def differentiate_tensor(given: dict[str, Any]) -> list[float]:
    values, low, high = (np.float32(given[key]) for key in ("values", "low", "high"))
    return steepened(values.tolist(), low=float(low), high=float(high), reaches_high=False)


def eval_detections(given: dict[str, Any]) -> list[dict[str, Any]]:
    rows = detections_of(
        given["completion"],
        image_id=given["image_id"],
        categories=given["categories"],
        input_size=(given["input_width"], given["input_height"]),
        original_size=(given["width"], given["height"]),
    )
    return [row.to_coco() for row in rows]


def grpo_loss(given: dict[str, Any]) -> dict[str, Any]:
    algorithm = vision_r1_guided(kl_coef=given["beta"])
    rewards = [sum(row) for row in given["rewards_per_func"]]
    groups = [i // given["num_generations"] for i in range(len(rewards))]
    advantages = advantages_by_group(rewards, groups, algorithm.advantage, torch.float64)
    mask = given["completion_mask"]
    found = run(
        algorithm, now=given["logps"], old=given["logps"],
        advantages=Tokens(mask).rows(advantages), mask=mask, reference=given["ref_logps"],
    )  # fmt: skip
    return {"loss": found["loss"], "advantages": advantages, "grad_logps": found["gradient"]}


ADAPTERS = {
    "grpo_loss": grpo_loss,
    "extract_boxes": extract_boxes,
    "dual_format_reward": dual_format_reward,
    "match_giou": match_giou,
    "recall_reward": recall_reward,
    "precision_reward": precision_reward,
    "differentiate_list": differentiate_list,
    "differentiate_tensor": differentiate_tensor,
    "eval_detections": eval_detections,
}


def boxes_where_none_are(given: dict[str, Any]) -> bool:
    """Nothing to find, and boxes in the answer."""
    return not given["num_instances"] and bool(objects_or_salvage(given["completion"]))


def count_disagrees(given: dict[str, Any]) -> bool:
    """The record counts more or fewer objects than it lists."""
    return len(given["solution"]) != given["num_instances"] > 0


def pair_has_no_quality(given: dict[str, Any]) -> bool:
    """Boxes on one side only, corners out of order, or the same box without an area on both."""
    said, true = given["pred_boxes"], given["gt_boxes"]
    both = [*said, *true]
    return (
        not said
        or not true
        or any(x0 > x1 or y0 > y1 for x0, y0, x1, y1 in both)
        or any(
            (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1])) == 0
            or not (_area(a) or _area(b))
            for a in said
            for b in true
        )
    )


def _area(box: list[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def label_has_no_number(given: dict[str, Any]) -> bool:
    """A true label that the record's table lacks, which is looked up where boxes are listed."""
    known = {label.lower() for label in given["target_id_map"]}
    return any(label.lower() not in known for label, _ in given["solution"]) and bool(
        objects_or_salvage(given["completion"])
    )


PREDICATES = {
    "boxes_where_none_are": boxes_where_none_are,
    "count_disagrees": count_disagrees,
    "pair_has_no_quality": pair_has_no_quality,
    "label_has_no_number": label_has_no_number,
}

EXPECTED = {"nothing": lambda given, published: 0.0}

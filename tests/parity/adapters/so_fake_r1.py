"""So-Fake-R1: rewards from its description, and the scorers of its predecessor SIDA."""

from __future__ import annotations

from typing import Any

from regard.evals.benchmarks.forgery import class_scores
from regard.geometry.masks import mask_f1, mask_overlap
from regard.rewards.compositions import forgery
from regard.rewards.contract import ask, say
from regard.text.forgery import forgery_answer
from regard.text.similarity import rouge_l
from regard.types import Box, Forgery

REWARD = forgery()


def parse_answer(given: dict[str, Any]) -> dict[str, Any]:
    answer = forgery_answer(given["completion"])
    return {"label": answer.verdict, "boxes": answer.regions}


def rewards(given: dict[str, Any]) -> dict[str, float]:
    box = given["gt_box"]
    target = Forgery(given["gt_label"], None if box is None else Box(*box))
    score = REWARD(say(given["completion"]), ask("?", target))
    return {**{name: part.value for name, part in score.parts.items()}, "total": score.value}


def mask_iou(given: dict[str, Any]) -> dict[str, float]:
    overlap = mask_overlap(given["pred_masks"], given["gt_masks"])
    return {
        "ciou": overlap.ciou,
        "giou": overlap.giou,
        "intersection_fg": overlap.shared,
        "union_fg": overlap.united,
    }


def f1_of_masks(given: dict[str, Any]) -> dict[str, Any]:
    each = [mask_f1(*pair) for pair in zip(given["pred_masks"], given["gt_masks"], strict=True)]
    return {"per_image": each, "mean": sum(each) / len(each)}


def class_metrics(given: dict[str, Any]) -> dict[str, Any]:
    names = {int(number): name for number, name in given["class_ids"].items()}
    scores = class_scores(given["preds"], given["labels"], classes=list(names))
    return {
        "accuracy_pct": 100 * scores.accuracy,
        "per_class": {
            names[number].replace("_", " ").title(): {
                "accuracy": each.recall,  # what SIDA calls so
                "precision": each.precision,
                "recall": each.recall,
                "f1": each.f1,
            }
            for number, each in scores.by_class.items()
        },
        "macro_f1": scores.macro_f1,
    }


ADAPTERS = {
    "parse_answer": parse_answer,
    "rewards": rewards,
    "mask_iou": mask_iou,
    "mask_f1": f1_of_masks,
    "class_metrics": class_metrics,
    "rouge_l": lambda given: rouge_l(given["hypothesis"], given["reference"]),
}


# ----------------------------------------------------------------------------- where we differ


def region_is_missing(given: dict[str, Any]) -> bool:
    """A picture that was tampered with, without where."""
    return given["gt_label"] == "TAMPERED" and given["gt_box"] is None


PREDICATES = {"region_is_missing": region_is_missing}

EXPECTED = {"refused": lambda given, published: {"raises": "DataError"}}

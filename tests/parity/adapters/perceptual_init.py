"""Perceptual initialisation: votes of NIGHTS, and the evaluation of CLIP_benchmark."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from regard.algorithms.contrastive import held_scale, info_nce
from regard.algorithms.triplet import agrees_with_votes, distances, triplet_hinge, vote
from regard.evals.benchmarks.embeddings import (
    Judgement,
    average_precisions,
    class_weights,
    retrieval_recalls,
    share_right,
    top_k_accuracy,
)
from regard.training.optimizer import AdamW


def nights_row(given: dict[str, Any]) -> dict[str, Any]:
    share = share_right(given["left_vote"], given["right_vote"])
    one = Judgement(reference="", left="", right="", share_right=share, num_votes=given["votes"])
    kept = one.num_votes >= given["min_votes"]
    return {"kept": kept, "p": share, "target": float(one.right_is_closer)}


def mean_average_precision(given: dict[str, Any]) -> dict[str, Any]:
    precisions = average_precisions(given["scores"], given["targets"])
    return {"ap": precisions, "map": float(np.mean(precisions))}


def triplet_loss(given: dict[str, Any]) -> dict[str, Any]:
    ref, left, right = (_double(given[name]) for name in ("ref", "left", "right"))
    scale = given["scale"] if given["distance"] == "cosine" else 1.0
    to_left, to_right = (
        scale * distances(ref, x, distance=given["distance"]) for x in (left, right)
    )
    loss = triplet_hinge(to_left - to_right, _double(given["target"]), margin=given["margin"])
    gap = to_left - to_right
    return {"loss": loss.mean(), "dist0": to_left, "dist1": to_right, "logits": gap}


def dreamsim_hinge(given: dict[str, Any]) -> dict[str, Any]:
    gap, fraction = _double(given["logit"]), _double(given["vote_fraction"])
    loss = triplet_hinge(gap, vote(fraction), margin=given["margin"]).sum()
    is_right = agrees_with_votes(gap, fraction)
    return {"loss_sum": loss, "loss_train": loss / len(gap), "num_correct": is_right.sum()}


def clip_loss(given: dict[str, Any]) -> dict[str, Any]:
    images, texts = _double(given["image_features"]), _double(given["text_features"])
    loss = info_nce(images, texts, log_scale=given["logit_scale_log"])
    return {
        "loss": loss.total,
        "loss_img": loss.by_image,
        "loss_txt": loss.by_text,
        "logit_scale": held_scale(given["logit_scale_log"], 100.0),
    }


def lr_factor(given: dict[str, Any]) -> float:
    course = AdamW(
        learning_rate=1.0, warmup_steps=given["warmup_steps"], decay="cosine",
        final_fraction=given["min_lr"] / given["lr"], starts_at_zero=True,
    )  # fmt: skip
    return course.rate_at(given["step"], given["total_steps"])


def _double(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


ADAPTERS = {
    "triplet_loss": triplet_loss,
    "dreamsim_hinge": dreamsim_hinge,
    "clip_loss": clip_loss,
    "lr_factor": lr_factor,
    "nights_row": nights_row,
    "topk_accuracy": lambda given: [
        top_k_accuracy(given["logits"], given["target"], k) for k in given["topk"]
    ],
    "retrieval_recall": lambda given: retrieval_recalls(
        given["scores_text_by_image"], given["text_image_index"], given["k"]
    ),
    "mean_average_precision": mean_average_precision,
    "zeroshot_class_weights": lambda given: class_weights(given["prompt_embeddings_per_class"]),
}


# ----------------------------------------------------------------------------- where we differ


def fewer_than_k(given: dict[str, Any]) -> bool:
    """A k is greater than the number of classes, or of images or texts."""
    if "topk" in given:
        return bool(max(given["topk"]) > np.shape(given["logits"])[1])
    return bool(max(given["k"]) > min(np.shape(given["scores_text_by_image"])))


def class_without_direction(given: dict[str, Any]) -> bool:
    weights = class_weights(given["prompt_embeddings_per_class"])
    return not np.asarray(weights).any(axis=1).all()


def zero_for_nan(given: dict[str, Any], published: list[list[Any]]) -> list[list[float]]:
    return [[0.0 if number == "NaN" else number for number in row] for row in published]


PREDICATES = {
    "fewer_than_k": fewer_than_k,
    "class_without_direction": class_without_direction,
}

EXPECTED = {"zero_for_nan": zero_for_nan}

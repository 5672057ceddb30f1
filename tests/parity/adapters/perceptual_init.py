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


def prompt_without_direction(given: dict[str, Any]) -> bool:
    """A prompt, or the mean of a class's prompts, is zero."""
    classes = [np.asarray(prompts) for prompts in given["prompt_embeddings_per_class"]]
    weights = np.asarray(class_weights(classes))
    return not all(prompts.any(axis=1).all() for prompts in classes) or bool(
        (~weights.any(axis=1)).any()
    )


def ours_for_nan(given: dict[str, Any], published: list[list[Any]]) -> list[list[float]]:
    """The weight of a class whose prompts have no direction is zero; a prompt's share in it is."""
    ours = class_weights(
        [
            [p for p in prompts if any(p)] or prompts
            for prompts in given["prompt_embeddings_per_class"]
        ]
    )
    return [
        row if "NaN" in published[i] else published[i]
        for i, row in enumerate(np.asarray(ours).tolist())
    ]


PREDICATES = {
    "fewer_than_k": fewer_than_k,
    "prompt_without_direction": prompt_without_direction,
}

EXPECTED = {"ours_for_nan": ours_for_nan}

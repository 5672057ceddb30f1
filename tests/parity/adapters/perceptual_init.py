"""Perceptual initialisation: votes of NIGHTS, and the evaluation of CLIP_benchmark."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.evals.benchmarks.embeddings import (
    Judgement,
    average_precisions,
    class_weights,
    retrieval_recalls,
    share_right,
    top_k_accuracy,
)


def nights_row(given: dict[str, Any]) -> dict[str, Any]:
    share = share_right(given["left_vote"], given["right_vote"])
    one = Judgement(reference="", left="", right="", share_right=share, num_votes=given["votes"])
    kept = one.num_votes >= given["min_votes"]
    return {"kept": kept, "p": share, "target": float(one.right_is_closer)}


def mean_average_precision(given: dict[str, Any]) -> dict[str, Any]:
    precisions = average_precisions(given["scores"], given["targets"])
    return {"ap": precisions, "map": float(np.mean(precisions))}


ADAPTERS = {
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

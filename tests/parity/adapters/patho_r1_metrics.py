"""Patho-CLIP: zero-shot classes, retrieval and the few-shot probe, by their embeddings."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from regard.evals.benchmarks.embeddings import (
    class_weights,
    few_shot_rows,
    few_shot_summary,
    filled_templates,
    read_captions,
    retrieval_recall,
    top_k_accuracy,
    zero_shot_logits,
)


def zeroshot_weights(given: dict[str, Any]) -> dict[str, Any]:
    texts, prompts = [], []
    for names in given["classnames"]:
        filled = filled_templates(names, given["templates"], "CLASSNAME")
        texts += filled
        prompts.append([given["text_embeddings"][text] for each in filled for text in each])
    return {"weights_dim_by_class": class_weights(prompts).T, "texts_encoded": texts}


def zeroshot_predict(given: dict[str, Any]) -> dict[str, Any]:
    logits = zero_shot_logits(given["image_features"], np.transpose(given["weights"]))
    accuracy = top_k_accuracy(logits, given["labels"])
    return {"preds": logits.argmax(axis=1), "accuracy": accuracy}


def recall(given: dict[str, Any], *, of_texts: bool) -> dict[str, Any]:
    # Similarities of what the encoder gives: the script takes its unit length for granted.
    texts, images = np.array(given["text_features"]), np.array(given["image_features"])
    scores = texts @ images.T if of_texts else images @ texts.T
    pairs = np.eye(len(texts))
    percent = {k: 100 * retrieval_recall(scores, pairs, k, clamp=False) for k in given["k"]}
    return {"recall_percent": percent, "n": len(texts)}


def summary(given: dict[str, Any]) -> dict[str, Any]:
    accuracies = given["accs_percent"]
    subsets = {f"acc_subset_{i}": each for i, each in enumerate(accuracies, 1)}
    shares = few_shot_summary(accuracies, drop_zeros=True)
    return {"dataset": "LC", "shot": given["shot"], **subsets, **shares}


def retrieval_load(given: dict[str, Any]) -> dict[str, Any]:
    """In a folder of its own, with files as the vector names them."""
    with tempfile.TemporaryDirectory() as folder:
        captions, images = Path(folder) / "captions.json", Path(folder) / "images"
        captions.write_text(json.dumps(given["captions_json"]))
        images.mkdir()
        for name in given["image_files"]:
            if name.endswith("!corrupt"):
                (images / name.removesuffix("!corrupt")).write_bytes(b"no image")
            else:
                Image.new("RGB", (2, 2)).save(images / name)
        pairs = read_captions(captions, images, max_samples=given["max_samples"])
    return {"uuids": [each.name for each in pairs], "captions": [each.caption for each in pairs]}


ADAPTERS = {
    "retrieval_load": retrieval_load,
    "zeroshot_weights": zeroshot_weights,
    "zeroshot_predict": zeroshot_predict,
    "retrieval_recall_cpu_text_to_image": lambda given: recall(given, of_texts=True),
    "retrieval_recall_gpu_image_to_text": lambda given: recall(given, of_texts=False),
    "few_shot_indices": lambda given: few_shot_rows(
        given["targets"],
        num_classes=given["num_classes"],
        num_shots=given["shot"],
        subset=given["subset_id"],
        seed=given["global_seed"],
    ),
    "few_shot_summary": summary,
}


def two_score_the_same(given: dict[str, Any]) -> bool:
    """For a caption among the images, or an image among the captions, to a last digit."""
    texts, images = np.array(given["text_features"]), np.array(given["image_features"])
    scores = texts @ images.T
    gaps = [np.diff(np.sort(each, axis=1), axis=1) for each in (scores, scores.T)]
    return any(bool((each < 1e-6).any()) for each in gaps)


PREDICATES = {"two_score_the_same": two_score_the_same}

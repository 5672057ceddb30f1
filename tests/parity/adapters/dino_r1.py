"""DINO-R1: what a query of its detector is worth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from regard.algorithms.contrastive import (
    PRIOR_BIAS,
    alignment_loss,
    class_features,
    label_features,
    query_logits,
)
from regard.algorithms.queries import Grqo
from regard.geometry.matching import query_costs, query_rewards


def query_reward(given: dict[str, Any]) -> dict[str, Any]:
    is_real = np.asarray(given["prompt_mask"], bool)
    height, width = given["image_hw"]
    logits = np.asarray(given["query_logits"], np.float32).reshape(-1, len(is_real))
    wanted = np.asarray(given["gt_prompt_onehot"], np.float32).reshape(-1, len(is_real))
    costs = query_costs(
        logits[:, is_real],
        np.asarray(given["pred_boxes_cxcywh_norm"], np.float32),
        np.asarray(given["gt_boxes_xyxy_px"], np.float32).reshape(-1, 4),
        wanted[:, is_real],
        image_size=(width, height),
    )
    return {**costs, "query_reward": query_rewards(costs["total"])}


OFFICIAL = {"eps": 2e-9, "least_probability": 0.0}


def grqo_loss(given: dict[str, Any]) -> dict[str, Any]:
    rewards = torch.tensor(given["rewards"], dtype=torch.float64).requires_grad_()
    logits = torch.tensor(given["query_logits"], dtype=torch.float64).requires_grad_()
    objective = Grqo(
        advantage_coef=given["alpha"], kl_coef=given["beta"], muted=given["num_mute"], **OFFICIAL
    )
    reference = torch.tensor(given["ref_token_logits"], dtype=torch.float64)
    layers = objective(rewards, logits, torch.tensor(given["select_ids"]), reference)
    layers.sum().backward()
    return {
        "layer_losses": layers.tolist(),
        "total": layers.sum().item(),
        "grad_rewards": rewards.grad.tolist(),
        "grad_query_logits": logits.grad.tolist(),
    }


def objectness_kl(given: dict[str, Any]) -> dict[str, float]:
    logits = torch.full((1, 2), given["policy_logit"], dtype=torch.float64).requires_grad_()
    reference = torch.full((1, 2), given["ref_logit"], dtype=torch.float64)
    found = Grqo(**OFFICIAL).divergence(logits, reference).mean()
    found.backward()
    return {"kl": found.item(), "grad_policy_logit": logits.grad[0, 0].item()}


def contrastive_logits(given: dict[str, Any]) -> Any:
    visual, prompts = (torch.tensor(given[name]) for name in ("visual", "prompts"))
    asked = given["log_scale"]
    learned = {"auto": visual.shape[-1] ** -0.5, "none": 1.0, None: 1.0}
    scale = learned[asked] if asked in learned else math.exp(asked)
    mask = torch.tensor(given["prompt_mask"])
    return query_logits(visual, prompts, mask, scale=scale, bias=PRIOR_BIAS * given["bias"])


def lv_contrastive_loss(given: dict[str, Any]) -> float:
    pairs = zip(given["text_tokens"], given["token_positive_maps"], strict=True)
    labels = [label_features(torch.tensor(t), torch.tensor(belongs)) for t, belongs in pairs]
    classes = torch.cat([torch.tensor(rows) for rows in given["instance_class_onehot"]])
    texts = class_features(torch.cat(labels), classes)
    loss = alignment_loss(
        texts, torch.tensor(given["visual_prompts"]), log_scale=given["logit_scale_log"]
    )
    return given["weight"] * loss.item()


def all_or_none_are_muted(given: dict[str, Any]) -> bool:
    return not 0 < given["num_mute"] < len(given["query_logits"][0])


PREDICATES = {"all_or_none_are_muted": all_or_none_are_muted}

EXPECTED = {"refused": lambda given, published: {"raises": "ConfigError"}}


ADAPTERS = {
    "query_reward": query_reward,
    "grqo_loss": grqo_loss,
    "objectness_kl": objectness_kl,
    "contrastive_logits": contrastive_logits,
    "lv_contrastive_loss": lv_contrastive_loss,
}

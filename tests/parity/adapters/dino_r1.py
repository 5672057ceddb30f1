"""DINO-R1: what a query of its detector is worth."""

from __future__ import annotations

from typing import Any

import numpy as np

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


ADAPTERS = {"query_reward": query_reward}

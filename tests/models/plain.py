"""The plain path: every answer alone behind its own prompt and images, through the stock model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from regard.models.policy import Policy
from regard.models.prompts import Prompt, collate


def plain_logprobs(
    policy: Policy,
    prompts: Sequence[Prompt],
    answers: Sequence[Sequence[int]],
    prompt_of: Sequence[int],
) -> Tensor:
    """Log-probabilities of all answer tokens, one forward pass of the whole model an answer."""
    model = policy.base
    found = []
    for answer, number in zip(answers, prompt_of, strict=True):
        inputs = collate([prompts[number]], policy.family, policy.pixels)
        ids = torch.cat([inputs.token_ids, torch.tensor([answer])], dim=1)
        extra = dict(inputs.pixels)
        if extra and hasattr(model.model, "get_rope_index"):
            kinds = (ids == policy.family.image_id).int()
            extra["position_ids"] = model.model.get_rope_index(
                ids, mm_token_type_ids=kinds, image_grid_thw=extra["image_grid_thw"]
            )[0]
        logits = model(input_ids=ids, use_cache=False, **extra).logits[0]
        start = len(prompts[number]) - 1
        logits = logits[start : start + len(answer)].clone()
        logits[:, list(policy.family.banned_ids)] = float("-inf")
        found.append(logits.log_softmax(-1)[torch.arange(len(answer)), torch.tensor(answer)])
    return torch.cat(found)

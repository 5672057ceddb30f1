"""The stock model, row by row: every answer alone behind its own prompt and images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from regard.models.policy import Policy
from regard.models.prompts import Prompt, pixels_of


def plain_logprobs(
    policy: Policy,
    prompts: Sequence[Prompt],
    answers: Sequence[Sequence[int]],
    prompt_of: Sequence[int],
) -> Tensor:
    """Log-probabilities of all answer tokens, by one call of the whole model for each answer.

    The call is what a user of transformers writes: kinds of tokens where its processor makes
    them, and no positions.
    """
    model = policy.base
    found = []
    for answer, number in zip(answers, prompt_of, strict=True):
        ids = torch.tensor([[*prompts[number].token_ids, *answer]])
        extra = dict(pixels_of([prompts[number]], policy.family, policy.pixels))
        kinds = (ids == policy.family.image_id).int()
        if hasattr(model.model, "rope_deltas"):
            model.model.rope_deltas = None  # what the last call left
            extra["mm_token_type_ids"] = kinds
        elif model.config.model_type == "gemma3":
            extra["token_type_ids"] = kinds
        logits = model(input_ids=ids, use_cache=False, **extra).logits[0]
        start = len(prompts[number]) - 1
        logits = logits[start : start + len(answer)].clone()
        logits[:, list(policy.family.banned_ids)] = float("-inf")
        found.append(logits.log_softmax(-1)[torch.arange(len(answer)), torch.tensor(answer)])
    return torch.cat(found)

"""Contrast: an image and its text are closer to one another than to any other pair's.

InfoNCE as CLIP has it (arXiv:2103.00020), which Perceptual-Initialization trains with, and the two
uses DINO-R1 (arXiv:2505.24025) makes of products of features: the scores of its detector's queries
against prompts, and the alignment of visual prompts with the words of their classes.

Letters: P pairs, F features, B images, Q queries, U prompts or classes, I instances, T text tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

PRIOR_BIAS = -math.log(99)
"""Where the bias of a detector's scores begins: at a probability of one in a hundred."""


@dataclass(frozen=True)
class PairLoss:
    """The loss of a batch of pairs, and both its halves."""

    by_image: Float[Tensor, ""]
    """Cross-entropy of finding each image's text among all texts."""
    by_text: Float[Tensor, ""]
    """Cross-entropy of finding each text's image among all images."""

    @property
    def total(self) -> Float[Tensor, ""]:
        return (self.by_image + self.by_text) / 2


def info_nce(
    images: Float[Tensor, "P F"],
    texts: Float[Tensor, "P F"],
    *,
    log_scale: float | Float[Tensor, ""],
    max_scale: float = 100.0,
) -> PairLoss:
    """Contrast of pairs whose features have length 1; the scale exp(log_scale) is held.

    >>> pairs = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> round(info_nce(pairs, pairs, log_scale=0.0).total.item(), 4)  # log(1 + 1/e)
    0.3133
    """
    logits = held_scale(log_scale, max_scale).to(images) * images @ texts.T
    matches = torch.arange(len(images), device=images.device)
    return PairLoss(
        torch.nn.functional.cross_entropy(logits, matches),
        torch.nn.functional.cross_entropy(logits.T, matches),
    )


def held_scale(log_scale: float | Float[Tensor, ""], max_scale: float) -> Float[Tensor, ""]:
    """One over the temperature of a contrast, which CLIP holds to at most 100."""
    return torch.as_tensor(log_scale, dtype=torch.float64).exp().clamp(max=max_scale)


def query_logits(
    queries: Float[Tensor, "B Q F"],
    prompts: Float[Tensor, "B U F"],
    is_real: Bool[Tensor, "B U"],
    *,
    scale: float | Float[Tensor, ""],
    bias: float | Float[Tensor, ""] = 0.0,
) -> Float[Tensor, "B Q U"]:
    """Scores of a detector's queries against prompts; -inf for prompts that are only padding.

    DINO-R1's scale is one over the root of the number of features, its bias begins at `PRIOR_BIAS`.

    >>> one = torch.ones(1, 1, 4)
    >>> query_logits(one, one, torch.tensor([[True]]), scale=0.5, bias=-1.0)
    tensor([[[1.]]])
    """
    scores = queries @ prompts.transpose(-1, -2) * scale + bias
    return scores.masked_fill(~is_real[:, None, :], float("-inf"))


def class_features(
    features: Float[Tensor, "I F"], is_of_class: Bool[Tensor, "I U"]
) -> Float[Tensor, "U F"]:
    """The mean over the instances of each class; every class has at least one."""
    weights = is_of_class.to(features)
    return weights.T @ features / weights.sum(0)[:, None]


def label_features(
    tokens: Float[Tensor, "T F"], belongs: Float[Tensor, "I T"]
) -> Float[Tensor, "I F"]:
    """The mean over the tokens of each instance's label."""
    is_part = (belongs > 0).to(tokens)
    return is_part @ tokens / is_part.sum(1, keepdim=True)


def alignment_loss(
    texts: Float[Tensor, "U F"], prompts: Float[Tensor, "U F"], *, log_scale: float | Tensor
) -> Float[Tensor, ""]:
    """Contrast of each class's words with its visual prompt; the words carry no gradient."""
    normalised = torch.nn.functional.normalize
    return info_nce(
        normalised(texts.detach(), dim=-1),
        normalised(prompts, dim=-1),
        log_scale=log_scale,
        max_scale=float("inf"),
    ).total

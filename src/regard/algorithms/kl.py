"""Estimates of how far the policy has moved from its reference, token by token.

With d = log p_reference - log p_policy at a token the policy drew (Schulman, "Approximating KL
divergence", 2020): k1 = -d is unbiased and may be negative, k2 = d^2 / 2 is low in variance and
biased, k3 = exp(d) - d - 1 is unbiased and never negative (what GRPO uses). |d| is no divergence,
but some frameworks offer it. The full divergence needs the whole distributions: the head makes it
chunk by chunk (`regard.models.head`), and it costs the reference's logits of every token.

Letters: N tokens, V vocabulary, R completions.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

Estimator = Literal["k1", "k2", "k3", "absolute"]
Divergence = Literal[Estimator, "full"]
"""One of the estimates, or the divergence itself, over the whole vocabulary."""


def kl(
    logprob: Float[Tensor, " N"],
    reference_logprob: Float[Tensor, " N"],
    *,
    estimator: Estimator,
    limit: float | None = None,
) -> Float[Tensor, " N"]:
    """One estimate a token (nats), with a gradient for `logprob`; held to +-limit if there is one.

    >>> import math
    >>> half, whole = torch.tensor([math.log(0.5)]), torch.tensor([0.0])
    >>> [round(kl(half, whole, estimator=e).item(), 4) for e in ("k1", "k2", "k3", "absolute")]
    [-0.6931, 0.2402, 0.3069, 0.6931]
    """
    difference = reference_logprob - logprob
    if estimator == "k1":
        found = -difference
    elif estimator == "k2":
        found = difference.square() / 2
    elif estimator == "k3":
        found = difference.exp() - difference - 1
    else:
        found = difference.abs()
    return found if limit is None else found.clamp(-limit, limit)


def full_kl(
    logprobs: Float[Tensor, "N V"], reference_logprobs: Float[Tensor, "N V"]
) -> Float[Tensor, " N"]:
    """The divergence of the policy from its reference over the whole vocabulary (nats).

    >>> even, sure = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.75, 0.25]]).log()
    >>> full_kl(even, sure)  # 0.5 log(0.5 / 0.75) + 0.5 log(0.5 / 0.25)
    tensor([0.1438])
    """
    # What the policy cannot say adds nothing, whatever the reference thinks of it.
    probs = logprobs.exp()
    return (probs * (logprobs - reference_logprobs)).where(probs > 0, 0.0).sum(-1)


def to_go(values: Float[Tensor, " N"], lengths: Int[Tensor, " R"]) -> Float[Tensor, " N"]:
    """At each token, the sum from it to the end of its completion.

    >>> to_go(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([2, 1]))
    tensor([3., 2., 4.])
    """
    rows = values.split(lengths.tolist())
    return torch.cat([row.flip(0).cumsum(0).flip(0) for row in rows] or [values])

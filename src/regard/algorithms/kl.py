"""Estimates of how far the policy has moved from its reference, token by token.

With d = log p_reference - log p_policy at a token the policy drew (Schulman, "Approximating KL
divergence", 2020): k1 = -d is unbiased and may be negative, k2 = d^2 / 2 is low in variance and
biased, k3 = exp(d) - d - 1 is unbiased and never negative (what GRPO uses).

Letters: N tokens.
"""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor

Estimator = Literal["k1", "k2", "k3"]


def kl(
    logprob: Float[Tensor, " N"], reference_logprob: Float[Tensor, " N"], *, estimator: Estimator
) -> Float[Tensor, " N"]:
    """One estimate a token (nats), with a gradient for `logprob`.

    >>> import math, torch
    >>> half, whole = torch.tensor([math.log(0.5)]), torch.tensor([0.0])
    >>> [round(kl(half, whole, estimator=e).item(), 4) for e in ("k1", "k2", "k3")]
    [-0.6931, 0.2402, 0.3069]
    """
    difference = reference_logprob - logprob
    if estimator == "k1":
        return -difference
    if estimator == "k2":
        return difference.square() / 2
    return difference.exp() - difference - 1

"""What is maximised at each token: importance ratio times advantage, clipped.

Letters: N tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@runtime_checkable
class Surrogate(Protocol):
    """An objective for each token, and where it holds the policy back."""

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
    ) -> tuple[Float[Tensor, " N"], Bool[Tensor, " N"]]: ...


@dataclass(frozen=True, kw_only=True)
class Clip:
    """PPO's clipped ratio (arXiv:1707.06347), its two sides apart as in DAPO (arXiv:2503.14476).

    With r = p / p_old: min(r A, clip(r, 1 - low, 1 + high) A). On the very policy that drew the
    tokens r is 1 and its gradient is the plain policy gradient.
    """

    low: float = 0.2
    high: float = 0.2

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
    ) -> tuple[Float[Tensor, " N"], Bool[Tensor, " N"]]:
        ratio = (logprob - old_logprob).exp()
        free = ratio * advantage
        held = ratio.clamp(1 - self.low, 1 + self.high) * advantage
        return torch.minimum(free, held), held < free

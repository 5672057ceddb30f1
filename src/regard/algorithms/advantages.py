"""Advantages of completions to the same question: how much better each was than its siblings.

GRPO (arXiv:2402.03300) divides by the group's spread; Dr. GRPO (arXiv:2503.20783) does not.

Letters: B questions, G completions to each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class Advantage(Protocol):
    """Turns the rewards of groups of one size into advantages."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]: ...


@dataclass(frozen=True, kw_only=True)
class GroupMean:
    """Centre rewards within each group; by default also divide by their spread.

    >>> import torch
    >>> GroupMean(divide_by_std=False)(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    tensor([[ 0.5000, -0.5000],
            [ 0.0000,  0.0000]])
    """

    divide_by_std: bool = True
    """Divide by the group's spread (GRPO); Dr. GRPO does not."""
    spread: Literal["sample", "population"] = "sample"
    """Divide squares by G - 1 or by G: with two completions, a factor of 1.41."""
    eps: float = 1e-4
    """Added to the spread; TRL's and VLM-R1's value."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]:
        centred = rewards - rewards.mean(dim=1, keepdim=True)
        # Rounding must not turn equal rewards into a signal.
        is_equal = (rewards == rewards[:, :1]).all(dim=1, keepdim=True)
        centred = centred.masked_fill(is_equal, 0.0)
        if not self.divide_by_std:
            return centred
        correction = 1 if self.spread == "sample" else 0
        return centred / (rewards.std(dim=1, keepdim=True, correction=correction) + self.eps)

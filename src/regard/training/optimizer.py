"""AdamW with warm-up, decay and clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch

from regard.models.policy import Policy


@dataclass(frozen=True, kw_only=True)
class AdamW:
    """AdamW (arXiv:1711.05101) and the course of its learning rate."""

    learning_rate: float
    """The highest, reached after the warm-up."""
    warmup_steps: int = 0
    """Steps over which it rises from nothing, in a straight line; at most half the stage's."""
    starts_at_zero: bool = False
    """The first step has the rate 0, as with torch's schedulers; else it is one step on."""
    decay: Literal["constant", "linear", "cosine"] = "constant"
    """How it falls from there to `final_fraction` of itself, which it would reach after the end."""
    final_fraction: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    """Applied to matrices, not to biases and norms."""
    max_gradient_norm: float = 1.0
    """Gradients longer than this are shortened to it."""

    def build(self, policy: Policy) -> torch.optim.AdamW:
        """An optimiser over the policy's trainable weights."""
        matrices = [p for _, p in policy.trainable() if p.ndim >= 2]
        others = [p for _, p in policy.trainable() if p.ndim < 2]
        groups = [
            {"params": matrices, "weight_decay": self.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=self.learning_rate, betas=self.betas, eps=self.eps,
        )  # fmt: skip

    def rate_at(self, step: int, num_steps: int) -> float:
        """The learning rate of a step, counted from 0.

        >>> course = AdamW(learning_rate=1.0, warmup_steps=2, decay="linear")
        >>> [round(course.rate_at(step, 6), 2) for step in range(6)]
        [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
        """
        warmup = self.warmup_steps
        if warmup >= num_steps:
            warmup = max(num_steps // 2, 1)
        if step < warmup:
            return self.learning_rate * (step + (not self.starts_at_zero)) / warmup
        if self.decay == "constant":
            return self.learning_rate
        way = min((step - warmup) / max(num_steps - warmup, 1), 1.0)
        left = 1 - way if self.decay == "linear" else (1 + math.cos(math.pi * way)) / 2
        return self.learning_rate * (self.final_fraction + (1 - self.final_fraction) * left)

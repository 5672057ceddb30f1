"""AdamW and Muon, with warm-up, decay and clipping."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch

from regard.models.policy import Policy
from regard.training.muon import OrthogonalMomentum


@dataclass(frozen=True, kw_only=True)
class Optimizer(ABC):
    """The course of a learning rate, and what all optimisers have in common."""

    learning_rate: float
    """The highest, reached after the warm-up."""
    warmup_steps: int = 0
    """Steps over which it rises from nothing, in a straight line; at most half the stage's."""
    starts_at_zero: bool = False
    """The first step has the rate 0, as with torch's schedulers; else it is one step on."""
    decay: Literal["constant", "linear", "cosine"] = "constant"
    """How it falls from there to `final_fraction` of itself, which it would reach after the end."""
    final_fraction: float = 0.0
    weight_decay: float = 0.0
    """Applied to matrices, not to biases and norms."""
    max_gradient_norm: float = 1.0
    """Gradients longer than this are shortened to it."""

    @abstractmethod
    def build(self, policy: Policy) -> torch.optim.Optimizer:
        """An optimiser over the policy's trainable weights."""

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


@dataclass(frozen=True, kw_only=True)
class AdamW(Optimizer):
    """AdamW (arXiv:1711.05101)."""

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def build(self, policy: Policy) -> torch.optim.Optimizer:
        return self._over([parameter for _, parameter in policy.trainable()])

    def _over(self, weights: list[torch.nn.Parameter]) -> torch.optim.AdamW:
        groups = [
            {"params": [w for w in weights if w.ndim >= 2], "weight_decay": self.weight_decay},
            {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=self.learning_rate, betas=self.betas, eps=self.eps,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Muon(AdamW):
    """Muon for the matrices of layers, AdamW for embeddings, convolutions, biases and norms.

    Muon (Jordan et al., kellerjordan.github.io/posts/muon) moves a matrix by its momentum with all
    singular values made equal. Its steps are scaled as in "Muon is Scalable for LLM Training"
    (arXiv:2502.16982), so that one learning rate does for both. Low-rank adapters are better off
    with AdamW.
    """

    matrix_scale: float = 1.0
    """The learning rate of matrices, as a multiple of the others'."""
    momentum: float = 0.95

    def build(self, policy: Policy) -> torch.optim.Optimizer:
        tables = _tables(policy)
        weights = [parameter for _, parameter in policy.trainable()]
        matrices = [weight for weight in weights if weight.ndim == 2 and weight not in tables]
        others = [weight for weight in weights if weight.ndim != 2 or weight in tables]
        parts: list[torch.optim.Optimizer] = []
        if matrices:
            muon = OrthogonalMomentum(
                matrices, lr=self.learning_rate, weight_decay=self.weight_decay,
                momentum=self.momentum,
            )  # fmt: skip
            muon.param_groups[0][RATE_SCALE] = self.matrix_scale
            parts.append(muon)
        if others:
            parts.append(self._over(others))
        return _Joined(parts)


RATE_SCALE = "rate_scale"
"""Of a group of weights, by its own key: its learning rate as a multiple of the stage's."""


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group of weights the learning rate of a step."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get(RATE_SCALE, 1.0)


class _Joined(torch.optim.Optimizer):
    """Several optimisers of different weights, to the outside one."""

    def __init__(self, parts: list[torch.optim.Optimizer]) -> None:
        groups = [group for part in parts for group in part.param_groups]
        super().__init__(groups, {})
        self.parts = parts
        for part in parts:
            part.state = self.state

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step of each."""
        for part in self.parts:
            part.step()


def _tables(policy: Policy) -> set[torch.nn.Parameter]:
    """The weights whose rows are things, not features: embeddings, and the head, of words."""
    model = policy.model
    modules = [m for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    return {
        module.weight for module in (*modules, model.get_output_embeddings()) if module is not None
    }

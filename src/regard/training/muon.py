"""Muon's step: a matrix moves by its momentum with all singular values made nearly equal.

As `torch.optim.Muon`, whose steps the tests compare with these. But matrices of one shape are
multiplied together, and on a CPU in float32: not every CPU multiplies bfloat16 in hardware, and on
those that do not, torch's takes many times as long (`benchmarks/muon.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that brings singular values near 1 soonest (Jordan et al.)."""
_ITERATIONS = 5
_TOGETHER = 1 << 22
"""Numbers that are multiplied at a time: of small matrices many, of large ones one."""


class OrthogonalMomentum(torch.optim.Optimizer):
    """Muon for matrices (kellerjordan.github.io/posts/muon), with Nesterov's momentum.

    A step is 0.2 times the root of the longer side, so that its root mean square is that of a usual
    step of AdamW ("Muon is Scalable for LLM Training", arXiv:2502.16982, section 2.2).
    """

    def __init__(
        self, weights: Iterable[Tensor], *, lr: float, momentum: float, weight_decay: float
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            rate, decay = group["lr"], group["weight_decay"]
            for some in _alike(weight for weight in group["params"] if weight.grad is not None):
                moves = orthogonal(torch.stack([self._sought(w, group["momentum"]) for w in some]))
                length = 0.2 * max(some[0].shape) ** 0.5
                for weight, move in zip(some, moves, strict=True):
                    weight.mul_(1 - rate * decay).add_(move.to(weight.dtype), alpha=-rate * length)

    def _sought(self, weight: Tensor, momentum: float) -> Tensor:
        """The gradient, as far on as the momentum that it has been added to."""
        state, gradient = self.state[weight], weight.grad
        assert gradient is not None
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        gathered = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(gathered, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices `(count, rows, columns)` with the same directions, and singular values near 1.

    Five iterations of Newton and Schulz, in float32 on a CPU and elsewhere in bfloat16, which is
    also what comes back. Of singular values from three thousandths of a matrix's norm on they make
    such between 0.68 and 1.21; smaller ones stay smaller.
    """
    lies = matrices.shape[-2] <= matrices.shape[-1]
    x = matrices if lies else matrices.mT
    x = x.to(torch.float32 if x.device.type == "cpu" else torch.bfloat16)
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if lies else x.mT


def _alike(weights: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """The weights in lists of one shape, device and sort, none of which is large."""
    found: dict[tuple[object, ...], list[Tensor]] = {}
    for weight in weights:
        found.setdefault((weight.shape, weight.device, weight.dtype), []).append(weight)
    for some in found.values():
        count = max(_TOGETHER // some[0].numel(), 1)
        yield from (some[i : i + count] for i in range(0, len(some), count))

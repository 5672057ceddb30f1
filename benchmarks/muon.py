"""How long a step of Muon takes for the matrices of `regard-tiny`: torch's, and ours.

    python benchmarks/muon.py

One thread; the least of ten steps each, taken by turns. torch's multiplies in bfloat16, which not
every processor does in hardware; ours in float32. The last line says how far apart their moves are.
"""

from __future__ import annotations

import time

import torch

from regard.models.policy import PolicySpec
from regard.training.muon import OrthogonalMomentum
from regard.training.optimizer import Muon

NUM_STEPS = 10


def matrices() -> list[torch.Tensor]:
    """The weights that Muon moves, of the model that is shipped."""
    policy = PolicySpec(weights="regard-tiny").load()
    groups = Muon(learning_rate=1.0).build(policy).param_groups
    return [w.detach() for group in groups if "momentum" in group for w in group["params"]]


def main() -> None:
    torch.set_num_threads(1)
    begun = matrices()
    torchs, ours = ([w.clone().requires_grad_() for w in begun] for _ in range(2))
    optimizers: dict[str, torch.optim.Optimizer] = {
        "torch": torch.optim.Muon(
            torchs, lr=0.01, weight_decay=0.0, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        ),
        "ours": OrthogonalMomentum(ours, lr=0.01, weight_decay=0.0, momentum=0.95),
    }
    generator = torch.Generator().manual_seed(0)
    spent: dict[str, list[float]] = {name: [] for name in optimizers}
    for _ in range(NUM_STEPS):
        for one, other in zip(torchs, ours, strict=True):
            one.grad = torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        for name, optimizer in optimizers.items():
            start = time.perf_counter()
            optimizer.step()
            spent[name].append(time.perf_counter() - start)
    least = {name: min(times) for name, times in spent.items()}
    for name, seconds in least.items():
        print(f"{name:5}  {1000 * seconds:7.1f} ms a step of {len(begun)} matrices")
    print(f"ours is {least['torch'] / least['ours']:.1f} times as fast")
    apart = [
        ((one - other).norm() / (one - first).norm()).item()
        for one, other, first in zip(torchs, ours, begun, strict=True)
    ]
    print(f"after {NUM_STEPS} steps at most {100 * max(apart):.1f} % of the way apart")


if __name__ == "__main__":
    main()

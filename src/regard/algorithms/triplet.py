"""Triplets: of two images, the one people found more alike must be the closer one.

Perceptual-Initialization (arXiv:2505.14204) trains on the votes of NIGHTS with a hinge on the
difference of two distances; DreamSim (arXiv:2306.09344) has the same with a sum.

Letters: P triplets, F features.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Distance = Literal["cosine", "euclidean"]


def distances(
    ones: Float[Tensor, "P F"], others: Float[Tensor, "P F"], *, distance: Distance = "cosine"
) -> Float[Tensor, " P"]:
    """How far apart two features are: 1 - cosine, from 0 to 2, or the length of their difference.

    A feature of nothing but zeros has the cosine distance 1 to everything.
    """
    if distance == "euclidean":
        # Inside the root, so that two equal features have a gradient.
        return ((ones - others).square().sum(-1) + 1e-8).sqrt()
    return 1 - torch.nn.functional.cosine_similarity(ones, others, dim=-1)


def triplet_hinge(
    gap: Float[Tensor, " P"], right_is_closer: Float[Tensor, " P"], *, margin: float = 0.05
) -> Float[Tensor, " P"]:
    """What the distance to the left less that to the right lacks of the margin, on the right side.

    A target between 0 and 1 scales the gap down; at 1/2 the loss is the margin, whatever the gap.

    >>> triplet_hinge(torch.tensor([0.03, 0.03, 0.2]), torch.tensor([1.0, 0.0, 1.0]))
    tensor([0.0200, 0.0800, 0.0000])
    """
    return (margin - (2 * right_is_closer - 1) * gap).clamp_min(0)


def vote(fraction: Float[Tensor, " P"]) -> Float[Tensor, " P"]:
    """DreamSim's target out of the share of votes for the right one; one half goes to the left."""
    return fraction.round()


def agrees_with_votes(gap: Float[Tensor, " P"], fraction: Float[Tensor, " P"]) -> Tensor:
    """Whether the closer one is the one that got the votes; one half counts for the right one."""
    return (fraction >= 0.5) == (gap > 0)

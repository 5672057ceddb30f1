"""GRQO: the queries of a detector as a group (DINO-R1, arXiv:2505.24025).

Each of the Q queries of an image has a reward (`geometry.matching.query_rewards`, or any other with
a gradient), which is judged against its siblings'; a divergence on their objectness keeps the
detector near its reference. Standardised over all queries, advantages add up to 0, and so do their
gradients: the objective learns only because the queries that were selected last are muted, and by
the gap between them and the rest.

Letters: L decoder layers, B images, Q queries (selected best first), T image tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Grqo:
    """The objective over queries; DINO-R1's numbers, but where it says ours."""

    advantage_coef: float = 0.01
    """Weight of the advantages (alpha)."""
    kl_coef: float = 0.04
    """Weight of the divergence (beta); it counts in every layer."""
    muted: float | int = 1 / 3
    """Queries selected last that are muted: a share of all, or a number (theirs: 300 of 900)."""
    eps: float = 1e-4
    """Added to the spread of a group. Ours: at their 2e-9, equal rewards have gradients of 1e5."""
    least_probability: float = 1e-4
    """Objectness is held above this in the divergence. Ours: without, it grows beyond bounds."""
    kl_eps: float = 2e-9
    """Added to each probability in the divergence."""

    def __call__(
        self,
        rewards: Float[Tensor, "L B Q"],
        query_logits: Float[Tensor, "B Q"],
        selected: Int[Tensor, "B Q"],
        reference_logits: Float[Tensor, "B T"],
    ) -> Float[Tensor, " L"]:
        """The loss of each layer; `selected` are the image tokens the queries were made from."""
        advantage = self.advantages(rewards)
        divergence = self.divergence(query_logits, reference_logits.gather(1, selected))
        return (self.kl_coef * divergence - self.advantage_coef * advantage).mean(dim=(1, 2))

    def advantages(self, rewards: Float[Tensor, "L B Q"]) -> Float[Tensor, "L B Q"]:
        """Rewards standardised over the queries of an image, with a gradient; 0 for the muted."""
        centred = rewards - rewards.mean(-1, keepdim=True)
        found = centred / (rewards.std(-1, keepdim=True) + self.eps)
        num_heard = rewards.shape[-1] - self._num_muted(rewards.shape[-1])
        is_heard = torch.arange(rewards.shape[-1], device=rewards.device) < num_heard
        return found.masked_fill(~is_heard, 0.0)

    def divergence(
        self, logits: Float[Tensor, "B Q"], reference_logits: Float[Tensor, "B Q"]
    ) -> Float[Tensor, "B Q"]:
        """How far the objectness of each query is from the reference's (k3, nats)."""
        policy, reference = (
            logits.sigmoid().clamp_min(self.least_probability) + self.kl_eps,
            reference_logits.sigmoid().clamp_min(self.least_probability) + self.kl_eps,
        )
        return reference / policy - reference.log() + policy.log() - 1

    def _num_muted(self, num_queries: int) -> int:
        number = round(self.muted * num_queries) if isinstance(self.muted, float) else self.muted
        if not 0 < number < num_queries:
            raise ConfigError(
                f"Grqo: {number} of {num_queries} queries are muted; advantages teach nothing "
                "unless some are and some are not"
            )
        return number

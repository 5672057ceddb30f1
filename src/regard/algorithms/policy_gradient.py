"""Policy-gradient algorithms as compositions: advantage x surrogate x divergence x aggregation.

A published algorithm is a value, made by the function of its name; a variant is that value with a
field replaced.

Letters: B groups, G completions of each, R completions, N tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from regard.algorithms.advantages import Advantage, GroupMean
from regard.algorithms.aggregate import Aggregate, ConstantLength, SequenceMean, TokenMean
from regard.algorithms.batch import TokenBatch, TokenLoss, pack
from regard.algorithms.kl import Estimator, kl
from regard.algorithms.surrogates import Clip, Surrogate
from regard.types import Group


@dataclass(frozen=True, kw_only=True)
class PolicyGradient:
    """Push each token by the advantage of its completion; stay near the reference if asked to."""

    advantage: Advantage = field(default_factory=GroupMean)
    surrogate: Surrogate = field(default_factory=Clip)
    aggregate: Aggregate = field(default_factory=SequenceMean)
    kl_coef: float = 0.0
    """Weight of the divergence from the reference; at 0 no reference is loaded."""
    kl_estimator: Estimator = "k3"

    @property
    def needs_reference(self) -> bool:
        return self.kl_coef != 0

    def judge(self, groups: Sequence[Group]) -> list[Group]:
        """The groups with an advantage for each completion; groups may differ in size."""
        return [replace(group, advantages=self._advantages(group)) for group in groups]

    def weigh(self, groups: Sequence[Group]) -> TokenBatch:
        """Shares over all completions; those that teach nothing are then left out, exactly."""
        batch = pack(groups)
        share = self.aggregate(batch.lengths)
        batch = replace(batch, policy_weight=share.repeat_interleave(batch.lengths))
        if self.needs_reference:
            return batch
        advantage = torch.tensor([a for group in groups for a in group.advantages])
        return batch.rows(advantage.nonzero()[:, 0])

    def loss(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> TokenLoss:
        gain, is_held = self.surrogate(logprob, batch.old_logprob, batch.advantage)
        moved = (logprob.detach() - batch.old_logprob).abs()
        values = -gain
        metrics = {"policy/clip_fraction": is_held.float(), "policy/log_ratio": moved}
        if self.needs_reference:
            if batch.reference_logprob is None:
                raise ValueError("a divergence is asked for, but the batch has no reference")
            divergence = kl(logprob, batch.reference_logprob, estimator=self.kl_estimator)
            values = values + self.kl_coef * divergence
            metrics["policy/kl"] = divergence.detach()
        return TokenLoss(batch.policy_weight * values, metrics)

    def _advantages(self, group: Group) -> tuple[float, ...]:
        rewards = torch.tensor([group.values], dtype=torch.float64)
        return tuple(self.advantage(rewards)[0].tolist())


def grpo(*, kl_coef: float = 0.04, clip: float = 0.2, divide_by_std: bool = True) -> PolicyGradient:
    """GRPO (DeepSeekMath, arXiv:2402.03300, eq. 3 and 4; kl_coef 0.04 in §4.2)."""
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=divide_by_std),
        surrogate=Clip(low=clip, high=clip),
        aggregate=SequenceMean(),
        kl_coef=kl_coef,
    )


def dr_grpo(*, max_tokens: int, clip: float = 0.2, kl_coef: float = 0.0) -> PolicyGradient:
    """Dr. GRPO (arXiv:2503.20783): neither the group's spread nor the length divides."""
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=False),
        surrogate=Clip(low=clip, high=clip),
        aggregate=ConstantLength(max_tokens),
        kl_coef=kl_coef,
    )


def dapo(*, clip_low: float = 0.2, clip_high: float = 0.28) -> PolicyGradient:
    """DAPO's loss (arXiv:2503.14476, eq. 8 and §4.1): clip-higher, token mean, no divergence.

    Its dynamic sampling and its soft punishment of overlong answers are not part of the loss.
    """
    return PolicyGradient(surrogate=Clip(low=clip_low, high=clip_high), aggregate=TokenMean())

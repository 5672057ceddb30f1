"""Policy-gradient algorithms as compositions: advantage x surrogate x divergence x aggregation.

A published algorithm is a value, made by the function of its name; a variant is that value with a
field replaced. What the published systems run stands in `published`.

Letters: B groups, G completions of each, R completions, N tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from regard.algorithms.advantages import (
    Advantage,
    AdvantageOfGroups,
    BareReward,
    GroupMean,
    LeaveOneOut,
    PassAtK,
    PerComponent,
    advantages_of,
)
from regard.algorithms.aggregate import Aggregate, ConstantLength, SequenceMean, TokenMean
from regard.algorithms.batch import TokenBatch, TokenLoss, completions_of, pack, token_weights
from regard.algorithms.imitation import Marked, Selection
from regard.algorithms.kl import Divergence, kl, to_go
from regard.algorithms.surrogates import Cispo, Clip, Surrogate, TruncatedImportance, by_completion
from regard.errors import ConfigError
from regard.schedule import Scheduled
from regard.types import Group


@dataclass(frozen=True, kw_only=True)
class PolicyGradient:
    """Push each token by the advantage of its completion; stay near the reference if asked to."""

    advantage: Advantage | AdvantageOfGroups = field(default_factory=GroupMean)
    surrogate: Surrogate = field(default_factory=Clip)
    aggregate: Aggregate = field(default_factory=SequenceMean)
    kl_coef: float | Scheduled = 0.0
    """Weight of the divergence from the reference, constant or following what is measured; at 0 no
    reference is loaded."""
    kl_estimator: Divergence = "k3"
    kl_limit: float | None = None
    """The estimate is held to +- this (nats); EasyR1 and verl have 10."""
    kl_in: Literal["loss", "reward"] = "loss"
    """Added to each token's loss, with a gradient; or taken from the reward of each token, without
    one: then a token's advantage is less by all the divergence from it to the end."""
    whiten: bool = False
    """Centre advantages over all tokens of the step, and divide by their spread (REINFORCE++)."""
    importance: TruncatedImportance | None = None
    """How to make up for an engine whose log-probabilities differ; costs a pass over each step's
    completions, to find training's own."""
    entropy_coef: float = 0.0
    """Weight of the entropy of each token's distribution, which is raised: 0.01 keeps a policy
    from narrowing too soon, a negative one narrows it."""
    imitation_coef: float = 0.0
    """Weight of the cross-entropy of completions worth imitating, averaged over their tokens."""
    imitate: Selection = field(default_factory=Marked)
    """Which those are."""

    def __post_init__(self) -> None:
        if self.kl_estimator == "full" and not (self.kl_in == "loss" and self.is_per_token):
            raise ConfigError(
                'kl_estimator="full" is made where the loss of each token is, so it goes with '
                'kl_in="loss" and a surrogate of single tokens; take "k3" here'
            )

    @property
    def needs_reference(self) -> bool:
        return self.kl_coef != 0

    @property
    def needs_divergence(self) -> bool:
        return self.needs_reference and self.kl_estimator == "full"

    @property
    def needs_own_logprob(self) -> bool:
        return self.importance is not None

    @property
    def is_per_token(self) -> bool:
        whole = self.importance is not None and self.importance.level == "sequence"
        return getattr(self.surrogate, "is_per_token", False) and not whole

    @property
    def needs_entropy(self) -> bool:
        return self.entropy_coef != 0

    def judge(self, groups: Sequence[Group]) -> list[Group]:
        """The groups with an advantage for each completion; groups may differ in size."""
        found = advantages_of(self.advantage, groups)
        return [
            replace(group, advantages=tuple(row)) for group, row in zip(groups, found, strict=True)
        ]

    def weigh(self, groups: Sequence[Group]) -> TokenBatch:
        """Shares over all completions; those that teach nothing are then left out, exactly."""
        batch = pack(groups)
        counts = token_weights(completions_of(groups), kind="policy")
        lengths = by_completion((counts > 0).float(), batch.lengths).long()
        share = self.aggregate(lengths).repeat_interleave(batch.lengths)
        batch = replace(batch, policy_weight=share * counts)
        if self.imitation_coef:
            chosen = self.imitate(groups)
            whole = chosen.sum().clamp_min(torch.finfo(chosen.dtype).tiny)
            batch = replace(batch, imitation_weight=self.imitation_coef * chosen / whole)
        if self.needs_reference or self.needs_entropy or self.whiten:
            return batch
        pushes = batch.advantage.ne(0) & batch.policy_weight.ne(0) | batch.imitation_weight.ne(0)
        return batch.rows(by_completion(pushes.float(), batch.lengths).nonzero()[:, 0])

    def settle(self, batches: Sequence[TokenBatch]) -> list[TokenBatch]:
        """Take the divergence from the advantages and whiten them, where the composition does."""
        settled = list(batches)
        if self.kl_in == "reward" and self.needs_reference:
            settled = [replace(b, advantage=self._less_divergence(b)) for b in settled]
        if self.whiten:
            mean, scale = _whitening(torch.cat([b.advantage[b.policy_weight > 0] for b in settled]))
            settled = [replace(b, advantage=(b.advantage - mean) * scale) for b in settled]
        return settled

    def loss(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> TokenLoss:
        gain = self.surrogate(logprob, batch.old_logprob, batch.advantage, batch.lengths)
        moved = (logprob.detach() - batch.old_logprob).abs()
        values = -gain.values
        metrics = {**gain.facts, "policy/log_ratio": moved}
        if self.importance is not None and batch.engine_logprob is not None:
            weight = self.importance(batch.old_logprob, batch.engine_logprob, batch.lengths)
            values = weight * values
            metrics["policy/engine_weight"] = weight
        if self.needs_reference:
            divergence = self._divergence(batch, logprob)
            if self.kl_in == "loss":
                values = values + float(self.kl_coef) * divergence
            metrics["policy/kl"] = divergence.detach()
        if self.needs_entropy:
            if batch.entropy is None:
                raise ValueError("entropy is to be raised, but the batch has none")
            values = values - self.entropy_coef * batch.entropy
        total = batch.policy_weight * values
        if self.imitation_coef:
            total = total - batch.imitation_weight * logprob
            metrics["imitation/share"] = (batch.imitation_weight > 0).float()
        return TokenLoss(total, metrics)

    def _divergence(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        reference = batch.divergence if self.needs_divergence else batch.reference_logprob
        if reference is None:
            raise ValueError("a divergence is asked for, but the batch has no reference")
        if self.kl_estimator == "full":
            return reference if self.kl_limit is None else reference.clamp(max=self.kl_limit)
        return kl(logprob, reference, estimator=self.kl_estimator, limit=self.kl_limit)

    def _less_divergence(self, batch: TokenBatch) -> Float[Tensor, " N"]:
        """Advantages less the divergence from each token on, under the policy that drew them."""
        counts = (batch.policy_weight > 0).float()
        divergence = self._divergence(batch, batch.old_logprob) * counts
        return batch.advantage - float(self.kl_coef) * to_go(divergence, batch.lengths)


def _whitening(advantages: Float[Tensor, " N"]) -> tuple[float, float]:
    """The mean of advantages, and one over their spread; 0 where they are all the same."""
    if not len(advantages) or (advantages == advantages[0]).all():
        return 0.0, 0.0
    # As in OpenRLHF: the population's variance, held above 1e-8.
    variance = advantages.var(correction=0).clamp_min(1e-8)
    return advantages.mean().item(), variance.rsqrt().item()


def grpo(
    *, kl_coef: float | Scheduled = 0.04, clip: float | Scheduled = 0.2, divide_by_std: bool = True
) -> PolicyGradient:
    """GRPO (DeepSeekMath, arXiv:2402.03300, eq. 3 and 4; kl_coef 0.04 in §4.2)."""
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=divide_by_std),
        surrogate=Clip(low=clip, high=clip),
        aggregate=SequenceMean(),
        kl_coef=kl_coef,
    )


def dr_grpo(
    *, max_tokens: int, clip: float | Scheduled = 0.2, kl_coef: float | Scheduled = 0.0
) -> PolicyGradient:
    """Dr. GRPO (arXiv:2503.20783): neither the group's spread nor the length divides."""
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=False),
        surrogate=Clip(low=clip, high=clip),
        aggregate=ConstantLength(max_tokens),
        kl_coef=kl_coef,
    )


def dapo(
    *, clip_low: float | Scheduled = 0.2, clip_high: float | Scheduled = 0.28
) -> PolicyGradient:
    """DAPO's loss (arXiv:2503.14476, eq. 8 and §4.1): clip-higher, token mean, no divergence.

    Its dynamic sampling is `Resample` of a stage, its punishment of overlong answers the reward
    `soft_overlong`.
    """
    return PolicyGradient(surrogate=Clip(low=clip_low, high=clip_high), aggregate=TokenMean())


def gspo(
    *, clip_low: float | Scheduled = 3e-4, clip_high: float | Scheduled = 4e-4
) -> PolicyGradient:
    """GSPO (arXiv:2507.18071, clip of its experiments): ratio and clip of whole completions."""
    return PolicyGradient(
        surrogate=Clip(low=clip_low, high=clip_high, ratio="sequence"), aggregate=SequenceMean()
    )


def cispo(*, most: float = 5.0) -> PolicyGradient:
    """CISPO (MiniMax-M1, arXiv:2506.13585): no token is clipped away."""
    return PolicyGradient(surrogate=Cispo(most=most), aggregate=TokenMean())


def rloo(*, clip: float | Scheduled = 0.2, kl_coef: float | Scheduled = 0.0) -> PolicyGradient:
    """RLOO (arXiv:2402.14740): the mean of the others as baseline, the divergence in the reward.

    As in OpenRLHF and TRL with PPO's clip, which is without effect at one update a step.
    """
    return PolicyGradient(
        advantage=LeaveOneOut(),
        surrogate=Clip(low=clip, high=clip),
        aggregate=SequenceMean(),
        kl_coef=kl_coef,
        kl_estimator="k1",
        kl_in="reward",
    )


def reinforce_plus_plus(
    *, clip: float | Scheduled = 0.2, kl_coef: float | Scheduled = 1e-4
) -> PolicyGradient:
    """REINFORCE++ (arXiv:2501.03262): no groups, advantages whitened over the step.

    Clip and weight of the divergence are those of OpenRLHF's script; the paper gives none.
    """
    return PolicyGradient(
        advantage=BareReward(),
        surrogate=Clip(low=clip, high=clip),
        aggregate=TokenMean(),
        kl_coef=kl_coef,
        kl_estimator="k1",
        kl_in="reward",
        whiten=True,
    )


def reinforce_plus_plus_baseline(
    *, clip: float | Scheduled = 0.2, kl_coef: float | Scheduled = 1e-4
) -> PolicyGradient:
    """REINFORCE++ with the group's mean as baseline (same paper).

    The divergence is in the loss, by the estimate k2, whose gradient is that of the divergence.
    """
    return PolicyGradient(
        advantage=GroupMean(divide_by_std=False),
        surrogate=Clip(low=clip, high=clip),
        aggregate=TokenMean(),
        kl_coef=kl_coef,
        kl_estimator="k2",
        whiten=True,
    )


def gdpo(*, clip: float | Scheduled = 0.2, kl_coef: float | Scheduled = 0.0) -> PolicyGradient:
    """GDPO (arXiv:2601.05242): every part of the reward is judged by itself."""
    return replace(grpo(kl_coef=kl_coef, clip=clip), advantage=PerComponent())


def pass_at_k(
    *, k: int = 4, clip_low: float | Scheduled = 0.2, clip_high: float | Scheduled = 0.28
) -> PolicyGradient:
    """Pass@k training (arXiv:2508.10751): DAPO's loss, rewarding sets of k with a right one."""
    return replace(dapo(clip_low=clip_low, clip_high=clip_high), advantage=PassAtK(k=k))

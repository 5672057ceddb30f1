"""Imitation: raise the likelihood of given answers (supervised fine-tuning)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jaxtyping import Float
from torch import Tensor

from regard.algorithms.aggregate import Aggregate, TokenMean
from regard.algorithms.batch import TokenBatch, TokenLoss, pack
from regard.types import Group


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """Cross-entropy of the tokens of every completion, averaged as `aggregate` says."""

    aggregate: Aggregate = field(default_factory=TokenMean)

    @property
    def needs_reference(self) -> bool:
        return False

    def judge(self, groups: Sequence[Group]) -> list[Group]:
        """Nothing to judge: every answer is worth imitating."""
        return list(groups)

    def weigh(self, groups: Sequence[Group]) -> TokenBatch:
        batch = pack(groups)
        share = self.aggregate(batch.lengths)
        return replace(batch, imitation_weight=share.repeat_interleave(batch.lengths))

    def loss(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> TokenLoss:
        return TokenLoss(-batch.imitation_weight * logprob, {})

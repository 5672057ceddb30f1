"""Imitation: raise the likelihood of given answers (supervised fine-tuning), or of good own ones.

Letters: R completions, N tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from regard.algorithms.aggregate import Aggregate, TokenMean
from regard.algorithms.batch import TokenBatch, TokenLoss, completions_of, pack, token_weights
from regard.text.reflection import count_marks
from regard.types import Group


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """Cross-entropy of the tokens of every completion, averaged as `aggregate` says."""

    aggregate: Aggregate = field(default_factory=TokenMean)

    @property
    def needs_reference(self) -> bool:
        return False

    @property
    def needs_own_logprob(self) -> bool:
        return False

    @property
    def is_per_token(self) -> bool:
        return True

    @property
    def needs_divergence(self) -> bool:
        return False

    @property
    def needs_entropy(self) -> bool:
        return False

    def judge(self, groups: Sequence[Group]) -> list[Group]:
        """Nothing to judge: every answer is worth imitating."""
        return list(groups)

    def weigh(self, groups: Sequence[Group]) -> TokenBatch:
        batch = pack(groups)
        share = self.aggregate(batch.lengths)
        return replace(batch, imitation_weight=share.repeat_interleave(batch.lengths))

    def settle(self, batches: Sequence[TokenBatch]) -> list[TokenBatch]:
        """Nothing depends on log-probabilities."""
        return list(batches)

    def loss(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> TokenLoss:
        return TokenLoss(-batch.imitation_weight * logprob, {})


# --------------------------------------------------------------- beside a policy gradient


@runtime_checkable
class Selection(Protocol):
    """Which tokens of a step's own completions are worth imitating, and how much."""

    def __call__(self, groups: Sequence[Group]) -> Float[Tensor, " N"]: ...


@dataclass(frozen=True)
class Marked:
    """What the rollout marked: accepted second thoughts (`imitation_weights` of a completion)."""

    def __call__(self, groups: Sequence[Group]) -> Float[Tensor, " N"]:
        return token_weights(completions_of(groups), kind="imitation")


@dataclass(frozen=True, kw_only=True)
class ReflectiveAndGood:
    """All of every completion that has second thoughts and is better than its siblings.

    VL-Rethinker's released rule (`group_sft`): words are counted, whoever put them there.
    """

    min_marks: int = 1
    """Least number of "wait," and "alternatively" in it."""

    def __call__(self, groups: Sequence[Group]) -> Float[Tensor, " N"]:
        chosen = [
            float(advantage > 0 and count_marks(completion.text) >= self.min_marks)
            for group in groups
            for completion, advantage in zip(group.completions, group.advantages, strict=True)
        ]
        lengths = torch.tensor([len(c.token_ids) for c in completions_of(groups)])
        return torch.tensor(chosen).repeat_interleave(lengths)

"""The tokens an update learns from, packed, each with what it is to be pushed by.

Policy gradient, imitation and whatever mixes them share this: a token carries an advantage, and a
weight for each kind of learning.

Letters: R completions, N tokens of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.types import Completion, Group

Kind = Literal["policy", "imitation"]


@dataclass(frozen=True)
class TokenBatch:
    """N tokens of R completions, completion after completion."""

    group: Int[Tensor, " R"]
    """The group each completion belongs to, by its number among those weighed together."""
    lengths: Int[Tensor, " R"]
    token_ids: Int[Tensor, " N"]
    advantage: Float[Tensor, " N"]
    old_logprob: Float[Tensor, " N"]
    """Under the policy that drew them (nats)."""
    policy_weight: Float[Tensor, " N"]
    """Share of the policy gradient and of the divergence from the reference."""
    imitation_weight: Float[Tensor, " N"]
    """Share of the log-likelihood."""
    reference_logprob: Float[Tensor, " N"] | None = None
    """Under the reference policy (nats); absent where none is asked for."""
    entropy: Float[Tensor, " N"] | None = None
    """Of the distribution each token stands in, under the policy that learns (nats), with a
    gradient; there while the loss is taken, if the algorithm asks for it."""
    divergence: Float[Tensor, " N"] | None = None
    """Of that distribution from the reference's, over the whole vocabulary (nats), with a gradient;
    there while the loss is taken, if the algorithm asks for it."""
    engine_logprob: Float[Tensor, " N"] | None = None
    """Under the engine that drew them (nats), where `old_logprob` was found again by training."""

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def answers(self) -> list[list[int]]:
        """The tokens of each completion."""
        return [ids.tolist() for ids in self.token_ids.split(self.lengths.tolist())]

    def rows(self, rows: Sequence[int] | Int[Tensor, " kept"]) -> TokenBatch:
        """Only these completions, in this order; weights stay what they are."""
        kept = torch.as_tensor(rows, dtype=torch.long)
        starts = self.lengths.cumsum(0) - self.lengths
        spans = [torch.arange(int(self.lengths[i])) + starts[i] for i in kept.tolist()]
        tokens = torch.cat(spans) if spans else torch.empty(0, dtype=torch.long)
        by_row = {name: getattr(self, name)[kept] for name in ("group", "lengths")}
        by_token = {
            f.name: getattr(self, f.name)[tokens]
            for f in fields(self)
            if f.name not in by_row and getattr(self, f.name) is not None
        }
        return replace(self, **by_row, **by_token)

    def tokens(self, part: slice) -> TokenBatch:
        """Only these tokens, for a loss that looks at each by itself: it cuts completions."""
        by_token = {
            f.name: getattr(self, f.name)[part]
            for f in fields(self)
            if f.name not in ("group", "lengths") and getattr(self, f.name) is not None
        }
        return replace(self, **by_token)

    def to(self, device: torch.device) -> TokenBatch:
        """The same batch with what the loss reads on another device."""
        stays = ("group",)
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in stays}
        moved = {name: value.to(device) for name, value in values.items() if value is not None}
        return replace(self, **moved)


@dataclass(frozen=True)
class TokenLoss:
    """The loss of each token, weighted; their sum is what is minimised."""

    values: Float[Tensor, " N"]
    metrics: dict[str, Float[Tensor, " N"]]
    """Facts about each token, without gradients; the trainer reports their means."""


@runtime_checkable
class Algorithm(Protocol):
    """Says who learns what from which token; the trainer knows no more of it than this."""

    @property
    def needs_reference(self) -> bool:
        """Whether log-probabilities of a reference policy are read."""
        ...

    @property
    def needs_own_logprob(self) -> bool:
        """Whether training is to find `old_logprob` again, because the engine's are not its own."""
        ...

    @property
    def is_per_token(self) -> bool:
        """Whether a token's loss depends on its own log-probability and on no other's."""
        ...

    @property
    def needs_entropy(self) -> bool:
        """Whether `loss` reads the entropies of the policy that learns."""
        ...

    @property
    def needs_divergence(self) -> bool:
        """Whether `loss` reads divergences over the whole vocabulary, and so no reference's
        log-probabilities."""
        ...

    def judge(self, groups: Sequence[Group]) -> list[Group]:
        """The groups with their advantages."""
        ...

    def weigh(self, groups: Sequence[Group]) -> TokenBatch:
        """The tokens of one update."""
        ...

    def settle(self, batches: Sequence[TokenBatch]) -> list[TokenBatch]:
        """All the updates of a step once more, now that their log-probabilities are known.

        Here a divergence becomes part of the advantage, and advantages are whitened over tokens.
        """
        ...

    def loss(self, batch: TokenBatch, logprob: Float[Tensor, " N"]) -> TokenLoss:
        """What each token adds to the loss."""
        ...


def pack(groups: Sequence[Group]) -> TokenBatch:
    """The completions of these groups, packed, with all weights at zero."""
    completions = completions_of(groups)
    lengths = torch.tensor([len(c.token_ids) for c in completions], dtype=torch.long)
    advantages = [a for g in groups for a in (g.advantages or (0.0,) * len(g))]
    zeros = torch.zeros(int(lengths.sum()))
    return TokenBatch(
        group=torch.arange(len(groups)).repeat_interleave(torch.tensor([len(g) for g in groups])),
        lengths=lengths,
        token_ids=torch.tensor([t for c in completions for t in c.token_ids], dtype=torch.long),
        advantage=torch.tensor(advantages).repeat_interleave(lengths),
        old_logprob=torch.tensor([p for c in completions for p in c.logprobs] or zeros.tolist()),
        policy_weight=zeros,
        imitation_weight=zeros,
    )


def completions_of(groups: Sequence[Group]) -> list[Completion]:
    """The completions of these groups, one after another."""
    return [completion for group in groups for completion in group.completions]


def token_weights(completions: Sequence[Completion], *, kind: Kind) -> Float[Tensor, " N"]:
    """How much each token of these completions counts, as they say themselves."""
    given = [c.policy_weights if kind == "policy" else c.imitation_weights for c in completions]
    default = 1.0 if kind == "policy" else 0.0
    rows = zip(completions, given, strict=True)
    return torch.tensor([w for c, own in rows for w in own or (default,) * len(c.token_ids)])

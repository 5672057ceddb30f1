"""Tables of tokens with a mask, as the published functions take them, packed and back again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from regard.algorithms.advantages import Advantage
from regard.algorithms.aggregate import SequenceMean, SequenceSum, TokenMean, TokenSum
from regard.algorithms.batch import TokenBatch
from regard.algorithms.imitation import Imitation
from regard.algorithms.kl import Estimator, kl
from regard.algorithms.policy_gradient import PolicyGradient
from regard.algorithms.surrogates import Clip
from regard.errors import ConfigError

Table = Sequence[Sequence[float]]

AGGREGATES = {
    "token-mean": lambda width: TokenMean(eps=1e-8),
    "seq-mean-token-mean": lambda width: SequenceMean(),
    "seq-mean-token-sum": lambda width: SequenceSum(),
    "seq-mean-token-sum-norm": lambda width: TokenSum(divisor=float(width)),
}
"""verl's names of them, from the width of a padded batch."""

_KINDS: dict[str, tuple[Estimator, float | None]] = {
    "kl": ("k1", None),
    "abs": ("absolute", None),
    "mse": ("k2", None),
    "low_var_kl": ("k3", 10.0),
    "trl": ("k3", None),
}


class Tokens:
    """The unmasked tokens of a table, row after row."""

    def __init__(self, mask: Table) -> None:
        self.is_token = torch.tensor(mask).bool()
        self.lengths = self.is_token.sum(1)

    def pack(self, table: Table) -> Tensor:
        return torch.tensor(table, dtype=torch.float64)[self.is_token]

    def spread(self, values: Tensor) -> list[list[float]]:
        """A table again, with 0 where the mask is."""
        table = torch.zeros(self.is_token.shape, dtype=values.dtype)
        table[self.is_token] = values
        return table.tolist()

    def rows(self, values: Sequence[float]) -> list[list[float]]:
        """One value a row as a table."""
        return [[value] * self.is_token.shape[1] for value in values]

    def batch(
        self,
        algorithm: PolicyGradient,
        *,
        old: Table,
        advantages: Table,
        reference: Table | None = None,
    ) -> TokenBatch:
        share = algorithm.aggregate(self.lengths).double().repeat_interleave(self.lengths)
        return TokenBatch(
            group=torch.zeros(len(self.lengths), dtype=torch.long),
            lengths=self.lengths,
            token_ids=torch.zeros(int(self.lengths.sum()), dtype=torch.long),
            advantage=self.pack(advantages),
            old_logprob=self.pack(old),
            policy_weight=share,
            imitation_weight=torch.zeros_like(share),
            reference_logprob=None if reference is None else self.pack(reference),
        )


def run(
    algorithm: PolicyGradient,
    *,
    now: Table,
    old: Table,
    advantages: Table,
    mask: Table,
    reference: Table | None = None,
    imitated: Sequence[bool] = (),
) -> dict[str, Any]:
    """The loss, its gradient, and the mean of each fact over the tokens."""
    tokens = Tokens(mask)
    logprob = tokens.pack(now).requires_grad_()
    batch = tokens.batch(algorithm, old=old, advantages=advantages, reference=reference)
    loss = replace(algorithm, imitation_coef=0.0).loss(batch, logprob)
    loss.values.sum().backward()
    counted = len(logprob)
    chosen = torch.tensor(imitated or [False] * len(mask)).repeat_interleave(tokens.lengths)
    imitation = replace(batch, imitation_weight=chosen / chosen.sum().clamp_min(1))
    return {
        "loss": loss.values.sum().item(),
        "imitation": Imitation().loss(imitation, logprob).values.sum().item(),
        "gradient": tokens.spread(logprob.grad),
        "drift": (batch.old_logprob - logprob.detach()).mean().item() if counted else 0.0,
        "means": {
            name: fact.mean().item() if counted else 0.0 for name, fact in loss.metrics.items()
        },
        "sequence_means": {
            name: (fact * batch.policy_weight).sum().item() for name, fact in loss.metrics.items()
        },
    }


def verl_policy_loss(
    given: dict[str, Any], algorithm: PolicyGradient, clip: Clip
) -> dict[str, Any]:
    """What verl's `compute_policy_loss` returns, of an algorithm with this clip."""
    mask = given["response_mask"]
    found = run(
        replace(algorithm, surrogate=clip, aggregate=AGGREGATES[given["agg"]](len(mask[0]))),
        now=given["log_probs"], old=given["old_log_probs"], advantages=given["advantages"],
        mask=mask,
    )  # fmt: skip
    return {
        "loss": found["loss"],
        "clipfrac": found["means"]["policy/clip_fraction"],
        "ppo_kl": found["drift"],
        "clipfrac_lower": found["means"]["policy/dual_clip_fraction"],
    }


def advantages_by_group(
    scores: Sequence[float],
    groups: Sequence[Any],
    advantage: Advantage,
    dtype: torch.dtype = torch.float32,
) -> list[float]:
    """Advantages of scores in any order, in single precision, as the frameworks compute them."""
    found = [0.0] * len(scores)
    for name in dict.fromkeys(groups):
        members = [i for i, other in enumerate(groups) if other == name]
        row = advantage(torch.tensor([[scores[i] for i in members]], dtype=dtype))
        for i, value in zip(members, row[0].tolist(), strict=True):
            found[i] = value
    return found


def advantages_by_token(
    scores: Sequence[float], groups: Sequence[Any], mask: Table, advantage: Advantage
) -> list[list[float]]:
    """The same at every token of each row."""
    tokens = Tokens(mask)
    found = torch.tensor(advantages_by_group(scores, groups, advantage))
    return tokens.spread(found.repeat_interleave(tokens.lengths))


def divergence(now: Sequence[float], reference: Sequence[float], kind: str) -> list[float]:
    """An estimate by the name that verl and EasyR1 have for it."""
    if kind not in _KINDS:
        raise ConfigError(f"no estimate is called {kind}")
    estimator, limit = _KINDS[kind]
    return kl(*torch.tensor([now, reference]), estimator=estimator, limit=limit).tolist()


class EqualGroups:
    """The rule for groups all of which earn the same, from how scores and groups are read.

    Published, the mean in single precision may be off by a last digit, which a spread of nothing
    but eps then makes a hundredth or more.
    """

    def __init__(self, read: Callable[[dict[str, Any]], tuple[Sequence[float], Sequence[Any]]]):
        self._read = read

    def exist(self, given: dict[str, Any]) -> bool:
        return any(self.are_equal(given))

    def have_none(self, given: dict[str, Any], published: Any) -> Any:
        """The published advantages with exactly 0 for these groups."""
        if isinstance(published, dict):
            return {**published, "advantages": self.have_none(given, published["advantages"])}
        rows = zip(self.are_equal(given), published, strict=True)
        return [zeros(row) if is_equal else row for is_equal, row in rows]

    def are_equal(self, given: dict[str, Any]) -> list[bool]:
        """For each score, whether it has siblings and they all have the same."""
        members: dict[Any, list[float]] = {}
        scores, groups = self._read(given)
        for score, name in zip(scores, groups, strict=True):
            members.setdefault(name, []).append(score)
        return [len(members[name]) > 1 and len(set(members[name])) == 1 for name in groups]


def zeros(row: Any) -> Any:
    return [0.0] * len(row) if isinstance(row, list) else 0.0


def in_turn(given: dict[str, Any]) -> tuple[list[float], list[int]]:
    """Sums of rewards, groups one after another."""
    sums = [sum(row) for row in given["rewards_per_func"]]
    return sums, [i // given["num_generations"] for i in range(len(sums))]

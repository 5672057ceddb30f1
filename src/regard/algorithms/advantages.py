"""Advantages of completions to the same question: how much better each was than its siblings.

GRPO (arXiv:2402.03300) divides by the group's spread; Dr. GRPO (arXiv:2503.20783) does not; RLOO
(arXiv:2402.14740) compares with the others only. What needs more than the rewards of one group (its
lengths, the parts of its scores, the other groups) is an `AdvantageOfGroups`.

Letters: B questions, G completions to each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from regard.errors import ConfigError, DataError, nearest
from regard.types import Group


@runtime_checkable
class Advantage(Protocol):
    """Turns the rewards of groups of one size into advantages."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]: ...


@runtime_checkable
class AdvantageOfGroups(Protocol):
    """Turns all the groups of a step into advantages, one for each completion."""

    def of_groups(self, groups: Sequence[Group]) -> list[list[float]]: ...


def advantages_of(
    advantage: Advantage | AdvantageOfGroups, groups: Sequence[Group]
) -> list[list[float]]:
    """The advantages of scored groups, which may differ in size."""
    if isinstance(advantage, AdvantageOfGroups):
        return advantage.of_groups(groups)
    return [advantage(_row(group.values))[0].tolist() for group in groups]


# ------------------------------------------------------------------- from the rewards of a group


@dataclass(frozen=True, kw_only=True)
class GroupMean:
    """Centre rewards within each group; by default also divide by their spread.

    >>> GroupMean(divide_by_std=False)(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    tensor([[ 0.5000, -0.5000],
            [ 0.0000,  0.0000]])
    """

    divide_by_std: bool = True
    """Divide by the group's spread (GRPO); Dr. GRPO does not."""
    spread: Literal["sample", "population"] = "sample"
    """Divide squares by G - 1 or by G: with two completions, a factor of 1.41."""
    eps: float = 1e-4
    """Added to the spread; TRL's and VLM-R1's value. verl and EasyR1 have 1e-6."""
    alone: Literal["error", "reward"] = "error"
    """What a completion without siblings has: it cannot be judged, or its bare reward (verl)."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]:
        if rewards.shape[1] == 1:
            if self.alone == "error":
                raise ConfigError(
                    "a group of one completion has no siblings to be judged against; sample more, "
                    "or let it keep its reward with GroupMean(alone='reward')"
                )
            return rewards / (1 + self.eps) if self.divide_by_std else rewards
        centred = rewards - rewards.mean(dim=1, keepdim=True)
        # Rounding must not turn equal rewards into a signal.
        is_equal = (rewards == rewards[:, :1]).all(dim=1, keepdim=True)
        centred = centred.masked_fill(is_equal, 0.0)
        if not self.divide_by_std:
            return centred
        correction = 1 if self.spread == "sample" else 0
        return centred / (rewards.std(dim=1, keepdim=True, correction=correction) + self.eps)


@dataclass(frozen=True)
class LeaveOneOut:
    """Each reward less the mean of the others' (RLOO, arXiv:2402.14740).

    >>> LeaveOneOut()(torch.tensor([[1.0, 0.0, 0.0]]))
    tensor([[ 1.0000, -0.5000, -0.5000]])
    """

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]:
        num_others = max(rewards.shape[1] - 1, 1)
        return GroupMean(divide_by_std=False)(rewards) * (rewards.shape[1] / num_others)


@dataclass(frozen=True)
class BareReward:
    """The reward itself, without a baseline; for what is whitened over the batch afterwards."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]:
        return rewards


@dataclass(frozen=True, kw_only=True)
class PassAtK:
    """What a completion does for the chance that one of k is right (arXiv:2508.10751).

    With n wrong ones of G, the reward of a set of k is on average 1 - C(n, k) / C(G, k), and its
    spread is that of a coin. Right answers to an easy question weigh little, and where fewer than k
    are wrong, nothing.

    >>> PassAtK(k=2)(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    tensor([[ 1.0000, -0.3333, -0.3333, -0.3333]])
    """

    k: int = 4
    """Size of the sets: at least 1, at most the group's."""
    threshold: float = 0.5
    """A completion is right from this reward on."""

    def __call__(self, rewards: Float[Tensor, "B G"]) -> Float[Tensor, "B G"]:
        is_right = rewards >= self.threshold
        return torch.stack([self._of_one(row).to(rewards) for row in is_right])

    def _of_one(self, is_right: Bool[Tensor, " G"]) -> Float[Tensor, " G"]:
        size, num_wrong = len(is_right), int((~is_right).sum())
        if not 1 <= self.k <= size:
            raise ConfigError(f"PassAtK: k is {self.k}, but a group has {size} completions")
        mean = 1 - math.comb(num_wrong, self.k) / math.comb(size, self.k)
        spread = math.sqrt(mean * (1 - mean))
        if not spread:
            return torch.zeros(size)
        others = math.comb(num_wrong - 1, self.k - 1) / math.comb(size - 1, self.k - 1)
        right, wrong = (1 - mean) / spread, (1 - mean - others) / spread
        return torch.where(is_right, right, wrong)


# --------------------------------------------------------- from more than the rewards of a group


@dataclass(frozen=True, kw_only=True)
class BatchSpread:
    """Centre within each group, divide by the spread over all completions of the step.

    A group's own spread makes much of small differences; that of the batch does not
    (arXiv:2508.08221; TRL's `scale_rewards="batch"`).
    """

    eps: float = 1e-4

    def of_groups(self, groups: Sequence[Group]) -> list[list[float]]:
        rewards = torch.tensor([value for group in groups for value in group.values])
        spread = rewards.double().std().item() if len(rewards) > 1 else 0.0
        centred = advantages_of(GroupMean(divide_by_std=False), groups)
        return [[value / (spread + self.eps) for value in row] for row in centred]


@dataclass(frozen=True, kw_only=True)
class PerComponent:
    """Judge every part of a score within the group by itself, and add up (GDPO, arXiv:2601.05242).

    Added up first, parts that pull in different directions cancel out before anyone has compared
    them: (1, 0) and (0, 1) are the same sum. The total is then whitened over the step.
    """

    within: Advantage = field(default_factory=GroupMean)
    """How one part is judged."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of each part's advantage; 1 for parts that are not named."""
    whiten: bool = True
    """Centre the totals over all completions of the step and divide by their spread."""
    eps: float = 1e-4

    def of_groups(self, groups: Sequence[Group]) -> list[list[float]]:
        totals = [self._total(group) for group in groups]
        if not self.whiten or not totals:
            return [total.tolist() for total in totals]
        every = torch.cat(totals)
        if not every.any():  # nothing set any two siblings apart
            return [total.tolist() for total in totals]
        spread = every.std() + self.eps
        return [((total - every.mean()) / spread).tolist() for total in totals]

    def _total(self, group: Group) -> Float[Tensor, " G"]:
        names = list(group.scores[0].parts)
        if not names:
            raise DataError(
                f"example '{group.example.id}': its score has no parts to be judged one by one; "
                "give the stage a Weighted reward"
            )
        if unknown := self.weights.keys() - set(names):
            name = sorted(unknown)[0]
            raise ConfigError(f"PerComponent weighs '{name}', no part; {nearest(name, names)}")
        total = torch.zeros(len(group), dtype=torch.float64)
        for name in names:
            part = _row([score.parts[name].value for score in group.scores])
            total += self.weights.get(name, 1.0) * self.within(part)[0]
        return total


@dataclass(frozen=True, kw_only=True)
class LengthBonus:
    """Make the advantages of long right answers larger, of short ones smaller (VL-Rethinker)."""

    base: Advantage = field(default_factory=lambda: GroupMean(divide_by_std=False))
    limit: float = 0.499
    """Greatest change, as a share of the advantage (their code, `format=longer`)."""
    threshold: float = 0.5
    """A completion is right above this reward."""

    def of_groups(self, groups: Sequence[Group]) -> list[list[float]]:
        found = []
        for group in groups:
            rewards = _row(group.values)
            lengths = _row([len(completion.token_ids) for completion in group.completions])
            bonus = length_bonus(lengths, rewards > self.threshold, limit=self.limit)
            found.append((self.base(rewards) * (1 + bonus))[0].tolist())
        return found


def length_bonus(
    lengths: Float[Tensor, "B G"], is_right: Bool[Tensor, "B G"], *, limit: float
) -> Float[Tensor, "B G"]:
    """How much longer each right answer is than their mean, from -1 to 1, then held to +-limit.

    Above the mean the unit is the longest right answer's distance, below it the shortest one's.

    >>> lengths = torch.tensor([[10.0, 20.0, 40.0, 50.0]])
    >>> length_bonus(lengths, torch.tensor([[True, True, False, True]]), limit=0.5)
    tensor([[-0.5000, -0.4000,  0.0000,  0.5000]])
    """
    num_right = is_right.sum(dim=1, keepdim=True)
    mean = (lengths * is_right).sum(dim=1, keepdim=True) / num_right.clamp_min(1)
    distance = torch.where(is_right, lengths - mean, 0.0)
    longest, shortest = distance.amax(1, keepdim=True), -distance.amin(1, keepdim=True)
    unit = torch.where(distance > 0, longest, shortest)
    return torch.where(distance == 0, 0.0, distance / unit).clamp(-limit, limit)


def _row(values: Sequence[Any]) -> Float[Tensor, "1 G"]:
    """In double precision: rounding shows where advantages are divided by a small spread."""
    return torch.tensor([values], dtype=torch.float64)

"""What is done with a step's groups between scoring and learning: kept, sampled anew, cut down.

A filter is a value that takes one group and returns it, changed or not, or None to leave it out.

Letters: G completions of a group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, pvariance
from typing import Protocol, runtime_checkable

from regard.errors import ConfigError, nearest
from regard.types import Completion, Finish, Group


@runtime_checkable
class Filter(Protocol):
    """Takes a group and gives it back, smaller perhaps, or None."""

    def __call__(self, group: Group) -> Group | None: ...


# ----------------------------------------------------------------------------- whole groups


@dataclass(frozen=True, kw_only=True)
class WithSignal:
    """Only groups in which something sets siblings apart (DAPO, arXiv:2503.14476, section 3.2)."""

    part: str | None = None
    """The part of the reward to look at, "accuracy" say; None looks at the whole. A shaped reward
    tells wrong answers apart, too."""

    def __call__(self, group: Group) -> Group | None:
        return group if has_signal(_values(group, self.part)) else None


@dataclass(frozen=True, kw_only=True)
class SolveRate:
    """Only groups with a mean within bounds: neither too easy nor too hard for the policy now."""

    least: float = 0.0
    most: float = 1.0
    part: str | None = None
    """The part of the reward to look at; None looks at the whole."""

    def __call__(self, group: Group) -> Group | None:
        return group if self.least <= fmean(_values(group, self.part)) <= self.most else None


@dataclass(frozen=True, kw_only=True)
class Resample:
    """Dynamic sampling (DAPO): ask other questions until enough groups pass.

    What is too much is left out. If `tries` are not enough, the step makes do with what it has.
    """

    until: Filter = field(default_factory=WithSignal)
    tries: int = 10
    """How often a step's number of questions is asked at most (verl's recipe of DAPO)."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ConfigError(f"Resample: tries is {self.tries}; it must be 1 or more")


# --------------------------------------------------------------------- completions of a group


@dataclass(frozen=True, kw_only=True)
class MostVaried:
    """Of each group, the completions whose rewards vary most (PODS, arXiv:2504.13818).

    That is some of the best and the rest of the worst. Goes before judging: advantages are made
    within what is left.
    """

    keep: int
    """Completions left of each group."""

    def __call__(self, group: Group) -> Group | None:
        if self.keep >= len(group):
            return group
        order = sorted(range(len(group)), key=group.values.__getitem__)
        halves = [
            order[:low] + order[len(order) - self.keep + low :] for low in range(self.keep + 1)
        ]
        best = max(halves, key=lambda rows: pvariance([group.values[row] for row in rows]))
        return only(group, sorted(best))


@dataclass(frozen=True, kw_only=True)
class LargestAdvantages:
    """Of each group, the completions with the largest advantages of either sign (CPPO,
    arXiv:2503.22342). Goes after judging."""

    keep: int
    """Completions left of each group."""

    def __call__(self, group: Group) -> Group | None:
        order = sorted(range(len(group)), key=lambda row: -abs(group.advantages[row]))
        return only(group, sorted(order[: self.keep]))


@dataclass(frozen=True)
class MaskTruncated:
    """What was cut at the greatest length pushes nothing (DAPO's overlong filtering).

    It was judged, and its siblings against it. Goes after judging.
    """

    def __call__(self, group: Group) -> Group | None:
        def masked(completion: Completion) -> Completion:
            if completion.finish != Finish.LENGTH:
                return completion
            return replace(completion, policy_weights=(0.0,) * len(completion.token_ids))

        return replace(group, completions=tuple(map(masked, group.completions)))


def only(group: Group, rows: Sequence[int]) -> Group:
    """The same group with only these completions."""
    return replace(
        group,
        completions=tuple(group.completions[row] for row in rows),
        scores=tuple(group.scores[row] for row in rows),
        advantages=tuple(group.advantages[row] for row in rows) if group.advantages else (),
    )


# ------------------------------------------------------------------------------- how many


@dataclass
class Counts:
    """What filters have taken out of a step, by filter."""

    metrics: dict[str, float] = field(default_factory=dict)

    def apply(self, filters: Sequence[Filter], group: Group | None) -> Group | None:
        """The group after these filters, one after another."""
        for one in filters:
            if group is None:
                return None
            left = one(group)
            self._add(f"filter/{_snake(one)}/groups", left is None)
            self._add(f"filter/{_snake(one)}/completions", _num_pushing(group) - _num_pushing(left))
            group = left
        return group

    def _add(self, name: str, number: float) -> None:
        self.metrics[name] = self.metrics.get(name, 0.0) + number


def has_signal(values: Sequence[float]) -> bool:
    """Whether anything sets siblings apart; one that is alone is taken as it is.

    >>> has_signal([1.0, 1.0]), has_signal([1.0, 0.0]), has_signal([1.0])
    (False, True, True)
    """
    return len(values) == 1 or max(values) != min(values)


TIERS = ("solve_all", "solve_none", "easy", "medium", "hard")
"""Names of the tiers a group can fall in; the first two are parts of others."""


def solve_rate_shares(values: Sequence[float]) -> dict[str, float]:
    """The solve rate of a group, and which tier it falls in (VL-Rethinker's code logs these).

    >>> solve_rate_shares([1.0, 0.0, 0.0, 0.0])["hard"], solve_rate_shares([1.0, 1.0])["solve_all"]
    (True, True)
    """
    rate = fmean(values)
    return {
        "difficulty": rate,
        "solve_all": rate > 0.95,
        "solve_none": rate < 0.05,
        "easy": rate > 0.7,
        "medium": 0.35 <= rate <= 0.7,
        "hard": rate < 0.35,
    }


def _values(group: Group, part: str | None) -> list[float]:
    if part is None:
        return list(group.values)
    known = group.scores[0].parts
    if part not in known:
        hint = nearest(part, known)
        raise ConfigError(f"a filter looks at '{part}', no part of the reward; {hint}")
    return [score.parts[part].value for score in group.scores]


def _num_pushing(group: Group | None) -> int:
    """Completions of which anything can push."""
    completions = group.completions if group else ()
    return sum(not c.policy_weights or any(c.policy_weights) for c in completions)


def _snake(value: object) -> str:
    """The name of a value's class as metrics have it.

    >>> _snake(WithSignal())
    'with_signal'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(value).__name__).lower()

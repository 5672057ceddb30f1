"""What a claim is: arms that differ in one thing, and criteria written before anything is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from regard.errors import ConfigError, nearest

Budget: TypeAlias = Literal["generated tokens", "updates"]


@dataclass(frozen=True)
class Criterion:
    """One sentence about two arms, and the number it stands or falls with."""

    sentence: str
    better: str
    """The arm it speaks for."""
    worse: str
    """The arm it is held against, seed by seed."""
    metrics: tuple[str, ...] = ("accuracy",)
    """What is compared, the mean of several: held-out accuracy, accuracy or reward in a kind of
    question ("accuracy/where", "reward/where"), or another number of the evaluations."""
    least: float = 0.0
    """The difference between the two that it needs; below 0 where "not worse" is claimed."""
    share: float = 1.0
    """After which share of the budget they are compared, above 0 and up to 1."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Arms, what each may spend, and what has to come of it."""

    system: str
    """What the command and the page call it."""
    sentence: str
    """The claim in the paper's sense."""
    source: str
    """Where it is made."""
    start: str | None
    """The recipe all arms of a seed start from, carried out once for each seed; the stages it
    shares with an arm are left out there. None if the arms' own policy is the start."""
    arms: dict[str, str]
    """The recipe of each arm."""
    budget: Budget
    """What the arms of a seed get the same amount of: as much as the most frugal of them spent."""
    criteria: tuple[Criterion, ...]
    shown: str = "accuracy"
    """The number of the evaluations that the table and the figure show."""

    def __post_init__(self) -> None:
        for criterion in self.criteria:
            for arm in (criterion.better, criterion.worse):
                if arm not in self.arms:
                    raise ConfigError(
                        f"claim '{self.system}' has no arm '{arm}'; {nearest(arm, self.arms)}"
                    )
            if not 0 < criterion.share <= 1:
                raise ConfigError(
                    f"claim '{self.system}': share is {criterion.share}; it must be above 0 and "
                    "at most 1"
                )

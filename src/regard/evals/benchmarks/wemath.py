"""We-Math (arXiv:2407.01284): does a model that solves the whole also know the steps?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NUM_PROBLEMS = 525
"""Problems of several steps in the benchmark; all rates are of them."""


@dataclass(frozen=True)
class FourWays:
    """How many problems ended in each of the four ways."""

    insufficient_knowledge: int
    """The whole is wrong and so is a step."""
    inadequate_generalization: int
    """The whole is wrong, though each step is right."""
    complete_mastery: int
    rote_memorization: int
    """The whole is right, though steps are not: strictly one, loosely all of them."""

    def score(self, num_problems: int = NUM_PROBLEMS) -> float:
        """One for each problem, less half for bad generalization, less one for what else is bad."""
        lost = self.insufficient_knowledge + self.rote_memorization
        return (num_problems - 0.5 * self.inadequate_generalization - lost) / num_problems

    @property
    def rote_rate(self) -> float:
        """Rote memorization among the problems whose whole is right."""
        solved = self.complete_mastery + self.rote_memorization
        return self.rote_memorization / solved if solved else 0.0


def four_ways(items: Iterable[tuple[Sequence[bool], bool]], *, strict: bool) -> FourWays:
    """Sort problems, each given as the truth of its steps and of the whole.

    Strictly, mastery needs every step; loosely, any.

    >>> ways = four_ways([([True, False], True), ([True, True], False)], strict=True)
    >>> ways.rote_memorization, ways.inadequate_generalization
    (1, 1)
    """
    counts = dict.fromkeys(FourWays.__dataclass_fields__, 0)
    for steps, whole in items:
        if whole:
            knows = all(steps) if strict else any(steps)
            counts["complete_mastery" if knows else "rote_memorization"] += 1
        else:
            name = "inadequate_generalization" if all(steps) else "insufficient_knowledge"
            counts[name] += 1
    return FourWays(**counts)

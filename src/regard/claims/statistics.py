"""What some seeds say about a difference.

Arms of one seed share start, data and held-out questions, so differences are taken seed by seed.
Their mean has a 90% interval by Student's t: a criterion is *held* if all of it lies above what was
asked, *not held* if all of it lies below, and *inconclusive* otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["held", "not held", "inconclusive"]

# The 95% points of Student's t with 1, 2, … degrees of freedom (any table); for more, the last.
_T95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833)


@dataclass(frozen=True)
class Difference:
    """The mean over seeds of better minus worse, and its 90% interval."""

    mean: float
    low: float
    high: float

    def verdict(self, least: float) -> Verdict:
        """
        >>> Difference(0.10, 0.02, 0.18).verdict(0.0)
        'held'
        >>> Difference(0.10, 0.02, 0.18).verdict(0.05)
        'inconclusive'
        """
        if self.low > least:
            return "held"
        return "not held" if self.high < least else "inconclusive"


def difference(better: Sequence[float], worse: Sequence[float]) -> Difference:
    """Of two arms with the same seeds; one seed alone can show nothing.

    >>> difference([0.9, 0.8], [0.7, 0.8])
    Difference(mean=0.1, low=-0.5314, high=0.7314)
    """
    differences = [b - w for b, w in zip(better, worse, strict=True)]
    mean, num = fmean(differences), len(differences)
    if num < 2:
        return Difference(round(mean, 6), float("-inf"), float("inf"))
    reach = _T95[min(num - 1, len(_T95)) - 1] * stdev(differences) / sqrt(num)
    return Difference(round(mean, 6), round(mean - reach, 6), round(mean + reach, 6))


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """A claim holds if all its criteria do, and fails with the first that does not.

    >>> overall(["held", "inconclusive"])
    'inconclusive'
    """
    if "not held" in verdicts:
        return "not held"
    return "inconclusive" if "inconclusive" in verdicts else "held"


def at(points: Sequence[tuple[float, float]], spent: float) -> float:
    """The value of a curve where so much was spent, on the straight line between two points.

    >>> at([(0, 0.5), (100, 0.7)], 50)
    0.6
    """
    for (x0, y0), (x1, y1) in pairwise(points):
        if spent <= x1:
            return y0 + (y1 - y0) * (spent - x0) / (x1 - x0) if x1 > x0 else y1
    return points[-1][1]

"""What is done with a step's groups between scoring and learning: kept, sampled anew, cut down.

Letters: G completions of a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean


def has_signal(values: Sequence[float]) -> bool:
    """Whether anything sets siblings apart; one that is alone is taken as it is.

    >>> has_signal([1.0, 1.0]), has_signal([1.0, 0.0]), has_signal([1.0])
    (False, True, True)
    """
    return len(values) == 1 or max(values) != min(values)


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

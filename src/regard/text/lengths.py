"""One of several texts, by its length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Choose = Literal["shortest", "second_longest"]


def by_length(lengths: Sequence[int], choose: Choose = "shortest") -> int | None:
    """The number of the shortest, or of the second longest where there are two; None of none.

    Of equally long ones, that which came first is the shorter.

    >>> by_length([9, 5, 7]), by_length([9, 5, 7], "second_longest"), by_length([])
    (1, 2, None)
    """
    ranked = sorted(range(len(lengths)), key=lengths.__getitem__)
    if not ranked:
        return None
    return ranked[-2] if choose == "second_longest" and len(ranked) > 1 else ranked[0]

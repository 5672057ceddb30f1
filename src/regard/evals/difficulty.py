"""How hard a question is, by how often a policy answers it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Difficulty(IntEnum):
    """What share of the answers to a question is right."""

    ALL_WRONG = 0
    HARD = 1
    MEDIUM = 2
    EASY = 3
    ALL_RIGHT = 4


def difficulty(scores: Sequence[float]) -> Difficulty:
    """The difficulty of a question whose answers have these scores, 1 for a right one.

    By their mean: hard from 1/8, medium from 3/8, easy from 6/8 on, as VL-Rethinker
    (arXiv:2504.08837, its code) labels groups of eight. Scores below 0 lower the mean.

    >>> difficulty([1, 1, 1, 0, 0, 0, 0, 0]).name
    'MEDIUM'
    """
    mean = sum(scores) / len(scores) if scores else 0.0
    limits = (1 / 8, 3 / 8, 6 / 8, 1.0)
    return Difficulty(sum(mean >= limit for limit in limits))

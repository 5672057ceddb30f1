"""Shares of right answers, over all and by group."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from regard.errors import ConfigError


@dataclass(frozen=True)
class Account:
    """How many of how many were right."""

    num_correct: int = 0
    num_total: int = 0

    @property
    def accuracy(self) -> float:
        """The share of right ones, 0 to 1; 0 of nothing."""
        return self.num_correct / self.num_total if self.num_total else 0.0

    def __add__(self, other: Account) -> Account:
        return Account(self.num_correct + other.num_correct, self.num_total + other.num_total)


def account(verdicts: Iterable[bool]) -> Account:
    """
    >>> account([True, False, True])
    Account(num_correct=2, num_total=3)
    """
    known = [bool(verdict) for verdict in verdicts]
    return Account(sum(known), len(known))


def accounts_by(verdicts: Iterable[tuple[str, bool]]) -> Mapping[str, Account]:
    """The account of each group, in the order the groups appear.

    >>> accounts_by([("CT", True), ("MRI", True), ("CT", False)])["CT"].accuracy
    0.5
    """
    found: dict[str, Account] = {}
    for group, verdict in verdicts:
        found[group] = found.get(group, Account()) + Account(int(bool(verdict)), 1)
    return found


def means_by_benchmark(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The mean of each benchmark over its questions, from (id of the question, value) of answers.

    What stands before the first "-" of an id names the benchmark; several answers to a question
    count as their mean. As VL-Rethinker (arXiv:2504.08837) is evaluated.

    >>> means_by_benchmark([("mathvista-1", 1.0), ("mathvista-1", 0.0), ("mathvista-2", 1.0)])
    {'mathvista': 0.75}
    """
    answers: dict[str, list[float]] = {}
    for question, value in values:
        answers.setdefault(question, []).append(value)
    questions: dict[str, list[float]] = {}
    for question, each in answers.items():
        questions.setdefault(question.partition("-")[0], []).append(fmean(each))
    return {benchmark: fmean(each) for benchmark, each in questions.items()}


def accounts_by_length(
    verdicts: Iterable[tuple[int, bool]], edges: Sequence[int]
) -> Mapping[str, Account]:
    """The account of each bin of lengths (in tokens), from (length, verdict) of answers.

    `edges` are where a next bin begins, from short to long; every bin is there, if empty.

    >>> bins = accounts_by_length([(100, True), (500, True), (9000, False)], [500, 4096])
    >>> {name: (each.num_correct, each.num_total) for name, each in bins.items()}
    {'below 500': (1, 1), '500 to 4095': (1, 1), '4096 and more': (0, 1)}
    """
    if not edges or list(edges) != sorted(set(edges)):
        raise ConfigError(f"edges of lengths should grow, got {list(edges)}")
    between = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    names = [f"below {edges[0]}", *between, f"{edges[-1]} and more"]
    found = dict.fromkeys(names, Account())
    for length, verdict in verdicts:
        found[names[bisect_right(edges, length)]] += Account(int(bool(verdict)), 1)
    return found

"""Shares of right answers, over all and by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


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

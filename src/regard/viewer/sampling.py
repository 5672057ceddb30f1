"""Choosing what to show when a run holds more than a page can: evenly, and never the best of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` items at even distances, the first and the last among them.

    >>> spread(range(101), 5)
    [0, 25, 50, 75, 100]
    """
    if len(items) <= most:
        return list(items)
    if most <= 1:
        return list(items[-1:]) if most == 1 else []
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def in_turns(items: Sequence[T], most: int, *, kind: Callable[[T], Hashable]) -> list[T]:
    """At most `most` items, each kind in its turn, so that a rare kind is seen too.

    >>> in_turns(["a1", "a2", "a3", "b1"], 2, kind=lambda name: name[0])
    ['a1', 'b1']
    """
    queues: dict[Hashable, list[int]] = {}
    for index, item in enumerate(items):
        queues.setdefault(kind(item), []).append(index)
    longest = max((len(queue) for queue in queues.values()), default=0)
    order = [q[turn] for turn in range(longest) for q in queues.values() if turn < len(q)]
    return [items[index] for index in sorted(order[:most])]

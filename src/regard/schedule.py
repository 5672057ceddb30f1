"""Values that change while training goes on: numbers, or whole rewards.

A schedule may stand wherever a value may. Before each step the trainer replaces every schedule in
its settings by what it is worth at that step (`resolve`), so nothing below the trainer knows time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, runtime_checkable

from regard.errors import ConfigError


@runtime_checkable
class Schedule(Protocol):
    """A value that depends on progress."""

    def at(self, step: int, num_steps: int) -> Any:
        """The value at `step`, which runs from 0 to `num_steps` - 1."""
        ...


@dataclass(frozen=True)
class Staged:
    """Another value from each of the given steps on; keys below 1 that are floats are fractions.

    >>> [Staged({0: "loose", 400: "strict"}).at(step, 800) for step in (0, 399, 400)]
    ['loose', 'loose', 'strict']
    >>> Staged({0.0: 4, 0.5: 8}).at(3, 6)
    8
    """

    stages: Mapping[float, Any]

    def __post_init__(self) -> None:
        if 0 not in self.stages:
            raise ConfigError(f"Staged needs a value from step 0 on; got {sorted(self.stages)}")

    def at(self, step: int, num_steps: int) -> Any:
        def start(key: float) -> float:
            return key * num_steps if isinstance(key, float) and key < 1 else key

        return self.stages[max((key for key in self.stages if start(key) <= step), key=start)]


@dataclass(frozen=True)
class Ramp:
    """A straight line from `start` to `end` over the first `over` of training, then `end`.

    >>> [Ramp(0.0, 1.0).at(step, 5) for step in (0, 2, 4)]
    [0.0, 0.5, 1.0]
    """

    start: float
    end: float
    over: float = 1.0
    """Fraction of training the way takes, 0 to 1."""

    def at(self, step: int, num_steps: int) -> float:
        return _between(self.start, self.end, _progress(step, num_steps, self.over))


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from `start` to `end` over the first `over` of training, then `end`."""

    start: float
    end: float
    over: float = 1.0
    """Fraction of training the way takes, 0 to 1."""

    def at(self, step: int, num_steps: int) -> float:
        way = (1 - math.cos(math.pi * _progress(step, num_steps, self.over))) / 2
        return _between(self.start, self.end, way)


def resolve(value: Any, step: int, num_steps: int) -> Any:
    """`value` with every schedule in it, at any depth, replaced by its worth at `step`.

    Looks into dataclasses, tuples, lists and mappings; what holds no schedule is returned itself.
    """
    if isinstance(value, Schedule):
        return resolve(value.at(step, num_steps), step, num_steps)
    if is_dataclass(value) and not isinstance(value, type):
        now = {f.name: resolve(getattr(value, f.name), step, num_steps) for f in fields(value)}
        changed = {name: new for name, new in now.items() if new is not getattr(value, name)}
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        items = {key: resolve(item, step, num_steps) for key, item in value.items()}
        return value if all(items[key] is value[key] for key in items) else items
    if isinstance(value, (tuple, list)):
        new_items = [resolve(item, step, num_steps) for item in value]
        is_same = all(new is old for new, old in zip(new_items, value, strict=True))
        return value if is_same else type(value)(new_items)
    return value


def _between(start: float, end: float, way: float) -> float:
    # 1.0 + (0.1 - 1.0) is not 0.1 in floating point, and whoever arrives should have arrived.
    return end if way >= 1 else start + (end - start) * way


def _progress(step: int, num_steps: int, over: float) -> float:
    """How much of the way lies behind us, 0 to 1; the last step of the way has arrived."""
    last = max(round(over * (num_steps - 1)), 1)
    return min(step / last, 1.0)

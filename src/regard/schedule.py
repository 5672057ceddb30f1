"""Values that change while training goes on: numbers, or whole rewards.

A schedule may stand wherever a value may. Before each step the trainer replaces every schedule in
its settings by what it is worth at that step (`resolve`), so nothing below the trainer knows time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, TypeAlias, runtime_checkable

from regard.errors import ConfigError


@runtime_checkable
class Schedule(Protocol):
    """A value that depends on progress."""

    def at(self, step: int, num_steps: int) -> Any:
        """The value at `step`, which runs from 0 to `num_steps` - 1."""
        ...


Scheduled: TypeAlias = Any
"""A schedule in the place of a value; to a checker of types anything, as the value is when it is
used."""


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


@dataclass(frozen=True, kw_only=True)
class Towards:
    """A coefficient that grows while a measurement is above its target, and shrinks below it.

    The controller of Ziegler et al. (arXiv:1909.08593, section 2.2), made for the weight of a
    divergence. It follows what was measured, not the step: the trainer keeps its value in the
    checkpoints.

    >>> controller = Towards(initial=1.0, target=6.0, horizon=1000)
    >>> controller.after(1.0, measured=12.0, num_completions=100)
    1.02
    """

    initial: float
    target: float
    """What is measured shall come to this."""
    horizon: float = 10_000
    """Completions over which an error of one fifth or more changes the coefficient by one fifth."""
    metric: str = "policy/kl"
    """What is measured: the name of a metric of the step."""

    def __float__(self) -> float:
        """Where no trainer keeps its value, it is the first."""
        return self.initial

    def after(self, value: float, *, measured: float, num_completions: float) -> float:
        """The coefficient after a step with so many completions."""
        error = min(max(measured / self.target - 1, -0.2), 0.2)
        return value * (1 + error * num_completions / self.horizon)


def adapted(value: Any, state: Mapping[str, float], path: str = "") -> Any:
    """`value` with every `Towards` in it replaced by its coefficient in `state`, kept by its path.

    >>> adapted([Towards(initial=0.1, target=6.0)], {}), adapted([Towards(initial=0.1, target=6.0)],
    ...     {".0": 0.3})
    ([0.1], [0.3])
    """
    return _replaced(value, path, lambda towards, at: state.get(at, towards.initial))


def after_step(
    value: Any, state: Mapping[str, float], metrics: Mapping[str, float]
) -> dict[str, float]:
    """The coefficients of every `Towards` in `value` after a step with these metrics."""
    found: dict[str, float] = {}

    def follow(towards: Towards, path: str) -> Towards:
        now = state.get(path, towards.initial)
        measured, count = metrics.get(towards.metric), metrics.get("completion/count", 0.0)
        if measured is not None:
            now = towards.after(now, measured=measured, num_completions=count)
        found[path] = now
        return towards

    _replaced(value, "", follow)
    return found


def _replaced(value: Any, path: str, change: Callable[[Towards, str], Any]) -> Any:
    """`value` with every `Towards` in it changed; what holds none is returned itself."""
    if isinstance(value, Towards):
        return change(value, path)
    if is_dataclass(value) and not isinstance(value, type):
        now = {
            f.name: _replaced(getattr(value, f.name), f"{path}.{f.name}", change)
            for f in fields(value)
        }
        changed = {name: new for name, new in now.items() if new is not getattr(value, name)}
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        items = {key: _replaced(item, f"{path}.{key}", change) for key, item in value.items()}
        return value if all(items[key] is value[key] for key in items) else items
    if isinstance(value, (tuple, list)):
        new_items = [_replaced(item, f"{path}.{i}", change) for i, item in enumerate(value)]
        is_same = all(new is old for new, old in zip(new_items, value, strict=True))
        return value if is_same else type(value)(new_items)
    return value


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

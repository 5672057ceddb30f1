"""Rewards made of rewards: weighted sums, gates, and routes by example.

Weights are used as they are given, never normalised, and every part keeps its own score in
`Score.parts`. A part may compare siblings, or be a schedule (`Staged`, `Ramp`) that the trainer
replaces by its worth before each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import Literal, TypeAlias, cast, get_args

from regard.errors import ConfigError, DataError, nearest
from regard.registry import reward
from regard.rewards.answers import ExactAnswer
from regard.rewards.contract import AnyReward, Demo, Range, range_of, score_group
from regard.rewards.format import ThinkAnswerFormat
from regard.schedule import Schedule
from regard.types import Completion, Example, Score, Target

Part: TypeAlias = tuple[float | Schedule, AnyReward | Schedule]
"""A weight and what it weighs."""


@reward("weighted")
@dataclass(frozen=True, init=False, repr=False)
class Weighted:
    """The sum of its parts, each times its weight.

    >>> Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat())).range
    (0.0, 1.1)
    """

    parts: Mapping[str, Part]
    """Weight and reward by name. Written as keywords, or as one mapping: `Weighted(parts={…})`."""

    def __init__(self, parts: Mapping[str, Part] | None = None, **named: Part) -> None:
        if parts is not None and not isinstance(parts, Mapping):
            raise ConfigError(f"a part of Weighted cannot be called 'parts'; got parts={parts!r}")
        both = {**(parts or {}), **named}
        if not both:
            raise ConfigError("Weighted needs a part, such as accuracy=(1.0, ExactAnswer())")
        for name, part in both.items():
            if not (isinstance(part, Sequence) and len(part) == 2):
                raise ConfigError(
                    f"part '{name}' of Weighted is {part!r}; expected its weight and its reward, "
                    f"such as {name}=(1.0, ExactAnswer())"
                )
        object.__setattr__(self, "parts", {name: (w, r) for name, (w, r) in both.items()})

    def __repr__(self) -> str:
        if all(name.isidentifier() and not iskeyword(name) for name in self.parts):
            return f"Weighted({', '.join(f'{name}={part!r}' for name, part in self.parts.items())})"
        return f"Weighted({self.parts!r})"

    def __call__(self, completion: Completion, example: Example) -> Score:
        return self.score_group([completion], example)[0]

    def score_group(self, completions: Sequence[Completion], example: Example) -> list[Score]:
        columns = {
            name: score_group(cast(AnyReward, part), completions, example)
            for name, (_, part) in self.parts.items()
        }
        scores = []
        for row in range(len(completions)):
            parts = {name: column[row] for name, column in columns.items()}
            value = sum(self._weight(name) * score.value for name, score in parts.items())
            scores.append(Score(value=value, reason=_reasons(parts), parts=parts))
        return scores

    def _weight(self, name: str) -> float:
        weight = self.parts[name][0]
        if isinstance(weight, (int, float)):
            return weight
        raise ConfigError(f"weight {weight} changes with time: resolve it for a step first")

    @property
    def range(self) -> Range:
        return self.range_for(None)

    def range_for(self, example: Example | None) -> Range:
        low = high = 0.0
        for name, (_, part) in self.parts.items():
            weight = self._weight(name)
            if weight:  # nothing times an endless range is nothing
                ends = [weight * end for end in range_of(cast(AnyReward, part), example)]
                low, high = low + min(ends), high + max(ends)
        return low, high

    @classmethod
    def demo(cls) -> Demo:
        accuracy = ExactAnswer.demo()
        parts: dict[str, Part] = {
            "accuracy": (1.0, accuracy.reward),
            "format": (0.1, ThinkAnswerFormat()),
        }
        return replace(accuracy, reward=cls(parts), source="")


@reward("gated")
@dataclass(frozen=True, kw_only=True)
class Gated:
    """A reward that counts only where another one, the gate, is earned.

    Both are always asked, so that the record shows what a closed gate withheld.
    """

    gate: AnyReward | Schedule
    """What must be earned first."""
    reward: AnyReward | Schedule
    """What it then is worth."""
    threshold: float | Schedule = 1.0
    """Least value of the gate that opens it."""
    otherwise: float | Schedule = 0.0
    """The value where the gate stays shut."""

    def __post_init__(self) -> None:
        if isinstance(self.gate, Schedule) or isinstance(self.threshold, Schedule):
            return
        try:
            highest = range_of(self.gate)[1]
        except ConfigError:  # a schedule inside; checked again when it is resolved
            return
        if self.threshold > highest:
            raise ConfigError(
                f"the gate gives {highest:g} at most and opens at {self.threshold:g}: never"
            )

    def __call__(self, completion: Completion, example: Example) -> Score:
        return self.score_group([completion], example)[0]

    def score_group(self, completions: Sequence[Completion], example: Example) -> list[Score]:
        gates = score_group(cast(AnyReward, self.gate), completions, example)
        rewards = score_group(cast(AnyReward, self.reward), completions, example)
        return [self._combine(*pair) for pair in zip(gates, rewards, strict=True)]

    def _combine(self, gate: Score, reward: Score) -> Score:
        parts = {"gate": gate, "reward": reward}
        if gate.value >= cast(float, self.threshold):
            return replace(reward, parts=parts)
        reason = f"gate shut: {gate.reason or f'{gate.value:g}'}"
        return Score(value=cast(float, self.otherwise), reason=reason, parts=parts)

    @property
    def range(self) -> Range:
        return self.range_for(None)

    def range_for(self, example: Example | None) -> Range:
        low, high = range_of(cast(AnyReward, self.reward), example)
        otherwise = cast(float, self.otherwise)
        return min(low, otherwise), max(high, otherwise)

    @classmethod
    def demo(cls) -> Demo:
        accuracy = ExactAnswer.demo()
        reward = cls(gate=ThinkAnswerFormat(), reward=accuracy.reward)
        return replace(accuracy, reward=reward, source="")


By = Literal["kind", "source", "target"]


@reward("routed")
@dataclass(frozen=True, kw_only=True)
class Routed:
    """Another reward for another sort of example."""

    by: By
    """What sorts them: the example's `kind`, its `source`, or the class name of its target."""
    routes: Mapping[str, AnyReward | Schedule]
    """The reward for each sort."""
    default: AnyReward | Schedule | None = None
    """The reward for all others; without one, they are an error."""

    def __post_init__(self) -> None:
        if self.by not in get_args(By):
            raise ConfigError(f"cannot route by '{self.by}'; {nearest(self.by, get_args(By))}")
        if self.by == "target":
            known = [kind.__name__ for kind in get_args(Target)]
            for name in self.routes:
                if name not in known:
                    raise ConfigError(f"no target is called '{name}'; {nearest(name, known)}")
        if not self.routes and self.default is None:
            raise ConfigError("Routed needs a route or a default")

    def __call__(self, completion: Completion, example: Example) -> Score:
        return self.score_group([completion], example)[0]

    def score_group(self, completions: Sequence[Completion], example: Example) -> list[Score]:
        name, reward = self._route(example)
        scores = score_group(reward, completions, example)
        return [replace(score, parts={name: score}) for score in scores]

    def _route(self, example: Example) -> tuple[str, AnyReward]:
        sort = type(example.target).__name__ if self.by == "target" else getattr(example, self.by)
        if sort in self.routes:
            return sort, cast(AnyReward, self.routes[sort])
        if self.default is None:
            raise DataError(
                f"example '{example.id}': no reward for {self.by} '{sort}'; "
                f"{nearest(sort, self.routes)}, and there is no default"
            )
        return "default", cast(AnyReward, self.default)

    @property
    def range(self) -> Range:
        ways = [*self.routes.values(), *([self.default] if self.default is not None else [])]
        ranges = [range_of(cast(AnyReward, way)) for way in ways]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def range_for(self, example: Example) -> Range:
        return range_of(self._route(example)[1], example)

    @classmethod
    def demo(cls) -> Demo:
        accuracy = ExactAnswer.demo()
        routes = {"Choice": accuracy.reward}
        reward = cls(by="target", routes=routes, default=ThinkAnswerFormat())
        return replace(accuracy, reward=reward, source="")


def _reasons(parts: Mapping[str, Score]) -> str:
    return "; ".join(f"{name}: {score.reason}" for name, score in parts.items() if score.reason)

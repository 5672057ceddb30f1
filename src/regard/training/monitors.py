"""Trouble named while training: each monitor reads a stage's rows of metrics and says what it sees.

A monitor is a pure function of the rows so far. It answers with None, or with a sentence that says
what is wrong and one that says what to do. Where no source is given, thresholds are ours: far
enough from what healthy runs show that a warning is worth reading. Monitors warn, and never stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Protocol, TypeAlias, runtime_checkable

Rows: TypeAlias = Sequence[Mapping[str, Any]]


@runtime_checkable
class Monitor(Protocol):
    """Names one kind of trouble."""

    def __call__(self, rows: Rows) -> str | None:
        """A warning about the rows of a stage, from its first step to the newest."""
        ...


@dataclass(frozen=True, kw_only=True)
class RewardWithoutAccuracy:
    """The reward rises and held-out accuracy does not: a hack, or answers learned by heart."""

    evaluations: int = 3
    """Evaluations compared: the oldest of so many with the newest."""
    least_reward: float = 0.5
    """Rise of the mean reward that counts, in spreads of the rewards at the oldest."""
    least_accuracy: float = 0.01
    """Rise of accuracy (0 to 1) that is expected of it."""

    def __call__(self, rows: Rows) -> str | None:
        """Compare evaluations and the rewards of their steps."""
        seen = [r for r in rows if "eval/accuracy" in r and "reward/mean" in r]
        if len(seen) < self.evaluations:
            return None
        old, new = seen[-self.evaluations], seen[-1]
        reward = new["reward/mean"] - old["reward/mean"]
        accuracy = new["eval/accuracy"] - old["eval/accuracy"]
        if reward <= max(self.least_reward * old["reward/std"], 1e-6):
            return None
        if accuracy >= self.least_accuracy:
            return None
        return (
            f"the mean reward rose by {reward:.2f} while held-out accuracy went from "
            f"{old['eval/accuracy']:.2f} to {new['eval/accuracy']:.2f}. Read the best-paid "
            "rollouts in the report, try the reward with `regard score REWARD --audit`, and see "
            "whether the training data are too few"
        )


@dataclass(frozen=True, kw_only=True)
class LengthDrift:
    """Completions become far shorter, or far longer, than they were."""

    window: int = 10
    """Steps averaged, at the start of the stage and now."""
    shrunk: float = 0.33
    """Share of the first length below which it has collapsed."""
    grown: float = 3.0
    """Times the first length above which it has run away."""

    def __call__(self, rows: Rows) -> str | None:
        """Compare the first lengths with the last."""
        if (lengths := _first_and_last(rows, "completion/num_tokens", self.window)) is None:
            return None
        first, last = lengths
        change = f"completions went from {first:.0f} to {last:.0f} tokens"
        if last < self.shrunk * first:
            return (
                f"{change}. If accuracy suffers, the reward pays for brevity or for the answer "
                "alone: take length terms out of it, or raise kl_coef"
            )
        if last > self.grown * first:
            return (
                f"{change}. If accuracy does not rise with them, aggregate by constant length "
                "(dr_grpo) or add an overlong penalty; if completion/truncated is high, raise "
                "sampling.max_tokens"
            )
        return None


@dataclass(frozen=True, kw_only=True)
class ZeroSignal:
    """Most groups earn the same throughout, so that nothing is learned from them."""

    window: int = 10
    """Steps averaged."""
    most: float = 0.8
    """Share of groups (0 to 1) above which most of the sampling is wasted."""

    def __call__(self, rows: Rows) -> str | None:
        """Look at the last steps, and whether their questions are too easy or too hard."""
        if (share := _last(rows, "group/zero_signal", self.window)) is None or share <= self.most:
            return None
        if (_last(rows, "group/tier/solve_all", self.window) or 0.0) > share / 2:
            advice = "most are solved by all: take harder questions, or end the stage"
        else:
            advice = "few are solved at all: take easier questions, or a longer cold start"
        return (
            f"{share:.0%} of the groups teach nothing. Of these {advice}; `resample` asks others "
            "in their place and `replay` repeats those that teach"
        )


@dataclass(frozen=True, kw_only=True)
class EntropyCollapse:
    """The policy says the same every time, and so finds nothing new."""

    window: int = 10
    """Steps averaged, at the start of the stage and now."""
    least: float = 0.1
    """Share of the first entropy below which it has collapsed."""
    enough_accuracy: float = 0.9
    """Held-out accuracy (0 to 1) from which a sure policy is right to be sure."""

    def __call__(self, rows: Rows) -> str | None:
        """Compare the first entropies with the last."""
        if (entropies := _first_and_last(rows, "policy/entropy", self.window)) is None:
            return None
        first, last = entropies
        accuracies = [row["eval/accuracy"] for row in rows if "eval/accuracy" in row]
        if last >= self.least * first or (accuracies and accuracies[-1] >= self.enough_accuracy):
            return None
        return (
            f"the entropy of a token fell from {first:.3f} to {last:.3f} nats. Raise clip_high (as "
            "dapo does) or sampling.temperature, add an entropy bonus, or lower the learning rate"
        )


@dataclass(frozen=True, kw_only=True)
class FormatOnly:
    """What is gained is gained in form, and nothing in substance."""

    window: int = 10
    """Steps averaged, at the start of the stage and now."""
    least_format: float = 0.2
    """Rise of a format part, in its points, that counts."""
    least_other: float = 0.02
    """Rise of any other part that is expected besides."""

    def __call__(self, rows: Rows) -> str | None:
        """Compare the rise of the parts called format with that of the others."""
        names = {name for row in rows for name in row if name.startswith("reward/parts/")}
        rises = {}
        for name in names:
            if (ends := _first_and_last(rows, name, self.window)) is not None:
                rises[name] = ends[1] - ends[0]
        form = [rise for name, rise in rises.items() if "format" in name]
        substance = [rise for name, rise in rises.items() if "format" not in name]
        if not form or not substance:
            return None
        if max(form) < self.least_format or max(substance) >= self.least_other:
            return None
        return (
            f"the format part rose by {max(form):.2f}, no other part by more than "
            f"{max(0.0, *substance):.2f}. Lower the weight of the format, or teach it in a cold "
            "start and take it out of the reward"
        )


@dataclass(frozen=True, kw_only=True)
class EngineGap:
    """Sampling and training give the same tokens different probabilities."""

    window: int = 3
    """Steps averaged."""
    most: float = 0.05
    """Nats a token; half precision stays near 0.01."""

    def __call__(self, rows: Rows) -> str | None:
        """Look at the last steps."""
        if (gap := _last(rows, "policy/engine_gap", self.window)) is None or gap <= self.most:
            return None
        return (
            f"log-probabilities of sampling and of training differ by {gap:.3f} nats a token, so "
            "updates are off policy from the start. Compare precision, temperature and weights of "
            "both, or weigh the difference with `importance`"
        )


@dataclass(frozen=True, kw_only=True)
class Blindness:
    """Accuracy hardly falls when questions are asked about other examples' pictures."""

    evaluations: int = 3
    """Evaluations averaged; fewer say nothing."""
    least: float = 0.1
    """Fall of accuracy (0 to 1) that looking is worth; of 64 examples, chance makes 0.06."""

    def __call__(self, rows: Rows) -> str | None:
        """Compare accuracy with the blind one over the last evaluations."""
        seen = [row for row in rows if "eval/blind_accuracy" in row]
        if len(seen) < self.evaluations:
            return None
        blind = fmean(row["eval/blind_accuracy"] for row in seen[-self.evaluations :])
        accuracy = fmean(row["eval/accuracy"] for row in seen[-self.evaluations :])
        if accuracy - blind >= self.least:
            return None
        return (
            f"held-out accuracy is {accuracy:.2f}, and {blind:.2f} about pictures that belong to "
            "other questions: the model is hardly looking. Take out questions that can be guessed, "
            "balance the answers, and train the connector or the vision tower first"
        )


MONITORS: tuple[Monitor, ...] = (
    RewardWithoutAccuracy(),
    LengthDrift(),
    ZeroSignal(),
    EntropyCollapse(),
    FormatOnly(),
    EngineGap(),
    Blindness(),
)
"""Those of a run that names no others."""


def _last(rows: Rows, name: str, window: int) -> float | None:
    """The mean of a metric over the last steps that have it, or None while these are too few."""
    values = [row[name] for row in rows if name in row]
    return fmean(values[-window:]) if len(values) >= window else None


def _first_and_last(rows: Rows, name: str, window: int) -> tuple[float, float] | None:
    """The means of a metric over the first and the last steps, or None while these overlap."""
    # A cold start samples nothing, so that its lengths are the data's and not the policy's.
    values = [row[name] for row in rows if name in row and "reward/mean" in row]
    if len(values) < 2 * window:
        return None
    return fmean(values[:window]), fmean(values[-window:])

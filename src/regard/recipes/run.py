"""A run: everything that decides what happens, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from regard.errors import ConfigError, nearest
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.training.stages import Reinforce, Supervise
from regard.training.trackers import TRACKERS

Stage: TypeAlias = Supervise | Reinforce


@dataclass(frozen=True, kw_only=True)
class Run:
    """A policy, the stages it goes through, and how it is measured on the way."""

    name: str
    """What its folder is called, below `runs/`."""
    policy: PolicySpec
    stages: tuple[Stage, ...]
    evaluation: HeldOut | None = None
    """Held-out examples: asked before, after, and as often as each stage says."""
    seed: int = 0
    """Of data order and sampling. A tiny model's first weights have a seed of their own."""
    num_threads: int = 0
    """Threads of torch on a CPU; 0 for its own choice. The same number gives the same bits."""
    keep_last: int = 2
    """Checkpoints kept besides the best and the ends of stages."""
    log_rollouts_every: int = 10
    """Steps between those whose completions are written down; 0 for the last one only."""
    max_logged_groups: int = 8
    """Groups written down of such a step."""
    trackers: tuple[str, ...] = ()
    """Where metrics go besides the run folder: tensorboard, wandb, trackio."""

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names:
            raise ConfigError(f"run '{self.name}' has no stages")
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"run '{self.name}': two stages are called '{name}'")
        for tracker in self.trackers:
            if tracker not in TRACKERS:
                raise ConfigError(f"unknown tracker '{tracker}'; {nearest(tracker, TRACKERS)}")
        for stage in self.stages:
            if stage.stop_at_accuracy is not None and self.evaluation is None:
                raise ConfigError(
                    f"stage '{stage.name}' stops at an accuracy, but the run has no evaluation"
                )

"""A run: everything that decides what happens, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from regard.errors import ConfigError, nearest
from regard.evals.blind import Blind
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.training.monitors import MONITORS, Monitor
from regard.training.rejection import Accepted, RejectionSampling
from regard.training.selection import Best, Selector
from regard.training.stages import LearningStage, Reinforce, Supervise
from regard.training.trackers import TRACKERS

Stage: TypeAlias = Supervise | Reinforce | RejectionSampling


@dataclass(frozen=True, kw_only=True)
class Run:
    """A policy, the stages it goes through, and how it is measured on the way."""

    name: str
    """What its folder is called, below `runs/`."""
    policy: PolicySpec
    stages: tuple[Stage, ...]
    evaluation: HeldOut | None = None
    """Held-out examples: asked before, after, and as often as each stage says."""
    blind_examples: int = 64
    """Of the held-out examples, those asked about other examples' pictures too, whenever a stage
    evaluates; 0 for none. 64: ours, a chance of 0.06 and a quarter of an evaluation's time."""
    best: Selector = field(default_factory=Best)
    """Which of the evaluated checkpoints `checkpoints/best` leads to."""
    monitors: tuple[Monitor, ...] = MONITORS
    """What watches the metrics and warns of trouble."""
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

    @property
    def blind_evaluation(self) -> HeldOut | None:
        """The evaluation that measures what the policy knows without looking."""
        if self.evaluation is None or not self.blind_examples:
            return None
        return replace(
            self.evaluation,
            data=Blind(self.evaluation.data),
            num_examples=min(self.blind_examples, self.evaluation.num_examples),
        )

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
        for number, stage in enumerate(self.stages):
            self._check(stage, self.stages[:number])

    def _check(self, stage: Stage, before: tuple[Stage, ...]) -> None:
        """A stage must fit the run and what comes before it."""
        _check_hand_over(stage, before)
        if not isinstance(stage, LearningStage):
            return
        if stage.trainable is not None and self.policy.lora is not None:
            raise ConfigError(
                f"stage '{stage.name}': trainable is {stage.trainable}, but adapters stay where "
                "the policy was given them; set policy.trainable instead"
            )
        if stage.stop_at_accuracy is not None and self.evaluation is None:
            raise ConfigError(
                f"stage '{stage.name}' stops at an accuracy, but the run has no evaluation"
            )


def _check_hand_over(stage: Stage, before: tuple[Stage, ...]) -> None:
    """What a stage takes over must come from a stage before it."""
    names = [each.name for each in before]
    for taken in ("weights_of", "reference_of"):
        name = getattr(stage, taken, None)
        if name and name not in names:
            known = ", ".join(names) or "none"
            raise ConfigError(
                f"stage '{stage.name}': {taken} is '{name}', which is no stage before it "
                f'({known}); "" names the weights the run begins with'
            )
    keeps = isinstance(stage, LearningStage) and stage.keeps_optimizer
    if keeps and not isinstance(before[-1] if before else None, LearningStage):
        raise ConfigError(
            f"stage '{stage.name}': keeps_optimizer, but no stage that learns comes before it"
        )
    if isinstance(stage.data, Accepted):
        asked = [each.name for each in before if isinstance(each, RejectionSampling)]
        if stage.data.stage not in asked:
            raise ConfigError(
                f"stage '{stage.name}': its data are what '{stage.data.stage}' accepts, which is "
                f"no stage of rejection sampling before it ({', '.join(asked) or 'none'})"
            )

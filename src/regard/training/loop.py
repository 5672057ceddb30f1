"""The loop every stage runs in: collect, learn, look, save.

A step is a function of the weights, the optimiser's state, the step's number and what `Progress`
says; nothing else is remembered, and all of it is in the checkpoints. So a run that was killed goes
on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from regard.data.ahead import Ahead, ahead
from regard.data.mixing import Pace, Stream
from regard.errors import TrainingError
from regard.models.policy import Policy, PolicySpec
from regard.models.work import Work
from regard.rollout.collect import derive_seed
from regard.rollout.replay import Kept
from regard.schedule import adapted, after_step, resolve
from regard.training import guard
from regard.training.folder import Progress, RunFolder, load_kept, load_optimizer
from regard.training.learner import Learner, Onlooker
from regard.training.monitors import Monitor
from regard.training.progress import Display
from regard.training.rejection import Accepted, AcceptedAnswers, RejectionSampling
from regard.training.selection import Best, Selector
from regard.training.signals import Request, stop_requests
from regard.training.stages import Collected, Evaluator, LearningStage, Reinforce, Supervise
from regard.training.trackers import Tracker
from regard.types import Measured

AnyStage: TypeAlias = Supervise | Reinforce | RejectionSampling

_MAX_NAMED = 3
"""Dropped records named in full at each step; the others are counted."""


class Interrupted(Exception):
    """The run was asked to stop, and has saved."""


@dataclass
class Trainer:
    """Runs stages one after another in a run folder, from wherever it stands."""

    folder: RunFolder
    policy_spec: PolicySpec
    stages: Sequence[AnyStage]
    evaluator: Evaluator | None
    seed: int
    keep_last: int
    log_rollouts_every: int
    max_logged_groups: int
    console: Console
    trackers: Sequence[Tracker] = ()
    monitors: Sequence[Monitor] = ()
    best: Selector = field(default_factory=Best)
    """Tells which of the evaluated checkpoints is the best."""
    blind_evaluator: Evaluator | None = None
    """Measures what the policy knows without looking, whenever it is evaluated."""
    progress: Progress = field(default_factory=Progress)
    kept: Kept = field(default_factory=Kept)
    """What a replay remembers in the stage under way."""
    _rows: list[dict[str, Any]] = field(default_factory=list, init=False)
    """The metrics of the stage under way, for the monitors."""
    _warned: set[str] = field(default_factory=set, init=False)
    """Monitors that have spoken in it."""
    _is_guarded: bool = field(default=False, init=False)
    """Whether a rollout of this process has been compared with the plain path."""

    def run(self) -> Policy:
        """Train to the end of the last stage, or raise `Interrupted` after saving."""
        policy = self._begin()
        if policy.path == "plain":
            self.console.print(_plain(policy), soft_wrap=True)
        with stop_requests() as request:
            while self.progress.stage < len(self.stages):
                stage = self.stages[self.progress.stage]
                policy = self._handed_over(policy, stage)
                self._run_stage(policy, stage, request)
        if self.progress.best_step:
            self.folder.point("best", self.progress.best_step)
        self.folder.point("final", self.progress.step)
        return policy

    def _begin(self) -> Policy:
        """The policy as the last checkpoint left it, or a new one, measured before anything."""
        found = self.folder.latest()
        if found is None:
            self.folder.rewind(-1)
            policy = self.policy_spec.load()
            self._evaluate(policy, self.stages[0], "before")
            return policy
        checkpoint, self.progress = found
        self.folder.rewind(self.progress.step)
        where = f"going on from step {self.progress.step} ({checkpoint})"
        self.console.print(where, soft_wrap=True)
        policy = self.policy_spec.load(checkpoint)
        if self.progress.is_stage_done:
            self._enter_next_stage()
        return policy

    # ------------------------------------------------------------------------------- a stage

    def _handed_over(self, policy: Policy, stage: AnyStage) -> Policy:
        """The policy a stage begins or goes on with, its parts chosen."""
        if stage.weights_of is not None and not self.progress.stage_step:
            path = policy.path
            policy = self.policy_spec.load(self._end_of(stage.weights_of))
            policy.path = path
        if isinstance(stage, LearningStage):
            policy.learns(stage.trainable)
        return policy

    def _end_of(self, name: str) -> Path | None:
        """The checkpoint a stage ended with; None for the weights the run began with."""
        step = self._last_step(name)
        return self.folder.at(step) if step else None

    def _last_step(self, name: str) -> int:
        """The step a stage ended with; 0, before all steps, for ""."""
        names = [stage.name for stage in self.stages]
        return self.progress.ends[names.index(name)] if name else 0

    def _run_stage(self, policy: Policy, stage: AnyStage, request: Request) -> None:
        learner = self._learner(policy, stage)
        self.kept = Kept()
        if self.progress.stage_step:
            self.kept = load_kept(self.folder.at(self.progress.step))
        order = self._order(stage)
        self._rows = self.folder.rows_of(stage.name, "metrics.jsonl")
        self._warned = {row["monitor"] for row in self.folder.rows_of(stage.name, "warnings.jsonl")}
        done = self.progress.stage_step
        with (
            ahead(order, stage.num_workers) as stream,
            Display(self.console, stage.name, stage.num_steps, done) as display,
        ):
            while not self.progress.is_stage_done:
                self._step(learner, stage, stream, display)
                if isinstance(learner, Learner) and self._is_time_for_reference():
                    learner = replace(learner, reference=policy.frozen())
                if request.is_made:
                    self._save(learner)
                    raise Interrupted(f"stopped after step {self.progress.step}; all is saved")
        self._enter_next_stage()

    def _learner(self, policy: Policy, stage: AnyStage) -> Learner | Onlooker:
        """The policy with the optimiser as it stands and the reference, where a stage learns."""
        if isinstance(stage, RejectionSampling):
            return Onlooker(policy)
        learner = Learner(policy, stage.optimizer.build(policy), self._reference(policy, stage))
        if self.progress.stage_step:
            load_optimizer(learner.optimizer, policy, self.folder.at(self.progress.step))
        elif stage.keeps_optimizer:
            load_optimizer(learner.optimizer, policy, self.folder.at(self.progress.ends[-1]))
        return learner

    def _order(self, stage: AnyStage) -> Stream:
        """The examples of a stage in the order they are asked for."""
        data = stage.data
        dataset = self._accepted(data) if isinstance(data, Accepted) else data.load()
        return Stream(
            dataset,
            seed=derive_seed(self.seed, stage.name, "order"),
            pace=Pace(stage.num_steps, stage.prompts_per_step),
        )

    def _accepted(self, data: Accepted) -> AcceptedAnswers:
        """What a stage before has accepted."""
        (asked,) = (stage for stage in self.stages if stage.name == data.stage)
        rows = self.folder.rows_of(data.stage, "accepted.jsonl")
        if not rows:
            raise TrainingError(
                f"stage '{data.stage}' accepted no answer, so there is nothing to imitate: give it "
                "easier questions, more attempts (group_size), or a lower right_from"
            )
        return AcceptedAnswers(self._order(asked), rows)

    def _step(
        self,
        learner: Learner | Onlooker,
        stage: AnyStage,
        stream: Stream | Ahead,
        display: Display,
    ) -> None:
        """One step: its examples, what is learned from them, what is seen, what is kept."""
        start = time.perf_counter()
        index = self.progress.stage_step
        self.progress = replace(self.progress, step=self.progress.step + 1, stage_step=index + 1)
        now = resolve(adapted(stage, self.progress.adaptive), index, stage.num_steps)
        work = learner.policy.work = Work()
        collected = self._collect(learner, now, stream, display)
        self.kept = collected.kept
        self._report_dropped(collected, display)
        updating = time.perf_counter()
        learned = self._learn(learner, now, collected)
        metrics = {**collected.metrics, **learned, "data/dropped": float(len(collected.dropped))}
        metrics |= work.metrics()
        metrics["time/update"] = time.perf_counter() - updating
        metrics |= self._adapt(stage, metrics)
        if _is_due(self.progress, now, "reference_every"):
            self.progress = replace(self.progress, reference_step=self.progress.step)
        metrics |= self._look(learner.policy, stage, display)
        metrics["time/step"] = time.perf_counter() - start
        metrics["compute/tokens_per_second"] = collected.num_tokens / metrics["time/step"]
        self._log(stage, metrics, collected)
        display.step(self.progress.stage_step, metrics)
        self._warn(stage, display)
        if self._is_time_to_save(stage):
            self._save(learner)

    def _learn(
        self, learner: Learner | Onlooker, now: AnyStage, collected: Collected
    ) -> dict[str, float]:
        """Learn from what was collected; the metrics of the update."""
        if isinstance(learner, Onlooker) or isinstance(now, RejectionSampling):
            return {}
        try:
            return learner.update(now, collected, self.progress.stage_step - 1)
        except TrainingError as error:
            raise TrainingError(f"step {self.progress.step}: {error}") from error

    def _collect(
        self, learner: Learner | Onlooker, now: AnyStage, stream: Stream | Ahead, display: Display
    ) -> Collected:
        """What the step learns from; the first time, held against the plain path."""
        index, policy = self.progress.stage_step - 1, learner.policy
        seed = derive_seed(self.seed, now.name, index)
        collected = now.collect(policy, stream, index, seed, self.kept)
        if self._is_guarded:
            return collected
        self._is_guarded = bool(collected.groups)
        objection = guard.objection(policy, collected, now.temperature)
        if objection is None:
            return collected
        display.say(f"{objection}; {_plain(policy)}")
        policy.path = "plain"
        if learner.reference is not None:
            learner.reference.path = "plain"
        return now.collect(policy, stream, index, seed, self.kept)

    def _look(self, policy: Policy, stage: AnyStage, display: Display) -> dict[str, float]:
        """Evaluate if it is time to, and note whether the stage ends here."""
        is_last = self.progress.stage_step == stage.num_steps
        metrics: dict[str, float] = {}
        is_due = is_last or _is_due(self.progress, stage, "evaluate_every")
        if is_due and isinstance(stage, LearningStage):
            start = time.perf_counter()
            measured = self._evaluate(policy, stage, "after" if is_last else "during")
            if measured is not None:
                display.evaluated(measured)
                is_last = is_last or _is_enough(measured, stage)
                metrics = {"eval/accuracy": measured.accuracy}
                for kind, part in measured.by_kind.items():
                    metrics[f"eval/accuracy/{kind}"] = part.accuracy
                if self.blind_evaluator is not None:
                    blind = self.blind_evaluator.measure(policy)
                    metrics["eval/blind_accuracy"] = blind.accuracy
                metrics["time/evaluate"] = time.perf_counter() - start
        if is_last:
            ends = (*self.progress.ends, self.progress.step)
            self.progress = replace(self.progress, is_stage_done=True, ends=ends)
        return metrics

    def _enter_next_stage(self) -> None:
        now = self.progress
        self.progress = replace(now, stage=now.stage + 1, stage_step=0, is_stage_done=False,
                                reference_step=now.step, adaptive={})  # fmt: skip
        if self.progress.stage < len(self.stages):
            stage = self.stages[self.progress.stage]
            start = stage.weights_of
            if isinstance(stage, LearningStage) and stage.reference_of is not None:
                start = stage.reference_of
            if start is not None:
                self.progress = replace(self.progress, reference_step=self._last_step(start))

    def _adapt(self, stage: AnyStage, metrics: Mapping[str, float]) -> dict[str, float]:
        """Let coefficients that follow a measurement follow it; what they were in this step."""
        used = after_step(stage, self.progress.adaptive, {})
        self.progress = replace(self.progress, adaptive=after_step(stage, used, metrics))
        return {f"schedule/{path[1:]}": value for path, value in used.items()}

    def _is_time_for_reference(self) -> bool:
        """Whether the step just done leaves the reference of those to come."""
        now = self.progress
        return now.reference_step == now.step and not now.is_stage_done

    def _reference(self, policy: Policy, stage: Supervise | Reinforce) -> Policy | None:
        """The policy as it was when the stage began, when the reference was last replaced, or at
        the end of the stage whose weights are the reference."""
        if not stage.algorithm.needs_reference:
            return None
        if not self.progress.stage_step and stage.reference_of is None:
            return policy.frozen()
        start = self.progress.reference_step
        reference = self.policy_spec.load(self.folder.at(start) if start else None).frozen()
        reference.path = policy.path
        return reference

    # ------------------------------------------------------------------------------- records

    def _evaluate(self, policy: Policy, stage: AnyStage, moment: str) -> Measured | None:
        if self.evaluator is None:
            return None
        measured = self.evaluator.measure(policy)
        if moment == "during" and isinstance(stage, LearningStage) and _is_enough(measured, stage):
            moment = "after"
        self.folder.log_evaluation(self.progress.step, stage.name, moment, measured)
        value = self.best(measured)  # asked before the first step too: then a mistake is told
        if moment != "before" and value is not None:
            self._compare(value)
        return measured

    def _compare(self, value: float) -> None:
        """Note whether this is the best so far."""
        now = self.progress
        if not now.best_step or value > now.best_value:
            self.progress = replace(now, best_step=now.step, best_value=value)

    def _log(self, stage: AnyStage, metrics: Mapping[str, float], collected: Collected) -> None:
        step, stage_step = self.progress.step, self.progress.stage_step
        where = {"step": step, "stage": stage.name, "stage_step": stage_step, "time": time.time()}
        row = {**where, **metrics}
        self._rows.append(row)
        self.folder.log(row)
        for tracker in self.trackers:
            tracker.log(step, metrics)
        is_due = self.log_rollouts_every and (stage_step - 1) % self.log_rollouts_every == 0
        self.folder.log_accepted(step, stage.name, collected.accepted)
        if not isinstance(stage, Supervise) and (is_due or self.progress.is_stage_done):
            self.folder.log_rollouts(step, stage.name, collected.shown[: self.max_logged_groups])

    def _warn(self, stage: AnyStage, display: Display) -> None:
        """Say what the monitors see in the stage so far, each of them once."""
        folder, step = self.folder, self.progress.step
        for monitor in self.monitors:
            name = type(monitor).__name__
            if name not in self._warned and (text := monitor(self._rows)) is not None:
                self._warned.add(name)
                folder.log_warning(step, stage.name, name, text)
                display.say(f"step {step}: {text}")

    def _is_time_to_save(self, stage: AnyStage) -> bool:
        now = self.progress
        is_due = stage.save_every and now.stage_step % stage.save_every == 0
        is_kept = now.step in (now.best_step, now.reference_step)
        return bool(is_due or now.is_stage_done or is_kept)

    def _save(self, learner: Learner | Onlooker) -> None:
        """Write a checkpoint, mark the best, and delete what is not to be kept."""
        progress = self.progress
        self.folder.save(progress, learner.policy, learner.optimizer, self.kept)
        if progress.best_step:
            self.folder.point("best", progress.best_step)
        kept = {progress.best_step, progress.reference_step, *progress.ends}
        self.folder.prune(self.keep_last, kept)

    def _report_dropped(self, collected: Collected, display: Display) -> None:
        for sentence in collected.dropped[:_MAX_NAMED]:
            display.say(f"step {self.progress.step}: left out {sentence}")
        if not collected.shown:
            raise TrainingError(
                f"step {self.progress.step}: none of its {len(collected.dropped)} examples can be "
                f"used; the first: {collected.dropped[0]}"
            )


def _plain(policy: Policy) -> str:
    """What the plain path means, for whoever watches."""
    kind = policy.base.config.model_type
    return (
        f"{kind}: each completion is run alone behind its prompt; the results are the same, later"
    )


def _is_due(progress: Progress, stage: AnyStage, every: str) -> bool:
    """Whether it is time for what a stage that learns does every so many steps."""
    steps = getattr(stage, every) if isinstance(stage, LearningStage) else 0
    return bool(steps) and progress.stage_step % steps == 0


def _is_enough(measured: Measured, stage: LearningStage) -> bool:
    """Whether a stage that ends at an accuracy ends at this one."""
    least = stage.stop_at_accuracy
    return least is not None and measured.accuracy >= least

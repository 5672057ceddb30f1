"""The loop every stage runs in: collect, learn, look, save.

A step is a function of the weights, the optimiser's state and the step's number; nothing else is
remembered. So a run that was killed goes on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import torch
from rich.console import Console

from regard.algorithms.batch import TokenBatch
from regard.data.mixing import Stream
from regard.errors import TrainingError
from regard.models.policy import Policy, PolicySpec
from regard.rollout.collect import derive_seed
from regard.schedule import resolve
from regard.training.folder import Progress, RunFolder, load_optimizer
from regard.training.progress import Display
from regard.training.stages import Collected, Evaluator, Reinforce, Stage, Supervise
from regard.training.trackers import Tracker
from regard.training.update import learn, score
from regard.types import Group, Measured

_MAX_NAMED = 3
"""Dropped records named in full at each step; the others are counted."""


class Interrupted(Exception):
    """The run was asked to stop, and has saved."""


@dataclass
class Trainer:
    """Runs stages one after another in a run folder, from wherever it stands."""

    folder: RunFolder
    policy_spec: PolicySpec
    stages: Sequence[Supervise | Reinforce]
    evaluator: Evaluator | None
    seed: int
    keep_last: int
    log_rollouts_every: int
    max_logged_groups: int
    console: Console
    trackers: Sequence[Tracker] = ()
    progress: Progress = field(default_factory=Progress)

    def run(self) -> Policy:
        """Train to the end of the last stage, or raise `Interrupted` after saving."""
        policy = self._begin()
        with _listening() as was_asked_to_stop:
            self._was_asked_to_stop = was_asked_to_stop
            while self.progress.stage < len(self.stages):
                self._run_stage(policy, self.stages[self.progress.stage])
        self.folder.point("final", self.progress.step)
        return policy

    def _begin(self) -> Policy:
        """The policy as the last checkpoint left it, or a new one, measured before anything."""
        found = self.folder.latest()
        if found is None:
            self.folder.rewind(-1)
            policy = self.policy_spec.load()
            self._evaluate(policy, self.stages[0].name, "before")
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

    def _run_stage(self, policy: Policy, stage: Supervise | Reinforce) -> None:
        optimizer = stage.optimizer.build(policy)
        if self.progress.stage_step:
            load_optimizer(optimizer, policy, self.folder.at(self.progress.step))
        reference = self._reference(policy, stage)
        stream = Stream(stage.data.load(), seed=derive_seed(self.seed, stage.name, "order"))
        done = self.progress.stage_step
        with Display(self.console, stage.name, stage.num_steps, done) as display:
            while not self.progress.is_stage_done:
                self._step(policy, reference, optimizer, stage, stream, display)
                if self._was_asked_to_stop:
                    self._save(policy, optimizer)
                    raise Interrupted(f"stopped after step {self.progress.step}; all is saved")
        self._enter_next_stage()

    def _step(
        self,
        policy: Policy,
        reference: Policy | None,
        optimizer: torch.optim.Optimizer,
        stage: Supervise | Reinforce,
        stream: Stream,
        display: Display,
    ) -> None:
        start = time.perf_counter()
        index = self.progress.stage_step
        now = resolve(stage, index, stage.num_steps)
        self.progress = replace(
            self.progress, step=self.progress.step + 1, stage_step=self.progress.stage_step + 1
        )
        seed = derive_seed(self.seed, stage.name, index)
        collected = now.collect(policy, now.examples(stream, index), seed)
        self._report_dropped(collected, display)
        rate = now.optimizer.rate_at(index, stage.num_steps)
        updating = time.perf_counter()
        metrics = self._update(policy, reference, optimizer, now, collected, rate)
        metrics["time/update"] = time.perf_counter() - updating
        metrics = {**collected.metrics, **metrics, "data/dropped": len(collected.dropped)}

        is_last = stage.num_steps == index + 1
        is_due = stage.evaluate_every and (index + 1) % stage.evaluate_every == 0
        if is_due or is_last:
            moment = "after" if is_last else "during"
            measured, seconds = self._evaluate(policy, stage.name, moment, stage.stop_at_accuracy)
            if measured is not None:
                display.evaluated(measured)
                metrics |= {"eval/accuracy": measured.accuracy, "time/evaluate": seconds}
                metrics |= {
                    f"eval/accuracy/{kind}": m.accuracy for kind, m in measured.by_kind.items()
                }
                is_last = is_last or _is_enough(measured, stage.stop_at_accuracy)
        if is_last:
            ends = (*self.progress.ends, self.progress.step)
            self.progress = replace(self.progress, is_stage_done=True, ends=ends)
        metrics["time/step"] = time.perf_counter() - start
        metrics["compute/tokens_per_second"] = _tokens(collected) / metrics["time/step"]
        self._log(stage, metrics, collected.groups)
        display.step(self.progress.stage_step, metrics)
        is_best = self.progress.best_step == self.progress.step
        is_time = stage.save_every and (index + 1) % stage.save_every == 0
        if is_last or is_best or is_time:
            self._save(policy, optimizer)

    def _enter_next_stage(self) -> None:
        now = self.progress
        self.progress = replace(
            now, stage=now.stage + 1, stage_step=0, stage_start=now.step, is_stage_done=False
        )

    # ------------------------------------------------------------------------------ learning

    def _update(
        self,
        policy: Policy,
        reference: Policy | None,
        optimizer: torch.optim.Optimizer,
        stage: Any,
        collected: Collected,
        rate: float,
    ) -> dict[str, float]:
        """Learn from a step's groups, in as many updates as the stage says."""
        for group in optimizer.param_groups:
            group["lr"] = rate
        rows: list[dict[str, float]] = []
        for _ in range(stage.passes_per_step):
            for numbers in _parts(len(collected.groups), stage.updates_per_step):
                groups = [collected.groups[i] for i in numbers]
                prompts = [collected.prompts[i] for i in numbers]
                batch = stage.algorithm.weigh(groups)
                if len(batch):
                    batch = self._with_reference(batch, reference, stage, prompts)
                    rows.append(self._one_update(policy, optimizer, stage, batch, prompts))
        metrics = _mean_of(rows) | {"learning_rate": rate, "update/num_updates": float(len(rows))}
        if rows and "policy/log_ratio" in rows[0]:
            # Before the first update nothing has moved: what differs is how it was computed.
            metrics["policy/engine_gap"] = rows[0]["policy/log_ratio"]
        return metrics

    def _one_update(
        self,
        policy: Policy,
        optimizer: torch.optim.Optimizer,
        stage: Any,
        batch: TokenBatch,
        prompts: Sequence[Any],
    ) -> dict[str, float]:
        optimizer.zero_grad(set_to_none=True)
        totals = learn(
            policy, prompts, batch, stage.algorithm,
            temperature=stage.temperature, max_tokens=stage.tokens_per_micro_batch,
        )  # fmt: skip
        weights = [parameter for _, parameter in policy.trainable()]
        norm = torch.nn.utils.clip_grad_norm_(weights, stage.optimizer.max_gradient_norm).item()
        if not (math.isfinite(totals.loss) and math.isfinite(norm)):
            raise TrainingError(
                f"step {self.progress.step} of stage '{stage.name}': loss {totals.loss}, gradient "
                f"{norm}: no longer numbers, so the weights were left as they were. Lower "
                "optimizer.learning_rate or look at the rollouts of this step; the same command "
                "goes on from the last checkpoint"
            )
        optimizer.step()
        return {
            **totals.means(),
            "loss": totals.loss,
            "gradient/norm": norm,
            "update/num_tokens": float(totals.num_tokens),
            "compute/prompt_tokens_run": float(totals.prompt_tokens),
        }

    def _with_reference(
        self, batch: TokenBatch, reference: Policy | None, stage: Any, prompts: Sequence[Any]
    ) -> TokenBatch:
        if reference is None:
            return batch
        logprob = score(
            reference, prompts, batch,
            temperature=stage.temperature, max_tokens=stage.tokens_per_micro_batch,
        )  # fmt: skip
        return replace(batch, reference_logprob=logprob)

    def _reference(self, policy: Policy, stage: Stage) -> Policy | None:
        """The policy as it was when the stage began, if the stage's algorithm asks for it."""
        if not stage.algorithm.needs_reference:  # type: ignore[attr-defined]
            return None
        if not self.progress.stage_step:
            return policy.frozen()
        start = self.progress.stage_start
        return self.policy_spec.load(self.folder.at(start) if start else None).frozen()

    # ------------------------------------------------------------------------------- records

    def _evaluate(
        self, policy: Policy, stage: str, moment: str, enough: float | None = None
    ) -> tuple[Measured | None, float]:
        if self.evaluator is None:
            return None, 0.0
        start = time.perf_counter()
        measured = self.evaluator.measure(policy)
        moment = "after" if _is_enough(measured, enough) else moment
        self.folder.log_evaluation(self.progress.step, stage, moment, measured)
        if moment != "before" and measured.accuracy > self.progress.best_accuracy:
            self.progress = replace(
                self.progress, best_step=self.progress.step, best_accuracy=measured.accuracy
            )
        return measured, time.perf_counter() - start

    def _log(self, stage: Stage, metrics: Mapping[str, float], groups: Sequence[Group]) -> None:
        step, stage_step = self.progress.step, self.progress.stage_step
        where = {"step": step, "stage": stage.name, "stage_step": stage_step, "time": time.time()}
        self.folder.log({**where, **metrics})
        for tracker in self.trackers:
            tracker.log(step, metrics)
        is_due = self.log_rollouts_every and (stage_step - 1) % self.log_rollouts_every == 0
        if isinstance(stage, Reinforce) and (is_due or self.progress.is_stage_done):
            self.folder.log_rollouts(step, stage.name, groups[: self.max_logged_groups])

    def _save(self, policy: Policy, optimizer: torch.optim.Optimizer) -> None:
        """Write a checkpoint, mark the best, and delete what is not to be kept."""
        progress = self.progress
        self.folder.save(progress, policy, optimizer)
        if progress.best_step:
            self.folder.point("best", progress.best_step)
        self.folder.prune(self.keep_last, {progress.best_step, *progress.ends})

    def _report_dropped(self, collected: Collected, display: Display) -> None:
        for sentence in collected.dropped[:_MAX_NAMED]:
            display.say(f"step {self.progress.step}: left out {sentence}")
        if not collected.groups:
            raise TrainingError(
                f"step {self.progress.step}: none of its {len(collected.dropped)} examples can be "
                f"used; the first: {collected.dropped[0]}"
            )


def _parts(num_groups: int, num_parts: int) -> Iterator[range]:
    """Numbers of groups in so many runs of almost equal length; empty runs are left out."""
    edges = [num_groups * part // num_parts for part in range(num_parts + 1)]
    for start, end in pairwise(edges):
        if end > start:
            yield range(start, end)


def _mean_of(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = rows[0] if rows else ()
    return {name: sum(row[name] for row in rows) / len(rows) for name in names}


def _tokens(collected: Collected) -> int:
    return sum(len(c.token_ids) for group in collected.groups for c in group.completions)


def _is_enough(measured: Measured, accuracy: float | None) -> bool:
    return accuracy is not None and measured.accuracy >= accuracy


class _Flag:
    """Set from a signal, read between steps."""

    def __init__(self) -> None:
        self.is_set = False

    def __bool__(self) -> bool:
        return self.is_set


@contextmanager
def _listening() -> Iterator[_Flag]:
    """Note Ctrl-C and SIGTERM and let the step end; a second Ctrl-C stops at once."""
    flag = _Flag()

    def note(number: int, frame: Any) -> None:
        if flag.is_set:
            raise KeyboardInterrupt
        flag.is_set = True

    if threading.current_thread() is not threading.main_thread():
        yield flag  # signals reach the main thread only
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

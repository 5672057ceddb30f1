"""Carrying out a claim: each arm of each seed is a run folder, so a killed claim goes on.

What is written down (the record) is JSON: the claim as it was before the run, every evaluation of
every arm with what had been spent by then, and what follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from math import isfinite
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from rich.console import Console

from regard import __version__
from regard.claims.claim import Budget, Claim, Criterion
from regard.claims.statistics import at, difference, overall
from regard.recipes.catalogue import find
from regard.recipes.execute import execute, settle, with_seed
from regard.recipes.run import Run, Stage
from regard.training.folder import read_rows
from regard.training.stages import LearningStage

Json = dict[str, Any]
Curves = Mapping[str, list[list[Json]]]
"""Of each arm, for each seed, its evaluations: what was spent, and the values measured."""


@dataclass(frozen=True)
class _Job:
    """One run of a claim, in a folder of its own."""

    title: str
    run: Run
    folder: Path
    recipe: str


def carry_out(
    claim: Claim, folder: Path, *, num_seeds: int, console: Console, num_jobs: int = 1
) -> Json | None:
    """Run all arms with all seeds and judge; None if it was asked to stop before the end.

    Of several jobs at a time, each is a process whose output goes to `output.txt` of its folder.
    """
    seeds = range(num_seeds)
    starts = [_start(claim, folder, seed) for seed in seeds] if claim.start else []
    arms = {arm: [_arm(claim, arm, folder, seed, starts) for seed in seeds] for arm in claim.arms}
    by_seed = [jobs[seed] for seed in seeds for jobs in arms.values()]
    for jobs in (starts, by_seed):
        if not _finish_all(jobs, num_jobs, console):
            return None
    return record(
        claim,
        {
            arm: [curve(job.run, job.folder, claim.budget) for job in jobs]
            for arm, jobs in arms.items()
        },
    )


def _start(claim: Claim, folder: Path, seed: int) -> _Job:
    assert claim.start is not None
    run = with_seed(find(claim.start).run, seed)
    title = f"{claim.system}, seed {seed}: the start"
    return _Job(title, run, folder / f"seed-{seed}" / "start", claim.start)


def _arm(claim: Claim, arm: str, folder: Path, seed: int, starts: Sequence[_Job]) -> _Job:
    recipe = claim.arms[arm]
    run = with_seed(find(recipe).run, seed)
    if starts:
        run = _from_start(run, starts[seed])
    title = f"{claim.system}, seed {seed}: {arm}"
    return _Job(title, run, folder / f"seed-{seed}" / arm, recipe)


def _finish_all(jobs: Sequence[_Job], num_jobs: int, console: Console) -> bool:
    """Bring all runs to their ends, so many at a time; whether they are there."""
    if num_jobs == 1:
        for number, job in enumerate(jobs, 1):
            console.print(f"{job.title} (run {number} of {len(jobs)})")
            if not _finish(job, console):
                return False
        return True
    with ProcessPoolExecutor(num_jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_finish_apart, job): job for job in jobs}
        ends = []
        for number, done in enumerate(as_completed(running), 1):
            ends.append(done.result())
            said = "is at its end" if ends[-1] else "was stopped"
            console.print(f"{running[done].title} {said} (run {number} of {len(jobs)})")
    return all(ends)


def _finish_apart(job: _Job) -> bool:
    """The same in a process of its own, which writes what it says to a file."""
    job.folder.mkdir(parents=True, exist_ok=True)
    with (job.folder / "output.txt").open("a") as file:
        return _finish(job, Console(file=file, width=120))


def record(claim: Claim, curves: Curves) -> Json:
    """The claim, its curves, and what follows from them."""
    results = [judge(criterion, curves) for criterion in claim.criteria]
    return {
        "regard": __version__,
        "claim": asdict(claim),
        "verdict": overall([result["verdict"] for result in results]),
        "criteria": results,
        "arms": _table(curves, claim.shown),
        "curves": dict(curves),
    }


def judge(criterion: Criterion, curves: Curves) -> Json:
    """Compare two arms seed by seed where both had spent the same."""
    values: dict[str, list[float]] = {}
    for arm in (criterion.better, criterion.worse):
        values[arm] = [
            at(_line(seed, criterion.metrics), criterion.share * budget)
            for seed, budget in zip(curves[arm], budgets(curves), strict=True)
        ]
    found = difference(values[criterion.better], values[criterion.worse])
    return {
        "sentence": criterion.sentence,
        "values": values,
        "mean": found.mean,
        # JSON has no infinity: one seed has no interval.
        "interval": [found.low, found.high] if isfinite(found.low) else None,
        "verdict": found.verdict(criterion.least),
    }


def budgets(curves: Curves) -> list[float]:
    """For each seed, what the most frugal arm spent."""
    return [min(seed[-1]["spent"] for seed in seeds) for seeds in zip(*curves.values())]  # noqa: B905


def curve(run: Run, folder: Path, budget: Budget) -> list[Json]:
    """What an arm had spent and what it was worth at each of its evaluations.

    Tokens are those of the answers a step was made of.
    """
    updates = {stage.name: _updates(stage) for stage in run.stages}
    spent, total = {0: 0.0}, 0.0
    for row in read_rows(folder / "metrics.jsonl"):
        if budget == "updates":
            total += updates[row["stage"]]
        else:
            total += row.get("completion/num_tokens", 0.0) * row.get("completion/count", 0.0)
        spent[row["step"]] = total
    return [
        {
            "spent": round(spent[row["step"]]),
            "accuracy": row["accuracy"],
            **{f"accuracy/{kind}": found["accuracy"] for kind, found in row["by_kind"].items()},
            **{
                f"reward/{kind}": part["metrics"]["reward/mean"]
                for kind, part in row["by_kind"].items()
            },
            **row["metrics"],
        }
        for row in read_rows(folder / "evaluations.jsonl")
    ]


def _updates(stage: Stage) -> int:
    """Of the optimiser, in each step of a stage."""
    if not isinstance(stage, LearningStage):
        return 0
    return stage.updates_per_step * stage.passes_per_step


def _finish(job: _Job, console: Console) -> bool:
    """Bring a run to its end, if it is not there; whether it is."""
    settle(job.run, job.folder, job.recipe)
    end = job.folder / "checkpoints" / "final"
    if not end.exists():
        execute(job.run, job.folder, recipe=job.recipe, console=console)
    return end.exists()


def _from_start(run: Run, start: _Job) -> Run:
    """The same run from the weights another one ended with, without the stages they share."""
    done = {stage.name for stage in start.run.stages}
    weights = str(start.folder.resolve() / "checkpoints" / "final")
    return replace(
        run,
        policy=replace(run.policy, weights=weights),
        stages=tuple(stage for stage in run.stages if stage.name not in done),
    )


def _table(curves: Curves, shown: str) -> dict[str, Json]:
    """Mean and spread of what each arm came to at the end of the equal budget."""
    found = {}
    for arm, seeds in curves.items():
        ends = [
            at(_line(s, (shown,)), budget) for s, budget in zip(seeds, budgets(curves), strict=True)
        ]
        found[arm] = {
            "before": fmean(seed[0][shown] for seed in seeds),
            "after": fmean(ends),
            "spread": pstdev(ends),
            "spent": fmean(seed[-1]["spent"] for seed in seeds),
        }
    return found


def _line(seed: list[Json], metrics: Sequence[str]) -> list[tuple[float, float]]:
    return [(point["spent"], fmean(point[metric] for metric in metrics)) for point in seed]

"""Carrying out a claim: each arm of each seed is a run folder, so a killed claim goes on.

What is written down (the record) is JSON: the claim as it was before the run, every evaluation of
every arm with what had been spent by then, and what follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from rich.console import Console

from regard import __version__
from regard.claims.claim import Budget, Claim, Criterion
from regard.claims.statistics import at, difference, overall
from regard.recipes.catalogue import find
from regard.recipes.execute import execute, settle, with_seed
from regard.recipes.run import Run
from regard.training.folder import read_rows

Json = dict[str, Any]
Curves = Mapping[str, list[list[Json]]]
"""Of each arm, for each seed, its evaluations: what was spent, and the values measured."""


def carry_out(claim: Claim, folder: Path, *, num_seeds: int, console: Console) -> Json | None:
    """Run all arms with all seeds and judge; None if it was asked to stop before the end."""
    total = num_seeds * len(claim.arms)
    curves: dict[str, list[list[Json]]] = {arm: [] for arm in claim.arms}
    for seed in range(num_seeds):
        start = None
        if claim.start is not None:
            start = with_seed(find(claim.start).run, seed)
            console.print(f"{claim.system}, seed {seed}: the start")
            if not _finish(start, folder / f"seed-{seed}" / "start", claim.start, console):
                return None
        for number, (arm, recipe) in enumerate(claim.arms.items(), seed * len(claim.arms) + 1):
            console.print(f"{claim.system}, seed {seed}: {arm} (run {number} of {total})")
            place = folder / f"seed-{seed}"
            run = _from_start(with_seed(find(recipe).run, seed), start, place / "start")
            if not _finish(run, place / arm, recipe, console):
                return None
            curves[arm].append(curve(run, place / arm, claim.budget))
    return record(claim, curves)


def record(claim: Claim, curves: Curves) -> Json:
    """The claim, its curves, and what follows from them."""
    results = [judge(criterion, curves) for criterion in claim.criteria]
    return {
        "regard": __version__,
        "claim": asdict(claim),
        "verdict": overall([result["verdict"] for result in results]),
        "criteria": results,
        "arms": _table(curves),
        "curves": dict(curves),
    }


def judge(criterion: Criterion, curves: Curves) -> Json:
    """Compare two arms seed by seed where both had spent the same."""
    values: dict[str, list[float]] = {}
    for arm in (criterion.better, criterion.worse):
        values[arm] = [
            at(_line(seed, criterion.metric), criterion.share * budget)
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
    updates = {stage.name: stage.updates_per_step * stage.passes_per_step for stage in run.stages}
    spent, total = {0: 0.0}, 0.0
    for row in read_rows(folder / "metrics.jsonl"):
        if budget == "updates":
            total += updates[row["stage"]]
        else:
            total += row.get("completion/num_tokens", 0.0) * row.get("completion/count", 0.0)
        spent[row["step"]] = total
    return [
        {"spent": round(spent[row["step"]]), "accuracy": row["accuracy"], **row["metrics"]}
        for row in read_rows(folder / "evaluations.jsonl")
    ]


def _finish(run: Run, folder: Path, recipe: str, console: Console) -> bool:
    """Bring a run to its end, if it is not there; whether it is."""
    settle(run, folder, recipe)
    end = folder / "checkpoints" / "final"
    if not end.exists():
        execute(run, folder, recipe=recipe, console=console)
    return end.exists()


def _from_start(run: Run, start: Run | None, folder: Path) -> Run:
    """The same run from the weights another one ended with, without the stages they share."""
    if start is None:
        return run
    done = {stage.name for stage in start.stages}
    weights = str(folder.resolve() / "checkpoints" / "final")
    return replace(
        run,
        policy=replace(run.policy, weights=weights),
        stages=tuple(stage for stage in run.stages if stage.name not in done),
    )


def _table(curves: Curves) -> dict[str, Json]:
    """Mean and spread of each arm's accuracy at the end of the equal budget."""
    found = {}
    for arm, seeds in curves.items():
        ends = [
            at(_line(s, "accuracy"), budget)
            for s, budget in zip(seeds, budgets(curves), strict=True)
        ]
        found[arm] = {
            "before": fmean(seed[0]["accuracy"] for seed in seeds),
            "accuracy": fmean(ends),
            "spread": pstdev(ends),
            "spent": fmean(seed[-1]["spent"] for seed in seeds),
        }
    return found


def _line(seed: list[Json], metric: str) -> list[tuple[float, float]]:
    return [(point["spent"], point[metric]) for point in seed]

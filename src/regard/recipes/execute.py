"""Carrying out a run: its folder, its training, its report."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from regard import __version__, config
from regard.data.fingerprint import fingerprint
from regard.data.mixing import left_out
from regard.errors import ConfigError
from regard.recipes.run import Run
from regard.training.folder import RunFolder, read_rows
from regard.training.loop import Interrupted, Trainer
from regard.training.rejection import Accepted
from regard.training.trackers import open_tracker
from regard.types import Dataset
from regard.viewer import write_report

_MAX_NAMED = 3
"""Bad records named in full; the others are counted."""


def execute(run: Run, folder: Path, *, recipe: str, console: Console) -> None:
    """Train a run in its folder, going on where it stands if it was begun before."""
    settle(run, folder, recipe)
    with _torch_settings(run.num_threads):
        files = RunFolder(folder)
        datasets = _datasets(run)
        files.write_json("versions.json", _versions(datasets))
        _report_left_out(datasets.values(), console)
        trackers = [open_tracker(name, folder) for name in run.trackers]
        trainer = Trainer(
            folder=files,
            policy_spec=run.policy,
            stages=run.stages,
            evaluator=run.evaluation,
            seed=run.seed,
            keep_last=run.keep_last,
            log_rollouts_every=run.log_rollouts_every,
            max_logged_groups=run.max_logged_groups,
            console=console,
            trackers=trackers,
            monitors=run.monitors,
            best=run.best,
            blind_evaluator=run.blind_evaluation,
        )
        try:
            trainer.run()
        except Interrupted as stop:
            console.print(f"{stop}; the same command goes on from there", soft_wrap=True)
        finally:
            for tracker in trackers:
                tracker.close()
    if run.evaluation is not None:
        console.print(results(folder))
    report = write_report(folder)
    console.print(f"report: {report}", soft_wrap=True)


def settle(run: Run, folder: Path, recipe: str) -> None:
    """Write the run down; a folder where another run has trained is left alone, with an error."""
    record = {"regard": __version__, "recipe": recipe, "run": config.to_json(run)}
    path = folder / "run.json"
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name another folder with --out")
    # Before the first step there is nothing to lose: a mistake in the recipe can be mended.
    if path.is_file() and (folder / "metrics.jsonl").is_file():
        try:
            before = json.loads(path.read_text())["run"]
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{path} is no record of a run; choose another folder") from error
        if before != record["run"]:
            raise ConfigError(
                f"{folder} holds a run with other settings "
                f"({_first_difference(before, record['run'])}). Give the settings it was begun "
                "with to go on with it, or another folder with --out"
            )
        return
    RunFolder(folder).write_json("run.json", record)


def results(folder: Path) -> Table:
    """Held-out accuracy before, between and after the stages, by kind of question."""
    rows = [r for r in read_rows(folder / "evaluations.jsonl") if r["moment"] != "during"]
    table = Table(title="held-out accuracy")
    table.add_column("kind")
    for row in rows:
        name = "before" if row["moment"] == "before" else f"after {row['stage']}"
        table.add_column(name, justify="right")
    kinds = sorted({kind for row in rows for kind in row["by_kind"]})
    for kind in kinds:
        cells = [row["by_kind"].get(kind) for row in rows]
        table.add_row(kind, *(f"{cell['accuracy']:.3f}" if cell else "" for cell in cells))
    table.add_section()
    table.add_row("all", *(f"{row['accuracy']:.3f}" for row in rows))
    return table


def with_seed(run: Run, seed: int) -> Run:
    """The same run from another seed, first weights of a tiny model or of adapters included."""
    policy = run.policy
    if not isinstance(policy.weights, str):
        policy = replace(policy, weights=replace(policy.weights, seed=seed))
    if policy.lora is not None:
        policy = replace(policy, lora=replace(policy.lora, seed=seed))
    return replace(run, seed=seed, policy=policy)


def _datasets(run: Run) -> dict[str, Dataset]:
    """What each stage and the evaluation take their examples from."""
    # What a stage of the run accepts is made of another stage's data.
    sources = {s.name: s.data for s in run.stages if not isinstance(s.data, Accepted)}
    if run.evaluation is not None:
        sources["evaluation"] = run.evaluation.data
    return {name: source.load() for name, source in sources.items()}


def _versions(datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "regard": __version__,
        **{name: version(name) for name in ("torch", "transformers", "numpy")},
        "threads": torch.get_num_threads(),
        "data": {name: fingerprint(dataset) for name, dataset in datasets.items()},
    }


def _report_left_out(datasets: Iterable[Dataset], console: Console) -> None:
    """Name the first bad records that the readers dropped, and count all."""
    # Stages may read the same file: each of its records is told once.
    records = list(dict.fromkeys(record for dataset in datasets for record in left_out(dataset)))
    for record in records[:_MAX_NAMED]:
        console.print(f"left out {record.place}: {record.reason}", markup=False, soft_wrap=True)
    if records:
        console.print(f"{len(records):,} bad records left out in all")


def _first_difference(before: Any, now: Any, path: str = "") -> str:
    """The first place where two records differ, for an error message."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in {**before, **now}:
            if before.get(key) != now.get(key):
                return _first_difference(before.get(key), now.get(key), f"{path}.{key}")
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for i, (old, new) in enumerate(zip(before, now, strict=True)):
            if old != new:
                return _first_difference(old, new, f"{path}.{i}")
    return f"{path.lstrip('.')} was {_short(before)}, now {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"


@contextmanager
def _torch_settings(num_threads: int) -> Iterator[None]:
    """The run's own number of threads, and no denormal numbers; the caller's are put back."""
    threads, flushed = torch.get_num_threads(), _flushes_denormals()
    # Peaked distributions are full of denormal numbers, which a CPU multiplies six times slower.
    torch.set_flush_denormal(True)
    torch.set_num_threads(num_threads or threads)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)
        torch.set_num_threads(threads)


def _flushes_denormals() -> bool:
    """Whether numbers too small for full precision count as 0 just now; torch does not tell."""
    return bool(torch.tensor(1e-20) * 1e-20 == 0)

"""What a run folder holds, read forgivingly: the run may still be going, or have died half way.

Damage never raises here. What cannot be read is left out, and a sentence says so on the page;
only a folder that is no run at all is an error. The layout is that of docs/run-folder.md.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regard.errors import DataError

Json = dict[str, Any]

_PARTS_OF_A_RUN = ("run.json", "metrics.jsonl", "evaluations.jsonl", "rollouts")
_ROLLOUT_NAME = re.compile(r"step-(\d+)\.jsonl")


@dataclass(kw_only=True)
class RunFolder:
    """The readable contents of a run folder."""

    path: Path
    run: Json
    versions: Json
    metrics: list[Json]
    """One row a step, in the order of the steps."""
    evaluations: list[Json]
    rollouts: dict[int, Path]
    """The file of each recorded step, in the order of the steps."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the reader of the page: what is missing, damaged or left out."""


def read_run(path: Path) -> RunFolder:
    """Everything the page needs except the rollouts themselves, which may be large."""
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; expected a run folder such as runs/quickstart")
    if not any((path / part).exists() for part in _PARTS_OF_A_RUN):
        raise DataError(
            f"{path} is not a run folder: it holds none of "
            f"{', '.join(_PARTS_OF_A_RUN)}{_hint(path)}"
        )
    notes = _warnings(path / "warnings.jsonl")
    return RunFolder(
        path=path,
        run=_read_object(path / "run.json", notes),
        versions=_read_object(path / "versions.json", notes),
        metrics=_last_word(_read_rows(path / "metrics.jsonl", notes), ("step",)),
        evaluations=_last_word(
            _read_rows(path / "evaluations.jsonl", notes), ("step", "stage", "moment")
        ),
        rollouts=_rollout_files(path / "rollouts", notes),
        notes=notes,
    )


def read_rows(path: Path) -> tuple[list[Json], int]:
    """The objects of a JSON-lines file, and how many of its lines could not be read.

    A last line without its newline is still being written and does not count as damage.
    """
    lines = path.read_bytes().decode("utf-8", errors="replace").split("\n")
    rows, num_bad = [], 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _parsed(line)
        if isinstance(row, dict):
            rows.append(row)
        elif number < len(lines):
            num_bad += 1
    return rows, num_bad


def number(value: object) -> float | None:
    """A finite number, or None for everything else that may stand where one was expected.

    >>> number(2), number(float("nan")), number("2")
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # JSON allows integers no float can hold
        return None


def mapping(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def _hint(path: Path) -> str:
    runs = sorted(child.name for child in path.iterdir() if (child / "run.json").exists())
    return f"; runs in it: {', '.join(runs[:5])}" if runs else ""


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_object(path: Path, notes: list[str]) -> Json:
    try:
        value = _parsed(path.read_text("utf-8", errors="replace"))
    except OSError:
        notes.append(f"{path.name} is missing.")
        return {}
    if not isinstance(value, dict):
        notes.append(f"{path.name} is not a JSON object, so nothing of it is shown.")
    return mapping(value)


def _read_rows(path: Path, notes: list[str]) -> list[Json]:
    try:
        rows, num_bad = read_rows(path)
    except OSError:
        notes.append(f"{path.name} is missing.")
        return []
    if num_bad:
        notes.append(f"{path.name}: {num_bad} unreadable {'line' if num_bad == 1 else 'lines'}.")
    elif not rows:
        notes.append(f"{path.name} is empty so far.")
    return [row for row in rows if number(row.get("step")) is not None]


def _warnings(path: Path) -> list[str]:
    """What the monitors said while the run went on."""
    rows = read_rows(path)[0] if path.is_file() else []
    return [f"Step {row.get('step')}, {row.get('stage')}: {row.get('text')}" for row in rows]


def _last_word(rows: list[Json], keys: tuple[str, ...]) -> list[Json]:
    """One row for each step: a run that was resumed writes again what it does again."""
    latest = {tuple(str(row.get(key)) for key in keys): row for row in rows}
    return sorted(latest.values(), key=lambda row: float(row["step"]))


def _rollout_files(folder: Path, notes: list[str]) -> dict[int, Path]:
    try:
        names = {path: _ROLLOUT_NAME.fullmatch(path.name) for path in folder.iterdir()}
    except OSError:
        notes.append("rollouts/ is missing.")
        return {}
    files = {int(match[1]): path for path, match in names.items() if match}
    if not files:
        notes.append("rollouts/ is empty so far.")
    return dict(sorted(files.items()))

"""The numbers behind the curves: series by step, stages, and accuracy by kind of question."""

from __future__ import annotations

import math
from itertools import groupby
from statistics import fmean
from typing import Any

from regard.viewer.reading import Json, mapping, number

MAX_POINTS = 1500
"""Points of one curve; a longer run is averaged over neighbouring steps. Wider than any screen."""

_NOT_METRICS = {"step", "stage", "stage_step", "time"}


def series(rows: list[Json]) -> Json:
    """Metrics by column: `step`, `stage`, and for each name its values (None: not measured)."""
    names = sorted({name for row in rows for name in row} - _NOT_METRICS)
    # Evaluations are rare and drawn as points; averaging them over neighbours would blur them.
    names = [name for name in names if not name.startswith("eval/")]
    size = max(1, math.ceil(len(rows) / MAX_POINTS))
    bins = [
        stage_rows[start : start + size]
        for _, group in groupby(rows, key=_stage)
        for stage_rows in [list(group)]
        for start in range(0, len(stage_rows), size)
    ]
    columns = {name: [_mean(rows, name) for rows in bins] for name in names}
    return {
        "step": [rows[-1]["step"] for rows in bins],
        "stage": [_stage(rows[-1]) for rows in bins],
        "values": {name: column for name, column in columns.items() if any_number(column)},
        "steps_per_point": size,
    }


def evaluation_points(rows: list[Json], evaluations: list[Json]) -> dict[str, list[list[float]]]:
    """For each name below `eval/` its points [step, value]; evaluations.jsonl has the last word."""
    points: dict[str, dict[float, float]] = {}

    def add(name: str, step: float, value: object) -> None:
        if (known := number(value)) is not None:
            points.setdefault(f"eval/{name}", {})[step] = known

    for row in rows:
        for name in row:
            if name.startswith("eval/"):
                add(name.removeprefix("eval/"), row["step"], row[name])
    for row in evaluations:
        add("accuracy", row["step"], row.get("accuracy"))
        for kind, result in mapping(row.get("by_kind")).items():
            add(f"accuracy/{kind}", row["step"], mapping(result).get("accuracy"))
        for name, value in mapping(row.get("metrics")).items():
            add(name, row["step"], value)
    return {
        name: [[step, _short(value)] for step, value in sorted(at.items())]
        for name, at in sorted(points.items())
    }


def stages(rows: list[Json]) -> list[Json]:
    """The stages in the order they ran, with their first and last step."""
    found = []
    for name, group in groupby(rows, key=_stage):
        steps = [row["step"] for row in group]
        found.append({"name": name, "first": steps[0], "last": steps[-1]})
    return found


def headline(evaluations: list[Json]) -> Json:
    """The table of accuracies: a column for each stage's end, a row for each kind of question.

    A run that is still going gets a last column "so far".
    """
    columns = [row for row in evaluations if row.get("moment") in ("before", "after")]
    if evaluations and evaluations[-1].get("moment") == "during":
        columns.append(evaluations[-1])
    kinds = sorted({kind for row in columns for kind in mapping(row.get("by_kind"))})
    results = [("all", columns)]
    for kind in kinds:
        results.append((kind, [mapping(mapping(row.get("by_kind")).get(kind)) for row in columns]))
    return {
        "columns": [{"title": _title(row), "step": row["step"]} for row in columns],
        "rows": [
            {
                "kind": kind,
                "num_examples": next(
                    (n for cell in reversed(cells) if (n := number(cell.get("num_examples")))), None
                ),
                "accuracy": [number(cell.get("accuracy")) for cell in cells],
            }
            for kind, cells in results
            if cells
        ],
    }


def any_number(values: list[Any]) -> bool:
    """A number of a log, or None."""
    return any(value is not None for value in values)


def _stage(row: Json) -> str:
    return str(row.get("stage") or "")


def _title(row: Json) -> str:
    if row.get("moment") == "before":
        return "before"
    stage = _stage(row).replace("_", " ")
    return f"after {stage}" if row.get("moment") == "after" else f"{stage}, so far"


def _mean(rows: list[Json], name: str) -> float | None:
    values = [value for row in rows if (value := number(row.get(name))) is not None]
    return _short(fmean(values)) if values else None


def _short(value: float) -> float:
    """Six digits: more than a curve can show, half the bytes."""
    return float(f"{value:.6g}")

"""OCRBench (arXiv:2305.07895): a point for each reply that holds one of the right texts.

A thousand questions in ten categories, six of which are reading text; as VLMEvalKit scores them,
and WeThink (arXiv:2506.07905) reports. A right text anywhere in the reply counts, so a reply that
repeats everything it sees scores well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from regard.errors import DataError, nearest
from regard.evals.benchmarks.mathvista import read_choices
from regard.evals.benchmarks.tables import read_table

_FORMULAS = "Handwritten Mathematical Expression Recognition"
GROUPS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "Regular Text Recognition",
            "Irregular Text Recognition",
            "Artistic Text Recognition",
            "Handwriting Recognition",
            "Digit String Recognition",
            "Non-Semantic Text Recognition",
        ),
        "Text Recognition",
    ),
    "Scene Text-centric VQA": "Scene Text-centric VQA",
    "Doc-oriented VQA": "Doc-oriented VQA",
    "Key Information Extraction": "Key Information Extraction",
    _FORMULAS: _FORMULAS,
}
"""The group that each category counts in."""


def read_ocrbench(path: Path) -> list[dict[str, Any]]:
    """A table with `category`, `answer` (a list of right texts) and `prediction`."""
    return read_table(path, ("category", "answer", "prediction"))


def is_right(row: Mapping[str, Any]) -> bool:
    """Whether the prediction of a row holds one of its answers, in any case.

    Formulas count without spaces, and in their own case.

    >>> is_right({"category": "Doc-oriented VQA", "answer": "['CENTRE']", "prediction": "A centre"})
    True
    """
    is_formula = row["category"] == _FORMULAS
    said = _bare(str(row["prediction"]), is_formula)
    return any(_bare(str(text), is_formula) in said for text in read_choices(row["answer"]))


def ocrbench_points(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Points by group, and "Final Score", of 1,000 for the whole benchmark.

    >>> row = {"category": "Doc-oriented VQA", "answer": ["12"], "prediction": "no. 12"}
    >>> ocrbench_points([row])["Final Score"]
    1
    """
    points = dict.fromkeys(GROUPS.values(), 0)
    for row in rows:
        category = str(row["category"])
        if category not in GROUPS:
            raise DataError(f"category '{category}' is unknown; {nearest(category, GROUPS)}")
        points[GROUPS[category]] += is_right(row)
    return {**points, "Final Score": sum(points.values())}


def _bare(text: str, is_formula: bool) -> str:
    line = text.strip().replace("\n", " ")
    return line.replace(" ", "") if is_formula else line.lower()

"""HallusionBench (arXiv:2310.14566): accuracy by answer, by figure and by question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.tables import read_table


def hallusion_accuracy(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """`aAcc`, `fAcc` and `qAcc` in percent.

    A figure is right when all answers about it are, a question when all its askings are. The
    index of a row is category_subcategory_…_set_figure_question, counted as VLMEvalKit does.

    >>> rows = [
    ...     {"index": "VD_chart_x_0_0_0", "l2-category": "chart", "score": True},
    ...     {"index": "VD_chart_x_0_0_1", "l2-category": "chart", "score": False},
    ... ]
    >>> hallusion_accuracy(rows)
    {'aAcc': 50.0, 'fAcc': 0.0, 'qAcc': 50.0}
    """
    answers: list[bool] = []
    figures: dict[tuple[str, ...], bool] = {}
    questions: dict[tuple[str, ...], bool] = {}
    for row in rows:
        parts = str(row["index"]).split("_")
        if len(parts) < 6:
            raise DataError(f"index {row['index']!r}: expected six parts joined by '_'")
        right = bool(row["score"])
        answers.append(right)
        figure = (str(row["l2-category"]), parts[3], parts[4])
        question = (str(row["l2-category"]), parts[3], parts[5])
        figures[figure] = figures.get(figure, True) and right
        questions[question] = questions.get(question, True) and right
    return {
        "aAcc": _percent(answers),
        "fAcc": _percent(list(figures.values())),
        "qAcc": _percent(list(questions.values())),
    }


def read_yes_no(reply: str) -> bool | None:
    """Whether a reply says yes or no: by its only such word, None where it has both or neither.

    >>> read_yes_no("Yes, it is."), read_yes_no("There is no such thing"), read_yes_no("Perhaps")
    (True, False, None)
    """
    words = set(re.findall(r"[a-z]+", reply.lower()))
    if ("yes" in words) == ("no" in words):
        return None
    return "yes" in words


def read_hallusion(path: Path) -> list[dict[str, Any]]:
    """A table with `index`, `l2-category`, `answer` and `prediction`."""
    return read_table(path, ("index", "l2-category", "answer", "prediction"))


def _percent(verdicts: list[bool]) -> float:
    return 100 * sum(verdicts) / len(verdicts) if verdicts else 0.0

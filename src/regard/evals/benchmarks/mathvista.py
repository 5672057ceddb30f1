"""MathVista (arXiv:2310.02255) as VLMEvalKit scores it: an exact reading first, a judge else."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.accounts import Account, accounts_by
from regard.text.choices import infer_choice, letters


def read_choices(written: str | Sequence[Any]) -> list[Any]:
    """The list of choices of a record, which the benchmark writes as a Python list."""
    if not isinstance(written, str):
        return list(written)
    try:
        choices = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(f"choices {written[:80]!r} are not a list ({error})") from error
    if not isinstance(choices, (list, tuple)):
        raise DataError(f"choices {written[:80]!r} are not a list")
    return list(choices)


def read_prediction(record: Mapping[str, Any], prediction: object) -> str | int | float | None:
    """What a prediction says: an option letter, an integer, a number or a text; None if nothing.

    >>> read_prediction({"question_type": "free_form", "answer_type": "integer"}, " 14 ")
    14
    >>> read_prediction({"question_type": "multi_choice", "choices": "['5', '7']"}, "(B)")
    'B'
    """
    if record["question_type"] == "multi_choice":
        choices = read_choices(record["choices"])
        return infer_choice(prediction, dict(zip(letters(choices), choices, strict=True)))
    text = str(prediction)
    try:
        if record["answer_type"] == "integer":
            return _integer(prediction)
        if record["answer_type"] == "float":
            return float(text)
    except ValueError:
        return None
    return text


def _integer(value: object) -> int:
    """A whole number as it is written; a table may hold 14 as 14.0."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return int(str(value))


def is_right(record: Mapping[str, Any], prediction: object, *, official: bool = True) -> bool:
    """Whether a prediction (or what a judge took from it) is the answer of the record.

    Official: for answers that are texts or lists, the published check compares "None" with the
    answer instead of the prediction. Otherwise their texts are compared without spaces and case.

    >>> record = {"question_type": "free_form", "answer_type": "list", "answer": "[1, 2]"}
    >>> is_right(record, "[1,2]"), is_right(record, "[1,2]", official=False)
    (False, True)
    """
    said = read_prediction(record, prediction)
    if record["question_type"] == "multi_choice":
        return said is not None and said == record["answer_option"]
    wanted = str(record["answer"])
    if record["answer_type"] not in ("integer", "float"):
        if official:
            return wanted == "None"
        return "".join(str(said).split()).lower() == "".join(wanted.split()).lower()
    try:
        is_whole = record["answer_type"] == "integer"
        value = _integer(record["answer"]) if is_whole else float(wanted)
    except ValueError as error:
        kind = record["answer_type"]
        raise DataError(f"answer {wanted!r} is no {kind}, as its record says") from error
    return said is not None and said == value


def by_task_and_skill(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Account]:
    """The account of each `task` and of each of the `skills` of rows that have their `score`.

    >>> row = {"task": "geometry problem solving", "skills": "['algebraic reasoning']", "score": 1}
    >>> list(by_task_and_skill([row]))
    ['geometry problem solving', 'algebraic reasoning']
    """
    return accounts_by(
        (str(name), bool(row["score"]))
        for row in rows
        for name in (row["task"], *read_choices(row["skills"]))
    )


def prefetched(record: Mapping[str, Any], *, official: bool = True) -> str | int | float | None:
    """What can be read off a prediction without a judge: any one option; the right free answer.

    The official prefetch keeps only free answers that are right, and asks the judge else.
    """
    prediction = record["prediction"]
    said = read_prediction(record, prediction)
    if record["question_type"] == "multi_choice":
        return said
    if not is_right(record, prediction, official=official):
        return None
    is_text = record["answer_type"] not in ("integer", "float")
    return "None" if official and is_text else said

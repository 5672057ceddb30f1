r"""MATH-Vision (arXiv:2402.14804) as VLMEvalKit scores it: an option by its letter, or a value.

The published check runs answers through Python's `eval`; here they are read as formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regard.evals.benchmarks.accounts import Account, accounts_by
from regard.evals.benchmarks.mathvista import read_choices
from regard.text.choices import infer_choice, letters
from regard.text.formulas import Notation, read_formula


def is_right(row: Mapping[str, Any], prediction: object) -> bool:
    r"""Whether a prediction (or what a judge took from it) is the answer of the row.

    >>> is_right({"choices": "['5', '7']", "answer": "B"}, "The answer is (B)")
    True
    >>> is_right({"choices": "[]", "answer": r"\frac{1}{2}"}, "0.5")
    True
    """
    choices = read_choices(row["choices"])
    answer = str(row["answer"])
    if not choices:
        return is_equal(str(prediction), answer)
    said = infer_choice(prediction, dict(zip(letters(choices), choices, strict=True)))
    return said is not None and is_equal(said, answer)


def is_equal(said: str, answer: str) -> bool:
    """The same text in any case, or numbers less than a millionth apart."""
    said, answer = said.lower().strip(), answer.lower().strip()
    if said == answer:
        return True
    one, other = _value(said), _value(answer)
    return one is not None and other is not None and abs(one - other) < 1e-6


def _value(text: str) -> complex | None:
    notations: tuple[Notation, ...] = ("plain", "latex")
    for notation in notations:
        formula = read_formula(text, notation=notation)
        if formula is not None and (value := formula.at({})) is not None:
            return value
    return None


def by_subject(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Account]:
    """The account of each subject (`category`) of rows that have their `prediction`."""
    return accounts_by((str(row["category"]), is_right(row, row["prediction"])) for row in rows)

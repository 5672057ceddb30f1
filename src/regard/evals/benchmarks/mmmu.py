r"""MMMU and LogicVista: the last box in the reply against the answer, or a judge's word for it.

The rule of Skywork-R1V3 (arXiv:2507.06167, its evaluation code) beside VLMEvalKit's judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from regard.evals.benchmarks.accounts import Account, account
from regard.text.boxed import boxed, flat_boxes
from regard.text.choices import read_choice

_LATEX_AND_SPACE = re.compile(r"\$|\\[a-z]+|\s+")


def is_boxed_answer(prediction: object, answer: object, *, official: bool = True) -> bool:
    r"""Whether the last box of the prediction holds the answer.

    Official: boxes are cut at their first closing brace, so that no fraction is ever right; any
    two commands are the same, so that alpha is beta; "(B)" and "B." are not B. Otherwise the
    braces are matched, commands stay, and an option may be named with its brackets or words.

    >>> is_boxed_answer(r"so \boxed{\text{B}}", "B"), is_boxed_answer(r"\boxed{(B)}", "B")
    (True, False)
    >>> is_boxed_answer(r"\boxed{(B)}", "B", official=False)
    True
    """
    wanted = str(answer).strip()
    if official:
        found = flat_boxes(str(prediction))
        if not found:
            return False
        said = found[-1].strip()
        return said == wanted or _bare(said) == _bare(wanted)
    inside = boxed(str(prediction))
    if inside is None:
        return False
    said = re.sub(r"\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}", r"\1", inside).strip().strip("$")
    if len(wanted) == 1 and "A" <= wanted.upper() <= "Z":
        return read_choice(said) == wanted.upper()
    return re.sub(r"\s+", "", said).lower() == re.sub(r"\s+", "", wanted).strip("$").lower()


def _bare(text: str) -> str:
    text = _LATEX_AND_SPACE.sub("", text)
    return re.sub(r"^\{|\}$", "", text).lower()


def mmmu_score(prediction: object, answer: object, *, judged: bool, official: bool = True) -> int:
    """1 where the rule or the judge says so.

    >>> mmmu_score("The answer is B.", "B", judged=True)
    1
    """
    return int(judged or is_boxed_answer(prediction, answer, official=official))


def score_account(records: Iterable[Mapping[str, Any]], *, only_validation: bool) -> Account:
    """How many records have a `score` of 1; for MMMU of those whose `id` starts with "val".

    >>> score_account([{"id": "validation_1", "score": 1}, {"score": 1}], only_validation=True)
    Account(num_correct=1, num_total=1)
    """
    return account(
        record.get("score") == 1
        for record in records
        if not only_validation or str(record.get("id", "")).startswith("val")
    )

"""MathVerse (arXiv:2403.14624): an answer taken from the reply, and a judge of whether it is right.

VLMEvalKit asks its judge for 1 or 0, OpenVLThinker (arXiv:2503.17352) for "Judgement: Yes" or No;
both are read. The same text needs no judge.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.accounts import Account, accounts_by
from regard.rewards.judges import Judge, NoReply

PROMPT = """\
Is the model's answer to this question of mathematics the same as the standard answer? Another way
of writing the same value counts as the same. Reply with 1 if it is, and 0 if it is not.

Question: {question}
Standard answer: {answer}
Model's answer: {extraction}
Judgement:"""
"""What a judge is asked; the words are ours."""

_JUDGEMENT = re.compile(r"judg[e]?ment\s*:?\s*\**\s*(yes|no|1|0)\b", re.IGNORECASE)


def read_judgement(reply: str) -> bool | None:
    """Whether a judge says that they agree; None for any other reply.

    >>> [read_judgement(reply) for reply in (" 1 ", "0", "Judgement: Yes", "I think so")]
    [True, False, True, None]
    """
    if reply.strip() in ("0", "1"):
        return reply.strip() == "1"
    found = _JUDGEMENT.search(reply)
    return None if found is None else found[1].lower() in ("yes", "1")


def is_right(row: Mapping[str, Any], extraction: object, *, judge: Judge | None = None) -> bool:
    """Whether what was taken from a reply is the `answer` of the row.

    What the judge does not decide is wrong, and stays in the denominator.

    >>> is_right({"answer": "B"}, " B "), is_right({"answer": "0.5m"}, "50cm")
    (True, False)
    """
    answer, said = str(row["answer"]).strip(), str(extraction).strip()
    if said == answer:
        return True
    if judge is None or not said:
        return False
    question = str(row.get("question_for_eval", row.get("question", "")))
    prompt = (
        PROMPT.replace("{question}", question)
        .replace("{answer}", answer)
        .replace("{extraction}", said)
    )
    try:
        return read_judgement(judge(prompt)) is True
    except NoReply:
        return False


def by_version(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Account]:
    """The account of each problem version ("Vision Only", …) of rows that have their `score`."""
    return accounts_by((str(_metadata(row)["problem_version"]), bool(row["score"])) for row in rows)


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row's `metadata`, which tables hold as a Python dictionary; else the row itself."""
    written = row.get("metadata", row)
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            try:
                written = ast.literal_eval(written)
            except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
                raise DataError(f"metadata {written[:80]!r} is no dictionary") from error
    if not isinstance(written, Mapping) or "problem_version" not in written:
        raise DataError(f"no problem_version in {str(written)[:80]!r}")
    return written

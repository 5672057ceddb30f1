"""Conversations to imitate, out of records of question, thinking and solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.errors import DataError

LETTER_PROMPT = (
    "Your task: Provide the correct single-letter choice (A, B, C, D,...) inside "
    "<answer>...</answer> tags."
)
"""The system prompt of Med-R1 (arXiv:2503.13939), its code, where a record has none."""


def imitation_messages(
    record: Mapping[str, Any], *, system: str = LETTER_PROMPT, without_thinking: str | None = None
) -> list[dict[str, Any]]:
    """System prompt, question with its image, and the answer to imitate: thinking, then solution.

    Where a record has no thinking the answer is the solution alone, or begins with
    `without_thinking`: Med-R1's code writes the word "None" there.

    >>> record = {"image": "a.png", "problem": "Which organ?", "solution": "<answer>A</answer>"}
    >>> imitation_messages(record)[2]["content"]
    '<answer>A</answer>'
    """
    if missing := {"image", "problem", "solution"} - record.keys():
        raise DataError(f"the record lacks {', '.join(sorted(missing))}; it has {sorted(record)}")
    thinking = record.get("thinking")
    before = without_thinking if thinking is None else thinking
    answer = record["solution"] if before is None else f"{before}\n\n{record['solution']}"
    question = [
        {"type": "text", "text": record["problem"]},
        {"type": "image", "image": record["image"]},
    ]
    return [
        {"role": "system", "content": [{"type": "text", "text": record.get("system", system)}]},
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]

r"""MMK12 (MM-Eureka, arXiv:2503.07365), as Skywork-R1V3 scores it: a judge reads the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regard.evals.benchmarks.emma import read_keyed
from regard.text.boxed import outer_boxes
from regard.text.tags import inside


def extract_for_judge(response: object) -> str:
    r"""The first answer block, else the last box, else the whole response.

    >>> extract_for_judge(r"so \boxed{ 3 cm }"), extract_for_judge("no box here")
    ('3 cm', 'no box here')
    """
    text = str(response)
    answer = inside("answer", text)
    if answer is not None:
        return answer.strip()
    boxes = outer_boxes(text, skip_open=True)
    return boxes[-1].strip() if boxes else text


def read_mmk12(path: Path) -> dict[str, dict[str, Any]]:
    """A file of results: one JSON object by id, with `question`, `answer`, `response`."""
    return read_keyed(path, ("question", "answer", "response"))

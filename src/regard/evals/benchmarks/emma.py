"""EMMA (arXiv:2501.05444): extraction in a fixed order, equality to two decimals, accounts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.accounts import Account, accounts_by
from regard.text.boxed import outer_boxes
from regard.text.formulas import read_formula
from regard.text.short_answers import number_in_words

_PHRASES = (
    "final answer is",
    "correct answer is",
    "answer should be",
    "answer is",
    "answer:",
)


def extract_answer(response: str) -> str:
    r"""The answer in a response, "" when there is none.

    In this order: an option letter from A to H alone, or before a colon or a full stop; a number;
    the last box, of which the last `\text{…}`; what follows the last of a phrase ("final answer
    is", …), in lower case, to the end of its line and to its first full stop (so 3.5 is 3).

    >>> [extract_answer(text) for text in ("C. blue", "42", r"\boxed{1} \boxed{2}", "Answer: D")]
    ['C', '42', '2', 'd']
    """
    response = response.strip()
    for letter in "ABCDEFGH":
        if response.upper() == letter or response.startswith((f"{letter}:", f"{letter}.")):
            return letter
    if _is_number(response):
        return response
    boxes = outer_boxes(response)
    if boxes:
        texts = _texts(boxes[-1])
        return (texts or boxes)[-1].strip()
    lower = response.lower()
    for phrase in _PHRASES:
        if phrase in lower:
            answer = lower.rpartition(phrase)[2].strip()
            return answer.partition("\n")[0].partition(".")[0]
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _texts(latex: str) -> list[str]:
    r"""The insides of `\text{…}`, each read to the first closing brace on its line."""
    found, position = [], 0
    while (start := latex.find("\\text{", position)) >= 0:
        start += len("\\text{")
        end = latex.find("}", start)
        if end < 0:
            break
        line_end = latex.find("\n", start, end)
        if line_end >= 0:
            position = line_end
            continue
        found.append(latex[start:end])
        position = end + 1
    return found


def is_equal(extraction: str, answer: str) -> bool:
    r"""Whether two answers are the same text in any case, or the same number to two decimals.

    Numbers may be spelled in words or written in LaTeX; where a letter is left in a formula, only
    the text counts.

    >>> is_equal("Three apples", "3"), is_equal(r"\frac{1}{3}", "0.33"), is_equal("x+1", "1+x")
    (True, True, False)
    """
    said, wanted = extraction.lower().strip(), answer.lower().strip()
    if said == wanted:
        return True
    spelled = number_in_words(said)
    if spelled is not None and f"{spelled:.12g}" == wanted:
        return True
    one, other = _value(said), _value(wanted)
    return one is not None and other is not None and round(one, 2) == round(other, 2)


# What the original's reader of LaTeX gives up on: text commands, arguments without braces, money.
_UNREAD = re.compile(
    r"\\(?:boxed|text|math[a-z]+|tfrac)|\\frac\s*[^{\s]|\\sqrt\s*[^{\[\s]|(?<!\\)%|\\\$"
)


def _value(text: str) -> float | None:
    """The number that LaTeX stands for, with `e` as Euler's and `\\log` to the base of ten."""
    if _UNREAD.search(text):
        return None
    text = text.replace("$", " ").replace("\\{", "(").replace("\\}", ")").strip().removesuffix(".")
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    text = re.sub(r"\\log(?![a-z_])", r"\\lg", text)
    is_percent = text.endswith("\\%")
    if "\\over" in text:
        above, _, below = text.partition("\\over")
        text = f"({above})/({below})"
    formula = read_formula(text.removesuffix("\\%"), notation="latex")
    value = formula.at({"e": math.e}) if formula is not None else None
    if value is None or value.imag or not math.isfinite(value.real):
        return None
    return value.real / (100 if is_percent else 1)


def emma_accounts(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Accounts over all, by subject, by type, by subject and category, and by task.

    A coding problem counts in each of its categories, which semicolons part.
    """
    entries = list(results.values())

    def right(entry: Mapping[str, Any]) -> bool:
        return bool(entry["true_false"])

    categories: dict[str, list[tuple[str, bool]]] = {}
    for entry in entries:
        if entry["category"]:
            is_coding = entry["subject"] == "Coding"
            names = entry["category"].split(";") if is_coding else [entry["category"]]
            rows = categories.setdefault(entry["subject"], [])
            rows += [((name.strip() if is_coding else name), right(entry)) for name in names]
    return {
        "average": sum((Account(int(right(e)), 1) for e in entries), Account()),
        "subject": accounts_by((e["subject"], right(e)) for e in entries),
        "question_type": accounts_by((e["type"].lower(), right(e)) for e in entries),
        "category": {subject: accounts_by(rows) for subject, rows in categories.items()},
        "task": accounts_by(
            (f"{e['subject']}_{e['task']}", right(e)) for e in entries if e["task"]
        ),
    }


def read_emma(path: Path) -> dict[str, dict[str, Any]]:
    """A file of results: one JSON object, by problem, with at least `response` and `answer`."""
    return read_keyed(path, ("response", "answer"))


def read_keyed(path: Path, wanted: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """A JSON object of records by id, which must have the fields `wanted`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object of records by id")
    for key, record in content.items():
        missing = [name for name in wanted if not isinstance(record, dict) or name not in record]
        if missing:
            raise DataError(f"{path}: record '{key}' has no {', '.join(missing)}")
    return content


def scored_emma(results: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The results with `extraction` and `true_false`, as the benchmark's own script writes them."""
    scored = {}
    for key, entry in results.items():
        extraction = extract_answer(entry["response"]) if entry["response"] else None
        golds = [entry["answer"], *([entry["gt_content"]] if entry.get("gt_content") else [])]
        verdict = extraction is not None and any(is_equal(extraction, gold) for gold in golds)
        scored[key] = {**entry, "extraction": extraction, "true_false": verdict}
    return scored

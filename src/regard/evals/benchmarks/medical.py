"""OmniMedVQA (arXiv:2402.09181) and its like: one option letter, by modality and question type.

Med-R1 (arXiv:2503.13939) tests each model on the domains it was and was not trained on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from regard.errors import DataError
from regard.evals.benchmarks.accounts import Account, account, accounts_by
from regard.evals.benchmarks.tables import read_json, read_table
from regard.text.choices import infer_choice, letters, read_choice
from regard.text.tags import inside

_ONE_WORD = re.compile(r"<answer>\s*+(\w++)\s*+</answer>")
Reading = Literal["tag", "raw", "tag_if_mentioned", "lenient"]


def answer_word(output: str) -> str | None:
    """The first answer block that holds one word and nothing else.

    >>> answer_word("<answer> B </answer>"), answer_word("<answer>B)</answer>")
    ('B', None)
    """
    match = _ONE_WORD.search(output)
    return match[1] if match else None


def is_right(
    output: str, solution: str, *, reading: Reading = "lenient", options: Sequence[str] = ()
) -> bool:
    """Whether an output names the option of a solution, which is tagged itself.

    How the output is read moves results by tens of points, so a report should show two of them:

    - "tag": the word in the answer block, in the same case;
    - "raw": the output itself must be the letter (as baselines without training were scored);
    - "tag_if_mentioned": the first where the output holds the word "answer", else the second;
    - "lenient": the block, or the output without one, may write the option in any usual way.

    >>> output = "<answer>b) liver</answer>"
    >>> [is_right(output, "<answer> B </answer>", reading=r) for r in ("tag", "raw", "lenient")]
    [False, False, True]
    """
    gold = answer_word(solution)
    if gold is None:
        raise DataError(f"solution {solution!r} has no <answer>…</answer> with one word")
    if reading == "lenient":
        block = inside("answer", output)
        said = output if block is None else block
        letter = read_choice(said, options)
        if letter is None and block is None and options:
            letter = infer_choice(said, dict(zip(letters(options), options, strict=True)))
        return letter == gold.upper()
    if reading == "tag" or (reading == "tag_if_mentioned" and "answer" in output):
        return answer_word(output) == gold
    return output == gold


def read_options(problem: str) -> list[str]:
    """The options a problem ends with: `… ? A)Spleen, B)Left kidney`.

    Their letters come in order, so an option may hold a comma or "(COPD)".

    >>> read_options("Which organ? A)Spleen, B)Lung (COPD), left, C)Liver")
    ['Spleen', 'Lung (COPD), left', 'Liver']
    """
    starts: list[tuple[int, int]] = []
    position = 0
    for letter in "ABCDEFGH":
        mark = f"{letter})" if not starts else f", {letter})"
        at = problem.find(mark, position)
        if at < 0:
            break
        position = at + len(mark)
        starts.append((at, position))
    ends = [at for at, _ in starts[1:]] + [len(problem)]
    return [problem[start:end].strip() for (_, start), end in zip(starts, ends, strict=True)]


@dataclass(frozen=True)
class Transfer:
    """Accuracy of models trained on one domain each, tested on all."""

    accuracy: Mapping[tuple[str, str], float]
    """By domain of training and of testing, 0 to 1."""

    @property
    def in_domain(self) -> float:
        """The mean over tests on what was trained on."""
        return _mean([value for (train, test), value in self.accuracy.items() if train == test])

    @property
    def out_of_domain(self) -> float:
        """The mean over tests on what was not."""
        return _mean([value for (train, test), value in self.accuracy.items() if train != test])

    def over_tests(self, train: str) -> float:
        """The mean over all domains of testing."""
        return _mean([value for (name, _), value in self.accuracy.items() if name == train])

    def over_training(self, test: str) -> float:
        """The mean over all domains of training: how well others carry over to this one."""
        return _mean([value for (_, name), value in self.accuracy.items() if name == test])

    def gain_over(self, other: Transfer) -> dict[tuple[str, str], float]:
        """By how much each accuracy is greater than the other's (thinking and not, in the paper).

        >>> plain, thinking = Transfer({("CT", "CT"): 0.75}), Transfer({("CT", "CT"): 0.5})
        >>> plain.gain_over(thinking)
        {('CT', 'CT'): 0.25}
        """
        if self.accuracy.keys() != other.accuracy.keys():
            raise DataError(f"domains differ: {set(self.accuracy) ^ set(other.accuracy)}")
        return {pair: value - other.accuracy[pair] for pair, value in self.accuracy.items()}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def by_domain(
    records: Iterable[Mapping[str, Any]], *, key: str, reading: Reading = "lenient"
) -> tuple[Account, Mapping[str, Account]]:
    """Accounts over all, and by a field of the records (their modality, their question type)."""
    rows = [
        (str(record[key]), is_right(record["output"], record["solution"], reading=reading))
        for record in records
    ]
    return account(right for _, right in rows), accounts_by(rows)


def read_medical(path: Path) -> list[dict[str, str]]:
    """A split of Med-R1: a JSON list of `image`, `problem`, `solution`."""
    rows = read_json(path)
    for number, row in enumerate(rows):
        if missing := [name for name in ("image", "problem", "solution") if name not in row]:
            raise DataError(f"{path}: record {number} has no {', '.join(missing)}")
    return list(rows)


def read_omnimedvqa(path: Path) -> list[dict[str, Any]]:
    """A file of OmniMedVQA itself, as records with `problem` and `solution`.

    It is a JSON list of `question`, `gt_answer` (the words of an option), `option_A`, …,
    `modality_type`, `question_type`, `image_path`; the fields stay in the record, for `by_domain`.
    """
    wanted = ("question", "gt_answer", "option_A", "modality_type", "question_type", "image_path")
    records = []
    for row in read_table(path, wanted):
        cells = [row.get(f"option_{letter}") for letter in "ABCDEFGH"]
        options = [str(cell) for cell in cells if cell not in (None, "")]
        if str(row["gt_answer"]) not in options:
            name = row.get("question_id", row["image_path"])
            raise DataError(f"{path}: '{name}': answer {row['gt_answer']!r} is none of {options}")
        letter = letters(options)[options.index(str(row["gt_answer"]))]
        listed = ", ".join(f"{a}){b}" for a, b in zip(letters(options), options, strict=True))
        problem, solution = f"{row['question']} {listed}", f"<answer> {letter} </answer>"
        records.append(
            {**row, "image": row["image_path"], "problem": problem, "solution": solution}
        )
    return records

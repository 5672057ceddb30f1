"""Option questions as VLMEvalKit scores them: MMMU, MMMU-Pro, MMStar, PathMMU and their like.

The prediction names one option by its letter or its words (`infer_choice`); a judge is asked for
the letter of the others. Where no judge helps, VLMEvalKit draws an option by chance, so that
silence scores too; here it is wrong, unless a `fallback_seed` asks for the draw.

MMBench asks each question once for each turn of its options, and counts it right where all are
(`circular_accounts`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from regard.errors import DataError
from regard.evals.benchmarks.accounts import Account, account, accounts_by
from regard.evals.benchmarks.tables import options_of
from regard.rewards.judges import Judge, NoReply
from regard.text.choices import UNANSWERED, infer_choice

PROMPT = """\
Which option does the answer name? Reply with its letter alone, or with Z if it names none.

Question: {question}
Options:
{options}
Answer: {answer}
"""
"""What a judge is asked; the words are ours."""


def named_option(
    row: Mapping[str, Any], prediction: object, *, judge: Judge | None = None
) -> str | None:
    """The letter of the option a prediction names; "Z" for a refusal, None where nobody can say.

    >>> row = {"question": "Which organ?", "A": "liver", "B": "spleen"}
    >>> named_option(row, "It is (B)."), named_option(row, "The liver"), named_option(row, "A or B")
    ('B', 'A', None)
    """
    options = options_of(row)
    found = infer_choice(prediction, options)
    if found is not None or judge is None:
        return found
    listed = "\n".join(f"{letter}. {words}" for letter, words in options.items())
    prompt = (
        PROMPT.replace("{question}", str(row.get("question", "")))
        .replace("{options}", listed)
        .replace("{answer}", str(prediction))
    )
    try:
        reply = judge(prompt)
    except NoReply:
        return None
    named = infer_choice(reply, dict.fromkeys(options, "\0"))  # a letter, not the words
    return UNANSWERED if named is None and UNANSWERED in reply else named


def drawn_option(row: Mapping[str, Any], *, seed: int) -> str:
    """An option by chance, for an answer that names none: the same for a seed and a question.

    >>> row = {"index": 7, "A": "liver", "B": "spleen"}
    >>> [drawn_option(row, seed=seed) for seed in range(6)]
    ['A', 'B', 'B', 'A', 'B', 'A']
    """
    letters = sorted(options_of(row))
    return random.Random(f"{seed} {row.get('index', '')} {row.get('question', '')}").choice(letters)


def is_right(
    row: Mapping[str, Any],
    prediction: object,
    *,
    judge: Judge | None = None,
    fallback_seed: int | None = None,
) -> bool:
    """Whether a prediction names the option that is the `answer` of the row.

    With a `fallback_seed`, where nobody can say what it names, an option is drawn for it.
    """
    named = named_option(row, prediction, judge=judge)
    if named is None and fallback_seed is not None:
        named = drawn_option(row, seed=fallback_seed)
    return named == str(row["answer"]).strip().upper()


def option_accounts(
    rows: Iterable[Mapping[str, Any]],
    *,
    by: str = "category",
    judge: Judge | None = None,
    fallback_seed: int | None = None,
) -> tuple[Account, Mapping[str, Account]]:
    """Accounts over all rows, and by a field of them; each row has its `prediction`."""
    verdicts = [
        (
            str(row.get(by, "")),
            is_right(row, row["prediction"], judge=judge, fallback_seed=fallback_seed),
        )
        for row in rows
    ]
    return account(right for _, right in verdicts), accounts_by(verdicts)


_TURNED = 1_000_000
"""What MMBench adds to the index of a question for each turn of its options."""


def circular_accounts(
    rows: Iterable[Mapping[str, Any]],
    *,
    by: str = "category",
    judge: Judge | None = None,
    fallback_seed: int | None = None,
) -> tuple[Account, Mapping[str, Account]]:
    """Accounts as `option_accounts`, of questions that are right only in every turn of options.

    Rows of one question have the same index but for a multiple of a million.

    >>> row = {"A": "liver", "B": "spleen", "answer": "A", "prediction": "A"}
    >>> turned = {"A": "spleen", "B": "liver", "answer": "B", "prediction": "A"}
    >>> circular_accounts([{"index": 7, **row}, {"index": 1_000_007, **turned}])[0]
    Account(num_correct=0, num_total=1)
    """
    groups: dict[int, str] = {}
    rights: dict[int, bool] = {}
    for row in rows:
        try:
            question = int(row["index"]) % _TURNED
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"a row has no whole number for its index: {dict(row)!r:.80}"
            ) from error
        right = is_right(row, row["prediction"], judge=judge, fallback_seed=fallback_seed)
        rights[question] = rights.get(question, True) and right
        groups.setdefault(question, str(row.get(by, "")))
    verdicts = [(groups[question], right) for question, right in rights.items()]
    return account(right for _, right in verdicts), accounts_by(verdicts)

"""Words of second thoughts: "wait", "alternatively", and what stands before them."""

from __future__ import annotations

from collections.abc import Sequence

RETHINKING_MARKS = ("wait,", "wait a", "alternatively")
"""What VL-Rethinker (arXiv:2504.08837, its code) counts as one more look."""

AHA_WORDS = (
    "wait",
    "again",
    "double-check",
    "hmm",
    "mistake",
    "alternatively",
    "check",
    "i should confirm",
)
"""What VLAA-Thinking (arXiv:2504.11468) takes for an aha; as parts of words, waiter counts."""


def count_marks(text: str, marks: Sequence[str] = RETHINKING_MARKS) -> int:
    """How often the marks occur, in any case; each is counted by itself.

    >>> count_marks("Wait, wait a moment. Alternatively, 5."), count_marks("Wait")
    (3, 0)
    """
    lower = text.lower()
    return sum(lower.count(mark) for mark in marks)


def has_marks(text: str, marks: Sequence[str] = AHA_WORDS, *, whole_words: bool = False) -> bool:
    """Whether any of the marks occurs; `whole_words` wants them to stand alone.

    >>> has_marks("The waiter came."), has_marks("The waiter came.", whole_words=True)
    (True, False)
    """
    lower = text.lower()
    if not whole_words:
        return any(mark in lower for mark in marks)
    for mark in marks:
        at = lower.find(mark)
        while at >= 0:
            end = at + len(mark)
            if not lower[max(at - 1, 0) : at].isalnum() and not lower[end : end + 1].isalnum():
                return True
            at = lower.find(mark, at + 1)
    return False


def before_second_thought(answer: str) -> str:
    r"""An answer cut back to where a second look could begin.

    Cut, where they occur, at the last "Wait", then at the last `\boxed`, then at the *first*
    "answer" (in any case, so that it may cut far), then at the last empty line; stripped.

    >>> before_second_thought("Step 1.\n\nStep 2.\n\nSo \\boxed{4}")
    'Step 1.\n\nStep 2.'
    """
    for mark in ("Wait", "\\boxed"):
        answer = answer.rpartition(mark)[0] if mark in answer else answer
    at = answer.lower().find("answer")
    answer = answer[:at] if at >= 0 else answer
    return answer.rpartition("\n\n")[0] if "\n\n" in answer else answer

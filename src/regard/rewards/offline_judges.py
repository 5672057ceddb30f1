"""A judge that needs no server: it counts the words that an answer shares with the reference.

For tests, and for runs without a network, in the place of a `ChatJudge`. It grades words and not
meaning: "not red" is most of "red".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regard.rewards.judges import NoReply
from regard.text.overlap import token_f1

_REFERENCE = ("Reference answer:\n", "\n\nAnswer of the student")
_ANSWER = ("-----\n", "\n-----")


@dataclass(frozen=True, kw_only=True)
class OverlapJudge:
    """Replies to the prompt of `JudgedAnswer` by the F1 of the words of answer and reference.

    >>> reference = "Reference answer:\\na red bus\\n\\n"
    >>> OverlapJudge()(reference + "Answer of the student:\\n-----\\na bus\\n-----\\n")
    'correct'
    """

    thresholds: Mapping[str, float] = field(
        default_factory=lambda: {"correct": 0.8, "partly": 0.4, "wrong": 0.0}
    )
    """The least F1 (0 to 1) that earns each word, the best first. Ours: none was published."""

    def __call__(self, prompt: str) -> str:
        f1 = token_f1(_between(prompt, *_ANSWER), _between(prompt, *_REFERENCE))
        for word, least in self.thresholds.items():
            if f1 >= least:
                return word
        raise NoReply("no word is for so little overlap")


def _between(prompt: str, before: str, after: str) -> str:
    """What stands between two marks, to the first that closes."""
    _, found, rest = prompt.partition(before)
    inside, ended, _ = rest.partition(after)
    if not (found and ended):
        raise NoReply("the prompt is not that of judged_answer")
    return inside

"""Which of a model's own attempts are worth learning from: rejection sampling.

An attempt is kept when its answer is right; of several, one is chosen by the length of its text
(OpenVLThinker, arXiv:2503.17352: its paper takes the shortest, its code the second longest).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regard.errors import ConfigError
from regard.text.competition import same_answer
from regard.text.lengths import Choose, by_length
from regard.text.short_answers import bare_answer
from regard.text.tags import last_opened


@dataclass(frozen=True)
class Attempt:
    """A text whose answer is right."""

    text: str
    answer: str
    num_words: int


def right_attempts(
    texts: Sequence[str | None], truth: str, *, units: Literal["words", "anywhere"] = "words"
) -> list[Attempt]:
    """The attempts whose last answer block, brought to its bare form, is the truth.

    Ranges and dates, with a hyphen and five characters or more, must be written alike: to a
    grader, 1994-95 is a difference.

    >>> [a.answer for a in right_attempts(["<answer>B.</answer>", "<answer>C</answer>"], "B")]
    ['b']
    """
    found = []
    for text in texts:
        block = None if text is None else last_opened("answer", text)
        if text is None or block is None:
            continue
        answer = bare_answer(block.strip(), units=units)
        is_range = "-" in truth and len(truth) >= 5
        if answer.lower() == truth.lower() or (not is_range and same_answer(truth, answer)):
            found.append(Attempt(text, answer, len(text.split())))
    return found


def chosen_attempt(attempts: Sequence[Attempt], *, choose: Choose = "shortest") -> Attempt | None:
    """One of several right attempts; of equally long ones, that which came first is the shorter.

    >>> chosen_attempt([Attempt("long", "A", 9), Attempt("short", "A", 5)]).text
    'short'
    """
    chosen = by_length([attempt.num_words for attempt in attempts], choose)
    return None if chosen is None else attempts[chosen]


def shard_bounds(num_items: int, shard: int, num_shards: int) -> tuple[int, int]:
    """First and one past the last item of a shard; what is left over goes to the first shards.

    >>> [shard_bounds(7, shard, 3) for shard in range(3)]
    [(0, 3), (3, 5), (5, 7)]
    """
    if num_shards < 1:
        raise ConfigError(f"num_shards is {num_shards}; at least one is needed")
    size, left_over = divmod(num_items, num_shards)
    start = shard * size + min(shard, left_over)
    return start, start + size + (shard < left_over)

"""Chains of thought that a teacher wrote, before a model learns to imitate them.

What of them is used: where a chain loops it is cut (OpenVLThinker, arXiv:2503.17352), where a
rewriter changed too much it is left out, and chains with a second thought are set apart
(VLAA-Thinking, arXiv:2504.11468); how often they reflect is counted (Vision-R1, arXiv:2503.06749).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from regard.errors import ConfigError
from regard.text.reflection import AHA_WORDS, has_marks
from regard.text.tags import last_opened

LOOP_MARKS = ("Wait,", "But wait", "But the question")
"""Where OpenVLThinker cuts a chain."""

REFLECTION_WORDS = ("wait", "alternatively", "check", "hmm", "mistake")
"""What Vision-R1 counts in its corpus of chains."""


def cut_at_loops(chain: str, marks: Sequence[str] = LOOP_MARKS, *, num_kept: int = 0) -> str:
    """A chain up to the first mark, or the one after `num_kept` of them, and its final answer.

    The answer is the last answer block, which is put back where the cut took it; what stood
    between is gone, and so is a block of thinking's end, which is closed again.

    >>> cut_at_loops("<think>Two. Wait, three? No.</think><answer>2</answer>")
    '<think>Two.</think><answer>2</answer>'
    >>> cut_at_loops("Two, so <answer>2</answer>")
    'Two, so <answer>2</answer>'
    """
    if num_kept < 0:
        raise ConfigError(f"num_kept is {num_kept}; 0 or more marks can be kept")
    found = list(re.finditer("|".join(map(re.escape, marks)), chain)) if marks else []
    if len(found) <= num_kept:
        return chain
    kept = chain[: found[num_kept].start()].rstrip()
    if "<think>" in kept and "</think>" not in kept:
        kept += "</think>"
    answer = last_opened("answer", chain)
    if answer is None or f"<answer>{answer}</answer>" in kept:
        return kept
    return f"{kept}<answer>{answer}</answer>"


def num_words_changed(before: str, after: str) -> int:
    """By how many words the length of a text differs after a rewriter had it.

    >>> num_words_changed("The caption says two dogs.", "The image shows two dogs.")
    0
    """
    return abs(len(before.split()) - len(after.split()))


def is_faithful(before: str, after: str, *, most_words: int = 15) -> bool:
    """Whether a rewriter left the length alone; VLAA-Thinking drops what differs by more than 15.

    >>> is_faithful("a b c", "a b"), is_faithful("a " * 20, "a")
    (True, False)
    """
    return num_words_changed(before, after) <= most_words


def set_apart(
    chains: Iterable[str], marks: Sequence[str] = AHA_WORDS, *, whole_words: bool = False
) -> tuple[list[int], list[int]]:
    """The places of the chains without a mark, to imitate, and of those with one, to reinforce.

    >>> set_apart(["Two.", "Hmm, three."])
    ([0], [1])
    """
    plain: list[int] = []
    reflecting: list[int] = []
    for place, chain in enumerate(chains):
        has_any = has_marks(chain, marks, whole_words=whole_words)
        (reflecting if has_any else plain).append(place)
    return plain, reflecting


def word_counts(chains: Iterable[str], words: Sequence[str] = REFLECTION_WORDS) -> dict[str, int]:
    """How often each word stands in the chains, in any case, alone.

    >>> word_counts(["Wait. Wait, the waiter: check!"])["wait"]
    2
    """
    counts = dict.fromkeys(words, 0)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b") if words else None
    for chain in chains if pattern else ():
        for found in pattern.finditer(chain.lower()) if pattern else ():
            counts[found[0]] += 1
    return counts

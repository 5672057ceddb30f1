"""How much two texts share, word by word."""

from __future__ import annotations

import re
from collections import Counter


def word_set_f1(text: str, other: str, *, part_of_a_word: bool = False) -> float:
    """F1 of the two sets of words: without case, square brackets and repetitions.

    With `part_of_a_word`, two texts of one word each count as equal where one contains the other
    (as GUI-R1 compares typed texts); then "a" is worth as much as "banana".

    >>> word_set_f1("flights to tokyo", "cheap [flights] to Tokyo tokyo")
    0.8571428571428571
    >>> word_set_f1("shang", "shanghai"), word_set_f1("shang", "shanghai", part_of_a_word=True)
    (0.0, 1.0)
    """
    words, others = _words(text), _words(other)
    if part_of_a_word and len(words) == len(others) == 1:
        (word,), (another,) = words, others
        if word in another or another in word:
            return 1.0
    if not words or not others:
        return 0.0
    shared = len(words & others)
    precision, recall = shared / len(words), shared / len(others)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def token_f1(text: str, other: str) -> float:
    """F1 of the words of two texts, each counted as often as it stands there; without punctuation.

    The measure of SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250), articles kept. Two texts without
    a word share all there is.

    >>> token_f1("A red bus.", "a bus, red"), token_f1("red red", "red"), token_f1("", "red")
    (1.0, 0.6666666666666666, 0.0)
    """
    words, others = (Counter(re.findall(r"\w+", each.casefold())) for each in (text, other))
    if not words or not others:
        return float(words == others)
    return 2 * (words & others).total() / (words.total() + others.total())


def _words(text: str) -> set[str]:
    return set(text.replace("[", "").replace("]", "").lower().split())

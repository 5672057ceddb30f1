"""How alike two texts are: by the longest sequence both contain in order, of words or characters.

ROUGE-L: Lin 2004, with the words of the rouge-score package. The ratio of insertions and deletions
is the one `Levenshtein.ratio` gives. Both are asked for every completion, so the sequence is found
with one bit for each item of the shorter text (Hyyrö 2004), in time linear in the longer.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

_NO_WORD = re.compile(r"[^a-z0-9]+")


def longest_common(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Length of the longest sequence of items that both contain in order, gaps allowed.

    >>> longest_common("abcde", "xaxcxe")
    3
    """
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    places: dict[Hashable, int] = {}
    for i, item in enumerate(short):
        places[item] = places.get(item, 0) | 1 << i
    everything = (1 << len(short)) - 1
    unmatched = everything
    for item in long:
        if place := places.get(item):
            candidates = unmatched & place
            unmatched = (unmatched + candidates | unmatched - candidates) & everything
    return len(short) - unmatched.bit_count()


def words(text: str) -> list[str]:
    """The words ROUGE counts: lower case, cut at whatever is neither a letter a-z nor a digit.

    >>> words("The Cat, sat!")
    ['the', 'cat', 'sat']
    """
    return _NO_WORD.sub(" ", text.lower()).split()


def rouge_l(text: str, reference: str) -> float:
    """F-measure of the longest common sequence of words, 0 to 1; words are not stemmed.

    >>> rouge_l("the cat", "the cat sat on the mat")  # precision 2/2, recall 2/6
    0.5
    """
    said, wanted = words(text), words(reference)
    shared = longest_common(said, wanted)
    if not shared:
        return 0.0
    precision, recall = shared / len(said), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def indel_ratio(a: str, b: str) -> float:
    """One less the insertions and deletions from `a` to `b`, as a fraction of both lengths.

    >>> round(indel_ratio("a red bal", "a red ball"), 4)  # one insertion, 19 characters
    0.9474
    """
    both = len(a) + len(b)
    return 2 * longest_common(a, b) / both if both else 1.0

"""How much a text says again."""

from __future__ import annotations

import re
from collections import Counter


def repeated_share(text: str, *, size: int = 3) -> float:
    """The share of runs of `size` words that were said before, 0 to 1; case does not count.

    >>> repeated_share("one two three four"), repeated_share("so " * 6)
    (0.0, 0.75)
    """
    words = text.lower().split()
    runs = len(words) - size + 1
    if runs <= 0:
        return 0.0
    return 1 - len({tuple(words[i : i + size]) for i in range(runs)}) / runs


def longest_run(text: str) -> int:
    """How often the most often repeated line follows itself; 1 where none does, 0 without any.

    >>> longest_run("a\\nb\\nb\\nb\\na")
    3
    """
    longest = current = 0
    last = None
    for line in (line.strip() for line in text.splitlines() if line.strip()):
        current = current + 1 if line == last else 1
        last = line
        longest = max(longest, current)
    return longest


def word_counts(text: str) -> Counter[str]:
    """How often each word occurs, in lower case, for reports.

    >>> word_counts("Wait, wait: again").most_common(1)
    [('wait', 2)]
    """
    return Counter(re.findall(r"[^\W_]+(?:['-][^\W_]+)*+", text.lower()))

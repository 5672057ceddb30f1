"""Loose readings of short answers: the letter, the yes or no, the line that a text seems to hold.

As VLM-R1 (arXiv:2504.07615, its code) reads them. They are easily fooled ("noon" says no); for new
work there are `regard.text.choices` and `regard.text.plain`.
"""

from __future__ import annotations

import re
from collections import Counter

from regard.text.tags import blocks

_MAX_NUMBER = 300
"""Characters; no longer number is read."""

_LETTER = re.compile(r"(?<![A-Z])([A-Z])(?=[.,?!:;]|$)")
_HINTS = (
    *("答案", "选择", "正确", "是", "对", "认为", "应该", "觉得"),
    *("ANSWER", "CORRECT", "CHOOSE", "SELECT", "RIGHT", "THINK", "BELIEVE", "SHOULD"),
)
_NEARBY = 20
_ENDS = frozenset("。.!！,，")


def one_line(text: str) -> str:
    r"""The last answer (or the text without one) in lower case, on one line, without full stops.

    A line break after white space goes, any other becomes a blank; full stops at the end go.

    >>> one_line("<answer>No \n Defect..\n</answer>")
    'no  defect'
    """
    found = blocks("answer", text)
    text = found[-1] if found else text
    for mark in "\n\r":
        text = re.sub(rf"(?<=\s){mark}", "", text).replace(mark, " ")
    return text.strip().rstrip(".").lower()


def likely_letter(text: str) -> str | None:
    """The option that a text seems to choose: a letter before a punctuation mark or at the end.

    Of several, the one with the most points: one for each hint ("answer", "think", …) within 20
    characters, two in the last third of the text, one before a full stop or comma; of equals, the
    first. The place that earns points is where the letter occurs first, even within a word, and it
    earns them as often as the letter is found.

    >>> [likely_letter(text) for text in ("The answer is B.", "I think A, but B.", "(C)", "d")]
    ['B', 'A', None, 'D']
    """
    text = re.sub(r"\s+", " ", text.upper())
    found = Counter[str](_LETTER.findall(text))
    if not found:
        return None
    return max(found, key=lambda letter: found[letter] * _points(letter, text))


def _points(letter: str, text: str) -> int:
    place = text.find(letter)
    nearby = text[max(0, place - _NEARBY) : place + _NEARBY]
    points = sum(hint in nearby for hint in _HINTS)
    points += 2 * (place > len(text) * 0.7)
    return points + (text[place + 1 : place + 2] in _ENDS)


def yes_or_no(text: str) -> str:
    """The first "yes" or "no" in the first answer (or in the text without one), even in a word.

    >>> yes_or_no("Yes, no doubt"), yes_or_no("I know"), yes_or_no("maybe")
    ('yes', 'no', '')
    """
    text = text.lower()
    found = blocks("answer", text)
    match = re.search("yes|no", found[0] if found else text)
    return match[0] if match else ""


def same_number(said: str, wanted: str) -> bool | None:
    """Whether both lines are the same number as Python reads it; None where one is no number.

    >>> same_number("3.0", "3"), same_number("4", "3"), same_number("3 cm", "3")
    (True, False, None)
    """
    one, other = one_line(said), one_line(wanted)
    if max(len(one), len(other)) > _MAX_NUMBER:
        return None
    try:
        return float(one) == float(other)
    except ValueError:
        return None

"""Short answers as people write them, brought to a bare form before they are compared."""

from __future__ import annotations

import re
from typing import Literal

_UNITS = (
    *("degree", "cm", "centimeter", "meter", "mile", "second", "minute", "hour", "day", "week"),
    *("month", "year", "foot", "feet", "inch", "yard", "liter", "gram", "ounce", "pound"),
)
_WHOLE_UNIT = re.compile(rf"(?:^|(?<=[\s\d]))(?:{'|'.join(_UNITS)})(?:es|s)?\b")


def bare_answer(text: str, *, units: Literal["words", "anywhere"] = "words") -> str:
    """A short answer without its sentence, its alternatives, its note in brackets and its unit.

    In this order: lower case; no full stop at the end; "yes, …" is yes and "no, …" is no; what
    follows a bracket goes; the first of what "or" joins; what follows the last "is", "=" or "≈";
    what stands before a unit. OpenVLThinker (arXiv:2503.17352, its code) cleans answers so before
    it verifies them; it looks for units anywhere, which makes "mon" of Monday and nothing of
    "second place".

    >>> [bare_answer(text) for text in ("The answer is 12.", "x = 7", "Yes, it is.", "5 cm")]
    ['12', '7', 'yes', '5']
    >>> bare_answer("Monday"), bare_answer("Monday", units="anywhere")
    ('monday', 'mon')
    """
    text = text.lower().removesuffix(".")
    for word in ("yes", "no"):
        if f"{word}," in text or f"{word}. " in text:
            return word
    if "(" in text and ")" in text and (before := text.partition("(")[0].strip()):
        text = before
    if " or " in text:
        text = text.partition(" or ")[0].strip()
    for mark in (" is ", " = ", " ≈ "):
        if mark in text:
            text = text.rpartition(mark)[2].strip()
    if units == "anywhere":
        for unit in _UNITS:
            if unit in text:
                text = text.partition(unit)[0].strip()
        return text
    found = _WHOLE_UNIT.search(text)
    return text[: found.start()].strip() if found else text


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_ONES.split())}
_SMALL |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def number_in_words(text: str) -> float | None:
    """The number that the words of a text spell, words of another sort left aside.

    >>> [number_in_words(text) for text in ("twenty-one", "three apples", "two hundred and five")]
    [21.0, 3.0, 205.0]
    >>> number_in_words("one point five"), number_in_words("apples")
    (1.5, None)
    """
    words = text.lower().replace("-", " ").split()
    if "point" in words:
        at = words.index("point")
        digits = [_SMALL[word] for word in words[at + 1 :] if _SMALL.get(word, 10) < 10]
        whole = number_in_words(" ".join(words[:at]))
        if not digits or (whole is None and at > 0):
            return None
        return (whole or 0.0) + float("0." + "".join(map(str, digits[:15])))
    total = current = 0
    found = False
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred" and current:
            current *= 100
        elif word in _LARGE and (current or total):
            total += current * _LARGE[word]
            current = 0
        else:
            continue
        found = True
        if total + current > 10**15:
            return None
    return float(total + current) if found else None

r"""Whether working out a formula could take for ever: towers of powers, fractions in fractions.

Only what is plainly of numbers is estimated, from the inside out, and nothing is worked out that
has more than eighteen digits.
"""

from __future__ import annotations

import math
import re

_MAX_DIGITS = 1_000_000
"""Of a power; algebra systems make 10^1000000 in half a second, and 2^(3^20) never."""
_MAX_FACTORIAL = 100_000
_MAX_EXPANSION = 200
"""Exponent of a sum with letters in it; (x + 1)^1000 is a thousand terms, of up to 300 digits."""
_MAX_CHOICE = 10_000
_MAX_FRACTIONS = 12
"""Within one another; with each, an algebra system takes about twice as long."""
_CEILING = 10**18
"""What is greater counts as this much."""
_MAX_ROUNDS = 100

_LOOKS = re.compile(r"\s+|\\[,;:! ]|\\(?:left|right)(?![A-Za-z])|(?<=[0-9])(?:\{,\}|,)(?=[0-9]{3})")
_SIGNS = ((re.compile(r"\*\*"), "^"), (re.compile(r"\\(?:cdot|times)(?![A-Za-z])"), "*"))
_ATOM = r"(?:[0-9]+|[({]-?[0-9]+[)}])"
_POWER = re.compile(rf"(?<![0-9.])({_ATOM})\^(-?{_ATOM})(?![0-9^!.])")
_FACTORIAL = re.compile(rf"(?<![0-9.])({_ATOM})!")
_GROUP = re.compile(rf"[({{]-?{_ATOM}(?:[-+*/]{_ATOM})*[)}}]")
_SUM = re.compile(r"[({]([^(){}]*)[)}]\^(-?[0-9]+|\{-?[0-9]+\})")
_CHOICE = re.compile(r"\\[dt]?binom\{([0-9]+)\}\{([0-9]+)\}")
_BRACES = re.compile(r"frac\s?\{|\}\s?\{|[{}]")
_NUMBER = re.compile(r"-?[0-9]+")


class _TooLarge(Exception):
    """Something here is too large."""


def is_too_large(text: str) -> bool:
    r"""Whether a formula has what takes too long to work out.

    >>> [is_too_large(text) for text in (r"9^{9^{9}}", "2^{100}", "10!!!", "(x+1)^{2024}")]
    [True, False, True, True]
    """
    if _deepest_fraction(text) > _MAX_FRACTIONS:
        return True
    if not any(sign in text for sign in ("^", "**", "!", "binom")):
        return False
    text = _LOOKS.sub("", text)
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    try:
        for _ in range(_MAX_ROUNDS):
            before = text
            _check_expansions(text)
            text = _POWER.sub(_power, text)
            text = _FACTORIAL.sub(_factorial, text)
            text = _GROUP.sub(_greatest, text)
            if text == before:
                break
    except _TooLarge:
        return True
    return False


def _deepest_fraction(text: str) -> int:
    """How many fractions stand within one another; `}{` opens a denominator."""
    are_fractions: list[bool] = []
    depth = deepest = 0
    for match in _BRACES.finditer(text):
        opens, closes = match[0].endswith("{"), match[0].startswith("}")
        if closes and are_fractions:
            depth -= are_fractions.pop()
        if opens:
            are_fractions.append(len(match[0]) > 1)
            depth += are_fractions[-1]
            deepest = max(deepest, depth)
    return deepest


def _size(atom: str) -> int:
    """The number in an atom without its sign, or the ceiling."""
    digits = atom.strip("(){}-").lstrip("0") or "0"
    return min(int(digits), _CEILING) if len(digits) < 20 else _CEILING


def _power(match: re.Match[str]) -> str:
    base, exponent = _size(match[1]), _size(match[2])
    if base <= 1 or exponent == 0:
        return f"({base if exponent else 1})"
    digits = exponent * math.log10(base)
    if digits > _MAX_DIGITS:
        raise _TooLarge
    return f"({base**exponent if digits < 18 else _CEILING})"


def _factorial(match: re.Match[str]) -> str:
    number = _size(match[1])
    if number > _MAX_FACTORIAL:
        raise _TooLarge
    return f"({math.factorial(number) if number < 19 else _CEILING})"


def _greatest(match: re.Match[str]) -> str:
    """A bracket of numbers, as the greatest of them: near enough for an exponent."""
    return f"({max(_size(number) for number in _NUMBER.findall(match[0]))})"


def _check_expansions(text: str) -> None:
    for match in _SUM.finditer(text):
        inner = match[1]
        is_sum = "+" in inner or "-" in inner[1:]
        if is_sum and re.search("[a-z]", inner) and _size(match[2]) > _MAX_EXPANSION:
            raise _TooLarge
    for match in _CHOICE.finditer(text):
        number, chosen = _size(match[1]), _size(match[2])
        if min(chosen, number - chosen) > _MAX_CHOICE:
            raise _TooLarge

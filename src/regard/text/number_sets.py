r"""Sets, intervals, pairs and matrices of plain numbers, read from LaTeX and compared.

A computer algebra system takes a hundredth of a second to read `(0, 3]`; this takes a hundredth
of that. It reads only what can be read in one way, and gives only verdicts beyond doubt, which
are those of math-verify with its quirks: `(1, 2)` is an interval, a pair, and equal to the list
`1, 2`; numbers are equal when they are to six decimals. Where it has no verdict, ask the other.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from regard.text.formulas import read_formula

_MAX_LENGTH = 400
"""Characters; longer texts are not read."""
_SAME = 1e-12
_DIFFERENT = 1e-5
"""Between the two, relative to the greater number or to one, there is no verdict."""


@dataclass(frozen=True)
class Entry:
    """A number as it stands in a text."""

    value: float
    is_fraction: bool = True
    """Whether it is a whole number or a fraction, with neither decimals nor roots."""


@dataclass(frozen=True)
class Assigned:
    """`x = 5`."""

    letter: str
    entry: Entry


@dataclass(frozen=True)
class Listed:
    """A set (`{1, 2}` or `1, 2`) or a tuple (`(1, 2, 3)`, `(2, 1)`)."""

    entries: tuple[Entry, ...]
    is_set: bool


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, which are clearly apart."""

    low: Entry
    high: Entry
    has_low: bool
    has_high: bool


@dataclass(frozen=True)
class Union:
    """Intervals and sets, joined."""

    parts: tuple[Interval | Listed, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple[Entry, ...], ...]


Thing = Entry | Assigned | Listed | Interval | Union | Matrix


def same_numbers(wanted: str, said: str) -> bool | None:
    r"""Whether two texts are the same set, interval, tuple, matrix or `x = 5`; None: not clear.

    >>> same_numbers(r"\{1, \sqrt{8}\}", r"\{2\sqrt{2}, 1\}"), same_numbers("(0, 3]", "[0, 3]")
    (True, False)
    >>> same_numbers(r"[0, 2) \cup [2, \infty)", r"[0, \infty)"), same_numbers("5", "x = 5")
    (True, True)
    >>> same_numbers(r"\{0.333333\}", r"\{\frac{1}{3}\}"), same_numbers("x", r"\{1\}")
    (None, None)
    """
    first, second = read_numbers(wanted), read_numbers(said)
    if first is None or second is None:
        return None
    return _same(first, second)


# ------------------------------------------------------------------------------------ reading

_SPACE = re.compile(r"(?<![0-9A-Za-z]) +| +(?![0-9A-Za-z.])")  # none between numbers, or words
_SIZED = re.compile(r"\\(?:left|right)(?=[\[\](){}]|\\[{}])")
_ASSIGNED = re.compile(r"([abknptuvwxyz])=")
_MATRIX = re.compile(r"\\begin\{([pb]?matrix)\}(.*)\\end\{\1\}")
_OPENING = re.compile(r"[(\[]|\\\{")
_CLOSING = re.compile(r"[)\]]|\\\}")
_INFINITIES = {"\\infty": math.inf, "+\\infty": math.inf, "-\\infty": -math.inf}
_INTEGER = re.compile(r"-?[0-9]{1,12}")
_DECIMAL = re.compile(r"-?[0-9]{1,6}\.[0-9]{1,6}")
_EXACT = re.compile(
    r"(?:[0-9]{1,5}(?![0-9.]|\\[dt]?frac)"  # but no mixed number
    r"|\\[dt]?frac(?:(?=\{)|[1-9]{2}(?![0-9]))|\\sqrt(?=\{)|\\pi(?![0-9A-Za-z])"
    r"|\\(?:cdot|times)(?=[0-9\\])(?![A-Za-z])|\*(?=[0-9\\])"
    r"|[-+](?=[0-9\\])|/(?=[0-9]+(?:[-+]|$))"
    r"|(?<!\b0)\^(?:[2-9](?![0-9])|\{[2-9]\})|\{|\}(?![0-9]))+"
)
_IRRATIONAL = re.compile(r"\\(?:sqrt|pi)")


@functools.lru_cache(maxsize=4096)
def read_numbers(text: str) -> Thing | None:
    """What a text is, as a whole; None for anything that is no collection of plain numbers."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "$":
        text = text[1:-1].strip()
    if not text or len(text) > _MAX_LENGTH or "\n" in text:
        return None
    text = _SPACE.sub("", _SIZED.sub("", text))
    if matrix := _MATRIX.fullmatch(text):
        return _read_matrix(matrix[2])
    if assigned := _ASSIGNED.match(text):
        entry = _read_entry(text[assigned.end() :])
        return None if entry is None else Assigned(assigned[1], entry)
    if "\\cup" in text:
        parts = [_read_collection(part) for part in text.split("\\cup")]
        joined = tuple(
            part
            for part in parts
            if isinstance(part, Interval) or (isinstance(part, Listed) and part.is_set)
        )
        return Union(joined) if len(joined) == len(parts) else None
    return _read_entry(text) or _read_collection(text)


def _read_collection(text: str) -> Listed | Interval | None:
    opening, closing = _OPENING.match(text), _CLOSING.match(text, max(_last_bracket(text), 0))
    if opening is None:
        # "1,234" is one number.
        return None if re.search(r"[0-9],[0-9]{3}", text) else _read_set(text.split(","), least=2)
    if closing is None or closing.end() != len(text):
        return None
    pieces = text[opening.end() : closing.start()].split(",")
    brackets = opening[0] + closing[0]
    if brackets == "\\{\\}":
        return _read_set(pieces, least=1)
    if "{" in brackets or "}" in brackets:
        return None
    if len(pieces) == 2:
        return _read_pair(pieces, brackets)
    entries = _read_entries(pieces)
    if entries is None or len(entries) < 3 or brackets not in ("()", "[]"):
        return None
    return Listed(entries, is_set=False)


def _last_bracket(text: str) -> int:
    return len(text) - (2 if text.endswith("\\}") else 1)


def _read_pair(pieces: Sequence[str], brackets: str) -> Interval | Listed | None:
    """An interval, if it goes upwards; else a pair, if it is written as one."""
    low, high = (
        Entry(_INFINITIES[piece]) if piece in _INFINITIES else _read_entry(piece)
        for piece in pieces
    )
    if low is None or high is None:
        return None
    order = _order(low, high)
    if order is not None and order < 0:
        has_low = brackets[0] == "[" and low.value > -math.inf
        return Interval(low, high, has_low, brackets[1] == "]" and high.value < math.inf)
    is_pair = brackets == "()" if order == 0 else order is not None and brackets in ("()", "[]")
    if not is_pair or math.inf in (abs(low.value), abs(high.value)):
        return None
    return Listed((low, high), is_set=False)


def _read_set(pieces: Sequence[str], *, least: int) -> Listed | None:
    """Entries that are all different; of others, it matters how math-verify counts them."""
    entries = _read_entries(pieces)
    if entries is None or len(entries) < least:
        return None
    ordered = sorted(entries, key=lambda entry: entry.value)
    if any(_order(one, other) in (0, None) for one, other in itertools.pairwise(ordered)):
        return None
    return Listed(entries, is_set=True)


def _read_matrix(text: str) -> Matrix | None:
    rows = [_read_entries(row.split("&")) for row in text.split("\\\\")]
    if any(row is None or len(row) != len(rows[0] or ()) for row in rows):
        return None
    return Matrix(tuple(row for row in rows if row is not None))


def _read_entries(pieces: Sequence[str]) -> tuple[Entry, ...] | None:
    entries = [_read_entry(piece) for piece in pieces]
    found = tuple(entry for entry in entries if entry is not None)
    return found if len(found) == len(entries) else None


def _read_entry(text: str) -> Entry | None:
    if _INTEGER.fullmatch(text):
        return Entry(float(text))
    if _DECIMAL.fullmatch(text):
        return Entry(float(text), is_fraction=False)
    if _EXACT.fullmatch(text) is None:
        return None
    formula = read_formula(text, notation="latex")
    value = None if formula is None or formula.names else formula.at({})
    if value is None or value.imag:
        return None
    return Entry(value.real, is_fraction=_IRRATIONAL.search(text) is None)


# ---------------------------------------------------------------------------------- comparing


def _order(one: Entry, other: Entry) -> int | None:
    """-1, 0 or 1 as one number is less than, equal to or greater than another; None: not clear."""
    if one.value == other.value:
        return 0
    if math.inf in (abs(one.value), abs(other.value)):
        return -1 if one.value < other.value else 1
    distance = abs(one.value - other.value) / max(1.0, abs(one.value), abs(other.value))
    if distance <= _SAME:
        return 0
    if distance < _DIFFERENT:
        return None
    return -1 if one.value < other.value else 1


def _all_same(first: Sequence[Entry], second: Sequence[Entry]) -> bool | None:
    """Whether numbers are equal one by one; one clear difference settles it."""
    if len(first) != len(second):
        return False
    orders = [_order(one, other) for one, other in zip(first, second, strict=True)]
    if any(orders):
        return False
    return None if None in orders else True


def _same(wanted: Thing, said: Thing) -> bool | None:
    if isinstance(wanted, Assigned) and isinstance(said, Assigned):
        return wanted.letter == said.letter and _all_same((wanted.entry,), (said.entry,))
    # x = 5 against 5: the number is meant.
    wanted, said = (
        thing.entry if isinstance(thing, Assigned) else thing for thing in (wanted, said)
    )
    if isinstance(wanted, Matrix) or isinstance(said, Matrix):
        return _same_matrix(wanted, said)
    if isinstance(wanted, Union) or isinstance(said, Union):
        return _same_union(wanted, said)
    if isinstance(wanted, Interval) and isinstance(said, Interval):
        if (wanted.has_low, wanted.has_high) != (said.has_low, said.has_high):
            return False
        return _all_same((wanted.low, wanted.high), (said.low, said.high))
    first, second = _as_list(wanted), _as_list(said)
    if first is None or second is None:
        return False
    one: Sequence[Entry] = first.entries
    other: Sequence[Entry] = second.entries
    if first.is_set:
        one, other = (sorted(part, key=lambda entry: entry.value) for part in (one, other))
    return _all_same(one, other)


def _as_list(thing: Thing) -> Listed | None:
    """A number is a set of one; an open interval is a pair; another interval is no list."""
    if isinstance(thing, Entry):
        return Listed((thing,), is_set=True)
    if isinstance(thing, Interval):
        if thing.has_low or thing.has_high:
            return None
        return Listed((thing.low, thing.high), is_set=False)
    return thing if isinstance(thing, Listed) else None


def _same_matrix(wanted: Thing, said: Thing) -> bool | None:
    if not (isinstance(wanted, Matrix) and isinstance(said, Matrix)):
        return None
    if [len(row) for row in wanted.rows] != [len(row) for row in said.rows]:
        return False
    one, other = (tuple(itertools.chain(*matrix.rows)) for matrix in (wanted, said))
    return _all_same(one, other)


def _same_union(wanted: Thing, said: Thing) -> bool | None:
    """Whether both cover the same numbers; with roots or decimals, not each end is beyond doubt."""
    first, second = _pieces(wanted), _pieces(said)
    if first is None or second is None:
        return None
    ends = [(low, high) for low, high, _, _ in first], [(low, high) for low, high, _, _ in second]
    flags = [piece[2:] for piece in first], [piece[2:] for piece in second]
    one, other = (tuple(itertools.chain(*pairs)) for pairs in ends)
    every = [entry for thing in (wanted, said) for piece in _covered(thing) for entry in piece[:2]]
    is_exact = all(entry.is_fraction for entry in every)
    if not is_exact and len(one) != len(other):
        return None
    verdict = _all_same(one, other)
    if verdict is not True:
        return verdict
    return flags[0] == flags[1] if is_exact else None


Piece = tuple[Entry, Entry, bool, bool]


def _covered(thing: Thing) -> list[Piece]:
    """What a thing covers, in the order it is written; a tuple covers nothing."""
    match thing:
        case Union(parts=parts):
            return [piece for part in parts for piece in _covered(part)]
        case Interval(low, high, has_low, has_high):
            return [(low, high, has_low, has_high)]
        case Entry():
            return [(thing, thing, True, True)]
        case Listed(entries=entries, is_set=True):
            return [(entry, entry, True, True) for entry in entries]
    return []


def _pieces(thing: Thing) -> list[Piece] | None:
    """The numbers a thing covers, as intervals that do not touch; None where that is not clear."""
    found = _covered(thing)
    entries = sorted(itertools.chain(*(piece[:2] for piece in found)), key=lambda e: e.value)
    if any(_order(one, other) is None for one, other in itertools.pairwise(entries)):
        return None
    found.sort(key=lambda piece: (piece[0].value, not piece[2]))
    joined: list[Piece] = []
    for low, high, has_low, has_high in found:
        if joined:
            start, end, has_start, has_end = joined[-1]
            order = _order(low, end)
            if order == -1 or (order == 0 and (has_low or has_end)):
                further = _order(high, end)
                if further == 1:
                    joined[-1] = (start, high, has_start, has_high)
                elif further == 0:
                    joined[-1] = (start, end, has_start, has_high or has_end)
                continue
        joined.append((low, high, has_low, has_high))
    return joined

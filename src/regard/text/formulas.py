"""Formulas: from text to a tree, and from a tree to a number. Nothing is executed.

A formula is read by a bounded descent and compared by its values at fixed points, so a megabyte
of brackets, or nine to the ninth to the ninth, costs as little as an apple. Two formulas that are
equal at six points off the real line are called the same; for the short answers of exercises that
is what a computer algebra system says, thousands of times faster.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

_MAX_LENGTH = 400
"""Characters; a longer formula is not read."""
_MAX_DEPTH = 40
"""Brackets within brackets, signs and powers counted; deeper ones are not read."""
_LARGEST_POWER = 1000.0

Notation = Literal["plain", "latex"]
Tree = Any  # a number, a name, or (operation, tree, …)

_FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sqrt": cmath.sqrt,
    "ln": cmath.log,
    "exp": cmath.exp,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "cot": lambda z: 1 / cmath.tan(z),
    "sec": lambda z: 1 / cmath.cos(z),
    "csc": lambda z: 1 / cmath.sin(z),
    "arcsin": cmath.asin,
    "arccos": cmath.acos,
    "arctan": cmath.atan,
    "sinh": cmath.sinh,
    "cosh": cmath.cosh,
    "tanh": cmath.tanh,
    "abs": lambda z: complex(abs(z)),
    "log": cmath.log,
    "lg": cmath.log10,
}

_PLAIN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)|(?P<name>[^\W\d_]\w*)"
    r"|(?P<sign>\*\*|[-+*/^()!])"
)
_LATEX = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|\\(?P<command>[A-Za-z]+|.)|(?P<name>[^\W\d_])"
    r"|(?P<sign>[-+*/^_(){}\[\]|!:])"
)


@dataclass(frozen=True)
class Formula:
    """A formula that was read."""

    tree: Tree
    names: frozenset[str]
    """The letters in it that stand for something else."""

    def at(self, values: Mapping[str, complex]) -> complex | None:
        """Its value where the letters have these values; None where it has none."""
        try:
            value = _value(self.tree, values)
        except (ArithmeticError, ValueError, KeyError):
            return None
        return value if cmath.isfinite(value) else None


def read_formula(text: str, *, notation: Notation = "plain") -> Formula | None:
    r"""The formula that `text` is, as a whole; None for anything else.

    "plain" reads what one types, with `*` left out where it may be and names split into letters;
    "latex" reads LaTeX, where every letter is a name of its own.

    >>> read_formula("2(x+1)^2").at({"x": 2})
    (18+0j)
    >>> read_formula(r"\frac{1}{2}\sqrt{16}", notation="latex").at({})
    (2+0j)
    >>> read_formula("2 +") is None
    True
    """
    if len(text) > _MAX_LENGTH:
        return None
    try:
        reader = (_PlainReader if notation == "plain" else _LatexReader)(text)
        tree = reader.sum(0)
        if reader.peek() is not None:
            return None
    except _Unreadable:
        return None
    return Formula(tree, frozenset(reader.names))


def same_formula(one: Formula, other: Formula, *, tolerance: float = 1e-12) -> bool:
    """Whether both have the same value wherever they have one; `tolerance` is relative.

    >>> same_formula(read_formula("x^2+2x+1"), read_formula("(x+1)^2"))
    True
    >>> same_formula(read_formula("x"), read_formula("sqrt(x^2)"))
    False
    """
    compared = 0
    for values in points(one.names | other.names):
        left, right = one.at(values), other.at(values)
        if left is None and right is None:
            continue
        if left is None or right is None:
            return False
        if abs(left - right) > tolerance * max(1.0, abs(left), abs(right)):
            return False
        compared += 1
        if not values:
            break
    return compared > 0


_ORDINARY = re.compile(
    r"(?:[0-9]+(?:\.[0-9]+)?(?!\.|\\frac)"  # but no mixed number
    r"|[abcklmnpqrstuvwxyz](?![0-9(.]|[a-z]{2})"  # but no i, e or dx, no f(x), no word
    r"|/(?![0-9]+[a-z\\(])"  # but no 1/2x
    r"|\^(?:[0-9a-z](?![0-9])|(?=\{))"
    r"|\\(?:frac|sqrt)(?=\{)|\\(?:ln|sin|cos|tan)(?=\()|\\(?:pi|cdot|times)(?![A-Za-z])"
    r"|[-+*({]|[)}](?![0-9]))+"
)
_CLEARLY = 1e-3


def is_ordinary(latex: str) -> bool:
    """Whether this is the plainest LaTeX, which can be read in one way only."""
    return _ORDINARY.fullmatch(latex) is not None


def clearly_different(one: str, other: str) -> bool:
    r"""Whether two formulas in the same letters, in the plainest LaTeX, cannot be equal.

    A far cry at one positive number settles it, however either is simplified. False for anything
    that might be read in two ways, and for all that is close.

    >>> clearly_different(r"\sqrt{3}+x", r"\sqrt{5}+x"), clearly_different("2x", "x+x")
    (True, False)
    >>> clearly_different(r"\frac{1}{3}x", "0.3333x"), clearly_different("f(x)", "x")
    (False, False)
    """
    if not (is_ordinary(one) and is_ordinary(other)):
        return False
    first, second = (read_formula(text, notation="latex") for text in (one, other))
    if first is None or second is None or first.names != second.names:
        return False
    for shift in (0.37, 1.61, 4.23):
        values = {name: complex(shift + 0.71 * i) for i, name in enumerate(sorted(first.names))}
        left, right = first.at(values), second.at(values)
        if left is None or right is None:
            continue
        if abs(left - right) > _CLEARLY * max(1.0, abs(left), abs(right)):
            return True
    return False


def points(names: frozenset[str]) -> list[dict[str, complex]]:
    """Six places to compare formulas at: on no axis, in all quadrants, the same every time."""
    ordered = sorted(names)
    return [
        {
            name: complex(
                math.cos(1.7 * i + 2.3 * turn) * (1.3 + 0.31 * i),
                math.sin(1.1 * i + 2.3 * turn + 0.4) * 1.2,
            )
            for i, name in enumerate(ordered)
        }
        for turn in range(6)
    ]


class _Unreadable(Exception):
    """The text is no formula."""


class _Reader:
    """Recursive descent over tokens of (sort, text)."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        self.names: set[str] = set()
        at = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            match = pattern.match(text, at)
            if match is None:
                raise _Unreadable
            self.take_token(str(match.lastgroup), str(match[str(match.lastgroup)]))
            at = match.end()

    def take_token(self, sort: str, text: str) -> None:
        self.tokens.append((sort, text))

    def peek(self, ahead: int = 0) -> tuple[str, str] | None:
        at = self.position + ahead
        return self.tokens[at] if at < len(self.tokens) else None

    def accept(self, *signs: str) -> str | None:
        token = self.peek()
        if token is not None and token[0] == "sign" and token[1] in signs:
            self.position += 1
            return token[1]
        return None

    def expect(self, sign: str) -> None:
        if self.accept(sign) is None:
            raise _Unreadable

    def sum(self, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise _Unreadable
        tree = self.product(depth)
        while sign := self.accept("+", "-"):
            tree = (sign, tree, self.product(depth))
        return tree

    def product(self, depth: int) -> Tree:
        tree = self.signed(depth)
        while True:
            if sign := self.accept("*", "/", ":"):
                tree = ("/" if sign == ":" else sign, tree, self.signed(depth))
            elif self.starts_factor():
                tree = ("*", tree, self.power(depth))
            else:
                return tree

    def signed(self, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise _Unreadable
        if sign := self.accept("+", "-"):
            inner = self.signed(depth + 1)
            return ("neg", inner) if sign == "-" else inner
        return self.power(depth)

    def power(self, depth: int) -> Tree:
        tree = self.atom(depth)
        while self.accept("!"):
            tree = ("!", tree)
        if self.accept("^", "**"):
            return ("^", tree, self.exponent(depth + 1))
        return tree

    def exponent(self, depth: int) -> Tree:
        return self.signed(depth)

    def starts_factor(self) -> bool:
        raise NotImplementedError

    def atom(self, depth: int) -> Tree:
        raise NotImplementedError

    def name(self, letter: str) -> Tree:
        self.names.add(letter)
        return letter


class _PlainReader(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text, _PLAIN)

    def take_token(self, sort: str, text: str) -> None:
        if sort != "name" or text in ("pi", *_FUNCTIONS):
            super().take_token(sort, text)
            return
        # A name with an underscore is one name; of others each letter is.
        for piece in [text] if "_" in text else re.findall(r"[0-9]+|[^\W\d_]", text):
            super().take_token("number" if piece[0].isdecimal() else "name", piece)

    def starts_factor(self) -> bool:
        token = self.peek()
        return token is not None and (token[0] != "sign" or token[1] == "(")

    def atom(self, depth: int) -> Tree:
        token = self.peek()
        if token is None:
            raise _Unreadable
        self.position += 1
        sort, text = token
        if sort == "number":
            return float(text)
        if sort == "name":
            if text == "pi":
                return math.pi
            if text not in _FUNCTIONS:
                return self.name(text)
            self.expect("(")
            inner = self.sum(depth + 1)
            self.expect(")")
            return (text, inner)
        if text != "(":
            raise _Unreadable
        inner = self.sum(depth + 1)
        self.expect(")")
        return inner


_LATEX_SIGNS = {"times": "*", "cdot": "*", "ast": "*", "div": "/"}
_LATEX_SKIPPED = {"left", "right", "displaystyle", ",", ";", ":", "!", " ", "quad", "bigl", "bigr"}
_LATEX_FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac"}
_LATEX_BRACKETS = {"(": ")", "{": "}", "[": "]"}


class _LatexReader(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text, _LATEX)

    def take_token(self, sort: str, text: str) -> None:
        if sort == "command" and text in _LATEX_SIGNS:
            super().take_token("sign", _LATEX_SIGNS[text])
        elif sort == "command" and text in ("{", "}"):
            raise _Unreadable  # a set is no formula
        elif sort != "command" or text not in _LATEX_SKIPPED:
            super().take_token(sort, text)

    def starts_factor(self) -> bool:
        token = self.peek()
        return token is not None and (token[0] != "sign" or token[1] in "({[")

    def exponent(self, depth: int) -> Tree:
        """A group, or the whole number: TeX would raise one digit, but who writes 2^10 means it."""
        sign = self.accept("-")
        return ("neg", self.group(depth)) if sign else self.group(depth)

    def group(self, depth: int) -> Tree:
        if self.accept("{"):
            inner = self.sum(depth + 1)
            self.expect("}")
            return inner
        return self.atom(depth)

    def argument(self, depth: int) -> Tree:
        """What stands behind a fraction or a root: a group, or one digit."""
        token = self.peek()
        if token is not None and token[0] == "number" and token[1][1:2].isdigit():
            self.tokens[self.position] = ("number", token[1][1:])
            return float(token[1][0])
        return self.group(depth)

    def atom(self, depth: int) -> Tree:
        token = self.peek()
        if token is None or depth > _MAX_DEPTH:
            raise _Unreadable
        self.position += 1
        sort, text = token
        if sort == "number":
            return float(text)
        if sort == "name":
            return self.subscripted(text)
        if sort == "command":
            return self.command(text, depth + 1)
        if text == "|":
            inner = self.sum(depth + 1)
            self.expect("|")
            return ("abs", inner)
        if text not in _LATEX_BRACKETS:
            raise _Unreadable
        inner = self.sum(depth + 1)
        self.expect(_LATEX_BRACKETS[text])
        return inner

    def command(self, text: str, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise _Unreadable
        if text in _LATEX_FRACTIONS:
            top = self.argument(depth)
            return ("/", top, self.argument(depth))
        if text == "sqrt":
            degree: Tree = 2.0
            if self.accept("["):
                degree = self.sum(depth)
                self.expect("]")
            inner = self.argument(depth)
            return ("sqrt", inner) if degree == 2.0 else ("^", inner, ("/", 1.0, degree))
        if text == "pi":
            return math.pi
        if text in _FUNCTIONS:
            return self.function(text, depth)
        if text in ("mathrm", "text", "mathbf", "mathit", "boxed", "operatorname"):
            return self.group(depth)
        return self.subscripted("\\" + text)

    def function(self, text: str, depth: int) -> Tree:
        base: Tree = None
        if text == "log" and self.accept("_"):
            base = self.argument(depth)
        outer: Tree = self.exponent(depth) if self.accept("^") else None
        token = self.peek()
        if token is None:
            raise _Unreadable
        # \sin 2x takes the product; \sin(x) y takes the bracket.
        inner = self.group(depth) if token[1] in ("(", "{", "[") else self.bare_argument(depth)
        tree: Tree = (text, inner) if base is None else ("/", ("ln", inner), ("ln", base))
        return tree if outer is None else ("^", tree, outer)

    def bare_argument(self, depth: int) -> Tree:
        tree = self.power(depth)
        while (token := self.peek()) is not None and token[0] in ("number", "name"):
            tree = ("*", tree, self.power(depth))
        return tree

    def subscripted(self, letter: str) -> Tree:
        if not self.accept("_"):
            return self.name(letter)
        token = self.peek()
        if token is None:
            raise _Unreadable
        self.position += 1
        if token[1] != "{":
            return self.name(f"{letter}_{token[1]}")
        inside = []
        while not self.accept("}"):
            token = self.peek()
            if token is None or token[1] == "{":
                raise _Unreadable
            self.position += 1
            inside.append(token[1])
        return self.name(f"{letter}_{''.join(inside)}")


def _value(tree: Tree, values: Mapping[str, complex]) -> complex:
    if isinstance(tree, float):
        return complex(tree)
    if isinstance(tree, str):
        return values[tree]
    operation, *parts = tree
    first = _value(parts[0], values)
    if operation in _FUNCTIONS:
        return _FUNCTIONS[operation](first)
    if operation == "neg":
        return -first
    if operation == "!":
        if first.imag or first.real < 0 or not first.real.is_integer() or first.real > 170:
            raise ValueError
        return complex(math.factorial(int(first.real)))
    second = _value(parts[1], values)
    match operation:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
        case "/":
            return first / second
    if abs(second) > _LARGEST_POWER:
        raise OverflowError
    if first == 0 and second.real < 0:
        raise ZeroDivisionError
    return complex(first**second)

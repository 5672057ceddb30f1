"""Values written as Python writes them: quotes of either kind, tuples, trailing commas, None.

Models that saw much Python answer `[{'bbox_2d': (1, 2, 3, 4),}]`, and published scorers give such
text to `ast.literal_eval` or `eval`. Here a small reader takes their place. It knows lists, tuples,
sets, dictionaries, strings, numbers, True, False and None, to a fixed depth, in linear time;
nothing is ever run.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from regard.text.fences import MAX_DEPTH

_TOKEN = re.compile(
    r"(?P<blank>(?:[ \t\r\n\f]|\#[^\n]*+|\\\n)++)"
    r"|(?P<number>(?:[0-9](?:_?[0-9])*+(?:\.(?:[0-9](?:_?[0-9])*+)?+)?+|\.[0-9](?:_?[0-9])*+)"
    r"(?:[eE][+-]?+[0-9]++)?+)(?![A-Za-z_0-9])"
    r"|(?P<text>[uU]?+(?:'{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}|\"{3}(?:[^\"\\]++|\\.|\"(?!\"\"))*+\"{3}"
    r"|'(?!'')(?:[^'\\\n\r]++|\\.)*+'|\"(?!\"\")(?:[^\"\\\n\r]++|\\.)*+\"))"
    r"|(?P<name>[A-Za-z_]++)(?![0-9'\"])"
    r"|(?P<mark>[\[\](){},:+-])",
    re.DOTALL,
)
_NAMES: dict[str, Any] = {"True": True, "False": False, "None": None}
_ESCAPE = re.compile(
    r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|N\{[^}]++\}|[0-7]{1,3}|.)", re.DOTALL
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "\n": ""}
_CLOSING = {"[": "]", "(": ")", "{": "}"}
_MAX_DIGITS = 400
_MAX_LENGTH = 200_000
"""Characters; no honest answer is longer."""
_MAX_MARKS = 30_000
"""Commas, opening brackets and quotes together: 2000 boxes with their labels. More are noise, and
reading this many takes a tenth of a second."""


class NoLiteral(ValueError):
    """The text is not one literal value."""


def read_literal(text: str, *, json_names: bool = False) -> Any:
    """The value `text` writes, or `NoLiteral`. Values after one another with commas are a tuple.

    With `json_names`, true, false and null are names too.

    >>> read_literal("[{'a': (1, -2.5), \\"b\\": None,},]")
    [{'a': (1, -2.5), 'b': None}]
    >>> read_literal("__import__('os')")
    Traceback (most recent call last):
    ...
    regard.text.literals.NoLiteral: unexpected '__import__' at 0
    """
    if len(text) > _MAX_LENGTH:
        raise NoLiteral(f"{len(text)} characters")
    if (num_marks := sum(map(text.count, ",[({'\""))) > _MAX_MARKS:
        raise NoLiteral(f"{num_marks} commas, brackets and quotes")
    reader = _Reader(text, json_names)
    value = reader.top()
    reader.end()
    return value


class _Reader:
    """One pass over the tokens, one ahead."""

    def __init__(self, text: str, json_names: bool) -> None:
        self.text = text
        self.names = {**_NAMES, "true": True, "false": False, "null": None}
        if not json_names:
            self.names = _NAMES
        self.position = 0
        self.depth = 0
        self.kind = ""
        self.token = ""
        self.start = 0
        self.advance()

    def advance(self) -> None:
        while True:
            self.start = self.position
            if self.position >= len(self.text):
                self.kind, self.token = "end", ""
                return
            match = _TOKEN.match(self.text, self.position)
            if match is None or match.lastgroup is None:
                raise NoLiteral(f"cannot read on at {self.position}")
            ends_line = match.lastgroup == "blank" and "\n" in match[0] and self.kind
            # Outside of brackets a value ends with its line, and no line begins with a blank.
            if ends_line and self.depth == 0 and self.text[match.end() :].strip():
                raise NoLiteral(f"a second line at {self.position}")
            if self.depth == 0 and match.lastgroup == "blank" and _is_indented(match[0]):
                raise NoLiteral(f"a line that begins with a blank at {self.position}")
            self.position = match.end()
            if match.lastgroup != "blank":
                self.kind, self.token = match.lastgroup, match[0]
                return

    def fail(self) -> NoLiteral:
        return NoLiteral(f"unexpected {self.token or 'end'!r} at {self.start}")

    def end(self) -> None:
        if self.kind != "end":
            raise self.fail()

    def top(self) -> Any:
        value = self.value()
        if not self.takes(","):
            return value
        return tuple(self.items("", value))

    def takes(self, mark: str) -> bool:
        if self.kind == "mark" and self.token == mark:
            self.advance()
            return True
        return False

    def value(self) -> Any:
        kind, token = self.kind, self.token
        if kind == "number":
            self.advance()
            return _number(token)
        if kind == "text":
            parts = []
            while self.kind == "text":  # neighbours are one text
                parts.append(_unescaped(_unquoted(self.token)))
                self.advance()
            return "".join(parts)
        if kind == "name" and token in self.names:
            self.advance()
            return self.names[token]
        if kind == "mark" and token in "+-":
            self.advance()
            if self.kind != "number":
                raise self.fail()
            number = self.value()
            return -number if token == "-" else number
        if kind == "mark" and token in _CLOSING:
            return self.bracketed(token)
        raise self.fail()

    def bracketed(self, opening: str) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NoLiteral(f"brackets {self.depth} deep at {self.start}")
        self.advance()
        closing = _CLOSING[opening]
        value: Any
        if opening == "{":
            value = self.braced()
        elif opening == "[":
            value = [] if self.is_at(closing) else self.items(closing, self.value(), first=True)
        elif self.is_at(closing):
            value = ()
        else:
            value = self.value()
            if self.is_at(","):
                value = tuple(self.items(closing, value, first=True))
        if not self.is_at(closing):
            raise self.fail()
        self.depth -= 1
        self.advance()
        return value

    def is_at(self, mark: str) -> bool:
        return self.kind == "mark" and self.token == mark

    def items(self, closing: str, value: Any, *, first: bool = False) -> list[Any]:
        """Values parted by commas, one of which may stand at the end."""
        found = [value]
        if first and not self.takes(","):
            return found
        while not (self.is_at(closing) if closing else self.kind == "end"):
            found.append(self.value())
            if not self.takes(","):
                break
        return found

    def braced(self) -> dict[Any, Any] | set[Any]:
        if self.is_at("}"):
            return {}
        key = self.value()
        try:
            if self.takes(":"):
                return self.pairs(key)
            return set(self.items("}", key, first=True))
        except TypeError:
            raise NoLiteral("a list cannot be a key") from None

    def pairs(self, key: Any) -> dict[Any, Any]:
        found = {key: self.value()}
        while self.takes(",") and not self.is_at("}"):
            key = self.value()
            if not self.takes(":"):
                raise self.fail()
            found[key] = self.value()
        return found


def _number(token: str) -> int | float:
    digits = token.replace("_", "")
    if len(digits) > _MAX_DIGITS:
        raise NoLiteral(f"a number of {len(digits)} digits")
    if digits.isdigit():
        if digits[0] == "0" and digits.strip("0"):
            raise NoLiteral(f"a number with a leading zero: {digits}")
        return int(digits)
    return float(digits)


def _is_indented(blank: str) -> bool:
    """Whether the last of several lines holds blanks and no comment."""
    *before, last = blank.split("\n")
    return bool(before) and bool(last) and not last.strip(" \t")


def _unquoted(token: str) -> str:
    token = token.lstrip("uU")
    width = 3 if token[:3] in ("'''", '"""') and len(token) >= 6 else 1
    return token[width:-width]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1 and code[0] in "uUx":
        number = int(code[1:], 16)
        if number > 0x10FFFF:
            raise NoLiteral("no such character")
        return chr(number)
    if code[0] in "uUxN":
        try:
            return unicodedata.lookup(code[2:-1])
        except KeyError:
            raise NoLiteral(f"no such character: {match[0]}") from None
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code in "\\'\"":
        return code
    return _ESCAPED.get(code, "\\" + code)

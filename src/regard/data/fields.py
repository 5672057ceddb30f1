"""The fields of one JSON object, taken by name; a name nobody takes is an error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from regard.errors import DataError, nearest


class Fields:
    """Takes typed values out of a JSON object that may come from anywhere.

    A null is a missing field: Parquet fills every column it knows of.

    >>> fields = Fields({"value": 12, "unit": None}, "target")
    >>> fields.number("value"), fields.text("unit", default="cm")
    (12.0, 'cm')
    """

    def __init__(self, data: Any, what: str) -> None:
        if not isinstance(data, Mapping):
            raise DataError(f"{what}: expected a JSON object, got {shown(data)}")
        self.what = what
        self._data = {key: value for key, value in data.items() if value is not None}
        self._taken: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def take(self, name: str, default: Any = None) -> Any:
        self._taken[name] = None
        return self._data.get(name, default)

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self._required(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.take(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of texts", value)
        return tuple(value)

    def number(self, name: str, *, default: float | None = None) -> float:
        value = self._required(name, default)
        number = as_number(value)
        if number is None:
            raise self.wrong(name, "a finite number", value)
        return number

    def numbers(self, name: str, count: int) -> list[float]:
        value = self._required(name, None)
        numbers = [as_number(item) for item in value] if isinstance(value, list) else []
        found = [number for number in numbers if number is not None]
        if len(found) != count or len(numbers) != count:
            raise self.wrong(name, f"a list of {count} finite numbers", value)
        return found

    def items(self, name: str) -> list[Any]:
        value = self.take(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return value

    def done(self, hints: Mapping[str, str] | None = None) -> None:
        """Refuse what is left over; `hints` says what others' names are called here."""
        for name in self._data:
            if name in self._taken:
                continue
            if hints and name in hints:
                raise DataError(f"{self.what}: unknown field '{name}': {hints[name]}")
            raise DataError(f"{self.what}: unknown field '{name}'; {nearest(name, self._taken)}")

    def wrong(self, name: str, expected: str, value: Any) -> DataError:
        return DataError(f"{self.what}: '{name}' should be {expected}, got {shown(value)}")

    def _required(self, name: str, default: Any) -> Any:
        value = self.take(name, default)
        if value is None:
            came = ", ".join(map(str, self._data)) or "nothing"
            raise DataError(f"{self.what}: '{name}' is missing; it has: {came}")
        return value


def as_number(value: Any) -> float | None:
    """A finite number; None for everything else, truths included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond the greatest float
        return None


def shown(value: Any) -> str:
    """A value as an error shows it: short.

    >>> shown("a" * 100)[:12], len(shown("a" * 100))
    ("'aaaaaaaaaaa", 60)
    """
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"

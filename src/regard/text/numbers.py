"""Reading a number off a text that is a number, and nothing else."""

from __future__ import annotations

import math
import re

_MAX_LENGTH = 100
"""Characters; no honest number is longer, and reading a megabyte of digits is slow."""

_DECIMAL = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:(?P<whole>[0-9]+)\s+(?=[0-9]+\s*/))?"
    rf"(?P<top>{_DECIMAL})(?:[eE](?P<power>[+-]?[0-9]+))?"
    rf"(?:\s*/\s*(?P<bottom>{_DECIMAL}))?\s*(?P<percent>%?)"
)
_SIGNS = str.maketrans({"−": "-", "–": "-", "＋": "+", "％": "%"})


def read_number(text: str, *, unit: str = "") -> float | None:
    """The number that `text` is: an integer, a decimal, a fraction, a percentage, a power of ten.

    Thousands may be parted by commas, `unit` may follow, and so may a full stop. With the unit
    "%" the percent sign is that unit and nothing is divided by 100.

    >>> [read_number(text) for text in ("1,234.5", "-3/4", "1 1/2", "50%", "2e3")]
    [1234.5, -0.75, 1.5, 0.5, 2000.0]
    >>> read_number("12 cm.", unit="cm"), read_number("50%", unit="%"), read_number("7 or 8")
    (12.0, 50.0, None)
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        return None
    text = text.translate(_SIGNS).removesuffix(".").rstrip()
    if unit and text.casefold().endswith(unit.casefold()):
        text = text[: -len(unit)].rstrip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = _decimal(match["top"])
    if match["power"]:
        value = _decimal(f"{match['top']}e{match['power']}")
    if match["bottom"]:
        bottom = _decimal(match["bottom"])
        if bottom == 0:
            return None
        value /= bottom
    value += _decimal(match["whole"] or "0")
    value /= 100 if match["percent"] else 1
    return (-value if match["sign"] == "-" else value) if math.isfinite(value) else None


def _decimal(text: str) -> float:
    return float(text.replace(",", ""))

"""What layouts share: taking texts and images out of a row, and putting a record together."""

from __future__ import annotations

import math
import re
from typing import Any

from regard.data.fields import shown
from regard.errors import DataError

PLACEHOLDER = "<image>"
_LETTER = re.compile(r"\s*\(?([A-Z])\)?[.:]?\s*")


def choice(letter: str) -> dict[str, str]:
    """An option as a target."""
    return {"type": "choice", "letter": letter}


def bare_letter(text: str) -> str | None:
    """The option a text names, if it is a letter and nothing else.

    >>> bare_letter("(B)."), bare_letter("Be")
    ('B', None)
    """
    match = _LETTER.fullmatch(text)
    return match[1] if match else None


def number_or_text(text: str) -> dict[str, Any]:
    """A target: a number where the text is one, else the text.

    >>> number_or_text("3.5"), number_or_text("infinity")
    ({'type': 'number', 'value': 3.5}, {'type': 'text', 'text': 'infinity'})
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return {"type": "number", "value": value}
    return {"type": "text", "text": text}


def text_of(rest: dict[str, Any], name: str) -> str:
    """The text of a field, which is taken out of the row."""
    value = rest.pop(name, None)
    if not isinstance(value, str):
        raise DataError(f"'{name}' should be a text, got {shown(value)}")
    return value


def images_of(rest: dict[str, Any]) -> list[Any]:
    """What stands in `images`, or `image`: one, or a list of them."""
    found = rest.pop("images", None), rest.pop("image", None)
    value: Any = next((each for each in found if each is not None), [])
    return list(value) if isinstance(value, (list, tuple)) else [value]


def with_placeholder(text: str, written: str, images: list[Any]) -> str:
    """The text, with its images at its start where none of them has a place in `written`."""
    return text if PLACEHOLDER in written else PLACEHOLDER * len(images) + text


def record_of(rest: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A record of ours: `fields`, and what is left of the row as its `meta`."""
    kept = {name: rest.pop(name) for name in ("id", "split") if rest.get(name) is not None}
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    return {**kept, **given, "meta": {name: v for name, v in rest.items() if v is not None}}

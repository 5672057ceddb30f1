"""JSON Lines: one record a line, blank lines free; or one JSON array of records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from regard.data.readers.loading import RecordFile, Row
from regard.errors import DataError

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of an escaped character; without its other half nothing can be written that holds it."""


@dataclass(frozen=True, kw_only=True)
class Jsonl(RecordFile):
    """A file of records in JSON, one a line or in one array; the schema is in docs/data.md."""

    def rows(self) -> Iterator[Row]:
        return json_records(Path(self.path))


def json_records(path: Path) -> Iterator[Row]:
    """The records of a file, each with its place: its line, or in an array its number."""
    try:
        with path.open("rb") as file:
            is_first = True
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if is_first and line.lstrip().startswith(b"["):
                    for place, item in enumerate(_items(line + file.read(), path), start=1):
                        yield f"{path.name}:{place}", partial(read_json, item)
                    return
                if line.strip():
                    is_first = False
                    yield f"{path.name}:{number}", partial(read_json, line)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


_TEXT_OR_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)
"""A text of JSON, which may lack its end, or what is no part of one."""

_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def _items(data: bytes, path: Path) -> Iterator[bytes]:
    """What stands between the commas of an array, unread: an item may be bad and the next good."""
    depth, start, num_items = 0, 0, 0
    for found in _TEXT_OR_MARK.finditer(data):
        step = _STEPS.get(found[0], 0)
        depth += step
        if depth == 1 and step == 1:
            start = found.end()
        elif (depth == 1 and found[0] == b",") or depth == 0:
            item = data[start : found.start()].strip()
            if depth == 1 or num_items or item:  # else the array is empty
                num_items += 1
                yield item
            start = found.end()
        if depth == 0:
            break
    if depth:
        raise DataError(
            f"{path}: is one JSON array that does not end; it breaks off in record "
            f"{num_items + 1}, or a bracket or a quote is open from there on"
        )
    if rest := data[start:].strip():
        raise DataError(
            f"{path}: begins with a JSON array of {num_items:,} records, and more follows, "
            f"{rest[:20].decode(errors='replace')!r}; expected one array, or one record a line"
        )


def read_json(record: bytes) -> Any:
    """The value of a record of JSON; what cannot be read is a DataError that says where and why.

    >>> read_json(b'{"id": "a17", "prompt": }')
    Traceback (most recent call last):
    regard.errors.DataError: not JSON: Expecting value at column 25, near '}'
    """
    try:
        value = json.loads(record.decode(), parse_constant=_refuse)
        if _SURROGATE.search(record):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError as error:
        raise DataError(f"half a character is escaped in it ({error.reason})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 (byte {error.start + 1} of the record)") from error
    except json.JSONDecodeError as error:
        near = error.doc[error.pos : error.pos + 20].strip() or "the end"
        where = f"column {error.colno}"
        if error.lineno > 1:
            where = f"line {error.lineno} of the record, {where}"
        raise DataError(f"not JSON: {error.msg} at {where}, near {near!r}") from error
    except RecursionError as error:
        raise DataError("not JSON that can be read: nested too deeply") from error
    except ValueError as error:
        raise DataError(f"not JSON that can be read: {error}") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number in JSON")

"""JSON Lines: one record a line, blank lines free."""

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
    """A file of records in JSON, one a line; the schema is in docs/data.md."""

    def rows(self) -> Iterator[Row]:
        return json_lines(Path(self.path))


def json_lines(path: Path) -> Iterator[Row]:
    """The lines of a file that are not blank, each with its place."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                    _refuse_array(path, line)
                if line.strip():
                    yield f"{path.name}:{number}", partial(read_json, line)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def read_json(line: bytes) -> Any:
    """The value of a line of JSON; what cannot be read is a DataError that says where and why.

    >>> read_json(b'{"id": "a17", "prompt": }')
    Traceback (most recent call last):
    regard.errors.DataError: not JSON: Expecting value at column 25, near '}'
    """
    try:
        value = json.loads(line.decode(), parse_constant=_refuse)
        if _SURROGATE.search(line):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError as error:
        raise DataError(f"half a character is escaped in it ({error.reason})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 (byte {error.start + 1} of the line)") from error
    except json.JSONDecodeError as error:
        near = error.doc[error.pos : error.pos + 20].strip() or "the end"
        raise DataError(f"not JSON: {error.msg} at column {error.colno}, near {near!r}") from error
    except RecursionError as error:
        raise DataError("not JSON that can be read: nested too deeply") from error
    except ValueError as error:
        raise DataError(f"not JSON that can be read: {error}") from error


def _refuse_array(path: Path, first_line: bytes) -> None:
    if first_line.lstrip().startswith(b"["):
        raise DataError(
            f"{path}: is one JSON array; expected JSON Lines, one object a line "
            f"(jq -c '.[]' {path.name} > {path.stem}.jsonl)"
        )


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number in JSON")

"""Parquet: a row for each record, columns called as the fields of the JSON schema.

Images may be structs of `bytes` and `path`, as in the data sets of Hugging Face. Where a column
cannot have one type for all rows (`target`, `meta`, `messages`), it may hold JSON text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from regard.data.readers.jsonl import read_json
from regard.data.readers.loading import RecordFile, Row
from regard.errors import DataError

ROWS_AT_ONCE = 64
"""Rows in memory at a time: with images in them, a row may have megabytes."""

_JSON_COLUMNS = ("messages", "target", "meta")


@dataclass(frozen=True, kw_only=True)
class Parquet(RecordFile):
    """A file of records in Parquet, or a folder with parts of one."""

    def rows(self) -> Iterator[Row]:
        path = Path(self.path)
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        return (row for file in files for row in parquet_rows(file))


def parquet_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, counted from 1."""
    return rows_in_batches(path, "Parquet", _batches)


def rows_in_batches(
    path: Path, form: str, batches: Callable[[Path], Iterator[Any]]
) -> Iterator[Row]:
    """The rows of a file's batches (`pyarrow`'s), counted from 1; errors call it a `form`."""
    import pyarrow as pa

    if not path.exists():
        raise DataError(f"{path}: no such file")
    number = 0
    try:
        for batch in batches(path):
            for row in batch.to_pylist():
                number += 1
                yield f"{path.name}:{number}", record_of_row(row)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: cannot be read as {form} after row {number} ({error}); cut off, perhaps?"
        ) from error


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROWS_AT_ONCE)


def record_of_row(row: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """What reads a row: columns that hold JSON as text are parsed."""
    return partial(_record, row)


def _record(row: dict[str, Any]) -> dict[str, Any]:
    record = dict(row)
    for name in _JSON_COLUMNS:
        value = record.get(name)
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            record[name] = _column(name, value)
    return record


def _column(name: str, text: str) -> Any:
    try:
        return read_json(text.encode())
    except DataError as error:
        raise DataError(f"column '{name}': {error}") from error

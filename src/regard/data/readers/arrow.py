"""Arrow: the files in which Hugging Face's `datasets` keeps what it saved to disk.

Vision-R1 (the one that localises, arXiv:2503.18013) published its data so. Columns are as those of
Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.data.readers.loading import RecordFile, Row
from regard.data.readers.parquet import ROWS_AT_ONCE, rows_in_batches


@dataclass(frozen=True, kw_only=True)
class Arrow(RecordFile):
    """A file of records in Arrow, or a folder with parts of one (`save_to_disk`).

    What `datasets` computed and kept beside them (`cache-….arrow`) is no part.
    """

    def rows(self) -> Iterator[Row]:
        path = Path(self.path)
        files = [path]
        if path.is_dir():
            files = sorted(each for each in path.glob("*.arrow") if each.stem[:6] != "cache-")
        return (row for file in files for row in arrow_rows(file))


def arrow_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, a stream or of random access, counted from 1."""
    return rows_in_batches(path, "Arrow", _batches)


def _batches(path: Path) -> Iterator[Any]:
    for batch in _whole_batches(path):
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            yield batch.slice(start, ROWS_AT_ONCE)


def _whole_batches(path: Path) -> Iterator[Any]:
    from pyarrow import ipc, memory_map

    with memory_map(str(path)) as file:
        is_file = file.read(len(_MAGIC)) == _MAGIC
        file.seek(0)
        if not is_file:
            yield from ipc.open_stream(file)
            return
        reader = ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


_MAGIC = b"ARROW1"
"""What a file of random access begins with, and a stream does not."""

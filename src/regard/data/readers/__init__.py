"""Readers: one for each format on disk, each a frozen dataclass with `load() -> Dataset`."""

from __future__ import annotations

from pathlib import Path

from regard.data.readers.arrow import Arrow
from regard.data.readers.jsonl import Jsonl
from regard.data.readers.loading import OnBad
from regard.data.readers.parquet import Parquet
from regard.errors import DataError, nearest

_READERS: dict[str, type[Arrow] | type[Jsonl] | type[Parquet]] = {
    ".jsonl": Jsonl,
    ".ndjson": Jsonl,
    ".json": Jsonl,
    ".parquet": Parquet,
    ".arrow": Arrow,
}


def reader_for(
    path: str | Path,
    *,
    split: str | None = None,
    on_bad: OnBad = "raise",
    layout: str = "",
    image_folder: str | Path | None = None,
) -> Arrow | Jsonl | Parquet:
    """The reader of a file, by the ending of its name; a folder holds parts in Parquet or Arrow.

    >>> reader_for("train.jsonl", split="test") == Jsonl(path="train.jsonl", split="test")
    True
    """
    path = Path(path) if not isinstance(path, str) else path
    suffix = Path(path).suffix.lower()
    if Path(path).is_dir():
        suffix = ".arrow" if any(Path(path).glob("*.arrow")) else ".parquet"
    if suffix not in _READERS:
        raise DataError(
            f"{path}: no reader for files ending in '{suffix}'; {nearest(suffix, _READERS)}"
        )
    return _READERS[suffix](
        path=path, split=split, on_bad=on_bad, layout=layout, image_folder=image_folder
    )

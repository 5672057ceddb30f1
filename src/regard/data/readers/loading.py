"""What readers share: rows of a file become examples, each bad one known by its place.

Everything of a record is read and checked when the file is loaded, except the pixels of its
images, so a mistake on the last line is found before training starts.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from regard.cache import cache_folder
from regard.data.fingerprint import digest_of
from regard.data.images import ImageStore
from regard.data.layouts import LAYOUTS
from regard.data.records import ImageReader, example_from_json, record_id
from regard.errors import ConfigError, DataError, nearest
from regard.types import Example

OnBad = Literal["raise", "drop"]
_ON_BAD = ("raise", "drop")
_MOST_SHOWN = 5

Row = tuple[str, Callable[[], Any]]
"""Where a record stands ("train.jsonl:17"), and what reads it, which may raise a DataError."""


@dataclass(frozen=True)
class Dropped:
    """A record that was left out."""

    place: str
    """File and line: "train.jsonl:17"."""
    reason: str


@dataclass(frozen=True)
class Records:
    """The examples of a file, in its order."""

    name: str
    examples: tuple[Example, ...]
    places: tuple[str, ...]
    """For each example, where it stands: "train.jsonl:17"."""
    dropped: tuple[Dropped, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]

    def fingerprint(self) -> str:
        return digest_of(self.examples)


@dataclass(frozen=True, kw_only=True)
class RecordFile(ABC):
    """The fields of every reader."""

    path: str | Path
    split: str | None = None
    """"train", "test", or a name the records give themselves in `split`; None takes everything."""
    test_fraction: float = 0.1
    """Share of records, 0 to 1, that belong to "test" where they do not say themselves."""
    image_folder: str | Path | None = None
    """Paths of images are relative to it; by default to the folder of the file."""
    layout: str = ""
    """Whose form the records have, by its name in `regard.data.layouts.LAYOUTS`, such as
    "sharegpt" or "odvg"; by default ours."""
    on_bad: OnBad = "raise"
    """What a bad record does: stop everything, or be dropped alone, counted and named."""

    def __post_init__(self) -> None:
        if self.on_bad not in _ON_BAD:
            raise ConfigError(
                f"on_bad: '{self.on_bad}' is unknown; {nearest(self.on_bad, _ON_BAD)}"
            )
        if self.layout and self.layout not in LAYOUTS:
            raise ConfigError(
                f"layout: '{self.layout}' is unknown; {nearest(self.layout, LAYOUTS)}"
            )
        if not 0 <= self.test_fraction <= 1:
            raise ConfigError(f"test_fraction: from 0 to 1, got {self.test_fraction}")

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """The records of the file, unread."""

    def load(self) -> Records:
        """The examples of the wanted split; there is at least one."""
        loading = self._go_through()
        if loading.bad and self.on_bad == "raise":
            raise _bad_records(self.path, loading)
        if not loading.found:
            raise _nothing_left(self, loading)
        return loading.records()

    def read(self) -> Records:
        """What can be read, if anything; `dropped` holds the rest, whatever `on_bad` says."""
        return self._go_through().records()

    def _go_through(self) -> _Loading:
        loading = _Loading(self)
        for place, read in self.rows():
            loading.add(place, read)
        if not loading.num_rows:
            raise DataError(f"{self.path}: is empty: no record in it")
        return loading


def split_of(record: Mapping[str, Any], name: str, test_fraction: float) -> str:
    """The split a record names itself, or the one that a hash of its id gives it for good.

    >>> split_of({"split": "val"}, "a17", 0.1)
    'val'
    >>> [split_of({}, name, 0.5) for name in ("a1", "a2", "a3", "a4")]
    ['train', 'test', 'train', 'test']
    """
    own = record.get("split")
    if own is not None:
        if not isinstance(own, str):
            raise DataError(f"record: 'split' should be a text, got {own!r}")
        return own
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "test" if draw < test_fraction else "train"


class _Loading:
    """The state of one pass over a file."""

    def __init__(self, options: RecordFile) -> None:
        self.options = options
        path = Path(options.path)
        folder = options.image_folder or (path if path.is_dir() else path.parent)
        self.read_image = ImageReader(ImageStore(cache_folder("images")), Path(folder))
        self.num_rows = 0
        self.found: list[tuple[str, Example]] = []
        self.bad: list[Dropped] = []
        self.splits: Counter[str] = Counter()
        self._place_of_id: dict[str, str] = {}

    def add(self, place: str, read: Callable[[], Any]) -> None:
        self.num_rows += 1
        try:
            example = self._example(place, read())
        except DataError as error:
            self.bad.append(Dropped(place, str(error)))
            return
        if example is not None:
            self.found.append((place, example))

    def records(self) -> Records:
        places = tuple(place for place, _ in self.found)
        examples = tuple(example for _, example in self.found)
        return Records(Path(self.options.path).name, examples, places, tuple(self.bad))

    def _example(self, place: str, record: Any) -> Example | None:
        """The example, or None where it belongs to another split."""
        if self.options.layout and isinstance(record, Mapping):
            record = LAYOUTS[self.options.layout](record)
        name = record_id(record, default_id=place)
        first = self._place_of_id.setdefault(name, place)
        if first != place:
            raise DataError(f"example '{name}': has the same id as {first}; ids are unique")
        if isinstance(record, Mapping):
            split = split_of(record, name, self.options.test_fraction)
            self.splits[split] += 1
            if self.options.split not in (None, split):
                return None
        return example_from_json(record, self.read_image, default_id=place)


def _bad_records(path: str | Path, loading: _Loading) -> DataError:
    bad = loading.bad
    shown = "".join(f"\n  {record.place}: {record.reason}" for record in bad[:_MOST_SHOWN])
    more = f"\n  … and {len(bad) - _MOST_SHOWN:,} more" if len(bad) > _MOST_SHOWN else ""
    return DataError(
        f"{path}: {len(bad):,} of {loading.num_rows:,} records cannot be used{shown}{more}\n"
        f'Mend them, or leave them out with on_bad="drop".'
    )


def _nothing_left(options: RecordFile, loading: _Loading) -> DataError:
    splits = loading.splits
    if splits and options.split is not None and options.split not in splits:
        there = ", ".join(f"{name} ({count:,})" for name, count in sorted(splits.items()))
        return DataError(
            f"{options.path}: no record of split '{options.split}'; there are: {there}"
        )
    first = loading.bad[0]
    return DataError(
        f"{options.path}: no record can be used; the first, {first.place}: {first.reason}"
    )

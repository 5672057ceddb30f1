"""Pairs of image and caption as WebDataset lays them out: `00003.tar` with three files a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any


@dataclass(frozen=True)
class Pair:
    """An image file with its caption."""

    path: str
    caption: str
    size: tuple[int, int] | None
    """Width and height in pixels; None where the image is missing or cannot be read."""


@dataclass(frozen=True)
class Entry:
    """What a shard holds of one pair."""

    key: str
    image_name: str
    record: dict[str, Any]
    """What its `.json` says; its `.txt` is the caption."""

    @property
    def members(self) -> tuple[str, str, str]:
        """The names of its three files, in the order they are written."""
        return self.image_name, f"{self.key}.json", f"{self.key}.txt"


def shard_name(shard: int) -> str:
    """The file of a shard.

    >>> shard_name(3)
    '00003.tar'
    """
    return f"{shard:05d}.tar"


def shard_entries(pairs: Sequence[Pair], shard: int, *, first_row: int = 0) -> list[Entry]:
    """One entry for each pair that can be read.

    A key is the shard in five digits and the row, modulo the rows of the shard, in four, as
    Patho-R1 (arXiv:2505.11404) packs its pairs; so keys need not begin with 0, but differ.

    >>> [entry.key for entry in shard_entries([Pair("a.jpg", "a cell", (8, 6))], 3)]
    ['000030000']
    """
    entries = []
    for row, pair in enumerate(pairs, first_row):
        if pair.size is None:
            continue
        key = f"{shard:05d}{row % len(pairs):04d}"
        width, height = pair.size
        record = {
            "caption": pair.caption,
            "key": key,
            "width": width,
            "height": height,
            "original_path": pair.path,
        }
        entries.append(Entry(key, f"{key}{PurePath(pair.path).suffix}", record))
    return entries

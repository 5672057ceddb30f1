"""GGUF, the format of llama.cpp's weights: named fields, and named tensors in blocks.

After the specification in the repository of ggml (docs/gguf.md), versions 2 and 3, little-endian.
Of the many ways to store a tensor only those are read that the packages used here contain.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.errors import DataError

Floats = NDArray[np.float32]

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True)
class Gguf:
    """What a file holds."""

    fields: Mapping[str, Any]
    tensors: Mapping[str, Floats]
    """In row-major order, the last axis the one that is contiguous."""


def read_gguf(data: bytes) -> Gguf:
    """All fields and tensors of a file."""
    cursor = _Cursor(data)
    magic, version = cursor.take(4), cursor.number("I")
    if magic != b"GGUF" or version not in (2, 3):
        raise DataError(f"not a GGUF file of version 2 or 3: it begins with {magic!r}, {version}")
    num_tensors, num_fields = cursor.number("Q"), cursor.number("Q")
    fields = {cursor.string(): cursor.value(cursor.number("I")) for _ in range(num_fields)}
    entries = [_entry(cursor) for _ in range(num_tensors)]
    alignment = fields.get("general.alignment", 32)
    start = math.ceil(cursor.at / alignment) * alignment
    return Gguf(fields, {entry.name: _tensor(data, start, entry) for entry in entries})


class _Cursor:
    """A place in a file, and what is read from there on."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise DataError(f"a GGUF file of {len(self.data):,} bytes ends in the middle")
        self.at += count
        return taken

    def number(self, form: str) -> Any:
        (value,) = struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return value

    def string(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", errors="replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            inner, count = self.number("I"), self.number("Q")
            return [self.value(inner) for _ in range(count)]
        if kind not in _SCALARS:
            raise DataError(f"a GGUF field of the unknown kind {kind}")
        return self.number(_SCALARS[kind])


@dataclass(frozen=True)
class _Entry:
    """What is said of a tensor before all of them come."""

    name: str
    shape: tuple[int, ...]
    stored: int
    """The way its values are stored."""
    offset: int
    """Where it begins, in bytes after the first tensor's beginning."""


def _entry(cursor: _Cursor) -> _Entry:
    name = cursor.string()
    sizes = [cursor.number("Q") for _ in range(cursor.number("I"))]
    # The file counts axes from the one that is contiguous.
    return _Entry(name, tuple(reversed(sizes)), cursor.number("I"), cursor.number("Q"))


def _tensor(data: bytes, start: int, entry: _Entry) -> Floats:
    if entry.stored not in _WAYS:
        raise DataError(
            f"GGUF tensor '{entry.name}' is stored in way {entry.stored}; known: {sorted(_WAYS)}"
        )
    way = _WAYS[entry.stored]
    num_blocks, rest = divmod(math.prod(entry.shape), way.num_values)
    first = start + entry.offset
    end = first + num_blocks * way.num_bytes
    if rest or end > len(data):
        raise DataError(f"GGUF tensor '{entry.name}' of shape {entry.shape} does not fit its file")
    blocks = np.frombuffer(data, np.uint8, end - first, first).reshape(num_blocks, way.num_bytes)
    return way.unpack(blocks).reshape(entry.shape)


@dataclass(frozen=True)
class _Way:
    """How values are stored: in blocks of so many values and bytes."""

    num_values: int
    num_bytes: int
    unpack: Callable[[NDArray[np.uint8]], Floats]


def _halves(blocks: NDArray[np.uint8], first: int) -> Floats:
    """The half-precision number at a place of each block, as a column."""
    return blocks[:, first : first + 2].copy().view(np.float16).astype(np.float32)


def _four_bits(blocks: NDArray[np.uint8]) -> Floats:
    """Q4_1: a scale, a least value, and 32 times four bits, the lower halves of 16 bytes first."""
    levels = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    return levels * _halves(blocks, 0) + _halves(blocks, 2)


def _eight_bits(blocks: NDArray[np.uint8]) -> Floats:
    """Q8_0: a scale and 32 signed bytes."""
    return blocks[:, 2:].view(np.int8) * _halves(blocks, 0)


_WAYS = {
    0: _Way(1, 4, lambda blocks: blocks.copy().view(np.float32)),
    1: _Way(1, 2, lambda blocks: _halves(blocks, 0)),
    3: _Way(32, 20, _four_bits),
    8: _Way(32, 34, _eight_bits),
}

"""A short name for what a data set holds, for `versions.json`: other data, another name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from regard.data.records import example_to_json
from regard.types import Dataset, Example, ImageRef

_MOST_DRAWN = 256
"""Examples that stand for a data set which makes each one anew, or for all parts of a mixture."""


@runtime_checkable
class Fingerprinted(Protocol):
    """A data set that knows a name for all it holds."""

    def fingerprint(self) -> str: ...


def fingerprint(dataset: Dataset, *, share: int = 1) -> str:
    """A name that changes when the content does, and only then; files may move.

    A data set may offer its own; of any other, 256 examples at even distances are looked at, or
    256 // `share` where it is one of so many parts.
    """
    if isinstance(dataset, Fingerprinted):
        return dataset.fingerprint()
    size = len(dataset)
    num_drawn = min(size, max(1, _MOST_DRAWN // share))
    drawn = (dataset[i * size // num_drawn] for i in range(num_drawn))
    return digest_of(drawn, size=size)


def digest_of(examples: Iterable[Example], *, size: int | None = None) -> str:
    """The first 16 letters of a hash of everything the examples say; images by their digests."""
    total = hashlib.sha256(str(size).encode())
    for example in examples:
        record = example_to_json(example, image=_digest)
        total.update(json.dumps(record, sort_keys=True).encode() + b"\n")
    return total.hexdigest()[:16]


def _digest(image: ImageRef) -> str:
    return image.digest

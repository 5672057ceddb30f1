"""Tensors kept for the next time they are asked for, the latest of them, up to so many bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

from torch import Tensor

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Mapping[str, Any])
"""Tensors, or tuples of them, by name."""


class Kept(Generic[Key, Value]):
    """Made once and kept; what was not asked for longest is forgotten first.

    >>> import torch
    >>> kept = Kept[str, dict](max_bytes=8)
    >>> def make(): return {"x": torch.zeros(1)}
    >>> first = kept.of("a", make)
    >>> first is kept.of("a", make), len([kept.of(key, make) for key in "bc"])
    (True, 2)
    >>> first is kept.of("a", make)  # there is room for two
    False
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def of(self, key: Key, make: Callable[[], Value]) -> Value:
        """What is kept under a key; it is made if it is not at hand."""
        if key not in self._kept:
            self._kept[key] = make()
            self._num_bytes += _num_bytes(self._kept[key])
        self._kept.move_to_end(key)
        found = self._kept[key]
        while self._num_bytes > self._max_bytes and len(self._kept) > 1:
            self._num_bytes -= _num_bytes(self._kept.popitem(last=False)[1])
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._num_bytes = 0


def _num_bytes(value: Mapping[str, Any]) -> int:
    return sum(tensor.nbytes for each in value.values() for tensor in _tensors(each))


def _tensors(each: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (each,) if isinstance(each, Tensor) else each

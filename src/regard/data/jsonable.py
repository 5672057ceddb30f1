"""Any value as something `json` can write and every browser can read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from regard.data.targets import TYPES, target_to_json

_TARGETS = tuple(TYPES.values())


def json_safe(value: Any) -> Any:
    """`value` in lists, objects, texts and finite numbers; what has no such form as its text.

    >>> json_safe({"letters": ("A", "B"), 3: float("inf")})
    {'letters': ['A', 'B'], '3': 'inf'}
    """
    if isinstance(value, Enum):
        return json_safe(value.value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, _TARGETS):
        return json_safe(target_to_json(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_safe(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    if isinstance(value, Set):
        return sorted((json_safe(item) for item in value), key=str)
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return json_safe(value.tolist())
    return str(value)

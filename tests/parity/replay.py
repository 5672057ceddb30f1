"""Replaying recorded vectors: what a published system computed, beside what we compute.

A vector is a line of JSON: `system`, `function`, `case`, `input`, `output`. Lines that were not
recorded from the published code but derived by hand say so in `origin`, `source` or `provenance`.
Numbers that JSON does not know stand as "NaN", "inf" and "-inf"; an exception as "raises Name",
{"raises": "Name"} or {"error": "Name"}.
"""

from __future__ import annotations

import copy
import importlib
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
VECTORS = HERE / "vectors"
ADAPTERS = HERE / "adapters"
DIFFERENCES = HERE / "differences.toml"

TOLERANCE = 1e-6
"""Absolute, and relative for what is greater than one."""


@dataclass(frozen=True)
class Vector:
    """One recorded call."""

    system: str
    function: str
    case: str
    input: Mapping[str, Any]
    output: Any
    origin: str = ""
    """Where it comes from, when the line says so: derived by hand, reconstructed, which code."""


@cache
def read_vectors(folder: Path) -> dict[tuple[str, str], list[Vector]]:
    """The vectors of every `*.jsonl` in a folder, by system and function."""
    found: dict[tuple[str, str], list[Vector]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip():
                continue
            row = json.loads(line)
            if missing := {"system", "function", "input", "output"} - set(row):
                raise ValueError(f"{path.name}:{number}: no {', '.join(sorted(missing))}")
            origin = next(
                (row[key] for key in ("origin", "source", "provenance") if key in row), ""
            )
            vector = Vector(
                system=row["system"],
                function=row["function"],
                case=str(row.get("case", f"line {number}")),
                input=row["input"],
                output=row["output"],
                origin=origin,
            )
            found.setdefault((vector.system, vector.function), []).append(vector)
    return found


# ----------------------------------------------------------------------------------- adapters


@cache
def modules_of(system: str) -> tuple[ModuleType, ...]:
    """The adapter modules of a system: `vlm_r1.py`, and any `vlm_r1_*.py` beside it."""
    stem = re.sub(r"\W", "_", system)
    names = sorted(path.stem for path in ADAPTERS.glob("*.py"))
    mine = [name for name in names if name == stem or name.startswith(f"{stem}_")]
    return tuple(importlib.import_module(f"tests.parity.adapters.{name}") for name in mine)


def gathered(system: str, attribute: str) -> dict[str, Callable[..., Any]]:
    """The entries of a table over the modules of a system.

    `ADAPTERS`: function to what we compute from the input. `SAMPLED`: where only a sample of the
    output was recorded, function to that sample of ours, from ours and the published. `PREDICATES`
    and `EXPECTED` serve the rules of `differences.toml`.
    """
    both: dict[str, Callable[..., Any]] = {}
    for module in modules_of(system):
        own = getattr(module, attribute, {})
        if twice := both.keys() & own.keys():
            raise ValueError(f"{module.__name__}.{attribute} repeats {', '.join(sorted(twice))}")
        both |= own
    return both


@dataclass(frozen=True)
class Raised:
    """An adapter that raised."""

    name: str
    message: str = ""

    def __repr__(self) -> str:
        return f"raised {self.name}: {self.message}"


def got(vector: Vector) -> Any:
    """What we compute; an exception is an answer too, since some vectors expect one."""
    adapter = gathered(vector.system, "ADAPTERS")[vector.function]
    sampled = gathered(vector.system, "SAMPLED").get(vector.function)
    try:
        ours = adapter(copy.deepcopy(vector.input))
        if sampled is not None:
            ours = sampled(ours, copy.deepcopy(vector.output))
        return plain_value(ours)
    except Exception as error:
        return Raised(type(error).__name__, str(error))


# ---------------------------------------------------------------------------------- comparison


def plain_value(value: Any) -> Any:
    """Arrays and tuples as lists, numbers of numpy as numbers of Python, keys as texts."""
    if hasattr(value, "tolist"):
        return plain_value(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    return value


def is_same(expected: Any, value: Any) -> bool:
    """Whether a recorded value and ours agree; a truth is not a number, an int may be a float.

    >>> is_same([1.0, "NaN", {"a": "-inf"}], [1, math.nan, {"a": -math.inf}])
    True
    >>> is_same({"raises": "KeyError"}, Raised("KeyError")), is_same(True, 1)
    (True, False)
    """
    if isinstance(value, Raised):
        # Where the published code stumbles, refusing by name is the same answer.
        theirs = _raises(expected)
        return theirs is not None and value.name in (theirs, "DataError", "ConfigError")
    if isinstance(expected, bool) or isinstance(value, bool) or expected is None or value is None:
        return expected is value
    if isinstance(value, (int, float)):
        if isinstance(expected, str):
            name = expected.lower().replace("infinity", "inf")
            return not math.isfinite(value) and name == str(float(value))
        if not isinstance(expected, (int, float)):
            return False
        if isinstance(expected, int) and isinstance(value, int):
            return expected == value
        if math.isnan(expected) or math.isnan(value):
            return math.isnan(expected) and math.isnan(value)
        return math.isclose(expected, value, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and expected.keys() == value.keys()
            and all(is_same(expected[key], value[key]) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(expected) == len(value)
            and all(is_same(one, other) for one, other in zip(expected, value, strict=True))
        )
    return type(expected) is type(value) and bool(expected == value)


def _raises(expected: Any) -> str | None:
    if isinstance(expected, str) and expected.startswith("raises "):
        return expected.removeprefix("raises ").split(":")[0].strip()
    if isinstance(expected, dict) and len(expected) == 1:
        (key, name), *_ = expected.items()
        return str(name) if key in ("raises", "error") else None
    return None


# --------------------------------------------------------------------------------- differences

_RULE_KEYS = {"system", "function", "reason", "instead", "when", "cases", "field", "pattern"} | {
    "expect",
    "may_agree",
}


@dataclass(frozen=True)
class Rule:
    """Where we differ from a published system on purpose: one table of `differences.toml`."""

    system: str
    function: str
    reason: str
    instead: str
    when: str = ""
    cases: tuple[str, ...] = ()
    field: str = ""
    pattern: str = ""
    expect: str = ""
    may_agree: str = ""

    def __str__(self) -> str:
        which = self.when or ", ".join(self.cases) or f"{self.field} ~ {self.pattern!r}"
        return f"{self.system}/{self.function} where {which}"

    def covers(self, vector: Vector) -> bool:
        if (vector.system, vector.function) != (self.system, self.function):
            return False
        if self.when:
            return bool(gathered(self.system, "PREDICATES")[self.when](vector.input))
        if self.cases:
            return vector.case in self.cases
        text = vector.case if self.field == "case" else str(vector.input[self.field])
        return re.search(self.pattern, text) is not None


@cache
def read_rules(path: Path = DIFFERENCES) -> tuple[Rule, ...]:
    """Every rule, each with one way of saying which vectors it covers."""
    rules = []
    for table in tomllib.loads(path.read_text(encoding="utf-8")).get("difference", []):
        functions = table.get("function", "")
        for function in functions if isinstance(functions, list) else [functions]:
            name = f"{table.get('system')}/{function}"
            if unknown := table.keys() - _RULE_KEYS:
                raise ValueError(f"{path.name}: {name}: unknown {', '.join(sorted(unknown))}")
            for key in ("system", "function", "reason", "instead"):
                if not table.get(key):
                    raise ValueError(f"{path.name}: {name}: no {key}")
            ways = [bool(table.get("when")), bool(table.get("cases")), "pattern" in table]
            if sum(ways) != 1 or ("pattern" in table) != ("field" in table):
                raise ValueError(f"{path.name}: {name}: one of when, cases, field with pattern")
            rest = {**table, "function": function, "cases": tuple(table.get("cases", ()))}
            rules.append(Rule(**rest))
    return tuple(rules)


# -------------------------------------------------------------------------------------- replay


@dataclass
class Outcome:
    """What became of the vectors of one function."""

    same: int = 0
    different: dict[str, int] = field(default_factory=dict)
    """Vectors by the rule that covers them and makes them differ."""
    failures: list[str] = field(default_factory=list)


def replay(vectors: Iterable[Vector], *, is_ours: bool) -> Outcome:
    """Compare every vector of one function with what its adapter gives.

    Of our own vectors, those that a rule covers must differ as it says; among others, a rule may
    cover vectors that agree all the same.
    """
    outcome = Outcome()
    for vector in vectors:
        ours = got(vector)
        rule = next((rule for rule in read_rules() if rule.covers(vector)), None)
        agrees = is_same(vector.output, ours)
        if rule is None:
            if agrees:
                outcome.same += 1
            else:
                outcome.failures.append(_told(vector, vector.output, ours))
            continue
        if agrees and is_ours and not rule.may_agree:
            note = f"  the rule {rule} covers it, but it does not differ"
            outcome.failures.append(f"{_told(vector, vector.output, ours)}\n{note}")
            continue
        if rule.expect:
            wanted = plain_value(
                gathered(vector.system, "EXPECTED")[rule.expect](
                    copy.deepcopy(vector.input), copy.deepcopy(vector.output)
                )
            )
            if not is_same(wanted, ours):
                note = f"  by the rule {rule}; published was {_short(vector.output)}"
                outcome.failures.append(f"{_told(vector, wanted, ours)}\n{note}")
                continue
        if agrees:
            outcome.same += 1
        elif isinstance(ours, Raised) and not rule.expect:
            outcome.failures.append(_told(vector, vector.output, ours))
        else:
            outcome.different[str(rule)] = outcome.different.get(str(rule), 0) + 1
    return outcome


def _told(vector: Vector, wanted: Any, ours: Any) -> str:
    origin = f" (origin: {vector.origin})" if vector.origin else ""
    return (
        f"{vector.system}/{vector.function}, case {vector.case!r}{origin}\n"
        f"  input    {_short(vector.input)}\n"
        f"  expected {_short(wanted)}\n"
        f"  got      {_short(ours)}"
    )


def _short(value: Any, limit: int = 600) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"

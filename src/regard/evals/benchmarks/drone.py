"""The drone benchmark: did it fly through the right gate? Points by category, with intervals.

CognitiveDrone (arXiv:2503.01378), section 3. Two rules: *official* counts a flight that comes
within 1 m of the right gate, whatever it flew through before; *strict* wants the first gate that
was flown through to be the right one, within the time.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.envs.drone import Gate, Place, Pose, first_gate, gates_by_number, official_result
from regard.errors import DataError

CATEGORIES: Mapping[str, str] = {
    "celebrities": "human recognition",
    "patterns": "human recognition",
    "animals": "symbol understanding",
    "digits": "symbol understanding",
    "letters": "symbol understanding",
    "logos": "symbol understanding",
    "food": "reasoning",
    "math_desk": "reasoning",
}
"""The three categories of the paper, by the type of scenario."""

MAX_STEPS = 150
"""Control steps of a flight under the strict rule; ours, as the published loop never ends."""

FARTHEST = 10.0
"""Metres from the start that a flight may stray."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One task: what is said, and which of three gates is meant."""

    prompt: str
    explicit: str
    """The same as a plain command that names the gate."""
    correct: str
    """The number of the right gate, "1" to "3", from left to right."""
    gates: Mapping[str, Mapping[str, Any]]
    """Size, shape and colour by number."""
    options: tuple[str, ...] = ()
    """The pictures above the gates, from left to right."""
    rewritten: str = ""
    """What a reasoner made of the prompt, where one did."""


def scenario(row: Mapping[str, Any]) -> Scenario:
    """A record of a scenario file, or of a recorded `setup.json`, whose gates are a list.

    >>> scenario({"prompt": "3 + 2", "prompt_simpler": "the red one", "correct": 1,
    ...     "gates": [{"gate": "1", "color": "red"}]}).correct
    '1'
    """
    gates = row["gates"]
    by_number = gates if isinstance(gates, Mapping) else gates_by_number(gates)
    correct = str(row["correct"])
    if correct not in map(str, by_number):
        raise DataError(
            f"the right gate is {correct}, among gates {', '.join(map(str, by_number))}"
        )
    return Scenario(
        prompt=row["prompt"],
        explicit=row["prompt_simpler"],
        correct=correct,
        gates={str(number): gate for number, gate in by_number.items()},
        options=tuple(row.get("options", ())),
        rewritten=row.get("prompt_after_reasoning", ""),
    )


def read_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of a file `Category/Type.json`: a list of records, or one record."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: no JSON ({error})") from error
    found = []
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        try:
            found.append(scenario(row))
        except (KeyError, TypeError) as error:
            raise DataError(f"{path}: scenario {number}: no field {error}") from error
    return found


def read_flight(path: Path) -> list[Pose]:
    """The rows of an episode's `data.csv`."""
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                numbers = [float(row[name]) for name in Pose._fields[1:]]
                rows.append(Pose(int(float(row["frame_id"])), *numbers))
            except (KeyError, TypeError, ValueError) as error:
                expected = ", ".join(Pose._fields)
                raise DataError(f"{path}:{number}: {error!r}; expected {expected}") from error
    return rows


# ------------------------------------------------------------------------------------------ success


def official_success(flight: Sequence[Place], goal: Place) -> bool:
    """Whether a flight came within 1 m of the right gate before it was 10 m away.

    >>> official_success([(0, 0, 0.75), (4.5, 0, 0.75)], (5, 0, 0))
    True
    """
    results = (official_result(place, goal) for place in flight)
    return next((result for result in results if result), None) == "SUCCESS"


def strict_success(
    flight: Sequence[Place], gates: Mapping[str, Gate], correct: str, *, max_steps: int = MAX_STEPS
) -> bool:
    """Whether the first gate a flight goes through is the right one, in time and within bounds.

    >>> gates = {"1": Gate(centre=(5, 0, 1), yaw=0.0), "2": Gate(centre=(4, -4, 1), yaw=-1.0)}
    >>> strict_success([(0, 0, 1), (6, 0, 1)], gates, "1")
    True
    """
    kept: list[Place] = []
    for place in flight[: max_steps + 1]:
        if place[2] <= 0 or math.dist(place, flight[0]) > FARTHEST:
            break
        kept.append(place)
    return first_gate(kept, gates) == correct


def named_gate(text: str, gates: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The number of the only gate whose colour a text names; None where it names none, or several.

    >>> gates = {"1": {"color": "red"}, "2": {"color": "blue"}}
    >>> named_gate("Fly through the Blue gate.", gates), named_gate("not red but blue", gates)
    ('2', None)
    """
    words = set(re.findall(r"[a-z]+", text.lower()))
    named = [number for number, gate in gates.items() if str(gate["color"]).lower() in words]
    return named[0] if len(named) == 1 else None


def naming_rate(scenarios: Sequence[Scenario]) -> float:
    """The share of the scenarios with a rewrite whose rewrite names the right gate; else NaN."""
    rewrites = [each for each in scenarios if each.rewritten]
    right = [named_gate(each.rewritten, each.gates) == each.correct for each in rewrites]
    return sum(right) / len(right) if right else math.nan


def success_rates(
    results: Sequence[tuple[str, bool]], categories: Mapping[str, str] = CATEGORIES
) -> dict[str, float]:
    """Points over the greatest possible, from (type of scenario, success).

    By type, by category, over all flights ("all"), and as the mean of the categories ("average").

    >>> rates = success_rates([("digits", True), ("digits", False), ("food", True)])
    >>> rates["symbol understanding"], rates["reasoning"], rates["average"]
    (0.5, 1.0, 0.75)
    """
    points: dict[str, list[bool]] = {}
    for kind, success in results:
        if kind not in categories:
            raise DataError(f"'{kind}' is none of the types {', '.join(categories)}")
        for name in (kind, categories[kind], "all"):
            points.setdefault(name, []).append(success)
    rates = {name: sum(each) / len(each) for name, each in points.items()}
    of_categories = [rates[name] for name in dict.fromkeys(categories.values()) if name in rates]
    rates["average"] = sum(of_categories) / len(of_categories) if of_categories else math.nan
    return rates


def wilson_interval(hits: int, total: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Where a share probably lies (Wilson 1927): 95% at the usual `z`.

    >>> [round(end, 3) for end in wilson_interval(8, 10)]
    [0.49, 0.943]
    """
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    middle = share + z * z / (2 * total)
    width = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((middle - width) / scale, 0.0), min((middle + width) / scale, 1.0)

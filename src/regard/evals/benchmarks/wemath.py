"""We-Math (arXiv:2407.01284): does a model that solves the whole also know the steps?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regard.errors import DataError

NUM_PROBLEMS = 525
"""Problems of several steps in the benchmark; all rates are of them."""


@dataclass(frozen=True)
class FourWays:
    """How many problems ended in each of the four ways."""

    insufficient_knowledge: int
    """The whole is wrong and so is a step."""
    inadequate_generalization: int
    """The whole is wrong, though each step is right."""
    complete_mastery: int
    rote_memorization: int
    """The whole is right, though steps are not: strictly one, loosely all of them."""

    def score(self, num_problems: int = NUM_PROBLEMS) -> float:
        """One for each problem, less half for bad generalization, less one for what else is bad."""
        lost = self.insufficient_knowledge + self.rote_memorization
        return (num_problems - 0.5 * self.inadequate_generalization - lost) / num_problems

    @property
    def rote_rate(self) -> float:
        """Rote memorization among the problems whose whole is right."""
        solved = self.complete_mastery + self.rote_memorization
        return self.rote_memorization / solved if solved else 0.0


def four_ways(items: Iterable[tuple[Sequence[bool], bool]], *, strict: bool) -> FourWays:
    """Sort problems, each given as the truth of its steps and of the whole.

    Strictly, mastery needs every step; loosely, any.

    >>> ways = four_ways([([True, False], True), ([True, True], False)], strict=True)
    >>> ways.rote_memorization, ways.inadequate_generalization
    (1, 1)
    """
    counts = dict.fromkeys(FourWays.__dataclass_fields__, 0)
    for steps, whole in items:
        if whole:
            knows = all(steps) if strict else any(steps)
            counts["complete_mastery" if knows else "rote_memorization"] += 1
        else:
            name = "inadequate_generalization" if all(steps) else "insufficient_knowledge"
            counts[name] += 1
    return FourWays(**counts)


def problems(rows: Iterable[Mapping[str, Any]]) -> list[tuple[list[bool], bool]]:
    """The problems of several steps in the benchmark's table, for `four_ways`.

    Rows have `ID`, `key` ("2steps_1", …, "2steps_multi"), and `hit` or both `prediction` and
    `answer`; rows of problems with one step are left aside.

    >>> rows = [{"ID": "7", "key": f"2steps_{i}", "hit": i != 2} for i in (1, 2, "multi")]
    >>> problems(rows)
    [([True, False], True)]
    """
    found: dict[tuple[str, str], dict[str, bool]] = {}
    for row in rows:
        sort, _, step = str(row["key"]).partition("_")
        if sort in ("2steps", "3steps") and step:
            found.setdefault((sort, str(row["ID"])), {})[step] = _is_hit(row)
    items = []
    for (sort, name), hits in found.items():
        steps = [str(i + 1) for i in range(int(sort[0]))]
        if missing := {*steps, "multi"} - hits.keys():
            raise DataError(f"problem {name} has no {sort}_{', '.join(sorted(missing))}")
        items.append(([hits[step] for step in steps], hits["multi"]))
    return items


def _is_hit(row: Mapping[str, Any]) -> bool:
    """The row's own `hit`, or the first letter after the last "Answer" of its prediction."""
    if row.get("hit") not in (None, ""):
        return str(row["hit"]).strip().lower() in ("1", "1.0", "true")
    tail = re.sub(r"[<>:.]", "", str(row["prediction"]).split("Answer")[-1]).strip()
    return tail[:1] == str(row["answer"]) and tail[:1] in tuple("ABCDEFGH")

"""How hard the sources of a data set are, and the steps of a curriculum they make.

Two indicators of each source, the error rate of the base model and a rating of a few examples, are
set on one scale and averaged; the sources then fall into groups along that line, easy first
(OpenVLThinker, arXiv:2503.17352: 14 sources, 3 groups).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from regard.errors import DataError


def difficulty_of_sources(indicators: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The mean of a source's indicators, each in spreads (population) from its mean over sources.

    An indicator that is the same everywhere says nothing.

    >>> difficulty_of_sources({"charts": [0.1, 2], "maps": [0.3, 2], "geometry": [0.5, 2]})["maps"]
    0.0
    """
    rows = list(indicators.values())
    if len({len(row) for row in rows}) > 1 or not all(rows):
        raise DataError("every source needs the same indicators, one at least")
    if not all(math.isfinite(value) for row in rows for value in row):
        raise DataError("an indicator is no number")
    scaled = [_scaled(column) for column in zip(*rows, strict=True)]
    means = [math.fsum(each) / len(scaled) for each in zip(*scaled, strict=True)]
    return dict(zip(indicators, means, strict=True))


def _scaled(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / spread if spread > 0 else 0.0 for value in values]


def groups_along_a_line(difficulties: Mapping[str, float], num_groups: int = 3) -> list[list[str]]:
    """The names in groups, easiest first, whose members are as near their means as can be.

    The best k-means in one dimension: groups of such a line are runs of it, so that every split is
    tried by its squared distances, without a random start. Of equally good ones, the first.

    >>> groups_along_a_line({"a": 0.0, "c": 5.0, "b": 0.2, "d": 5.1, "e": 9.0})
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    if not 1 <= num_groups <= len(difficulties):
        raise DataError(
            f"{len(difficulties)} sources make no {num_groups} groups; at most one for each"
        )
    names = sorted(difficulties, key=lambda name: (difficulties[name], name))
    values = [difficulties[name] for name in names]
    # best[k][n]: the least cost of the first n values in k groups, and where the last one begins.
    best: list[list[tuple[float, int]]] = [[(0.0, 0)] + [(math.inf, 0)] * len(values)]
    for _ in range(num_groups):
        row = [(math.inf, 0)] * (len(values) + 1)
        for stop in range(1, len(values) + 1):
            row[stop] = min(
                (best[-1][start][0] + _scatter(values[start:stop]), start) for start in range(stop)
            )
        best.append(row)
    groups: list[list[str]] = []
    stop = len(values)
    for row in reversed(best[1:]):
        start = row[stop][1]
        groups.insert(0, names[start:stop])
        stop = start
    return groups


def _scatter(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)

"""Real tables of the package `vega_datasets`, in whole numbers; a table belongs to one split.

They are read where the package has put them; nothing of them is in this library, and nothing is
fetched. Of the files it carries these are in the public domain. Left out are those whose licence
nobody states (anscombe, barley, driving, la-riots, ohlc, stocks) or that are for teaching and
science only (cars), the flowers, which are among the embedded tables, and bacteria (burtin), whose
numbers go from thousandths to hundreds.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from regard.data.worlds.drawing import Split
from regard.errors import DataError, MissingExtra

PACKAGE: Final = "vega_datasets"
GREATEST: Final = 220
"""Samples with a greater number or less than 1 are left out: wrong options are up to 30 more, and a
tokenizer made of `words()` knows the numbers to 250; a bar of nothing cannot be seen."""

_LEAST_DIFFERENT: Final = 5
"""Values of a column that differ: as many bars are drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """A file of the package, and what is shown of it."""

    file: str
    told: str
    """What it is and whose."""
    split: Split
    columns: Mapping[str, tuple[str, float]]
    """Our name of a column, its own, and what its values are multiplied by."""


TABLES: Final[Mapping[str, Table]] = {
    "employment": Table(
        file="us-employment.csv",
        told="employed people by trade (Bureau of Labor Statistics)",
        split="train",
        columns={
            "mining": ("mining_and_logging", 0.1),
            "factory": ("manufacturing", 0.01),
            "goods": ("durable_goods", 0.01),
            "retail": ("retail_trade", 0.01),
            "leisure": ("leisure_and_hospitality", 0.01),
        },
    ),
    "weather": Table(
        file="seattle-weather.csv",
        told="days in Seattle (NOAA)",
        split="train",
        columns={
            "rain": ("precipitation", 1),
            "high": ("temp_max", 1),
            "low": ("temp_min", 1),
            "wind": ("wind", 10),
        },
    ),
    "seattle": Table(
        file="seattle-temps.csv",
        told="hours in Seattle (NOAA)",
        split="train",
        columns={"temp": ("temp", 1)},
    ),
    "san francisco": Table(
        file="sf-temps.csv",
        told="hours in San Francisco (NOAA)",
        split="train",
        columns={"temp": ("temp", 1)},
    ),
    "crimea": Table(
        file="crimea.json",
        told="deaths in the Crimean war (F. Nightingale, 1858)",
        split="test",
        columns={"wounds": ("wounds", 0.1), "disease": ("disease", 0.1), "other": ("other", 0.1)},
    ),
    "wheat": Table(
        file="wheat.json",
        told="prices of wheat and wages (W. Playfair, 1822)",
        split="test",
        columns={"wheat": ("wheat", 1), "wages": ("wages", 1)},
    ),
    "iowa": Table(
        file="iowa-electricity.csv",
        told="electricity of Iowa (Energy Information Administration)",
        split="test",
        columns={"power": ("net_generation", 0.001)},
    ),
    "airports": Table(
        file="airports.csv",
        told="airports (ourairports.com)",
        split="test",
        columns={"north": ("latitude", 1)},
    ),
}
"""Every table that is known; the splits share no name of a column."""


def folder() -> Path | None:
    """Where this machine has the files, or None. The package is not imported: that takes pandas."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], "_data")


def check_installed(split: Split) -> None:
    """That every table of a split is there and has the samples it should."""
    for name, each in TABLES.items():
        if each.split == split:
            table_of(name)


def table_of(name: str) -> NDArray[np.int64]:
    """The samples of a table, as whole numbers."""
    found = folder()
    if found is None:
        raise MissingExtra(PACKAGE, "vega", "Figures(tables='vega')")
    return _read(found / TABLES[name].file, name)


@lru_cache(maxsize=2 * len(TABLES))
def _read(path: Path, name: str) -> NDArray[np.int64]:
    columns = TABLES[name].columns.values()
    try:
        text = path.read_text("utf-8")
        rows = json.loads(text) if path.suffix == ".json" else csv.DictReader(text.splitlines())
        read = [[_number(row.get(own), by) for own, by in columns] for row in rows]
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: {error}; install {PACKAGE} anew") from error
    shown = [row for row in read if all(1 <= value <= GREATEST for value in row)]
    values = np.array(shown, np.int64).reshape(-1, len(columns))
    if any(len(set(column)) < _LEAST_DIFFERENT for column in values.T.tolist()):
        raise DataError(
            f"{path}: {len(values)} samples with numbers from 1 to {GREATEST} as "
            f"{', '.join(own for own, _ in columns)}; at least {_LEAST_DIFFERENT} that differ are "
            f"needed, so this is another {PACKAGE} than 0.9"
        )
    return values


def _number(value: Any, by: float) -> float:
    """A value as it is shown; NaN, which no sample may have, where there is none."""
    return float(np.round(float(value) * by)) if value not in (None, "") else math.nan

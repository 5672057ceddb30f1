"""Real tables in whole numbers, by split: the samples of one split are not in the other.

Embedded are four data sets that scikit-learn carries: diabetes patients (Efron et al., 2004), wines
(Forina et al., 1988), iris flowers (Fisher, 1936) and breast tissue (Wolberg et al., 1993). `vega`
has others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regard.data.worlds.common import SPLITS, some_of
from regard.data.worlds.drawing import Split
from regard.data.worlds.figures import vega

Tables = Literal["embedded", "vega"]
"""Whose tables are shown."""

COLUMNS: Mapping[str, Mapping[str, tuple[str, float]]] = {
    "diabetes": {"age": ("age", 1), "bmi": ("bmi", 1), "bp": ("bp", 1)},
    "wine": {"ash": ("ash", 10), "hue": ("hue", 100), "alcohol": ("alcohol", 10)},
    "iris": {"sepal": ("sepal length (cm)", 10), "petal": ("petal length (cm)", 10)},
    "breast_cancer": {
        "radius": ("mean radius", 1), "texture": ("mean texture", 1),
        "outline": ("mean perimeter", 1),
    },
}  # fmt: skip
"""For each data set, our name of a column, its own, and what its values are multiplied by."""

_TEST_FRACTION = 0.25
_SPLIT_SEED = 1936


def column_names(tables: Tables = "embedded") -> tuple[str, ...]:
    """Of all tables, of both splits.

    >>> column_names("vega")[-2:]
    ('power', 'north')
    """
    every = [columns for split in SPLITS for columns in columns_of(tables, split).values()]
    return tuple(dict.fromkeys(name for columns in every for name in columns))


def columns_of(tables: Tables, split: Split) -> Mapping[str, Mapping[str, tuple[str, float]]]:
    """For each table of a split, its columns as in `COLUMNS`."""
    if tables == "embedded":
        return COLUMNS
    return {name: each.columns for name, each in vega.TABLES.items() if each.split == split}


def some_rows(
    split: Split,
    num_columns: int,
    num_rows: int,
    rng: np.random.Generator,
    *,
    tables: Tables,
    gap: float = 0.0,
) -> tuple[list[str], NDArray[np.int64]]:
    """Columns of one table, and values (rows, columns) of samples of it.

    In the first column all values differ, by at least `gap` of their range where there are enough.
    """
    known = columns_of(tables, split)
    fitting = [name for name, columns in known.items() if len(columns) >= num_columns]
    table = fitting[int(rng.integers(len(fitting)))]
    names = some_of(list(known[table]), num_columns, rng)
    every = table_of(table, split) if tables == "embedded" else vega.table_of(table)
    values = every[:, [list(known[table]).index(name) for name in names]]
    order = rng.permutation(len(values)).tolist()
    first = values[:, 0].tolist()
    least = gap * (max(first) - min(first))
    while True:
        chosen: list[int] = []
        for row in order:
            if all(abs(first[row] - first[other]) >= max(least, 1) for other in chosen):
                chosen.append(row)
            if len(chosen) == num_rows:
                return names, values[chosen]
        least /= 2


@lru_cache(maxsize=8)
def table_of(name: str, split: Split) -> NDArray[np.int64]:
    """The samples of a split, as whole numbers: a fixed quarter of each table is for testing."""
    from sklearn import datasets  # slow to import

    keywords = {"scaled": False} if name == "diabetes" else {}
    loaded = getattr(datasets, f"load_{name}")(**keywords)
    wanted = [(list(loaded.feature_names).index(own), by) for own, by in COLUMNS[name].values()]
    values = np.stack([loaded.data[:, index] * by for index, by in wanted], axis=1)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(values))
    num_test = round(_TEST_FRACTION * len(values))
    mine = order[:num_test] if split == "test" else order[num_test:]
    return np.round(values[np.sort(mine)]).astype(np.int64)

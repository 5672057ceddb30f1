"""Figures as in textbooks: shapes, lengths, angles, tables, charts, plots, handwritten sums.

Training and test figures share no font, shade, handwritten digit, or sample of a table, and differ
in how charts are framed, shapes turned and outlined. Tables of `vega_datasets` belong to one split
as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, get_args

import numpy as np

from regard.data.worlds.common import (
    Generated,
    Task,
    Tier,
    World,
    check_one,
    check_shares,
    vocabulary,
)
from regard.data.worlds.figures import charts, geometry, sums, vega
from regard.data.worlds.figures.asked import Asked, as_choice, as_free
from regard.data.worlds.figures.tables import Tables
from regard.registry import world

MAKERS: Final[dict[str, Callable[..., Asked]]] = {
    "counting": geometry.counting,
    "length": geometry.length,
    "angle": geometry.angle,
    "table": charts.table,
    "bars": charts.bars,
    "lines": charts.lines,
    "pies": charts.pies,
    "functions": sums.functions,
    "arithmetic": sums.arithmetic,
}
"""For each kind, what draws and asks, of a tier, a split and a generator of numbers."""

OVER_TABLES: Final = ("table", "bars", "lines")
"""Those whose makers may be asked for other `tables` than the embedded ones."""


@world("figures")
@dataclass(frozen=True, kw_only=True)
class Figures(World):
    """Read a figure: count, measure, compare, calculate; answers are numbers, words or options.

    >>> example = Figures(kinds=("length",), tiers=("easy",)).load()[2]
    >>> example.question, example.gold
    ('how long is the line ?', '<think> 9 </think> <answer> 9 </answer>')
    """

    name: ClassVar[str] = "figures"
    known_kinds: ClassVar[tuple[str, ...]] = tuple(MAKERS)

    choice_share: float = 0.25
    """Share of the questions that come with options A to D, of which the letter is wanted."""

    tables: Tables = "embedded"
    """Real tables that tables, bars and lines are drawn over: "embedded" ones, or "vega", those of
    the package vega_datasets, which must be installed then. Names of its columns are no `words()`;
    `tables.column_names("vega")` has them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares("figures", choice_share=self.choice_share)
        check_one(self.name, "source of tables", self.tables, get_args(Tables))

    def load(self) -> Generated:
        if self.tables == "vega":  # what is missing is told now, not at the first example with it
            vega.check_installed(self.split)
        return super().load()

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        is_choice = rng.random() < self.choice_share
        source = {"tables": self.tables} if kind in OVER_TABLES else {}
        asked = MAKERS[kind](tier, self.split, rng, **source)
        # An equation is no word that could be named freely.
        if is_choice or " " in str(asked.answer):
            return as_choice(asked, rng)
        return as_free(asked)

    def describe(self) -> str:
        kinds = "; ".join(
            f"{kind}: {(MAKERS[kind].__doc__ or '').splitlines()[0].rstrip('.').lower()}"
            for kind in self.kinds or self.known_kinds
        )
        return (
            f"Figures ({self.split}): {self.size:,} pictures of up to 224x168 pixels, "
            f"tiers {', '.join(self.tiers)}. {kinds}. Tables, bars and lines show samples of "
            f"{self._told_of_tables()}. "
            f"{self.choice_share:.0%} of the questions are multiple choice. A right answer: "
            "<think> 4 + 3 + 4 + 3 </think> <answer> 14 </answer>"
        )

    def _told_of_tables(self) -> str:
        if self.tables == "embedded":
            return "four real data sets, times ten or a hundred where they have decimals"
        told = "; ".join(each.told for each in vega.TABLES.values() if each.split == self.split)
        absent = " (which is not installed: pip install 'regard[vega]')"
        return (
            f"real data sets of {vega.PACKAGE}{'' if vega.folder() else absent}, in whole numbers "
            f"from 1 to {vega.GREATEST}: {told}"
        )

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, but for names of columns of "vega"."""
        texts = (*geometry.words(), *charts.words(), *sums.words(), ": =")
        return vocabulary(*texts, numbers=range(251))

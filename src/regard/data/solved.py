"""Questions by how often they were answered rightly before.

VL-Rethinker (arXiv:2504.08837) trains on questions that its model neither always nor never solves;
curricula go from those it often solves to those it seldom does. The rates come from a file of
answers, as `regard eval` writes it (`answers.jsonl`) or a run (`rollouts/step-*.jsonl`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.data.mixing import Source, Subset
from regard.data.readers.jsonl import json_records
from regard.errors import ConfigError, DataError


@dataclass(frozen=True, kw_only=True)
class Solved:
    """Those examples of a source whose share of right answers lies between two bounds."""

    source: Source
    answers: str
    """The file of answers."""
    least: float = 0.0
    """Share of right answers, 0 to 1, from which on an example is taken."""
    most: float = 1.0
    """And up to which."""
    full_marks: float = 1.0
    """The reward of a right answer."""

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most <= 1:
            raise ConfigError(
                f"Solved: least is {self.least} and most {self.most}; expected shares in order, "
                "0 to 1"
            )

    def load(self) -> Subset:
        dataset, rates = self.source.load(), self.rates()
        chosen = tuple(
            index
            for index in range(len(dataset))
            if self.least <= rates.get(dataset[index].id, -1.0) <= self.most
        )
        if not chosen:
            raise ConfigError(
                f"Solved: of {len(dataset):,} examples none is in {self.answers} with a share of "
                f"right answers from {self.least:g} to {self.most:g}; it has {len(rates):,} of them"
            )
        return Subset(dataset, chosen)

    def rates(self) -> dict[str, float]:
        """The share of right answers by the id of the example; of two lines the last counts."""
        return dict(self._rate(place, read()) for place, read in json_records(Path(self.answers)))

    def _rate(self, place: str, line: Any) -> tuple[str, float]:
        try:
            values = [float(each["score"]["value"]) for each in line["completions"]]
            rights = [value >= self.full_marks - 1e-6 for value in values]
            return str(line["example"]["id"]), sum(rights) / len(rights)
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise DataError(
                f"{place}: expected a group with the id of its example and scored completions, as "
                f"`regard eval` writes them ({type(error).__name__}: {error})"
            ) from error

"""Several labels at once: findings in an X-ray."""

from __future__ import annotations

from dataclasses import dataclass

from regard.errors import ConfigError, DataError
from regard.registry import reward
from regard.rewards.contract import Demo, Range, ask, say, target_of
from regard.rewards.mathematics import tagged_or_whole
from regard.text.tags import only
from regard.types import Completion, Example, FreeText, Score

CHEST_FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "No Finding",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
)
"""The classes of NIH ChestX-ray14 (arXiv:1705.02315), with the one for none of them."""
_NONE, _NONE_VALUE = "No Finding", 0.25


def label_value(answer: str, gold: str, *, classes: tuple[str, ...] = CHEST_FINDINGS) -> float:
    """A point for each gold label that is found in the answer, nothing once a wrong one is.

    The gold labels are parted by "|". The label for no finding is worth a quarter, and missing it
    costs all. Labels are looked for as parts of the text, so "no Effusion" holds Effusion.

    >>> label_value("Mass and Effusion", "Effusion|Mass"), label_value("Mass, Edema", "Mass")
    (2.0, 0.0)
    """
    value = 0.0
    for label in gold.split("|"):
        if label in answer:
            value += _NONE_VALUE if label == _NONE else 1.0
        elif label == _NONE:
            return 0.0
    wrong = any(name in answer for name in classes if name not in gold)
    return 0.0 if wrong else value


@reward("label_set")
@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """How much of the set of labels was named: F1 between the said labels and the wanted ones.

    The target is a text with the labels parted by "|"; the answer parts them by commas,
    semicolons, "|" or lines. Officially (Med-R1's unused reward) each label found is a point, and
    a wrong one takes them all; see `label_value`.
    """

    classes: tuple[str, ...] = CHEST_FINDINGS
    """All labels there are."""
    official: bool = False
    """Whether to score as published: not bounded by one, and by parts of words."""
    most_labels: int = 15
    """The greatest number of labels of a target; the greatest value of the official score."""

    def __post_init__(self) -> None:
        if not self.classes or self.most_labels < 1:
            raise ConfigError("label_set needs classes, and targets with one label at least")

    @property
    def range(self) -> Range:
        return 0.0, float(self.most_labels) if self.official else 1.0

    def range_for(self, example: Example) -> Range:
        if not self.official:
            return self.range
        labels = self._labels(example)
        return 0.0, sum(_NONE_VALUE if label == _NONE else 1.0 for label in labels)

    def __call__(self, completion: Completion, example: Example) -> Score:
        wanted = self._labels(example)
        if self.official:
            answer = tagged_or_whole(completion.text)
            value = label_value(answer, "|".join(wanted), classes=self.classes)
            return Score(value=value, reason=f"{value:g} of {len(wanted)} labels", parsed=answer)
        answer = only("answer", completion.text) or ""
        for mark in ";|\n":
            answer = answer.replace(mark, ",")
        known = {_plain(name): name for name in self.classes}
        parts = {_plain(part) for part in answer.split(",") if part.strip()}
        said = {known.get(part, part) for part in parts}
        both = len(said & set(wanted))
        value = 2 * both / (len(said) + len(set(wanted)))
        return Score(value=value, reason=f"{both} of {len(wanted)} labels", parsed=sorted(said))

    def _labels(self, example: Example) -> list[str]:
        labels = [label.strip() for label in target_of(example, FreeText, self).text.split("|")]
        strangers = [label for label in labels if label not in self.classes]
        if strangers:
            raise DataError(f"example '{example.id}': no class is called '{strangers[0]}'")
        return labels

    @classmethod
    def demo(cls) -> Demo:
        return Demo(
            reward=cls(),
            example=ask("What is seen?", FreeText("Effusion|Mass")),
            best=say("<think>…</think><answer>Mass, Effusion</answer>"),
            poor=say("<think>…</think><answer>Mass, Edema</answer>"),
            source="Med-R1 (arXiv:2503.13939), its code for NIH ChestX-ray14",
        )


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split()).rstrip(".")

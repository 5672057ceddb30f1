"""Scoring recorded completions, by hand."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from regard.errors import DataError
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted
from regard.rewards.contract import ask, say
from regard.rewards.scoring import render_summary, score_pairs, summarise
from regard.types import Number, Score

SUM = Weighted(accuracy=(1.0, ExactAnswer()), format=(0.5, ThinkAnswerFormat()))
FIVE = ask("2 + 3?", Number(5), id="five", kind="sum")
SIX = ask("How many?", Number(6), id="six", kind="count")
PAIRS = [
    (say("<think>a</think><answer>5</answer>"), FIVE),  # 1.5
    (say("<answer>6</answer>"), SIX),  # 1.0
    (say("<think>a</think><answer>4</answer>"), FIVE),  # 0.5
    (say(""), SIX),  # 0.0
]


@dataclass(frozen=True)
class Longest:
    """One point for the longest of the siblings."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def score_group(self, completions, example):
        most = max(len(completion.text) for completion in completions)
        return [Score(value=float(len(c.text) == most)) for c in completions]


def test_scores_come_in_the_order_of_the_file():
    scored = score_pairs(SUM, PAIRS)
    assert [one.score.value for one in scored] == [1.5, 1.0, 0.5, 0.0]
    assert [one.full_marks for one in scored] == [1.5] * 4


def test_completions_to_one_example_are_siblings_wherever_they_stand():
    pairs = [(say("aa"), FIVE), (say("a"), SIX), (say("aaa"), FIVE), (say("aa"), SIX)]
    assert [one.score.value for one in score_pairs(Longest(), pairs)] == [0.0, 0.0, 1.0, 1.0]


def test_two_examples_of_one_name_are_an_error():
    with pytest.raises(DataError, match="two examples are called 'five'"):
        score_pairs(SUM, [*PAIRS, (say(""), replace(FIVE, target=Number(7)))])


def test_the_summary_has_all_kinds_and_parts():
    rows = {row.name: row for row in summarise(score_pairs(SUM, PAIRS))}
    assert list(rows) == ["all", "kind/count", "kind/sum", "part/accuracy", "part/format"]
    assert (rows["all"].mean, rows["all"].least, rows["all"].greatest) == (0.75, 0.0, 1.5)
    assert (rows["all"].full_marks, rows["kind/sum"].full_marks) == (0.25, 0.5)
    assert (rows["kind/count"].mean, rows["part/accuracy"].mean) == (0.5, 0.5)
    assert rows["part/format"].full_marks is None


def test_parts_of_parts_have_a_path():
    names = [row.name for row in summarise(score_pairs(Weighted(all=(2.0, SUM)), PAIRS))]
    assert names[3:] == ["part/all", "part/all/accuracy", "part/all/format"]


def test_a_summary_can_be_read_and_nothing_has_none():
    table = render_summary(summarise(score_pairs(SUM, PAIRS)))
    assert table.splitlines()[1].split() == ["all", "4", "0.750", "0.000", "1.500", "25.0%"]
    assert summarise([]) == []

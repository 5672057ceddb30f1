"""The audit finds the holes we know of, and does not cry wolf."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from regard.errors import DataError
from regard.geometry.boxes import iou
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted
from regard.rewards.audit import audit, render_audit
from regard.rewards.contract import ask, target_of
from regard.text.boxes import first_box
from regard.types import Box, Choice, Completion, ImageRef, Message, Number, Score

COLOURS = ("red", "blue", "green", "white")
CHOICES = [ask("Which?", Choice(letter, COLOURS), id=f"q{letter}") for letter in "AABC"]
SUM = Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat()))


@dataclass(frozen=True)
class Mentions:
    """One point when the right letter or number occurs in the text."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, completion, example):
        wanted = getattr(example.target, "letter", None) or f"{example.target.value:g}"
        return Score(value=float(wanted in completion.text))


@dataclass(frozen=True)
class SoftBox:
    """The overlap of the first box anywhere in the text."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, completion, example):
        box = first_box(completion.text)
        return Score(value=iou(box, target_of(example, Box, self)) if box else 0.0)


def rows_of(reward, examples):
    return {row.hack: row for row in audit(reward, examples)}


def test_an_exact_answer_pays_nobody_who_does_not_know():
    rows = rows_of(ExactAnswer(), CHOICES)
    paid = {name for name, row in rows.items() if not row.knows_truth and row.value > 0}
    assert paid == {"a constant guess"}
    # each guesses the commonest of the other three: A of ABC, A of ABC, A of AAC, A of AAB
    assert rows["a constant guess"].value == 0.5


def test_a_rewarded_format_pays_a_little_by_itself():
    rows = rows_of(SUM, CHOICES)
    assert rows["the right answer"].value == 1.1
    assert rows["no answer in words"].of_gold == pytest.approx(0.1 / 1.1)
    assert rows["no answer in words"].verdict == "a little"
    assert rows["empty"].verdict == "nothing"
    assert rows["right, with words after it"].verdict == "costs 9%"


def test_a_reward_that_looks_for_mentions_is_found_out():
    rows = rows_of(Mentions(), CHOICES)
    for hack in ("every option listed", "every option in its own block"):
        assert (rows[hack].verdict, rows[hack].of_gold) == ("PAYS", 1.0)
    assert rows["right, hedged"].verdict == "unnoticed"
    numbers = rows_of(Mentions(), [ask("How many?", Number(7))])
    assert numbers["every option in its own block"].verdict == "PAYS"


def test_the_first_block_pays_a_hedge_and_the_only_block_does_not():
    assert rows_of(ExactAnswer(where="first"), CHOICES)["right, hedged"].verdict == "unnoticed"
    assert rows_of(ExactAnswer(), CHOICES)["right, hedged"].verdict == "costs 100%"


def test_boxes_have_hacks_of_their_own():
    image = ImageRef(digest="0", width=100, height=100, location=b"")
    messages = (Message("user", (image, "Where?")),)
    rows = rows_of(SoftBox(), [ask("", Box(0, 0, 60, 100), messages=messages)])
    assert rows["a box around the whole image"].value == 0.6  # 6000 of 10000 pixels
    assert rows["a box around the whole image"].verdict == "PAYS"
    # the first box of the grid: 50x50 of 60x100
    assert rows["a grid of boxes"].value == pytest.approx(2500 / 6000)
    assert rows["right boxes, ten times each"].verdict == "unnoticed"
    assert rows["right, without its tags"].verdict == "unnoticed"
    assert "every option listed" not in rows


def test_a_right_answer_that_earns_less_than_full_marks_is_told():
    unknown = ask("How many?", Number(7), gold="Seven.")
    rows = rows_of(SUM, [unknown])
    assert rows["the right answer"].verdict == "NOT 1.1"
    assert "right, without its tags" not in rows  # it has none


def test_an_audit_is_the_same_twice_and_can_be_read():
    assert audit(SUM, CHOICES) == audit(SUM, CHOICES)
    table = render_audit(audit(SUM, CHOICES)).splitlines()
    assert table[0].split() == ["hack", "earns", "of", "gold", "verdict", "because"]
    assert any("every option listed" in line and "a little" in line for line in table)


def test_an_audit_of_nothing_is_refused():
    with pytest.raises(DataError, match="needs an example"):
        audit(SUM, [])


def test_a_reward_that_compares_siblings_sees_the_right_answer_beside_the_hack():
    @dataclass(frozen=True)
    class Shortest:
        range: ClassVar[tuple[float, float]] = (0.0, 1.0)

        def score_group(self, completions: list[Completion], example):
            least = min(len(completion.text) for completion in completions)
            return [Score(value=float(len(c.text) == least)) for c in completions]

    rows = rows_of(Shortest(), CHOICES)
    assert rows["empty"].verdict == "PAYS"
    assert rows["endless padding"].verdict == "nothing"

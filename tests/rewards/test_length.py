"""What length, repetition, format and sets of labels earn."""

import pytest

from regard.errors import ConfigError, DataError
from regard.rewards.contract import ask, range_of, say
from regard.rewards.format import AnswerOnlyFormat, AnswerThinkFormat, ThinkBoxFormat
from regard.rewards.labels import LabelSet, label_value
from regard.rewards.length import RepetitionPenalty, SoftOverlong, overlong_penalty
from regard.types import Completion, FreeText, Number

FIVE = ask("What is 2 + 3?", Number(5))


@pytest.mark.parametrize(
    ("length", "floored", "free"),
    [(0, 0, 0), (800, 0, 0), (801, -0.005, -0.005), (1000, -1, -1), (1200, -1, -2)],
)
def test_the_last_tokens_cost(length, floored, free):
    for floor, wanted in ((-1.0, floored), (None, free)):
        found = overlong_penalty(length, max_length=1000, buffer=200, floor=floor)
        assert found == pytest.approx(wanted)


def test_tokens_are_counted_and_words_where_there_are_none():
    reward = SoftOverlong(max_length=4, buffer=4)
    assert reward(Completion(text="one", token_ids=(1, 2, 3)), FIVE).value == -0.75
    assert reward(say("one two"), FIVE).value == -0.5
    with pytest.raises(ConfigError):
        SoftOverlong(max_length=4, buffer=5)


def test_repetition_costs_beyond_what_is_free():
    text = say("so so so so so so")  # three of four runs are repeated
    assert RepetitionPenalty()(text, FIVE).value == -0.75
    assert RepetitionPenalty(free_share=0.8)(text, FIVE).value == 0.0


@pytest.mark.parametrize(
    ("text", "strict", "published"),
    [
        ("<answer>B</answer>", 1, 1),
        (" \n<answer>B</answer>", 1, 1),
        ("<answer>B</answer>\n", 1, 0),
        ("<answer>B</answer> or <answer>C</answer>", 0, 1),
        ("<answer></answer>", 0, 1),
        ("<answer>", 0, 0),
        ("<answer></answer", 0, 0),
        ("<think>x</think><answer>B</answer>", 0, 0),
    ],
)
def test_an_answer_and_no_thinking(text, strict, published):
    assert AnswerOnlyFormat()(say(text), FIVE).value == strict
    assert AnswerOnlyFormat(strict=False)(say(text), FIVE).value == published


def test_the_answer_may_come_first():
    text = "<answer>B</answer><think>It is round.</think>"
    assert AnswerThinkFormat()(say(text), FIVE).value == 1.0
    assert AnswerThinkFormat()(say(text + text), FIVE).value == 0.0
    assert AnswerThinkFormat(strict=False)(say(text + text), FIVE).value == 1.0
    assert AnswerThinkFormat()(say("<answer> </answer><think>a</think>"), FIVE).value == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"<think>a</think> so \boxed{7}", 1),
        (r"so \boxed{7}", 0),
        (r"<think>\boxed{7}</think>", 0),
        (r"x<think>a</think>\boxed{7}", 0),
        (r"<think>a</think>\boxed{7", 0),
    ],
)
def test_thinking_then_a_box(text, value):
    assert ThinkBoxFormat()(say(text), FIVE).value == value


@pytest.mark.parametrize(
    ("answer", "gold", "value"),
    [
        ("Effusion, Mass", "Effusion|Mass", 2.0),
        ("Effusion, Edema", "Effusion", 0.0),  # one too many takes all
        ("No Finding", "No Finding", 0.25),
        ("Mass, No Finding", "Mass|No Finding", 1.25),
        ("Mass", "Mass|No Finding", 0.0),
        ("no Effusion", "Effusion", 1.0),  # as part of a text
        ("Pleural Thickening", "Pleural_Thickening", 0.0),
    ],
)
def test_points_for_labels_as_published(answer, gold, value):
    assert label_value(answer, gold) == value


def test_a_set_of_labels_is_scored_by_what_is_found_and_what_is_not():
    example = ask("What is seen?", FreeText("Effusion|Mass"))
    reward = LabelSet()
    # two of two said, two wanted; one of two; two of three
    assert reward(say("<answer>mass; effusion</answer>"), example).value == 1.0
    assert reward(say("<answer>Mass</answer>"), example).value == pytest.approx(2 / 3)
    assert reward(say("<answer>Mass, Effusion, Edema</answer>"), example).value == 0.8
    assert reward(say("Mass, Effusion"), example).value == 0.0
    assert range_of(LabelSet(official=True), example) == (0.0, 2.0)
    with pytest.raises(DataError, match="no class is called 'Cough'"):
        reward(say(""), ask("What is seen?", FreeText("Cough")))

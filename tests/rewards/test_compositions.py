"""The rewards of published systems, put together."""

import pytest

from regard.rewards.compositions import (
    answer_and_format,
    boxed_answer_and_format,
    hard_format,
    mixed_by_target,
    option_and_format,
    option_and_length,
    option_or_loss,
    rule_by_kind_else_judge,
    rule_or_judge,
)
from regard.rewards.contract import ask, range_of, say
from regard.rewards.judges import ScriptedJudge, ScriptedScorer
from regard.types import Box, Choice, Completion, Expression, FreeText, Number

FIVE = ask("What is 2 + 3?", Number(5))


def tagged(answer):
    return say(f"<think>a</think><answer>{answer}</answer>")


def test_a_hard_format_pays_for_both_or_for_nothing():
    for official in (False, True):
        reward = hard_format(official=official)
        assert reward(tagged(" Final Answer:5 "), FIVE).value == 1.0
        assert reward(tagged("6"), FIVE).value == 0.0
        assert reward(say("<answer>5</answer>"), FIVE).value == 0.0
    twice = say("<think>a</think><answer>5</answer><answer>6</answer>")
    assert hard_format(official=True)(twice, FIVE).value == 1.0
    assert hard_format()(twice, FIVE).value == 0.0


def test_answer_and_format_are_weighed():
    assert answer_and_format(format_weight=0.3)(tagged("6"), FIVE).value == pytest.approx(0.3)
    assert answer_and_format(official=True)(say("5"), FIVE).value == 0.5
    assert answer_and_format()(say("5"), FIVE).value == 0.0
    assert boxed_answer_and_format()(say(r"so \boxed{5}"), FIVE).value == pytest.approx(0.9)


def test_a_judge_behind_a_rule():
    bus = ask("What is it?", FreeText("a red bus"))
    reward = rule_or_judge(ScriptedJudge({"-----\nred bus": "Yes"}))
    assert reward(tagged("a red bus"), bus).value == pytest.approx(1.0)
    assert reward(tagged("red bus"), bus).value == pytest.approx(1.0)
    assert reward(tagged("a car"), bus).value == pytest.approx(0.2)


def test_descriptions_are_judged_and_the_rest_is_not():
    judge = ScriptedJudge(otherwise="partly")
    reward = rule_by_kind_else_judge(judge)
    described = ask("Describe it.", FreeText("a red bus"), kind="DES")
    assert reward(tagged("a bus"), described).value == pytest.approx(0.7 * 0.5 + 0.3)
    assert reward(tagged("6"), FIVE).value == pytest.approx(0.3)


def test_every_sort_of_target_has_its_rule():
    reward = mixed_by_target(ScriptedScorer({"a red bus": 5.0}))
    assert reward(tagged("5"), FIVE).value == 1.0
    assert reward(tagged("(B)"), ask("Which?", Choice("B"))).value == 1.0
    assert reward(tagged("1/2"), ask("Half?", Expression(r"\frac12"))).value == 1.0
    assert reward(tagged("[0, 0, 5, 10]"), ask("Where?", Box(0, 0, 10, 10))).value == 0.5
    # 1 - exp(-0.2 * 5)
    described = reward(tagged("a red bus"), ask("What?", FreeText("a bus")))
    assert described.value == pytest.approx(0.63212056)


def test_what_is_not_right_costs_a_point():
    reward = option_or_loss(max_length=10, buffer=5)
    which = ask("Which?", Choice("B"))
    text = "<think>a</think><answer>B</answer>"
    assert reward(say(text), which).value == 1.0
    assert reward(say("<answer>B</answer>"), which).value == -1.0
    assert reward(tagged("A"), which).value == -1.0
    assert reward(Completion(text=text, token_ids=tuple(range(10))), which).value == 0.0
    assert range_of(reward, which) == (-2.0, 1.0)


def test_an_option_and_its_length_add_up_or_must_both_be_right():
    which = ask("Which?", Choice("B"))
    text = "<think>a</think><answer>B</answer>"
    short, long, longest = (
        Completion(text=text, token_ids=tuple(range(length))) for length in (5, 9, 10)
    )
    sums, gated = (option_and_length(max_length=10, buffer=5, gated=each) for each in (False, True))
    # beyond 5 tokens, a fifth of a point for each, and half of it counts
    assert [sums(each, which).value for each in (short, long, longest)] == [
        0.5,
        pytest.approx(0.1),
        0.0,
    ]
    assert sums(tagged("A"), which).value == 0.0
    assert [gated(each, which).value for each in (short, long)] == [1.0, -1.0]
    assert gated(tagged("A"), which).value == -1.0
    assert (range_of(sums, which), range_of(gated, which)) == ((-0.5, 0.5), (-1.0, 1.0))


def test_an_option_and_its_format_add_up_or_must_both_be_right():
    which = ask("Which?", Choice("B"))
    right, wrong, bare = (
        say("<think>a</think><answer>B</answer>"),
        tagged("A"),
        "<answer>B)</answer>",
    )
    sums, gated = option_and_format(), option_and_format(gated=True)
    assert [sums(each, which).value for each in (right, wrong, say(bare))] == [1.0, 0.1, 0.9]
    assert [gated(each, which).value for each in (right, wrong, say(bare))] == [1.0, 0.0, 0.0]

"""The rewards of published systems, put together."""

import pytest

from regard.rewards.compositions import (
    answer_and_format,
    boxed_answer_and_format,
    forgery,
    gate_command,
    hard_format,
    listed_objects,
    mixed_by_target,
    option_and_format,
    option_and_length,
    option_or_loss,
    rule_by_kind_else_judge,
    rule_or_judge,
    screen_action,
    tool_call,
)
from regard.rewards.contract import ask, range_of, say
from regard.rewards.judges import ScriptedJudge, ScriptedScorer
from regard.types import (
    Box,
    Choice,
    Completion,
    Expression,
    Forgery,
    FreeText,
    GuiAction,
    LabelledBox,
    LabelledBoxes,
    Number,
)

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


def test_a_list_of_objects_is_paid_for_three_things():
    # One of two cats found, 100 x 80 of 100 x 100: an overlap of 0.8.
    cats = [LabelledBox("cat", Box(x, 0, x + 100, 100)) for x in (0, 200)]
    example = ask("Where are the cats?", LabelledBoxes(tuple(cats)))
    said = say('[{"bbox_2d": [0, 0, 100, 80], "label": "cat"}]')
    # Half of them are found, which is the least that counts; 0.8 is above 0.75, so it counts as 1.
    assert listed_objects()(said, example).value == 1 + 0.5 + 1
    # Strictly a half is too few, and 0.8, above 0.75 and below 0.9, counts as itself.
    assert listed_objects(is_strict=True)(said, example).value == pytest.approx(1 + 0 + 0.8)


def test_what_is_done_on_a_screen_is_paid_for_action_and_layout():
    click = ask("Open the tab.", GuiAction(kind="click", target=Box(100, 200, 300, 260)))
    told = "[{'action': 'click', 'point': [200, 230], 'input_text': 'no input text'}]"
    for official in (False, True):
        reward = screen_action(official=official)
        assert reward(tagged(told), click).value == pytest.approx(1.0)
        assert reward(tagged(told.replace("200", "20")), click).value == pytest.approx(0.2)
    call = '{"name": "mobile_use", "arguments": {"action": "click", "coordinate": [200, 230]}}'
    called = f"<tool_call>{call}</tool_call>"
    assert tool_call()(say(f"<think>a</think><action>b</action>{called}"), click).value == 2.0
    assert tool_call()(say(called), click).value == 1.0


def test_a_forgery_is_paid_for_four_things_or_five():
    # The said half of the true region: an overlap of 1/2.
    example = ask("?", Forgery("TAMPERED", Box(0, 0, 10, 10), explanation="a"))
    said = tagged("TAMPERED,(0,0),(10,5)")
    assert forgery()(said, example).value == pytest.approx(3.5)
    assert forgery(explanation_weight=0.5)(said, example).value == pytest.approx(4.0)


def test_a_gate_is_told_by_its_colour_first():
    example = ask("Fly to 3 + 2.", FreeText("Fly through the small round green gate with 5"))
    assert gate_command()(tagged("Through the round green gate."), example).value == 1.6
    assert gate_command()(tagged("Through the square green gate."), example).value == 1.1
    assert gate_command()(tagged("Green, or red and round."), example).value == 0.6

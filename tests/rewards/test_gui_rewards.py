"""Rewards for actions on screens and calls of tools."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ConfigError, DataError
from regard.rewards import Weighted
from regard.rewards.contract import ask
from regard.rewards.gui import GuiActionMatch, GuiFormat
from regard.rewards.named_word import SHAPES, NamedWord
from regard.rewards.tool_calls import ToolCallAction, ToolCallFormat, episode_score
from regard.testing import check_reward
from regard.types import (
    Box,
    Completion,
    Frame,
    FreeText,
    GuiAction,
    ImageFrame,
    ImageRef,
    Message,
    Point,
)

SCREEN = ImageRef(digest="0" * 64, width=1000, height=2000, location=b"")


def asked(kind, place=None, text=""):
    parts = (SCREEN, "Do it.")
    return ask("?", GuiAction(kind, place, text), messages=(Message("user", parts),))


def did(kind, point=(-100, -100), text="no input text", **others):
    record = {"action": kind, "point": list(point), "input_text": text}
    return Completion(text=f"<think>t</think><answer>[{record!r}]</answer>", **others)


def value(completion, example, **options):
    return GuiActionMatch(**options)(completion, example).value


# ----------------------------------------------------------------------------------------- places


def test_the_border_of_a_box_counts_but_not_officially():
    example = asked("click", Box(10, 10, 100, 100))
    assert value(did("click", (100, 50)), example) == 1.0
    assert value(did("click", (100, 50)), example, official=True) == 0.0
    assert value(did("click", (101, 50)), example) == 0.0


def test_a_point_may_be_off_by_a_share_of_the_screen():
    example = asked("click", Point(500, 500))
    assert value(did("click", (639, 500)), example) == 1.0  # 139 of 1000 across
    assert value(did("click", (500, 779)), example) == 1.0  # 279 of 2000 down
    assert value(did("click", (641, 500)), example) == 0.0
    assert value(did("click", (639, 500)), example, official=True) == 1.0  # 139 pixels
    assert value(did("click", (500, 779)), example, official=True) == 0.0  # 279 pixels


def test_no_point_is_near_the_corner_officially():
    example = asked("click", Point(50, 50))
    assert value(did("click"), example, official=True) == 1.0
    assert value(did("click"), example) == 0.0


def test_places_are_carried_from_the_image_the_model_saw():
    frames = (ImageFrame(original=(1000, 2000), model_input=(500, 1000), answers_in=Frame.INPUT),)
    example = asked("click", Box(200, 200, 300, 300))
    assert value(did("click", (120, 120), frames=frames), example) == 1.0  # 240 of the original
    assert value(did("click", (240, 240), frames=frames), example) == 0.0
    per_mille = asked("click", Box(200, 100, 300, 150, Frame.PER_MILLE))
    assert value(did("click", (120, 120), frames=frames), per_mille) == 1.0


def test_a_long_press_must_be_in_place_but_officially_anywhere():
    example = asked("long_press", Box(0, 0, 10, 10))
    assert value(did("long_press", (900, 900)), example) == 0.0
    assert value(did("long_press", (900, 900)), example, official=True) == 1.0


# ------------------------------------------------------------------------------------------ texts


def test_half_of_the_words_are_enough():
    example = asked("type", text="hello world")
    assert value(did("type", text="hello there"), example) == 1.0  # F1 0.5
    assert value(did("type", text="hello there my friend"), example) == 0.0  # 2/3 * ... = 1/3
    assert value(did("type", text="hello there"), example, text_f1=0.6) == 0.0


def test_the_wrong_kind_is_worth_nothing():
    example = asked("click", Box(0, 0, 100, 100))
    assert value(did("long_press", (50, 50)), example) == 0.0
    assert value(did("long_press", (50, 50)), example, credit="parts") == 0.0


def test_parts_are_credited_where_asked():
    example = asked("click", Box(0, 0, 100, 100))
    assert value(did("click", (500, 500)), example, credit="parts") == 0.5
    assert value(did("press_back"), asked("press_back"), credit="parts") == 1.0


def test_json_is_read_but_officially_not():
    example = asked("click", Box(0, 0, 100, 100))
    text = json.dumps([{"action": "click", "point": [50, 50], "input_text": "x"}])
    said = Completion(text=f"<think>t</think><answer>{text}</answer>")
    assert value(said, example) == 1.0
    assert value(said, example, official=True) == 0.0
    assert GuiFormat()(said, example).value == 1.0
    assert GuiFormat(official=True)(said, example).value == 1.0


def test_the_published_sum():
    reward = Weighted(
        action=(0.8, GuiActionMatch(official=True)), format=(0.2, GuiFormat(official=True))
    )
    example = asked("click", Box(10, 10, 100, 100))
    assert reward(did("click", (50, 50)), example).value == 1.0
    assert reward(did("click", (500, 50)), example).value == 0.2
    bare = Completion(text=did("click", (50, 50)).text.partition("</think>")[2])
    assert reward(bare, example).value == 0.8


def test_of_several_answers_none_is_meant_but_officially_the_first():
    example = asked("click", Box(0, 0, 100, 100))
    right, wrong = did("click", (50, 50)).text, did("click", (500, 50)).text
    for text, official in [(right + wrong, 1.0), (wrong + right, 0.0)]:
        assert value(Completion(text=text), example) == 0.0
        assert value(Completion(text=text), example, official=True) == official


# ------------------------------------------------------------------------------------------ format


@pytest.mark.parametrize(
    ("completion", "strict", "official"),
    [
        (did("click", (3, 4)), 1.0, 1.0),
        (did("click"), 0.0, 1.0),  # a click nowhere
        (did("teleport", (3, 4)), 1.0, 1.0),
        (did("scroll", text="up"), 1.0, 1.0),
        (did("scroll", text="UP"), 0.0, 0.0),
        (did("type"), 0.0, 0.0),
        (did("type", text=""), 0.0, 1.0),
        (did("click", (3.5, 4)), 1.0, 0.0),
        (Completion(text="<think>t</think><answer>[]</answer>"), 0.0, 1.0),
        (Completion(text=did("click", (3, 4)).text + "\n"), 1.0, 0.0),
        (Completion(text=did("click", (3, 4)).text + did("click", (3, 4)).text), 0.0, 1.0),
        (Completion(text="<think>t</think><answer>[dict(action='click')]</answer>"), 0.0, 0.0),
    ],
)
def test_formats(completion, strict, official):
    example = asked("click", Box(0, 0, 9, 9))
    assert GuiFormat()(completion, example).value == strict
    assert GuiFormat(official=True)(completion, example).value == official


def test_a_space_of_actions_holds_the_kinds():
    example = asked("click", Box(0, 0, 9, 9))
    assert GuiFormat(space="screenspot")(did("scroll", text="up"), example).value == 0.0
    assert GuiFormat(space="gui_act_web")(did("scroll", text="up"), example).value == 1.0
    with pytest.raises(ConfigError, match="unknown action space 'web'"):
        GuiFormat(space="web")


# ------------------------------------------------------------------------------ malformed examples


def test_a_malformed_example_is_an_error_whatever_was_said():
    for text in ("", did("click", (3, 4)).text):
        said = Completion(text=text)
        with pytest.raises(DataError, match="a click without a place"):
            GuiActionMatch()(said, asked("click"))
        with pytest.raises(DataError, match="share of the image, and there is none"):
            GuiActionMatch()(said, ask("?", GuiAction("click", Point(3, 4))))
        with pytest.raises(DataError, match="the target is a FreeText"):
            GuiActionMatch()(said, ask("?", FreeText("x")))
        with pytest.raises(DataError, match="a click without a box"):
            ToolCallAction()(said, asked("click", Point(3, 4)))
        with pytest.raises(DataError, match="names blue, red of red, green, blue; expected one"):
            NamedWord()(said, ask("?", FreeText("the red and the blue gate")))


@pytest.mark.parametrize(
    "reward",
    [
        GuiActionMatch(official=True),
        GuiActionMatch(credit="parts"),
        GuiFormat(official=True),
        GuiFormat(space="train_high"),
        NamedWord(words=SHAPES),
    ],
)
def test_every_setting_keeps_the_promises(reward):
    check_reward(reward)


# ------------------------------------------------------------------------------------- tool calls


def called(**arguments):
    call = json.dumps({"name": "mobile_use", "arguments": arguments})
    text = f"<think>a</think><action>b</action><tool_call>{call}</tool_call>"
    return Completion(text=text)


def test_a_call_inside_the_box_is_right_border_and_all():
    example = asked("click", Box(100, 200, 300, 260))
    assert ToolCallAction()(called(action="click", coordinate=[300, 260]), example).value == 1.0
    score = ToolCallAction()(called(action="click", coordinate=[301, 260]), example)
    assert (score.value, score.reason) == (0.0, "(301, 260) is outside the box")


def test_words_must_match_but_for_unicode_forms_and_spaces():
    example = asked("type", text="café")
    assert ToolCallAction()(called(action="type", text=" cafe\u0301 "), example).value == 1.0
    assert ToolCallAction()(called(action="type", text="Café"), example).value == 0.0
    assert ToolCallAction()(called(action="wait", time=9), asked("wait")).value == 1.0


def test_a_swipe_starts_in_the_box_and_goes_its_way():
    example = asked("swipe", Box(0, 0, 100, 100), "up")
    up = called(action="swipe", coordinate=[50, 90], coordinate2=[50, 10])
    down = called(action="swipe", coordinate=[50, 10], coordinate2=[50, 90])
    assert ToolCallAction()(up, example).value == 1.0
    assert ToolCallAction()(down, example).reason == "swiped down, not up"


def test_an_episode_is_worth_its_verdict_and_its_format():
    good, bad = called(action="wait", time=1).text, "wait"
    # three of four turns are well-formed: (3 - 1) / 4
    score = episode_score([good, good, bad, good], 1.0, verdict_weight=2.0, format_weight=0.5)
    assert score is not None
    assert score.value == 2.25
    assert score.parts["format"].value == 0.5
    assert episode_score([good], None) is None
    assert episode_score([], 0.0).value == -1.0
    with pytest.raises(DataError, match="a verdict of 2"):
        episode_score([good], 2.0)


@given(st.text(max_size=60))
def test_any_call_is_scored(text):
    said = Completion(text=f"<tool_call>{text}</tool_call>")
    example = asked("click", Box(0, 0, 9, 9))
    assert ToolCallAction()(said, example).value in (0.0, 1.0)
    assert ToolCallFormat()(said, example).value == 0.0


# ------------------------------------------------------------------------------------- named words


def test_one_word_and_no_other_is_named():
    example = ask("Which gate?", FreeText("Fly through the small round green gate"))
    for answer, worth in [
        ("GREEN, please", 1.0),
        ("red or green", 0.0),
        ("greenish", 0.0),
        ("", 0.0),
    ]:
        said = Completion(text=f"<answer>{answer}</answer>")
        assert NamedWord()(said, example).value == worth
    assert NamedWord(words=SHAPES)(Completion(text="<answer>round</answer>"), example).value == 1.0
    assert NamedWord()(Completion(text="green"), example).reason == "no <answer>"
    twice = Completion(text="<answer>green</answer>" * 2)
    assert NamedWord()(twice, example).reason == "2 times <answer>"

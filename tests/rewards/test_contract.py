"""Every registered reward keeps its promises, and a reward that does not is caught."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from regard import registry
from regard.errors import ConfigError, DataError
from regard.rewards import ExactAnswer, Gated, ThinkAnswerFormat, Weighted
from regard.rewards.contract import ask, score_group
from regard.rewards.scoring import score_pairs
from regard.testing import check_reward
from regard.types import Choice, Completion, Expression, FreeText, Label, Number, Score

FIVE = ask("What is 2 + 3?", Number(5), gold="<think>2 + 3</think><answer>5</answer>")


@pytest.mark.parametrize("name", registry.reward.names())
def test_a_registered_reward_keeps_its_promises(name):
    check_reward(registry.reward[name])


@pytest.mark.parametrize(
    "target",
    [
        Number(0.0),
        Number(12.5, tolerance=0.05, unit="cm"),
        Choice("C"),
        FreeText("a red square", ("red square",)),
        Label("cat", ("cat", "dog")),
        Expression(r"\frac{1}{2}"),
    ],
)
def test_an_exact_answer_keeps_its_promises_for_every_target(target):
    check_reward(ExactAnswer(where="text"), [ask("Well?", target)])


@pytest.mark.parametrize(
    "reward",
    [
        ThinkAnswerFormat(strict=False, allow_blank=True),
        Weighted(good=(2.0, ExactAnswer()), bad=(-1.0, ThinkAnswerFormat())),
        Gated(gate=ThinkAnswerFormat(), reward=ExactAnswer(), otherwise=-0.5),
    ],
)
def test_other_settings_keep_them_too(reward):
    check_reward(reward, [FIVE])


@pytest.mark.parametrize("name", registry.reward.names())
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (None, "is None"),
        (Completion(text=None), "is a Completion whose text is None"),
        ("5", "is '5'"),
    ],
)
def test_a_missing_answer_among_others_is_an_error_that_names_it(name, missing, said):
    demo = registry.reward[name].demo()
    with pytest.raises(DataError, match=f"'{demo.example.id}': completion 2 of 3 {said}; expected"):
        score_group(demo.reward, [demo.best, missing, demo.poor], demo.example)


SHAPES_ONLY = {
    *("answer_only_format", "answer_think_format", "box_answer_format", "gui_format"),
    *("detection_repetition", "tool_call_format", "repetition_penalty", "soft_overlong"),
    *("think_answer_format", "think_box_format", "routed"),
}
"""They need no target (the demonstration's route leads to a format); others say they miss it."""


@pytest.mark.parametrize("name", sorted({*registry.reward.names()} - SHAPES_ONLY))
def test_a_missing_target_is_an_error_of_the_data(name):
    demo = registry.reward[name].demo()
    with pytest.raises(DataError, match=f"example '{demo.example.id}'"):
        score_group(demo.reward, [demo.best], replace(demo.example, target=None))


def test_a_missing_example_is_an_error_that_names_it():
    with pytest.raises(DataError, match="an example to score is None; expected an Example"):
        score_group(ExactAnswer(), [Completion(text="5")], None)
    with pytest.raises(DataError, match="pair 2: the example is None; expected an Example"):
        score_pairs(ExactAnswer(), [(Completion(text="5"), FIVE), (Completion(text="5"), None)])


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Nothing for anything, as a start for the broken ones."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, completion, example):
        return Score(value=0.0)


@dataclass(frozen=True, kw_only=True)
class Crashes(Sound):
    """Trusts the text."""

    def __call__(self, completion, example):
        return Score(value=float(completion.text == "5" or int(completion.text) == 5))


@dataclass(frozen=True, kw_only=True)
class Overpays(Sound):
    """Counts the fives."""

    def __call__(self, completion, example):
        return Score(value=float(completion.text.count("9")))


@dataclass(frozen=True, kw_only=True)
class Endless(Sound):
    """Believes what the text says of itself."""

    def __call__(self, completion, example):
        return Score(value=float("inf") if "inf" in completion.text else 0.0)


FICKLE = iter(range(10**9))


@dataclass(frozen=True, kw_only=True)
class Fickle(Sound):
    """Changes its mind."""

    def __call__(self, completion, example):
        return Score(value=float(next(FICKLE) % 2))


@dataclass(frozen=True, kw_only=True)
class Slow(Sound):
    """Looks for a number that never ends, from each digit anew."""

    def __call__(self, completion, example):
        return Score(value=float(re.search(r"(?:1|2)+?!", completion.text) is not None))


@dataclass(frozen=True, kw_only=True)
class Bare(Sound):
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Unexplained(Sound):
    """Has a knob that nobody explains."""

    knob: float = 1.0


@dataclass(kw_only=True)
class Loose:
    """Can be changed while it is used."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, completion, example):
        return Score(value=0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lonely:
    """Is equal to nobody."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, completion, example):
        return Score(value=0.0)


@dataclass(frozen=True, kw_only=True)
class Flat(Sound):
    """Has nothing to give."""

    range: ClassVar[tuple[float, float]] = (1.0, 1.0)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Crashes(), "never an error.*ValueError"),
        (Overpays(), r"outside the range \(0.0, 1.0\)"),
        (Endless(), "gave inf"),
        (Fickle(), "then"),
        (Slow(), "does not grow in line"),
        (Bare(), "Bare has no docstring"),
        (Unexplained(), "Unexplained.knob has no docstring"),
        (Loose(), "Loose is not frozen"),
        (Lonely(), "another one after pickling"),
        (Flat(), "expected least < greatest"),
    ],
)
def test_a_broken_promise_is_caught(broken, message):
    with pytest.raises(AssertionError, match=message):
        check_reward(broken, [FIVE])


def test_a_sound_reward_passes_without_a_demo():
    check_reward(Sound(), [FIVE])


def test_a_reward_without_a_demo_needs_examples():
    with pytest.raises(ConfigError, match="some examples"):
        check_reward(Sound())
    with pytest.raises(ConfigError, match="an instance"):
        check_reward(Sound)

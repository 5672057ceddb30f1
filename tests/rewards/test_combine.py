"""Sums, gates and routes: worked by hand."""

import pickle
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from regard.config import from_json, to_json, with_setting
from regard.errors import ConfigError, DataError
from regard.rewards import (
    ExactAnswer,
    Gated,
    Routed,
    ThinkAnswerFormat,
    Weighted,
    range_of,
    score_group,
)
from regard.rewards.contract import ask, say
from regard.schedule import Ramp, Staged, resolve
from regard.types import Box, Choice, Number, Score

FIVE = ask("What is 2 + 3?", Number(5))
BLUE = ask("Which?", Choice("B"), id="b", kind="colour", source="sky")
RIGHT = say("<think>2 + 3</think><answer>5</answer>")
BARE = say("<answer>5</answer>")
WRONG = say("<think>2 + 3</think><answer>6</answer>")
SUM = Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat()))


@dataclass(frozen=True, kw_only=True)
class Shortest:
    """One point for the shortest of the siblings."""

    range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def score_group(self, completions, example):
        least = min(len(completion.text) for completion in completions)
        return [Score(value=float(len(c.text) == least)) for c in completions]


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """Always the same."""

    value: float
    range: tuple[float, float] = (-1.0, 3.0)

    def __call__(self, completion, example):
        return Score(value=self.value)


def test_weights_are_used_as_they_are_and_parts_keep_their_own_scores():
    score = SUM(WRONG, FIVE)
    assert score.value == 0.1
    assert {name: part.value for name, part in score.parts.items()} == {"accuracy": 0, "format": 1}
    assert score.reason == "accuracy: 6, not 5; format: as asked"
    assert SUM(RIGHT, FIVE).value == 1.1


def test_parts_nest_and_so_do_their_scores():
    score = Weighted(inner=(2.0, SUM), extra=(1.0, ExactAnswer()))(RIGHT, FIVE)
    assert score.value == pytest.approx(2 * 1.1 + 1)
    assert score.parts["inner"].parts["format"].value == 1.0


def test_a_weighted_is_a_value():
    assert repr(SUM) == (
        "Weighted(accuracy=(1.0, ExactAnswer(tag='answer', where='only')), "
        "format=(0.1, ThinkAnswerFormat(think='think', answer='answer', strict=True, "
        "allow_blank=False)))"
    )
    assert eval(repr(SUM)) == SUM
    assert pickle.loads(pickle.dumps(SUM)) == SUM
    assert Weighted({"accuracy": (1.0, ExactAnswer())}) != SUM
    assert replace(SUM, parts={**SUM.parts, "format": (0.1, ThinkAnswerFormat())}) == SUM
    assert eval(repr(Weighted({"a b": (1, SUM)}))) == Weighted({"a b": (1, SUM)})


def test_a_weighted_goes_to_a_run_file_and_comes_back_and_is_set_by_path():
    assert from_json(to_json(SUM)) == SUM
    more = with_setting(SUM, "parts.format.0=0.5")
    assert more(RIGHT, FIVE).value == 1.5
    last = with_setting(SUM, "parts.accuracy.1.where=last")
    assert last.parts["accuracy"][1] == ExactAnswer(where="last")


def test_parts_and_weights_may_change_with_time():
    loose, strict = ThinkAnswerFormat(strict=False), ThinkAnswerFormat()
    plan = Weighted(
        accuracy=(1.0, ExactAnswer()), format=(Ramp(0.0, 1.0), Staged({0: loose, 3: strict}))
    )
    assert resolve(plan, 0, 5) == Weighted(accuracy=(1.0, ExactAnswer()), format=(0.0, loose))
    assert resolve(plan, 4, 5) == Weighted(accuracy=(1.0, ExactAnswer()), format=(1.0, strict))
    with pytest.raises(ConfigError, match="resolve it for a step"):
        plan(RIGHT, FIVE)


def test_a_reward_before_its_time_is_told_from_one_that_cannot_be_called():
    with pytest.raises(ConfigError, match="changes with time"):
        score_group(Staged({0: ExactAnswer()}), [RIGHT], FIVE)
    with pytest.raises(ConfigError, match="7 is not a reward"):
        score_group(7, [RIGHT], FIVE)
    with pytest.raises(ConfigError, match="not a reward"):
        score_group(ExactAnswer, [RIGHT], FIVE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Weighted(), "needs a part"),
        (lambda: Weighted(accuracy=ExactAnswer()), "its weight and its reward"),
        (lambda: Weighted(parts=(1.0, ExactAnswer())), "cannot be called 'parts'"),
        (lambda: Gated(gate=ExactAnswer(), reward=SUM, threshold=2.0), "opens at 2: never"),
        (lambda: Routed(by="sort", routes={"a": SUM}), "known: kind, source, target"),
        (lambda: Routed(by="target", routes={"Boks": SUM}), "did you mean 'Box'"),
        (lambda: Routed(by="kind", routes={}), "a route or a default"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(wrong, message):
    with pytest.raises(ConfigError, match=message):
        wrong()


def test_the_range_of_a_sum_takes_signs_into_account():
    # 2 * [-1, 3] = [-2, 6]; -1 * [0, 1] = [-1, 0]; nothing of anything is nothing
    endless = Fixed(value=1.0, range=(0.0, float("inf")))
    parts = {"a": (2.0, Fixed(value=0.0)), "b": (-1.0, ExactAnswer()), "c": (0.0, endless)}
    assert range_of(Weighted(parts)) == (-3.0, 6.0)


def test_a_group_reward_sees_its_siblings_from_within_a_sum():
    mixed = Weighted(accuracy=(1.0, ExactAnswer()), brevity=(0.5, Shortest()))
    # RIGHT is right and long, BARE is right and shortest, WRONG is neither
    assert [s.value for s in score_group(mixed, [RIGHT, BARE, WRONG], FIVE)] == [1.0, 1.5, 0.0]
    assert [s.value for s in score_group(Shortest(), [RIGHT, BARE], FIVE)] == [0.0, 1.0]


def test_a_gate_withholds_the_reward_and_says_so():
    gated = Gated(gate=ThinkAnswerFormat(), reward=ExactAnswer())
    score = gated(BARE, FIVE)
    assert (score.value, score.reason) == (0.0, "gate shut: no <think>")
    assert score.parts["reward"].value == 1.0  # what was withheld
    assert gated(RIGHT, FIVE).value == 1.0
    assert gated(WRONG, FIVE).value == 0.0
    assert replace(gated, otherwise=-1.0)(BARE, FIVE).value == -1.0
    assert range_of(replace(gated, otherwise=-1.0)) == (-1.0, 1.0)


def test_a_gate_opens_at_its_threshold():
    gated = Gated(gate=SUM, reward=Fixed(value=3.0), threshold=1.0)
    assert gated(BARE, FIVE).value == 3.0  # the gate gives exactly 1.0
    assert gated(WRONG, FIVE).value == 0.0


def test_a_gate_may_change_with_time_and_is_checked_when_it_has():
    def gated(weight):
        return Gated(gate=Weighted(a=(weight, ExactAnswer())), reward=SUM, threshold=1.0)

    assert resolve(gated(Ramp(2.0, 1.0)), 0, 5) == gated(2.0)
    with pytest.raises(ConfigError, match=r"gives 0.5 at most"):
        resolve(gated(Ramp(1.0, 0.5)), 4, 5)


def test_examples_are_routed_by_target_kind_or_source():
    by_target = Routed(by="target", routes={"Choice": ThinkAnswerFormat(), "Number": SUM})
    assert by_target(RIGHT, FIVE).value == 1.1
    assert by_target(WRONG, BLUE).value == 1.0
    assert list(by_target(WRONG, BLUE).parts) == ["Choice"]
    by_kind = Routed(by="kind", routes={"colour": Fixed(value=2.0)}, default=ExactAnswer())
    assert (by_kind(RIGHT, BLUE).value, by_kind(RIGHT, FIVE).value) == (2.0, 1.0)
    assert Routed(by="source", routes={"sky": Fixed(value=3.0)})(RIGHT, BLUE).value == 3.0


def test_full_marks_of_a_route_are_those_of_the_example():
    routed = Routed(by="target", routes={"Choice": ThinkAnswerFormat(), "Number": SUM})
    assert range_of(routed) == (0.0, 1.1)
    assert range_of(routed, BLUE) == (0.0, 1.0)
    assert range_of(Weighted(all=(2.0, routed)), BLUE) == (0.0, 2.0)


def test_an_example_without_a_route_is_an_error_of_the_data():
    routed = Routed(by="target", routes={"Choice": SUM})
    with pytest.raises(DataError, match="example 'demo': no reward for target 'Number'"):
        routed(RIGHT, FIVE)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (1.0, "expected a Score"),
        (Score(value=float("nan")), "gave nan for example 'demo'"),
        (Score(value=float("inf")), "gave inf"),
    ],
)
def test_a_reward_that_breaks_its_word_is_named(returned, message):
    def broken(completion, example):
        return returned

    with pytest.raises(ConfigError, match=f"broken.*{message}"):
        score_group(broken, [RIGHT], FIVE)


def test_an_error_inside_a_reward_says_which_example_it_was():
    def broken(completion, example):
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        score_group(broken, [RIGHT], FIVE)
    assert caught.value.__notes__ == ["while broken scored example 'demo'"]


def test_a_reward_without_a_range_is_told_how_to_say_it():
    with pytest.raises(ConfigError, match="does not say its range"):
        range_of(lambda completion, example: Score(value=1.0))


def test_a_target_nobody_reads_is_an_error_of_the_data():
    with pytest.raises(DataError, match="the target is a Box, and exact_answer checks Choice"):
        SUM(RIGHT, ask("Where?", Box(0, 0, 1, 1)))

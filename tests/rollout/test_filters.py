"""What is left of groups, by hand."""

from __future__ import annotations

import pytest

from regard.errors import ConfigError
from regard.rollout.filters import (
    Counts,
    LargestAdvantages,
    MaskTruncated,
    MostVaried,
    Resample,
    SolveRate,
    WithSignal,
)
from regard.types import Completion, Example, Finish, Group, Message, Number, Score

QUESTION = Example(id="q", messages=(Message("user", ("?",)),), target=Number(1.0))


def group(*values: float, accuracy=None, advantages=(), cut=()) -> Group:
    completions = tuple(
        Completion(
            text=str(row), token_ids=(1, 2), logprobs=(0.0, 0.0),
            finish=Finish.LENGTH if row in cut else Finish.STOP,
        )
        for row in range(len(values))
    )  # fmt: skip
    right = accuracy or values
    scores = tuple(
        Score(value=value, parts={"accuracy": Score(value=part)})
        for value, part in zip(values, right, strict=True)
    )
    return Group(
        example=QUESTION, completions=completions, scores=scores, advantages=tuple(advantages)
    )


def texts(group: Group | None) -> list[str]:
    assert group is not None
    return [completion.text for completion in group.completions]


def test_a_group_whose_wrong_answers_differ_in_form_has_no_signal_in_accuracy():
    shaped = group(0.1, 0.0, accuracy=(0.0, 0.0))
    assert WithSignal()(shaped) is shaped
    assert WithSignal(part="accuracy")(shaped) is None


def test_a_part_that_does_not_exist_is_named():
    with pytest.raises(ConfigError, match="did you mean 'accuracy'"):
        WithSignal(part="acuracy")(group(1.0, 0.0))


def test_questions_that_are_solved_too_often_or_too_seldom_are_left_out():
    middling = SolveRate(least=0.25, most=0.75)
    assert [middling(group(*values)) is None for values in [(0, 0), (0, 1), (1, 1)]] == [
        True, False, True,
    ]  # fmt: skip


def test_the_most_varied_are_of_both_ends():
    # of 0, 0, 0, 1 any three with the 1 in them vary most: 2/9 against 0
    assert texts(MostVaried(keep=3)(group(0, 1, 0, 0))) == ["1", "2", "3"]
    # two of 0, 0.4, 0.5, 1 are the ends
    assert texts(MostVaried(keep=2)(group(0.4, 1, 0, 0.5))) == ["1", "2"]
    assert MostVaried(keep=9)(group(0, 1)) == group(0, 1)


def test_the_largest_advantages_are_of_either_sign_and_keep_their_order():
    one = group(0, 1, 2, 3, advantages=(-1.5, -0.5, 0.5, 1.5))
    left = LargestAdvantages(keep=2)(one)
    assert texts(left) == ["0", "3"]
    assert left.advantages == (-1.5, 1.5)
    assert left.values == (0, 3)


def test_what_was_cut_pushes_nothing():
    left = MaskTruncated()(group(0, 1, cut=(0,)))
    assert [c.policy_weights for c in left.completions] == [(0.0, 0.0), ()]


def test_what_filters_take_is_counted_one_after_another():
    counts = Counts()
    filters = (SolveRate(least=0.3), MaskTruncated())
    assert counts.apply(filters, group(0, 0)) is None
    assert counts.apply(filters, group(0, 1, cut=(1,))) is not None
    assert counts.metrics == {
        "filter/solve_rate/groups": 1.0,
        "filter/solve_rate/completions": 2.0,
        "filter/mask_truncated/groups": 0.0,
        "filter/mask_truncated/completions": 1.0,
    }


def test_asking_no_times_is_refused():
    with pytest.raises(ConfigError, match="tries is 0"):
        Resample(tries=0)

"""Rejection sampling: which attempts are right, which is taken, and who does which share."""

from __future__ import annotations

import pytest

from regard.curation.selection import Attempt, chosen_attempt, right_attempts, shard_bounds
from regard.errors import ConfigError


def test_an_attempt_is_right_by_its_last_answer_in_its_bare_form() -> None:
    texts = ["<answer>C</answer> no: <answer>b.</answer>", "<answer>C</answer>", None, "B"]
    assert right_attempts(texts, "B") == [Attempt(texts[0] or "", "b", 3)]


def test_a_range_must_be_written_alike_while_a_number_need_not() -> None:
    assert right_attempts(["<answer>1994-95</answer>"], "1994-1995") == []
    assert right_attempts(["<answer>1994-1995</answer>"], "1994-1995")
    # four characters: no range
    assert right_attempts(["<answer>-5.0</answer>"], "-5.0")


def test_units_are_words_unless_as_published() -> None:
    monday = ["<answer>Monday</answer>"]
    assert [found.answer for found in right_attempts(monday, "Monday")] == ["monday"]
    assert [found.answer for found in right_attempts(monday, "mon", units="anywhere")] == ["mon"]


@pytest.mark.parametrize(
    ("lengths", "shortest", "second_longest"),
    [([4], 0, 0), ([9, 5], 1, 1), ([9, 5, 7], 1, 2), ([5, 5], 0, 0), ([1, 2, 2], 0, 1)],
)
def test_one_of_several_is_chosen_by_its_length(
    lengths: list[int], shortest: int, second_longest: int
) -> None:
    attempts = [Attempt(str(place), "A", words) for place, words in enumerate(lengths)]
    assert chosen_attempt(attempts) == attempts[shortest]
    assert chosen_attempt(attempts, choose="second_longest") == attempts[second_longest]


def test_of_nothing_nothing_is_chosen() -> None:
    assert chosen_attempt([]) is None


def test_shards_cover_everything_once() -> None:
    for num_items in range(12):
        bounds = [shard_bounds(num_items, shard, 5) for shard in range(5)]
        assert [item for start, end in bounds for item in range(start, end)] == [*range(num_items)]


def test_no_shards_at_all_is_an_error() -> None:
    with pytest.raises(ConfigError, match="num_shards is 0"):
        shard_bounds(10, 0, 0)

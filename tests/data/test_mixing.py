"""The order of examples, and several sources in one stream."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.data.fingerprint import fingerprint
from regard.data.mixing import Course, Mix, Pace, Source, Stream, Take, order, turn
from regard.data.worlds.digits import Digits
from regard.errors import ConfigError
from regard.types import Dataset, Example, Message, Number


@dataclass(frozen=True)
class Counting:
    """A source of examples "a0", "a1", …"""

    name: str
    size: int

    def load(self):
        return [
            Example(id=f"{self.name}{i}", messages=(Message("user", ("?",)),), target=Number(i))
            for i in range(self.size)
        ]


def ids(stream, start, stop):
    return [stream[position].id for position in range(start, stop)]


def test_every_example_comes_once_before_any_comes_twice():
    stream = Stream(Counting("a", 5).load(), seed=1)
    epochs = [ids(stream, start, start + 5) for start in (0, 5, 10)]
    assert [sorted(epoch) for epoch in epochs] == [["a0", "a1", "a2", "a3", "a4"]] * 3
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_the_order_is_a_function_of_seed_and_position_alone():
    forwards = ids(Stream(Counting("a", 7).load(), seed=3), 0, 30)
    other = Stream(Counting("a", 7).load(), seed=3)
    assert [other[position].id for position in reversed(range(30))] == forwards[::-1]
    assert ids(Stream(Counting("a", 7).load(), seed=4), 0, 30) != forwards


def test_the_order_of_this_release_is_recorded():
    # A run that resumes under another version must go on with the same examples.
    assert order(8, seed=0, epoch=0).tolist() == [2, 4, 3, 6, 5, 0, 1, 7]
    assert order(8, seed=0, epoch=1).tolist() == [1, 3, 7, 6, 0, 4, 2, 5]


def test_nobody_can_change_the_shared_order():
    with pytest.raises(ValueError, match="read-only"):
        order(8, seed=0, epoch=0)[0] = 1


def test_a_stream_has_no_end_to_count_from():
    with pytest.raises(IndexError):
        Stream(Counting("a", 5).load())[-1]


def test_weights_are_shares_of_what_is_seen_however_large_the_sources_are():
    mix = Mix({"small": (3, Counting("a", 2)), "large": (1, Counting("b", 1000))})
    seen = Counter(name[0] for name in ids(Stream(mix.load()), 0, 400))
    assert seen == {"a": 300, "b": 100}


def test_each_source_of_a_mix_has_epochs_of_its_own():
    mix = Mix({"x": (0.5, Counting("a", 3)), "y": (0.5, Counting("b", 4))})
    seen = ids(Stream(mix.load(), seed=2), 0, 24)
    assert Counter(seen) == {**{f"a{i}": 4 for i in range(3)}, **{f"b{i}": 3 for i in range(4)}}


def test_sources_of_one_size_are_not_shuffled_alike():
    mix = Mix({"x": (1, Counting("a", 50)), "y": (1, Counting("b", 50))})
    seen = ids(Stream(mix.load()), 0, 100)
    first, second = ([name[1:] for name in seen if name[0] == letter] for letter in "ab")
    assert first != second


def test_a_mix_may_be_part_of_a_mix():
    inner = Mix({"x": (1, Counting("a", 5)), "y": (1, Counting("b", 5))})
    outer = Mix({"inner": (1, inner), "z": (1, Counting("c", 5))})
    assert isinstance(outer, Source)
    seen = Counter(name[0] for name in ids(Stream(outer.load()), 0, 40))
    assert seen == {"a": 10, "b": 10, "c": 20}


def test_as_a_data_set_a_mix_is_one_source_after_the_other():
    mixture = Mix({"x": (9, Counting("a", 2)), "y": (1, Counting("b", 3))}).load()
    assert isinstance(mixture, Dataset)
    assert [mixture[i].id for i in range(len(mixture))] == ["a0", "a1", "b0", "b1", "b2"]
    assert mixture[-1].id == "b2"
    with pytest.raises(IndexError):
        mixture[5]


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.integers(0, 10**12),
)
def test_turns_are_exact_anywhere(weights, start):
    shares = tuple(Fraction(weight, sum(weights)) for weight in weights)
    turns = [turn(shares, position) for position in range(start, start + 2 * sum(weights))]
    for part, share in enumerate(shares):
        places = [place for asked, place in turns if asked == part]
        # a source is asked for its examples one by one, and as often as its share says
        assert places == list(range(places[0], places[0] + len(places)))
        assert abs(places[0] - share * start) < len(weights)
        assert len(places) == 2 * weights[part]


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_is_above_zero(weight):
    with pytest.raises(ConfigError, match="weight of 'x'"):
        Mix({"x": (weight, Counting("a", 1))})


def test_an_empty_mix_is_refused():
    with pytest.raises(ConfigError, match="no sources"):
        Mix({})


def test_take_takes_the_first_or_any():
    source = Counting("a", 10)
    assert [example.id for example in Take(source, 3).load()] == ["a0", "a1", "a2"]
    drawn = [example.id for example in Take(source, 5, seed=1).load()]
    assert len(set(drawn)) == 5
    assert drawn != ["a0", "a1", "a2", "a3", "a4"]
    assert len(Take(source, 99).load()) == 10
    with pytest.raises(ConfigError, match="1 or more"):
        Take(source, 0)


def test_the_fingerprint_knows_size_seed_and_weights():
    def mixed(weight, **fields):
        world = Digits(**{"size": 500, "seed": 1, **fields})
        return fingerprint(Mix({"x": (weight, world), "y": (1, Counting("a", 3))}).load())

    prints = [mixed(1), mixed(2), mixed(1, size=501), mixed(1, seed=2)]
    assert len(set(prints)) == 4
    assert mixed(1) == prints[0]


def test_the_fingerprint_of_half_a_data_set_is_another():
    # of 512 examples every second is looked at: the same 256 that the half has
    whole = Counting("a", 512).load()
    assert fingerprint(whole) != fingerprint(whole[::2])


# ------------------------------------------------------------------------------------ a course

BOTH = Mix({"b": (1, Counting("b", 4)), "c": (1, Counting("c", 4))})
COURSE = Course({0: Counting("a", 5), 0.5: BOTH})
PACE = Pace(num_steps=4, prompts_per_step=6)


def test_a_course_goes_from_source_to_source_by_the_step():
    seen = ids(Stream(COURSE.load(), pace=PACE), 0, 24)
    assert {name[0] for name in seen[:12]} == {"a"}
    assert {name[0] for name in seen[12:]} == {"b", "c"}
    assert sorted(seen[:5]) == ["a0", "a1", "a2", "a3", "a4"]


def test_what_is_asked_again_in_a_step_comes_from_the_same_source():
    # Attempts beyond the first stand behind the end of the stage, in the same order of steps.
    seen = ids(Stream(COURSE.load(), pace=PACE), 24, 48)
    assert {name[0] for name in seen[:12]} == {"a"}
    assert {name[0] for name in seen[12:]} == {"b", "c"}


def test_a_course_needs_to_know_the_pace_and_to_begin_at_the_beginning():
    with pytest.raises(ConfigError, match="whose steps it follows"):
        Stream(COURSE.load())[0]
    with pytest.raises(ConfigError, match="from step 0 on"):
        Course({3: Counting("a", 5)})


def test_a_course_as_a_data_set_is_all_its_sources_and_has_a_fingerprint_of_its_own():
    loaded = COURSE.load()
    assert len(loaded) == 13
    assert (loaded[0].id, loaded[12].id) == ("a0", "c3")
    other = Course({0: Counting("a", 5), 1: BOTH}).load()
    assert fingerprint(loaded) != fingerprint(other)

"""Values that change with progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ConfigError
from regard.schedule import Cosine, Ramp, Schedule, Staged, resolve


@dataclass(frozen=True)
class Settings:
    size: Any = 4
    inner: Any = None


def test_a_stage_lasts_until_the_next_begins() -> None:
    plan = Staged({0: "a", 10: "b", 20: "c"})
    assert [plan.at(step, 30) for step in (0, 9, 10, 19, 20, 29)] == list("aabbcc")


def test_fractions_are_of_the_whole_training() -> None:
    plan = Staged({0: "a", 0.25: "b", 0.5: "c"})
    assert [plan.at(step, 8) for step in range(8)] == list("aabbcccc")


def test_steps_and_fractions_stand_side_by_side() -> None:
    plan = Staged({0: "a", 10: "b", 0.5: "c"})
    assert plan.at(10, 100) == "b"
    assert plan.at(50, 100) == "c"
    # in a short training the fraction comes before the step
    assert [plan.at(step, 12) for step in (5, 6, 9, 10)] == ["a", "c", "c", "b"]


def test_one_and_above_are_steps_even_as_floats() -> None:
    assert [Staged({0: "a", 1.0: "b"}).at(step, 10) for step in (0, 1)] == ["a", "b"]


def test_the_order_of_writing_does_not_matter() -> None:
    assert Staged({10: "b", 0: "a"}).at(3, 20) == "a"


@pytest.mark.parametrize("stages", [{}, {1: "a"}, {0.5: "a"}])
def test_a_plan_starts_at_the_beginning(stages: Any) -> None:
    with pytest.raises(ConfigError, match="needs a value from step 0 on"):
        Staged(stages)


def test_a_ramp_arrives_with_the_last_step_of_its_way() -> None:
    # 11 steps: the way to the last is ten tenths, half the way five
    assert [Ramp(0.0, 10.0).at(step, 11) for step in (0, 3, 10)] == [0.0, 3.0, 10.0]
    assert [Ramp(0.0, 10.0, over=0.5).at(step, 11) for step in (0, 3, 5, 10)] == [0, 6, 10, 10]


@pytest.mark.parametrize("kind", [Ramp, Cosine])
@pytest.mark.parametrize("ends", [(1.0, 0.1), (0.1, 0.3), (-0.7, 0.2)])
def test_a_way_arrives_exactly(kind: Any, ends: tuple[float, float]) -> None:
    assert [kind(*ends).at(step, 7) for step in (0, 6)] == [*ends]
    assert kind(*ends, over=0.5).at(5, 7) == ends[1]


def test_half_a_wave_is_half_way_in_the_middle() -> None:
    wave = Cosine(1.0, 0.0)
    assert [wave.at(step, 5) for step in (0, 2, 4)] == pytest.approx([1.0, 0.5, 0.0])
    assert wave.at(1, 5) == pytest.approx(0.8535533906)  # (1 + cos 45°) / 2


@pytest.mark.parametrize("kind", [Ramp, Cosine])
@given(num_steps=st.integers(1, 50), over=st.floats(0, 1), data=st.data())
def test_between_its_ends_a_way_never_turns_back(
    kind: Any, num_steps: int, over: float, data: st.DataObject
) -> None:
    way = kind(2.0, 5.0, over=over)
    step = data.draw(st.integers(0, num_steps - 1))
    assert 2.0 <= way.at(step, num_steps) <= way.at(step + 1, num_steps) <= 5.0


@pytest.mark.parametrize("kind", [Ramp, Cosine])
def test_a_training_of_one_step_stays_at_the_start(kind: Any) -> None:
    assert kind(2.0, 5.0).at(0, 1) == 2.0


def test_what_has_a_worth_at_a_step_is_a_schedule() -> None:
    assert isinstance(Staged({0: 1}), Schedule)
    assert isinstance(Ramp(0, 1), Schedule)
    assert not isinstance(4, Schedule)


def test_schedules_are_resolved_at_any_depth() -> None:
    tree = Settings(inner={"a": (1, [Settings(size=Ramp(0, 10))])})
    assert resolve(tree, 5, 11) == Settings(inner={"a": (1, [Settings(size=5)])})


def test_a_schedule_may_lead_to_another() -> None:
    assert resolve(Staged({0: Ramp(0, 10), 5: "later"}), 2, 11) == 2


def test_what_holds_no_schedule_stays_the_same_object() -> None:
    still = Settings(inner=(1, {"a": [2]}))
    tree = Settings(size=Ramp(0, 1), inner=still)
    assert resolve(still, 0, 1) is still
    assert resolve(tree, 0, 1).inner is still


def test_a_class_is_not_looked_into() -> None:
    assert resolve(Settings, 0, 1) is Settings

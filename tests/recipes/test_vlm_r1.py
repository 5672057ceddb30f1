"""VLM-R1's recipes: that they run, and what their arms differ in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.training.conftest import carried_out

from regard.data.mixing import Stream
from regard.recipes import vlm_r1 as recipe
from regard.rewards import range_of
from regard.types import Completion


def test_detections_differ_in_the_length_factor_and_in_nothing_else():
    whole, hacked = recipe.detection(), recipe.detection_ap()
    (start, stage), (same, other) = whole.stages, hacked.stages
    assert start == same
    weight, precision = stage.reward.parts["precision"]
    assert precision.length_factor
    parts = dict(stage.reward.parts)
    parts["precision"] = (weight, replace(precision, length_factor=False))
    stage = replace(stage, reward=type(stage.reward)(**parts))
    assert replace(whole, name=hacked.name, stages=(start, stage)) == hacked
    assert stage == other


def test_imitation_sees_the_same_examples_in_the_same_order_for_as_many_steps():
    run, other = recipe.vlm_r1(), recipe.imitated()
    (stage,), (imitated,) = run.stages, other.stages
    for field in ("data", "num_steps", "prompts_per_step", "optimizer", "evaluate_every"):
        assert getattr(stage, field) == getattr(imitated, field)
    assert (run.policy, run.evaluation, run.seed) == (other.policy, other.evaluation, other.seed)


@pytest.mark.parametrize("make", [recipe.vlm_r1, recipe.detection])
def test_gold_answers_have_room_and_earn_full_marks(make):
    run = make()
    stage = run.stages[-1]
    policy, stream = run.policy.load(), Stream(stage.data.load())
    for example in (stream[i] for i in range(100)):
        assert len(policy.encode(example.gold)) <= stage.sampling.max_tokens
        value = stage.reward(Completion(text=example.gold), example).value
        assert value == pytest.approx(range_of(stage.reward, example)[1])


def test_what_is_tested_elsewhere_is_not_trained_on():
    (stage,) = recipe.vlm_r1().stages
    assert set(recipe.OTHERS).isdisjoint(stage.data.kinds)
    assert set(recipe.vlm_r1().evaluation.data.kinds) == {*recipe.ASKED, *recipe.OTHERS}


def test_the_smoke_version_runs_to_its_end(tmp_path):
    printed = carried_out(recipe.smoke(), tmp_path / "run")
    assert "after detection" in printed

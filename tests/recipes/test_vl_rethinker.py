"""VL-Rethinker's recipe: that it runs, and that its arms differ in the replay alone."""

from __future__ import annotations

from dataclasses import replace

from tests.training.conftest import carried_out

from regard.data.mixing import Stream
from regard.recipes import vl_rethinker as recipe


def test_arms_differ_in_what_they_replay_and_in_nothing_else():
    whole, filtered, plain = recipe.vl_rethinker(), recipe.filtered(), recipe.plain()
    for arm in (whole, filtered):
        (stage,) = arm.stages
        assert replace(arm, name=plain.name, stages=(replace(stage, replay=None),)) == plain
    assert whole.stages[0].replay != filtered.stages[0].replay


def test_forced_rethinking_is_all_that_sets_its_arms_apart():
    forced, unforced = recipe.rethinking(), recipe.unforced()
    cold_start, stage = forced.stages
    assert replace(stage, rethink=None) == unforced.stages[1]
    assert recipe.hesitant().stages == (cold_start,) == unforced.stages[:1]
    # A second look needs room beside the longest first one.
    assert stage.sampling.max_tokens >= 2 * recipe.MAX_TOKENS + 3


def test_the_longest_right_answer_has_room():
    run = recipe.vl_rethinker()
    policy = run.policy.load()
    for source in (run.stages[0].data, run.evaluation.data):
        stream = Stream(source.load())
        longest = max(len(policy.encode(stream[i].gold)) for i in range(200))
        assert longest <= recipe.MAX_TOKENS


def test_the_smoke_version_runs_to_its_end(tmp_path):
    assert "after rl" in carried_out(recipe.smoke(), tmp_path / "run")

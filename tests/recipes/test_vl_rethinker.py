"""VL-Rethinker's recipe: that it runs, and that its arms differ in the replay alone."""

from __future__ import annotations

from dataclasses import replace

from tests.training.conftest import carried_out

from regard.recipes import vl_rethinker as recipe


def test_arms_differ_in_what_they_replay_and_in_nothing_else():
    whole, filtered, plain = recipe.vl_rethinker(), recipe.filtered(), recipe.plain()
    for arm in (whole, filtered):
        cold, reinforced = arm.stages
        assert (
            replace(arm, name=plain.name, stages=(cold, replace(reinforced, replay=None))) == plain
        )
    assert whole.stages[1].replay != filtered.stages[1].replay


def test_the_smoke_version_runs_to_its_end(tmp_path):
    printed = carried_out(recipe.smoke(), tmp_path / "run")
    assert "after rl" in printed

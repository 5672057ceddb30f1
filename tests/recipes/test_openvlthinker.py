"""OpenVLThinker's rounds: what each stage begins with, and that they run to the end."""

from __future__ import annotations

from tests.training.conftest import carried_out

from regard.recipes import openvlthinker as recipe
from regard.training.rejection import Accepted


def test_each_round_imitates_what_the_last_one_accepted_from_the_first_weights():
    stages = {stage.name: stage for stage in recipe.openvlthinker().stages}
    assert list(stages) == [
        "sft_1", "medium_1", "hard_1", "rejection_1", "sft_2", "medium_2", "hard_2",
    ]  # fmt: skip
    assert stages["sft_2"].data == Accepted("rejection_1")
    assert stages["sft_2"].weights_of == ""
    assert "vision" not in stages["medium_2"].trainable
    assert stages["hard_2"].trainable is None


def test_the_published_run_has_three_rounds():
    names = [stage.name for stage in recipe.published().stages]
    assert names[-3:] == ["sft_3", "medium_3", "hard_3"]
    assert len(names) == 11


def test_the_smoke_version_runs_through_two_rounds(tmp_path):
    printed = carried_out(recipe.smoke(), tmp_path / "run")
    assert "after hard_2" in printed

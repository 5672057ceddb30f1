"""What one stage hands over to the next: parts, weights, the reference, the optimiser's state."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from tests.training.conftest import carried_out, cold_start, reinforce, small_run
from tests.training.test_kill_and_resume import at_call, killed_in, what_counts

from regard.errors import ConfigError
from regard.models.parts import Lora, part_of
from regard.training.folder import read_rows


def second(**changes):
    """Two more steps of imitation, saved at each."""
    return cold_start(**{"name": "second", "save_every": 1, **changes})


def weights(path, step):
    return load_file(path / "checkpoints" / f"step-{step:06d}" / "model.safetensors")


def same(one, other):
    """Whether each weight is the same, bit for bit."""
    return {name: torch.equal(one[name], other[name]) for name in one}


def moved_parts(before, after):
    return {part_of(name) for name, is_same in same(before, after).items() if not is_same}


def test_a_stage_of_the_connector_moves_nothing_else_and_the_next_all_parts_again(tmp_path):
    run = small_run(cold_start(), second(trainable=("connector",)), cold_start(name="third"))
    carried_out(run, tmp_path / "run")
    start, middle, end = (weights(tmp_path / "run", step) for step in (2, 4, 6))
    assert moved_parts(start, middle) == {"connector"}
    assert {"vision", "connector", "language"} <= moved_parts(middle, end)


def test_a_reinforced_stage_of_the_connector_moves_nothing_else(tmp_path):
    run = small_run(cold_start(), reinforce(trainable=("connector",)))
    carried_out(run, tmp_path / "run")
    start, end = (weights(tmp_path / "run", step) for step in (2, 4))
    assert moved_parts(start, end) == {"connector"}


def test_a_stage_may_begin_where_the_run_began(tmp_path):
    carried_out(small_run(cold_start(), second(weights_of="")), tmp_path / "again")
    carried_out(small_run(second()), tmp_path / "alone")
    assert all(same(weights(tmp_path / "again", 4), weights(tmp_path / "alone", 2)).values())


def test_a_stage_may_begin_where_an_earlier_one_ended(tmp_path):
    run = small_run(
        cold_start(), cold_start(name="detour"), second(weights_of="cold_start", num_steps=1)
    )
    carried_out(run, tmp_path / "run")
    carried_out(small_run(cold_start(), second(num_steps=1)), tmp_path / "straight")
    assert all(same(weights(tmp_path / "run", 5), weights(tmp_path / "straight", 3)).values())


def test_the_reference_may_be_what_the_run_began_with(tmp_path):
    for name, reference in (("own", None), ("first", ""), ("named", "cold_start")):
        run = small_run(cold_start(), reinforce(reference_of=reference))
        carried_out(run, tmp_path / name)
    own, first, named = (
        next(r["policy/kl"] for r in read_rows(tmp_path / n / "metrics.jsonl") if r["step"] == 3)
        for n in ("own", "first", "named")
    )
    assert first > 10 * own  # two updates and two passes move it a little within the step
    assert named == own


def test_the_optimiser_may_be_kept(tmp_path):
    for name, keeps in (("new", False), ("kept", True)):
        carried_out(small_run(cold_start(), second(keeps_optimizer=keeps)), tmp_path / name)
    counts = {}
    for name in ("new", "kept"):
        path = tmp_path / name / "checkpoints" / "final" / "optimizer.safetensors"
        counts[name] = {int(v) for key, v in load_file(path).items() if key.startswith("step/")}
    assert counts == {"new": {2}, "kept": {4}}


@pytest.mark.parametrize(
    "stage",
    [
        second(trainable=("connector",), keeps_optimizer=True),
        second(weights_of="", keeps_optimizer=True),
        reinforce(name="second", reference_of="", save_every=1, weights_of="cold_start"),
    ],
    ids=["parts", "weights", "reference"],
)
@pytest.mark.parametrize("update", [3, 4], ids=["first step", "second step"])
def test_a_run_killed_after_the_hand_over_ends_in_the_same_bits(stage, update, tmp_path):
    stage = replace(stage, updates_per_step=1, passes_per_step=1)
    run = small_run(cold_start(), stage)
    carried_out(run, tmp_path / "whole")
    killed_in(tmp_path / "killed", run, lambda: at_call(torch.optim.AdamW, "step", update))
    carried_out(run, tmp_path / "killed")
    assert what_counts(tmp_path / "killed") == what_counts(tmp_path / "whole")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights_of": "rl"}, "weights_of is 'rl', which is no stage before it"),
        ({"reference_of": "second"}, "reference_of is 'second'"),
    ],
)
def test_what_is_taken_over_must_come_from_before(changes, message):
    with pytest.raises(ConfigError, match=message):
        small_run(cold_start(), second(**changes))


def test_the_first_stage_has_no_optimiser_to_keep():
    with pytest.raises(ConfigError, match="no stage that learns comes before it"):
        small_run(second(keeps_optimizer=True))


def test_parts_are_not_chosen_anew_with_adapters():
    run = small_run(second(trainable=("connector",)))
    with pytest.raises(ConfigError, match="adapters stay where"):
        replace(run, policy=replace(run.policy, lora=Lora(rank=2)))

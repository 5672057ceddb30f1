"""What changes with what was measured, and what a run remembers of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from statistics import fmean

import pytest
from tests.models.conftest import TINY
from tests.training.conftest import reinforce, small_run

from regard.algorithms.policy_gradient import grpo, rloo
from regard.algorithms.surrogates import TruncatedImportance
from regard.data.worlds.digits import Digits
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.rollout.filters import MaskTruncated, Resample
from regard.rollout.replay import SampleReplay
from regard.rollout.rethinking import Rethink, SecondLook
from regard.rollout.sampling import Sampling
from regard.schedule import Towards, adapted, after_step
from regard.training.folder import read_rows
from regard.training.learner import Learner
from regard.types import Completion, Example, Score


@dataclass(frozen=True)
class EvenTokens:
    """Something untrained completions differ in."""

    range: tuple[float, float] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        return Score(value=fmean(token % 2 == 0 for token in completion.token_ids))


def one_stage(**changes):
    stage = reinforce(num_steps=3, updates_per_step=1, passes_per_step=1, reward=EvenTokens())
    return small_run(replace(stage, **changes), evaluation=None)


def rows_of(folder):
    """The metrics without what differs by the clock."""
    return [
        {name: value for name, value in row.items() if "time" not in name and "second" not in name}
        for row in read_rows(folder / "metrics.jsonl")
    ]


def interrupted_and_resumed(carry_out, monkeypatch, run, name, at=3):
    """The folder of a run that was killed in a step and given again."""
    update = Learner.update
    calls = iter(range(1, 100))

    def killed(self, stage, collected, rate):
        if next(calls) == at:
            raise KeyboardInterrupt
        return update(self, stage, collected, rate)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out(run, name)
    folder, _ = carry_out(run, name)
    return folder


def weights_of(folder):
    return (folder / "checkpoints" / "final" / "model.safetensors").read_bytes()


def test_a_coefficient_grows_while_the_measurement_is_above_its_target():
    towards = Towards(initial=1.0, target=0.5, horizon=100)
    # error held at one fifth, ten completions of a hundred
    assert towards.after(1.0, measured=10.0, num_completions=10) == pytest.approx(1.02)
    assert towards.after(1.0, measured=0.0, num_completions=10) == pytest.approx(0.98)
    assert towards.after(1.0, measured=0.55, num_completions=10) == pytest.approx(1.01)


def test_coefficients_are_kept_by_their_place():
    value = {"a": grpo(kl_coef=Towards(initial=0.1, target=1.0)), "b": 3}
    assert adapted(value, {})["a"] == grpo(kl_coef=0.1)
    state = after_step(value, {}, {"policy/kl": 9.0, "completion/count": 5000.0})
    assert state == {".a.kl_coef": pytest.approx(0.11)}
    assert adapted(value, state)["a"].kl_coef == pytest.approx(0.11)
    assert after_step(value, state, {}) == state  # a step without a measurement


def test_a_run_killed_in_the_middle_follows_its_measurement_as_if_nothing_had_happened(
    carry_out, monkeypatch
):
    towards = Towards(initial=0.1, target=1e-4, horizon=50)
    run = one_stage(algorithm=grpo(kl_coef=towards), reference_every=1, save_every=2)
    whole, _ = carry_out(run, "whole")
    resumed = interrupted_and_resumed(carry_out, monkeypatch, run, "resumed")
    assert rows_of(resumed) == rows_of(whole)
    assert weights_of(resumed) == weights_of(whole)
    rows = rows_of(whole)
    followed = [row["schedule/algorithm.kl_coef"] for row in rows]
    assert followed[0] == 0.1
    assert len(set(followed)) == 3
    # Replaced after every step, the reference is the policy itself.
    assert max(row["policy/kl"] for row in rows) < 1e-6
    trainer = json.loads((whole / "checkpoints" / "step-000002" / "trainer.json").read_text())
    assert trainer["reference_step"] == 2


def test_the_engines_own_log_probabilities_are_made_up_for(carry_out):
    algorithm = replace(rloo(kl_coef=0.1), importance=TruncatedImportance())
    folder, _ = carry_out(one_stage(algorithm=algorithm, num_steps=1))
    (row,) = rows_of(folder)
    # here the engine is the policy, so there is nothing to make up for
    assert row["policy/engine_weight"] == pytest.approx(1.0, abs=1e-4)
    assert row["policy/kl"] == pytest.approx(0.0, abs=1e-4)


def test_a_run_with_replay_killed_in_the_middle_goes_on_bit_for_bit(carry_out, monkeypatch):
    # groups of two are often equal, so that something is drawn again at every step
    run = one_stage(
        algorithm=grpo(kl_coef=0.0), replay=SampleReplay(lifetime=100), group_size=2,
        resample=Resample(tries=2), save_every=2,
    )  # fmt: skip
    whole, _ = carry_out(run, "whole")
    resumed = interrupted_and_resumed(carry_out, monkeypatch, run, "resumed")
    assert rows_of(resumed) == rows_of(whole)
    assert weights_of(resumed) == weights_of(whole)
    kept = [row["replay/kept"] for row in rows_of(whole)]
    assert kept == sorted(kept)
    assert kept[-1] > kept[0]
    assert (whole / "checkpoints" / "step-000002" / "replay.json").is_file()


@dataclass(frozen=True)
class AllTheSame:
    """A reward that sets nothing apart."""

    range: tuple[float, float] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        return Score(value=1.0)


def test_steps_with_nothing_to_learn_from_are_skipped_and_counted(carry_out):
    run = one_stage(
        algorithm=grpo(kl_coef=0.0), reward=AllTheSame(), replay=SampleReplay(), num_steps=2,
        resample=Resample(tries=2),
    )  # fmt: skip
    folder, _ = carry_out(run)
    for row in rows_of(folder):
        assert row["replay/skipped"] == 1.0
        assert row["update/num_updates"] == 0.0
        assert row["resample/tries"] == 2.0
        assert row["resample/passed"] == 0.0


def test_a_stage_learns_from_second_looks_and_filters(carry_out):
    rethink = Rethink(
        share=1.0, least_new_tokens=0, most_new_tokens=5, right_from=0.0, easy_from=1.0,
    )  # fmt: skip
    run = one_stage(
        algorithm=replace(grpo(kl_coef=0.0), imitation_coef=0.1), num_steps=1, rethink=rethink,
        sampling=Sampling(max_tokens=60, stop=tuple("aeiou")), after_judging=(MaskTruncated(),),
    )  # fmt: skip
    folder, _ = carry_out(run)
    (row,) = rows_of(folder)
    assert row["rethink/tried"] >= row["rethink/accepted"] > 0
    assert row["imitation/share"] > 0
    assert row["filter/mask_truncated/groups"] == 0.0
    assert row["update/num_updates"] == 1.0


def test_held_out_answers_can_be_given_a_second_look():
    policy = PolicySpec(weights=TINY).load()
    look = HeldOut(
        data=Digits(split="test", size=4), reward=AllTheSame(), num_examples=4,
        sampling=Sampling(temperature=0.0, max_tokens=6), second_look=SecondLook(max_new_tokens=4),
    )  # fmt: skip
    (batch,) = look.answers(policy)
    assert batch.dropped == []
    put_in = len(policy.encode("\n\nWait")) - 1
    assert all(g.completions[0].policy_weights.count(0.0) == put_in for g in batch.groups)
    assert look.measure(policy).accuracy == 1.0

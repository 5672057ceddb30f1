"""Whatever changes while training goes on, a run that was killed ends in the same bits."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.training.conftest import carried_out, reinforce, small_run
from tests.training.test_kill_and_resume import at_call, killed_in, what_counts

from regard.algorithms.policy_gradient import grpo
from regard.data.mixing import Course, Mix
from regard.data.worlds.digits import Digits
from regard.rewards import ExactAnswer, Weighted
from regard.rewards.length import SoftOverlong
from regard.rollout.sampling import Sampling
from regard.schedule import Cosine, Ramp, Staged
from regard.training.folder import read_rows

LEFT, SUM = (Digits(kinds=(kind,), size=64) for kind in ("left", "sum"))


def length(buffer):
    """What an untrained policy can earn something by."""
    return Weighted(
        answer=(1.0, ExactAnswer()), length=(1.0, SoftOverlong(max_length=6, buffer=buffer))
    )


SCHEDULES = {
    # Progressive thinking suppression (Vision-R1): longer answers, smaller groups, their product
    # the same.
    "length and group size": {
        "sampling": Sampling(max_tokens=Staged({0: 3, 2: 6})), "group_size": Staged({0: 4, 2: 2}),
    },
    # Progressive rule refinement (Vision-R1, guided): from a loose rule to a strict one.
    "rule": {"reward": Staged({0.0: length(5), 0.5: length(2)})},
    "temperature": {"sampling": Sampling(max_tokens=5, temperature=Ramp(1.5, 0.7))},
    "divergence": {"algorithm": grpo(kl_coef=Cosine(0.5, 0.0))},
    "whole divergence": {
        "algorithm": replace(grpo(kl_coef=Ramp(0.5, 0.1)), kl_estimator="full")
    },
    "clip": {"algorithm": grpo(kl_coef=0.1, clip=Ramp(0.3, 0.1))},
    "course": {"data": Course({0: LEFT, 0.5: SUM})},
    "mix": {"data": Course({0: Mix({"a": (3, LEFT), "b": (1, SUM)}), 2: Mix({"b": (1, SUM)})})},
}  # fmt: skip


def run_with(changes):
    stage = reinforce(
        **{"num_steps": 4, "passes_per_step": 1, "updates_per_step": 1, "reward": length(5)}
    )
    stage = replace(stage, **{"save_every": 1, "algorithm": grpo(kl_coef=0.1), **changes})
    return small_run(stage, evaluation=None)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_run_killed_under_a_schedule_ends_in_the_same_bits(name, tmp_path):
    run = run_with(SCHEDULES[name])
    carried_out(run, tmp_path / "whole")
    killed_in(tmp_path / "killed", run, lambda: at_call(torch.optim.AdamW, "step", 3))
    carried_out(run, tmp_path / "killed")
    assert what_counts(tmp_path / "killed") == what_counts(tmp_path / "whole")
    if name == "length and group size":
        rows = read_rows(tmp_path / "whole" / "metrics.jsonl")
        assert [row["completion/count"] for row in rows] == [12, 12, 6, 6]
        lengths = [row["completion/num_tokens"] for row in rows]
        assert max(lengths[:2]) <= 3 < max(lengths[2:]) <= 6


def test_a_course_asks_by_the_step(tmp_path):
    carried_out(run_with(SCHEDULES["course"]), tmp_path / "run")
    asked = {}
    for path in sorted((tmp_path / "run" / "rollouts").glob("*.jsonl")):
        asked[path.stem] = {row["example"]["kind"] for row in read_rows(path)}
    assert list(asked.values()) == [{"left"}, {"left"}, {"sum"}, {"sum"}]

"""Small runs for the tests of training."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.models.conftest import TINY

from regard.algorithms.policy_gradient import grpo
from regard.data.worlds.digits import Digits
from regard.evals.held_out import HeldOut
from regard.models.policy import PolicySpec
from regard.recipes.execute import execute
from regard.recipes.run import Run
from regard.rewards import ExactAnswer, ThinkAnswerFormat, Weighted
from regard.rollout.sampling import Sampling
from regard.training.optimizer import AdamW
from regard.training.stages import Reinforce, Supervise


def cold_start(**changes) -> Supervise:
    """Two steps of imitation."""
    stage = Supervise(
        data=Digits(size=64), num_steps=2, prompts_per_step=4, save_every=2,
        optimizer=AdamW(learning_rate=1e-3),
    )  # fmt: skip
    return replace(stage, **changes)


def reinforce(**changes) -> Reinforce:
    """Two steps of reinforcement, near a reference, two updates and two passes a step."""
    stage = Reinforce(
        data=Digits(size=64), num_steps=2, prompts_per_step=3, group_size=3, save_every=2,
        sampling=Sampling(max_tokens=6),
        # The untrained model earns nothing: its length must make the difference.
        reward=Weighted(accuracy=(1.0, ExactAnswer()), format=(0.1, ThinkAnswerFormat())),
        algorithm=grpo(kl_coef=0.1), updates_per_step=2, passes_per_step=2,
        optimizer=AdamW(learning_rate=1e-3, warmup_steps=1, decay="linear"),
    )  # fmt: skip
    return replace(stage, **changes)


def small_run(*stages, **changes) -> Run:
    """A run of these stages, measured on six examples."""
    run = Run(
        name="small",
        policy=PolicySpec(weights=TINY),
        stages=stages or (cold_start(), reinforce()),
        evaluation=HeldOut(
            data=Digits(split="test", size=6), reward=ExactAnswer(), num_examples=6,
            sampling=Sampling(temperature=0.0, max_tokens=6),
        ),
        num_threads=1,
        log_rollouts_every=1,
    )  # fmt: skip
    return replace(run, **changes)


def carried_out(run: Run, folder: Path) -> str:
    """Carry a run out in a folder; what was printed."""
    printed = io.StringIO()
    execute(run, folder, recipe="small", console=Console(file=printed, width=200))
    return printed.getvalue()


@pytest.fixture
def carry_out(tmp_path):
    """Carries out a run in a folder of the test's own; the folder and what was printed."""

    def carry_out(run: Run, name: str = "run") -> tuple[Path, str]:
        return tmp_path / name, carried_out(run, tmp_path / name)

    return carry_out

"""examples/grpo_from_scratch.py runs, prints what it says, and computes what the library does."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import replace

import pytest
import torch
from tests.docs.pages import ROOT

from regard.algorithms.policy_gradient import grpo
from regard.data.worlds.digits import Digits
from regard.models.policy import Policy, PolicySpec
from regard.models.tiny import TinyQwen
from regard.rollout.native import NativeEngine
from regard.training.update import learn
from regard.types import Group, Score

SMALL = TinyQwen(
    words=Digits.words(), width=64, num_heads=2, vision_width=32, num_vision_layers=1,
    max_prompt_tokens=256,
)  # fmt: skip


@pytest.fixture(scope="module")
def page():
    """The example as a module."""
    path = ROOT / "examples" / "grpo_from_scratch.py"
    spec = importlib.util.spec_from_file_location("grpo_from_scratch", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["grpo_from_scratch"] = module
    spec.loader.exec_module(module)
    yield module
    torch.set_flush_denormal(False)  # the example sets it, for a process of its own


@pytest.fixture(scope="module")
def policy() -> Policy:
    return PolicySpec(weights=SMALL).load()


def test_it_stands_on_nothing_of_the_trainer():
    text = (ROOT / "examples" / "grpo_from_scratch.py").read_text(encoding="utf-8")
    rooms = set(re.findall(r"^(?:from|import) regard\.(\w+)", text, flags=re.MULTILINE))
    assert rooms == {"data", "models", "rewards", "rollout", "types"}


def test_it_runs_and_says_what_happened(page, capsys):
    num_threads = torch.get_num_threads()
    try:
        found = page.main(["--steps", "2", "--imitate", "2", "--held-out", "4"])
    finally:
        torch.set_num_threads(num_threads)
    assert len(found) == 3
    assert all(0 <= share <= 1 for share in found)
    number = r"-?\d\.\d{3}"
    for line, said in zip(
        (
            rf"imitation 2/2  loss {number}  accuracy {number}",
            rf"grpo 2/2  reward {number}  accuracy {number}",
            rf"held-out accuracy: {number} untrained, {number} after imitation, "
            rf"{number} after GRPO",
        ),
        capsys.readouterr().out.splitlines(),
        strict=True,
    ):
        assert re.fullmatch(line, said), said


def test_imitation_lowers_its_loss(page):
    policy = PolicySpec(weights=SMALL).load()
    world = Digits(size=4).load()
    examples = [world[i] for i in range(4)]
    optimizer = torch.optim.AdamW([p for _, p in policy.trainable()], lr=1e-3)
    losses = []
    for _ in range(5):
        loss = page.imitation_loss(policy, examples)
        losses.append(loss.item())
        page.update(policy, optimizer, loss)
    assert losses[-1] < 0.8 * losses[0]


def test_its_advantages_are_those_worked_out_by_hand(page):
    # two answers, a point apart: mean 1/2, sample spread 1/sqrt(2)
    rewards = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    half = 0.5 / (0.5**0.5 + 1e-4)
    assert page.group_advantages(rewards).flatten().tolist() == pytest.approx([half, -half, 0, 0])


def test_its_gradient_is_that_of_the_library(page, policy):
    world = Digits(size=3).load()
    examples = [world[i] for i in range(3)]
    prompts = [policy.prompt(example) for example in examples]
    answers = NativeEngine(policy).sample(prompts, 4, replace(page.ANSWER, max_tokens=6), seed=0)
    rewards = torch.tensor([[1.0, 0.0, 0.1, 0.1], [0.1, 1.1, 1.1, 0.0], [1.0, 1.0, 1.0, 1.0]])

    policy.model.zero_grad()
    loss = page.loss_of(policy, prompts, answers, rewards)
    loss.backward()
    mine = gradient_of(policy)

    algorithm = grpo(kl_coef=0.0)
    groups = [
        Group(example=example, completions=tuple(completions)).scored(
            [Score(value=value) for value in row]
        )
        for example, completions, row in zip(examples, answers, rewards.tolist(), strict=True)
    ]
    batch = algorithm.weigh(algorithm.judge(groups))
    policy.model.zero_grad()
    totals = learn(policy, prompts, batch, algorithm, temperature=1.0, max_tokens=10_000)
    theirs = gradient_of(policy)

    assert mine.norm() > 1e-3
    assert (mine - theirs).norm() < 1e-5 * theirs.norm()
    assert loss.item() == pytest.approx(totals.loss, abs=1e-6)


def gradient_of(policy: Policy) -> torch.Tensor:
    return torch.cat([p.grad.flatten().clone() for _, p in policy.trainable()])

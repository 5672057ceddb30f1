"""Every algorithm solves a bandit whose rewards have an offset; without a baseline none could.

Four arms are worth 10, 10, 10 and 11. What tells the best from the others is a tenth of what all
of them earn, so a policy pushed by bare rewards takes whatever arm it happens to draw first.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from regard.algorithms.policy_gradient import PolicyGradient, dapo, dr_grpo, grpo
from regard.types import Completion, Example, Group, Message, Number, Score

ARMS = torch.tensor([10.0, 10.0, 10.0, 11.0])
QUESTION = Example(id="bandit", messages=(Message("user", ("?",)),), target=Number(3.0))
ALGORITHMS = {
    "grpo": grpo(kl_coef=0.0),
    "grpo with a reference": grpo(kl_coef=0.01),
    "dr_grpo": dr_grpo(max_tokens=1),
    "dapo": dapo(),
}


class NoBaseline:
    """The wrong advantage: the reward itself."""

    def __call__(self, rewards: torch.Tensor) -> torch.Tensor:
        return rewards


def play(algorithm: PolicyGradient, seed: int, num_steps: int = 150) -> torch.Tensor:
    """Probabilities of the arms after some steps of four groups of eight."""
    generator = torch.Generator().manual_seed(seed)
    preferences = torch.zeros(4, requires_grad=True)
    optimizer = torch.optim.Adam([preferences], lr=0.1)
    for _ in range(num_steps):
        logprobs = preferences.log_softmax(0)
        arms = torch.multinomial(logprobs.exp().detach(), 32, True, generator=generator)
        groups = [pulled(some.tolist(), logprobs) for some in arms.split(8)]
        batch = algorithm.weigh(algorithm.judge(groups))
        if not len(batch):
            continue
        batch = replace(batch, reference_logprob=torch.full_like(batch.old_logprob, -1.3863))
        optimizer.zero_grad()
        algorithm.loss(batch, logprobs[batch.token_ids]).values.sum().backward()
        optimizer.step()
    return preferences.softmax(0).detach()


def pulled(arms: list[int], logprobs: torch.Tensor) -> Group:
    completions = tuple(
        Completion(text=str(arm), token_ids=(arm,), logprobs=(logprobs[arm].item(),))
        for arm in arms
    )
    scores = tuple(Score(value=ARMS[arm].item()) for arm in arms)
    return Group(example=QUESTION, completions=completions, scores=scores)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_best_arm_is_found_in_spite_of_the_offset(name, seed):
    assert play(ALGORITHMS[name], seed)[3] > 0.9


def test_without_a_baseline_it_is_luck_which_arm_is_taken():
    wrong = replace(dapo(), advantage=NoBaseline())
    assert min(play(wrong, seed)[3] for seed in range(3)) < 0.1

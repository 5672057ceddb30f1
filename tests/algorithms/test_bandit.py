"""Every algorithm solves a bandit whose rewards have an offset; without a baseline none could.

Four arms are worth 10, 10, 10 and 11. What tells the best from the others is a tenth of what all
of them earn, so a policy pushed by bare rewards takes whatever arm it happens to draw first.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from regard.algorithms import policy_gradient, published
from regard.algorithms.policy_gradient import PolicyGradient, dapo, dr_grpo, grpo
from regard.algorithms.surrogates import TruncatedImportance
from regard.types import Completion, Example, Group, Message, Number, Score

ARMS = torch.tensor([10.0, 10.0, 10.0, 11.0])
QUESTION = Example(id="bandit", messages=(Message("user", ("?",)),), target=Number(3.0))
ALGORITHMS = {
    "grpo": grpo(kl_coef=0.0),
    "grpo with a reference": grpo(kl_coef=0.01),
    "dr_grpo": dr_grpo(max_tokens=1),
    "dapo": dapo(),
    "gspo": policy_gradient.gspo(),
    "cispo": policy_gradient.cispo(),
    "rloo": policy_gradient.rloo(),
    "rloo with a divergence in the reward": policy_gradient.rloo(kl_coef=0.01),
    "reinforce_plus_plus": policy_gradient.reinforce_plus_plus(),
    "reinforce_plus_plus_baseline": policy_gradient.reinforce_plus_plus_baseline(),
    "gdpo": policy_gradient.gdpo(),
    "an engine of its own": replace(dapo(), importance=TruncatedImportance()),
}
PUBLISHED = {
    "gui_r1": published.gui_r1(),
    "med_r1": published.med_r1(),
    "mobile_r1": published.mobile_r1(),
    "openvlthinker": published.openvlthinker(),
    "patho_r1_grpo": published.patho_r1_grpo(),
    "patho_r1_dapo": published.patho_r1_dapo(),
    "skywork_r1v3": published.skywork_r1v3(),
    "so_fake_r1": published.so_fake_r1(),
    "vision_r1_guided": published.vision_r1_guided(),
    "vision_r1_math": published.vision_r1_math(),
    "vl_rethinker": published.vl_rethinker(),
    "vlaa_thinker": published.vlaa_thinker(),
    "vlm_r1": published.vlm_r1(),
    "wethink": published.wethink(),
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
        batch = replace(
            batch,
            reference_logprob=torch.full_like(batch.old_logprob, -1.3863),
            engine_logprob=batch.old_logprob,
        )
        (batch,) = algorithm.settle([batch])
        optimizer.zero_grad()
        algorithm.loss(batch, logprobs[batch.token_ids]).values.sum().backward()
        optimizer.step()
    return preferences.softmax(0).detach()


def pulled(arms: list[int], logprobs: torch.Tensor) -> Group:
    completions = tuple(
        Completion(text=str(arm), token_ids=(arm,), logprobs=(logprobs[arm].item(),))
        for arm in arms
    )
    worth = [Score(value=ARMS[arm].item()) for arm in arms]
    scores = tuple(Score(value=one.value, parts={"arm": one}) for one in worth)
    return Group(example=QUESTION, completions=completions, scores=scores)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_best_arm_is_found_in_spite_of_the_offset(name):
    assert play(ALGORITHMS[name], seed=0)[3] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ALGORITHMS | PUBLISHED)
def test_every_composition_finds_it_with_every_seed(name, seed):
    assert play((ALGORITHMS | PUBLISHED)[name], seed)[3] > 0.9


def test_sets_of_two_with_the_best_arm_are_enough_for_pass_at_two():
    # "Right" is an arm worth 10.5 or more. Once most sets of two hold it, nothing more is learned.
    algorithm = policy_gradient.pass_at_k(k=2)
    algorithm = replace(algorithm, advantage=replace(algorithm.advantage, threshold=10.5))
    assert play(algorithm, seed=0)[3] > 0.7


def test_without_a_baseline_it_is_luck_which_arm_is_taken():
    wrong = replace(dapo(), advantage=NoBaseline())
    assert min(play(wrong, seed)[3] for seed in range(3)) < 0.1

"""What a step may hold: prompts once, answers once, and never the scores of a whole vocabulary."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from tests.models.conftest import TINY
from torch.utils._python_dispatch import TorchDispatchMode

from regard.algorithms.policy_gradient import dapo
from regard.data.worlds.digits import Digits
from regard.models.policy import PolicySpec
from regard.models.readings import Readings
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.training.update import learn
from regard.types import Group, Score

NUM_WORDS = 150_000
LEAST_ROWS = 64


class Largest(TorchDispatchMode):
    """The most elements of any tensor that was made, but for those shaped like a weight."""

    def __init__(self, weights):
        super().__init__()
        self.shapes = {tuple(weight.shape) for weight in weights}
        self.num_elements, self.shape = 0, ()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, (tuple, list)) else (made,):
            if not isinstance(tensor, torch.Tensor):
                continue
            shape = tuple(tensor.shape)
            is_weight = shape in self.shapes or shape[::-1] in self.shapes
            if not is_weight and math.prod(shape) > self.num_elements:
                self.num_elements, self.shape = math.prod(shape), shape
        return made


@pytest.fixture(scope="module")
def policy():
    """A model of many words: its tokenizer knows few of them, its head scores them all."""
    policy = PolicySpec(weights=replace(TINY, width=32, num_layers=1)).load()
    policy.base.resize_token_embeddings(NUM_WORDS, mean_resizing=False)
    return policy


def one_step(policy, group_size, max_tokens, readings=None):
    world = Digits(size=2).load()
    prompts = [policy.prompt(world[i]) for i in range(2)]
    sampling = Sampling(max_tokens=max_tokens, min_tokens=max_tokens)
    answers = NativeEngine(policy, readings).sample(prompts, group_size, sampling, seed=0)
    groups = [
        Group(example=world[i], completions=tuple(answers[i])).scored(
            [Score(value=float(number % 2)) for number in range(group_size)]
        )
        for i in range(2)
    ]
    batch = dapo().weigh(dapo().judge(groups))
    learn(policy, prompts, batch, dapo(), temperature=1.0, max_tokens=100_000, readings=readings)
    return len(batch.token_ids)


def test_scores_of_all_words_for_all_tokens_never_exist(policy):
    with Largest(policy.model.parameters()) as largest:
        num_tokens = one_step(policy, group_size=16, max_tokens=6)
    assert num_tokens == 2 * 16 * 6
    # One chunk of the head: 64 of 192 tokens. Sampling scores its 32 rows, one token each.
    assert largest.shape == (LEAST_ROWS, NUM_WORDS)


def test_what_a_prompt_makes_does_not_grow_with_its_group(policy):
    def prompt_sized(group_size):
        """Elements of all tensors kept of the prompts, and how many prompts were run."""
        readings = Readings(policy, 10_000)
        prompts = [policy.prompt(Digits(size=2).load()[i]) for i in range(2)]
        NativeEngine(policy, readings).sample(
            prompts, group_size, Sampling(max_tokens=2, min_tokens=2), seed=0
        )
        ((read, state),) = readings.take(prompts)
        return len(read), sum(tensor.numel() for tensor in state.tensors)

    assert prompt_sized(2) == prompt_sized(12)

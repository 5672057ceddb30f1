"""Our step, told which tokens to take: collect, score and learn, as training does it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from workload import Shape

from regard.algorithms.policy_gradient import PolicyGradient
from regard.models.policy import Policy, PolicySpec
from regard.models.prompts import PixelStore
from regard.models.tiny import TinyQwen
from regard.rollout import native
from regard.rollout.collect import derive_seed
from regard.rollout.replay import Kept
from regard.rollout.sampling import Draw, Sampling, draw, uniforms
from regard.training.learner import Learner
from regard.training.optimizer import AdamW
from regard.training.stages import Collected, Reinforce
from regard.types import Completion, Example, Score

SEED = 0


class Ours:
    """A policy of its own, brought to TRL's weights before every step."""

    def __init__(
        self,
        pieces: tuple[Any, Any, Any],
        spec: TinyQwen,
        shape: Shape,
        *,
        algorithm: PolicyGradient,
        learning_rate: float,
        num_prompts: int,
        reward: Any,
        is_plain: bool = False,
    ) -> None:
        model, tokenizer, processor = pieces
        self.policy = Policy(copy.deepcopy(model), tokenizer, processor, PolicySpec(weights=spec))
        # TRL keeps image tokens from being sampled, but its log-probabilities do not know of it.
        self.policy._banned = None
        if is_plain:
            self.policy.path = "plain"
        self.stage = Reinforce(
            data=(), num_steps=1, prompts_per_step=num_prompts, group_size=shape.group_size,
            reward=TextReward(reward), algorithm=algorithm,
            optimizer=AdamW(learning_rate=learning_rate, max_gradient_norm=1.0),
            sampling=Sampling(
                max_tokens=shape.new_tokens, min_tokens=0 if shape.is_ragged else shape.new_tokens
            ),
        )  # fmt: skip
        reference = self.policy.frozen() if algorithm.needs_reference else None
        self._learner = Learner(self.policy, self.stage.optimizer.build(self.policy), reference)

    def follow(self, weights: Mapping[str, Tensor]) -> None:
        self.policy.model.load_state_dict(weights)
        self.policy.pixels = PixelStore(self.policy.family)

    def step(
        self, examples: Sequence[Example], completions: Sequence[Sequence[int]]
    ) -> tuple[Collected, dict[str, float]]:
        """One step in which each example's group says `completions`, row by row."""
        script = self._script(examples, completions)

        def follow(logits: Tensor, marks: Tensor, *rest: Any) -> Draw:
            drawn = draw(logits, marks, *rest)
            tokens = torch.tensor([script[mark] for mark in marks.tolist()])
            chosen = logits.log_softmax(-1).gather(-1, tokens[:, None])[:, 0]
            return Draw(tokens, chosen, drawn.entropies)

        with patch.object(native, "draw", follow):
            collected = self.stage.collect(self.policy, examples, 0, SEED, Kept())
        metrics = self._learner.update(self.stage, collected, 0)
        return collected, metrics

    def gradients(self) -> dict[str, Tensor]:
        return {name: p.grad for name, p in self.policy.trainable() if p.grad is not None}

    def _script(
        self, examples: Sequence[Example], completions: Sequence[Sequence[int]]
    ) -> dict[float, int]:
        """The token to take at each of the numbers that draw them."""
        group_size, length = self.stage.group_size, self.stage.sampling.max_tokens
        seed = derive_seed(SEED, "rollout")
        script = {}
        for row, tokens in enumerate(completions):
            example, index = examples[row // group_size], row % group_size
            marks = uniforms(seed, example.id, index, length)
            # Rows that have ended are still drawn for until they leave the batch.
            padded = [*tokens, *[tokens[-1]] * (length - len(tokens))]
            script.update(zip(marks.tolist(), padded, strict=True))
        return script


class TextReward:
    """The reward TRL was given, for one text."""

    def __init__(self, reward: Any) -> None:
        self._reward = reward

    def __call__(self, completion: Completion, example: Example) -> Score:
        return Score(value=self._reward(completion.text))

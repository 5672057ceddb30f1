"""The default engine: the policy itself, each prompt and its images run once for its whole group.

The prompt's keys and values are shared by its completions, never copied; finished rows leave the
batch; the log-probabilities of what was drawn are kept, so that on-policy training recomputes
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.models.readings import Readings
from regard.rollout.sampling import Draw, Sampling, draw, uniforms
from regard.types import Completion, Finish

_TAIL = 32
"""Tokens looked back over for a stop string."""


@dataclass(frozen=True)
class NativeEngine:
    """Samples from a policy with shared prompts."""

    policy: Policy
    readings: Readings | None = None
    """Reads prompts in the policy's stead, and keeps what it read for training."""
    max_prompt_tokens: int = 16_384
    """Prompt tokens read in one pass, padding included."""
    max_rows: int = 512
    """Completions decoded side by side."""

    @torch.no_grad()
    def sample(
        self, prompts: Sequence[Prompt], group_size: int, sampling: Sampling, seed: int
    ) -> list[list[Completion]]:
        answers: list[list[Completion]] = [[] for _ in prompts]
        firsts = [before * group_size for before in _times_before([p.example_id for p in prompts])]
        for batch in batches(prompts, self.max_prompt_tokens, self.max_rows // group_size):
            groups = self._answer(
                [prompts[i] for i in batch], [firsts[i] for i in batch], group_size, sampling, seed
            )
            for i, group in zip(batch, groups, strict=True):
                answers[i] = group
        return answers

    def _answer(
        self,
        prompts: Sequence[Prompt],
        first_indices: Sequence[int],
        group_size: int,
        sampling: Sampling,
        seed: int,
    ) -> list[list[Completion]]:
        """Decode all rows of one batch until the last has ended.

        `first_indices`: the number of each prompt's first completion among all of its example.
        """
        policy = self.policy
        state = (self.readings or policy).read(prompts)
        prompt_of = torch.arange(len(prompts)).repeat_interleave(group_size)
        numbers = [
            uniforms(seed, prompt.example_id, index, sampling.max_tokens)
            for prompt, first in zip(prompts, first_indices, strict=True)
            for index in range(first, first + group_size)
        ]
        # Made here and not in inference mode: a state may prepare images, which training sees too.
        firsts = state.last_hidden[prompt_of.to(policy.device)]
        positions = state.next_position[prompt_of.to(policy.device)]
        layout = policy.decoding(state, prompt_of.tolist())
        marks = torch.from_numpy(np.stack(numbers)).to(policy.device)
        rows = self._decode(layout, firsts, positions, marks, prompt_of, sampling)
        completions = [
            row.completion(policy, prompts[int(i)], sampling)
            for row, i in zip(rows, prompt_of, strict=True)
        ]
        return [completions[i : i + group_size] for i in range(0, len(completions), group_size)]

    @torch.inference_mode()  # a sixth cheaper than no_grad, where tensors are this small
    def _decode(
        self,
        layout: Any,
        hidden: Tensor,
        positions: Tensor,
        marks: Tensor,
        prompt_of: Tensor,
        sampling: Sampling,
    ) -> list[_Row]:
        """Draw token after token for every row, given the hidden states that predict the first."""
        policy, head = self.policy, self.policy.head
        rows = [_Row() for _ in prompt_of]
        alive = torch.arange(len(rows))
        stop_ids = torch.tensor(policy.stop_ids, device=policy.device)
        for step in range(sampling.max_tokens):
            with policy.compute():
                logits = head.logits(hidden, sampling.temperature or 1.0)
            forbidden = stop_ids if step < sampling.min_tokens else None
            drawn = draw(logits, marks[alive, step], sampling, forbidden)
            is_done = self._record(rows, alive, drawn, sampling)
            if is_done.all() or step + 1 == sampling.max_tokens:
                break
            tokens = drawn.tokens
            # Taking rows out costs a copy of their keys: worth it for an eighth of them.
            if is_done.sum() * 8 >= len(alive):
                keep = (~is_done).nonzero()[:, 0]
                layout.keep(keep.to(policy.device), prompt_of[alive[keep]])
                alive, kept = alive[keep], keep.to(policy.device)
                tokens, positions = tokens[kept], positions[kept]
            hidden = policy.decode(layout, tokens, positions + step)
        return rows

    def _record(self, rows: list[_Row], alive: Tensor, drawn: Draw, sampling: Sampling) -> Tensor:
        """Note the tokens of the rows that are not done yet; which of the alive rows are done."""
        columns = (drawn.tokens.tolist(), drawn.logprobs.tolist(), drawn.entropies.tolist())
        for row_index, token, logprob, entropy in zip(alive.tolist(), *columns, strict=True):
            row = rows[row_index]
            if row.is_done:
                continue
            row.tokens.append(token)
            row.logprobs.append(logprob)
            row.entropies.append(entropy)
            row.is_done = token in self.policy.stop_ids or self._stops(row, sampling)
        return torch.tensor([rows[i].is_done for i in alive.tolist()])

    def _stops(self, row: _Row, sampling: Sampling) -> bool:
        if not sampling.stop or len(row.tokens) < sampling.min_tokens:
            return False
        tail = self.policy.decode_text(row.tokens[-_TAIL:])
        return any(text in tail for text in sampling.stop)


@dataclass
class _Row:
    """A completion on its way."""

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    is_done: bool = False

    def completion(self, policy: Policy, prompt: Prompt, sampling: Sampling) -> Completion:
        return Completion(
            text=policy.decode_text(self.tokens),
            token_ids=tuple(self.tokens),
            logprobs=tuple(self.logprobs),
            entropies=tuple(self.entropies),
            finish=Finish.STOP if self.is_done else Finish.LENGTH,
            frames=prompt.frames,
        )


def batches(prompts: Sequence[Prompt], max_tokens: int, max_prompts: int) -> list[list[int]]:
    """Prompts by number, put together with others of like length so that little is padding."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found: list[list[int]] = []
    for i in order:
        # Sorted by length: the newcomer sets the width of the batch it joins.
        fits = found and (len(found[-1]) + 1) * len(prompts[i]) <= max_tokens
        if fits and len(found[-1]) < max(max_prompts, 1):
            found[-1].append(i)
        else:
            found.append([i])
    return found


def _times_before(names: Sequence[str]) -> list[int]:
    """How often each name stood earlier in the list.

    >>> _times_before(["a", "b", "a", "a"])
    [0, 0, 1, 2]
    """
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        found.append(seen[name])
        seen[name] += 1
    return found

"""Prompts read once for two purposes: answered while sampling, learned through afterwards.

While a policy has not moved, the forward pass that sampling needs of a prompt is the one that its
gradient needs too. So sampling reads with a graph, and the update that follows sends its gradient
back through it: images and prompts are run once a step, not twice. The graphs are held while
answers are sampled, so only as many are kept as fit into one micro-batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from regard.models.policy import Policy, PromptState, State
from regard.models.prompts import Prompt

_LEAST_SHARE = 2 / 3
"""Share of a batch's prompts that must be learned from for its graph to be used: going back through
all of them costs two passes a prompt, reading the wanted ones again costs them three."""


class Readings:
    """Reads prompts for a policy, and keeps what it read for the policy's next update."""

    def __init__(self, policy: Policy, max_tokens: int) -> None:
        self._policy = policy
        self._room = max_tokens
        self._kept: list[tuple[Sequence[Prompt], PromptState]] = []

    def read(self, prompts: Sequence[Prompt]) -> State:
        """Run prompts and their images once; with a graph, while there is room for it."""
        size = len(prompts) * max(map(len, prompts))
        if size > self._room:
            return self._policy.read(prompts)
        with torch.enable_grad():
            state = self._policy.read(prompts)
        if isinstance(state, PromptState):
            self._room -= size
            self._kept.append((prompts, state))
        return state

    def take(self, wanted: Sequence[Prompt]) -> list[tuple[Sequence[Prompt], PromptState]]:
        """What was read of these prompts, each batch once; forget the rest.

        Only as long as the policy has not moved since: a graph is of the weights it was made with.
        """
        names = set(wanted)
        kept, self._kept = self._kept, []
        return [
            (prompts, state)
            for prompts, state in kept
            if sum(prompt in names for prompt in prompts) >= _LEAST_SHARE * len(prompts)
        ]

"""An engine that says what it is told, for tests and for trying rewards without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regard.models.prompts import Prompt
from regard.rollout.sampling import Sampling
from regard.types import Completion


@dataclass(frozen=True)
class ScriptedEngine:
    """Answers by a function of the prompt, the completion's number and the seed."""

    script: Callable[[Prompt, int, int], str]
    encode: Callable[[str], Sequence[int]] | None = None
    """How its answers become tokens, if something is to be trained on them."""

    def sample(
        self, prompts: Sequence[Prompt], group_size: int, sampling: Sampling, seed: int
    ) -> list[list[Completion]]:
        return [
            [self._completion(prompt, index, seed) for index in range(group_size)]
            for prompt in prompts
        ]

    def _completion(self, prompt: Prompt, index: int, seed: int) -> Completion:
        text = self.script(prompt, index, seed)
        token_ids = tuple(self.encode(text)) if self.encode else ()
        return Completion(
            text=text, token_ids=token_ids, logprobs=(0.0,) * len(token_ids), frames=prompt.frames
        )

"""What answers prompts: the protocol of every rollout engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regard.models.prompts import Prompt
from regard.rollout.sampling import Sampling
from regard.types import Completion


class Engine(Protocol):
    """Answers each prompt `group_size` times."""

    def sample(
        self, prompts: Sequence[Prompt], group_size: int, sampling: Sampling, seed: int
    ) -> list[list[Completion]]:
        """The completions of each prompt, in the order of the prompts.

        The same seed gives the same completions to a prompt, whatever else is in the batch.
        """
        ...

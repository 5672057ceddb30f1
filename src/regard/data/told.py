"""Questions told instead of shown: what there is to see stands in the question, in words.

So a policy learns to find in what it has seen what is asked for (which of the options it is, where
in the row it stands) apart from seeing it, and without the cost of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from regard.data.mixing import Source
from regard.text.tags import inside
from regard.types import Dataset, Example, Message


@dataclass(frozen=True)
class Told:
    """A source whose questions begin with the thought of their gold answer, and have no picture.

    Examples whose gold answer has no `<think>` are left as they are.
    """

    data: Source

    def load(self) -> Dataset:
        """The examples at the same places, told."""
        return _ToldDataset(self.data.load())


@dataclass(frozen=True)
class _ToldDataset:
    dataset: Dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Example:
        example = self.dataset[index]
        thought = inside("think", example.gold or "")
        if thought is None:
            return example
        question = f"{thought.strip()} . {example.question}"
        return replace(example, messages=(Message("user", (question,)),))

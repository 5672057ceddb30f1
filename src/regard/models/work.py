"""What a policy ran in a step, and what it would have run had every answer its own prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from regard.models.prompts import Prompt


@dataclass
class Work:
    """Counts since they were last cleared."""

    vision_encodes: int = 0
    """Images run through the vision tower, repetitions included."""
    prompt_tokens: int = 0
    """Prompt tokens run through the language model."""
    prompt_tokens_row_wise: int = 0
    """The same, if each pass ran the prompt of every answer anew."""
    images: set[str] = field(default_factory=set)
    """Digests of the different images among them."""

    def read(self, prompts: Sequence[Prompt]) -> None:
        """Note that prompts were run, whether or not their images were."""
        self.prompt_tokens += sum(map(len, prompts))
        self.images.update(image.digest for prompt in prompts for image in prompt.images)

    def encode(self, prompts: Sequence[Prompt]) -> None:
        """Note that the images of these prompts went through the vision tower."""
        self.vision_encodes += sum(len(prompt.images) for prompt in prompts)

    def metrics(self) -> dict[str, float]:
        """Counts by the names the run folder knows them by."""
        found = {
            "compute/prompt_tokens_run": float(self.prompt_tokens),
            "compute/prompt_tokens_row_wise": float(self.prompt_tokens_row_wise),
        }
        if self.images:
            found["compute/vision_encodes_per_image"] = self.vision_encodes / len(self.images)
        return found

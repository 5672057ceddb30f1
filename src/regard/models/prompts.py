"""A question as the model will read it: token ids with room for its images, not yet decoded.

Letters: B prompts, P tokens of the longest, A position axes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor
from transformers.utils import cached_file

from regard.errors import DataError
from regard.models.families import Family, check_aspect
from regard.models.keeping import Kept
from regard.types import Example, ImageFrame, ImageRef, Message


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One example, tokenised; its images are still references."""

    example_id: str
    token_ids: tuple[int, ...]
    images: tuple[ImageRef, ...]
    frames: tuple[ImageFrame, ...]
    """The sizes of each image and the frame the model answers in."""

    def __len__(self) -> int:
        return len(self.token_ids)


def processor_template(source: str | Path) -> str | None:
    """The chat template that a checkpoint keeps for its processor alone, as older ones do."""
    found = cached_file(
        str(source), "chat_template.json",
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )  # fmt: skip
    if found is None:
        return None
    template: str = json.loads(Path(found).read_text())["chat_template"]
    return template


def make_prompt(example: Example, tokenizer: Any, family: Family) -> Prompt:
    """Tokenise an example, with as many tokens for each image as its size makes."""
    images = example.images
    pieces = _template_text(example, tokenizer).split(family.placeholder)
    if len(pieces) - 1 != len(images):
        raise DataError(
            f"example '{example.id}': {len(images)} images, but its text makes {len(pieces) - 1} "
            "places for images; is an image token written in the question itself?"
        )
    text, is_alone, frames = pieces[0], len(images) == 1, []
    for image, after in zip(images, pieces[1:], strict=True):
        size = (image.width, image.height)
        check_aspect(size, image.name)
        text += family.image_text(size, is_alone) + after
        frames.append(ImageFrame(size, family.input_size(size, is_alone), family.answers_in))
    # A tokenizer that begins texts with a token of its own does so unless the template has.
    begin = tokenizer.special_tokens_map.get("bos_token")
    has_begun = begin is not None and text.startswith(begin)
    token_ids = tokenizer(text, add_special_tokens=not has_begun)["input_ids"]
    return Prompt(
        example_id=example.id, token_ids=tuple(token_ids), images=images, frames=tuple(frames)
    )


class PixelStore:
    """Images prepared for the model, the latest of them kept: one image is prepared once a step."""

    def __init__(self, family: Family, max_bytes: int = 256 * 2**20) -> None:
        self._family = family
        self._kept = Kept[tuple[str, bool], Mapping[str, Tensor]](max_bytes)

    def of(self, prompt: Prompt) -> list[Mapping[str, Tensor]]:
        """The model's inputs for the images of a prompt; decodes those that are not at hand."""
        return [self._of(image, len(prompt.images) == 1) for image in prompt.images]

    def _of(self, image: ImageRef, is_alone: bool) -> Mapping[str, Tensor]:
        return self._kept.of(
            (image.digest, is_alone), lambda: self._family.features(image.open(), is_alone)
        )


@dataclass(frozen=True)
class PromptInputs:
    """Several prompts padded on the right, as one call's inputs."""

    token_ids: Int[Tensor, "B P"]
    positions: Int[Tensor, "A B P"]
    lengths: Int[Tensor, " B"]

    @property
    def next_position(self) -> Int[Tensor, " B"]:
        """Where the first token of an answer stands: after the greatest position of its prompt."""
        return self.positions.amax(dim=(0, 2)) + 1


def collate(prompts: Sequence[Prompt], family: Family) -> PromptInputs:
    """Pad prompts on the right. Under causality padding does no harm."""
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    shape = (len(prompts), int(lengths.max()))
    token_ids = torch.zeros(shape, dtype=torch.long)
    rows = []
    for row, prompt in enumerate(prompts):
        ids = torch.tensor(prompt.token_ids)
        token_ids[row, : len(ids)] = ids
        axes = family.positions(ids, [frame.original for frame in prompt.frames])
        rows.append(torch.nn.functional.pad(axes, (0, shape[1] - len(ids))))
    return PromptInputs(token_ids=token_ids, positions=torch.stack(rows, dim=1), lengths=lengths)


def pixels_of(prompts: Sequence[Prompt], family: Family, store: PixelStore) -> Mapping[str, Tensor]:
    """What the family's vision tower wants of these prompts; empty where none has an image."""
    images = [image for prompt in prompts for image in store.of(prompt)]
    counts = [len(prompt.images) for prompt in prompts]
    return family.collate(images, counts) if images else {}


def _template_text(example: Example, tokenizer: Any) -> str:
    messages = [_as_template(message) for message in example.messages]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return text


def _as_template(message: Message) -> dict[str, Any]:
    content = [
        {"type": "image"} if isinstance(part, ImageRef) else {"type": "text", "text": part}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}

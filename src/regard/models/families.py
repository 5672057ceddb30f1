"""What differs between model families: how an image becomes tokens, and where tokens stand.

A family knows the size its image processor gives an image and how many tokens that makes, without
decoding it; the tokens that must never be sampled; and the positions of a prompt's tokens. Adding a
family is a class here and a line in `_FAMILIES`.

Letters: P prompt tokens, A position axes (3 for M-RoPE, else 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Int
from PIL.Image import Image
from torch import Tensor

from regard.errors import CheckpointError, DataError
from regard.geometry.sizes import smart_resize
from regard.types import Frame

Size = tuple[int, int]
"""Width and height in pixels."""


@runtime_checkable
class Family(Protocol):
    """What the policy asks of a model family."""

    answers_in: Frame
    """The frame its coordinates are trained to be in."""
    num_axes: int
    """Axes a position has: 3 for M-RoPE, else 1."""
    placeholder_id: int
    """The token a chat template writes once for each image."""
    banned_ids: tuple[int, ...]
    """Tokens that stand for pictures: an answer that held one would break the next forward pass."""

    def input_size(self, size: Size) -> Size:
        """The size an image of this size is given to the model in."""
        ...

    def image_ids(self, size: Size) -> list[int]:
        """The tokens that take the placeholder's place for an image of this size."""
        ...

    def features(self, image: Image) -> dict[str, Tensor]:
        """One decoded image as the model's inputs, without a batch."""
        ...

    def collate(self, features: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Several images' inputs, in the order of their placeholders, as one call's."""
        ...

    def positions(self, ids: Int[Tensor, " P"], sizes: Sequence[Size]) -> Int[Tensor, "A P"]:
        """Where each token of one prompt stands."""
        ...


@dataclass(frozen=True)
class QwenVL:
    """Qwen2-VL, Qwen2.5-VL and Qwen3-VL: any resolution, 2x2 patches a token, M-RoPE."""

    config: Any
    processor: Any
    answers_in: Frame
    num_axes: int = 3

    @property
    def placeholder_id(self) -> int:
        return int(self.config.image_token_id)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
        found = (getattr(self.config, name, None) for name in names)
        num_words = self.config.get_text_config().vocab_size
        return tuple(sorted({i for i in found if i is not None and i < num_words}))

    @property
    def _factor(self) -> int:
        return int(self.processor.patch_size * self.processor.merge_size)

    def input_size(self, size: Size) -> Size:
        limits = self.processor.size
        return smart_resize(
            *size,
            factor=self._factor,
            min_pixels=limits["shortest_edge"],
            max_pixels=limits["longest_edge"],
        )

    def image_ids(self, size: Size) -> list[int]:
        width, height = self.input_size(size)
        return [self.placeholder_id] * ((width // self._factor) * (height // self._factor))

    def features(self, image: Image) -> dict[str, Tensor]:
        return dict(self.processor(images=[image], return_tensors="pt"))

    def collate(self, features: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        names = ("pixel_values", "image_grid_thw")
        return {name: torch.cat([image[name] for image in features]) for name in names}

    def positions(self, ids: Int[Tensor, " P"], sizes: Sequence[Size]) -> Int[Tensor, "A P"]:
        """Text counts up on all three axes; an image's tokens take its rows and columns."""
        blocks, start, cursor = [], 0, 0
        is_image = (ids == self.placeholder_id).tolist()
        for size in sizes:
            first = is_image.index(True, cursor)
            blocks.append(torch.arange(first - cursor).expand(3, -1) + start)
            start += first - cursor
            width, height = (side // self._factor for side in self.input_size(size))
            rows = torch.arange(height).repeat_interleave(width)
            columns = torch.arange(width).repeat(height)
            blocks.append(torch.stack([torch.zeros_like(rows), rows, columns]) + start)
            start += max(width, height)
            cursor = first + width * height
        blocks.append(torch.arange(len(ids) - cursor).expand(3, -1) + start)
        return torch.cat(blocks, dim=1)


@dataclass(frozen=True)
class Llava:
    """LLaVA: every image becomes one square of the same size, so the same number of tokens."""

    config: Any
    processor: Any
    answers_in: Frame
    num_axes: int = 1

    @property
    def placeholder_id(self) -> int:
        return int(self.config.image_token_id)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        return (self.placeholder_id,)

    def input_size(self, size: Size) -> Size:
        crop = getattr(self.processor, "crop_size", None) or self.processor.size
        return crop["width"], crop["height"]

    def image_ids(self, size: Size) -> list[int]:
        vision = self.config.vision_config
        side = math.isqrt(math.prod(self.input_size(size))) // vision.patch_size
        keeps_class_token = self.config.vision_feature_select_strategy == "full"
        return [self.placeholder_id] * (side * side + keeps_class_token)

    def features(self, image: Image) -> dict[str, Tensor]:
        return dict(self.processor(images=[image], return_tensors="pt"))

    def collate(self, features: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        return {"pixel_values": torch.cat([image["pixel_values"] for image in features])}

    def positions(self, ids: Int[Tensor, " P"], sizes: Sequence[Size]) -> Int[Tensor, "A P"]:
        return torch.arange(len(ids))[None]


_FAMILIES: dict[str, tuple[type, Frame]] = {
    "qwen2_vl": (QwenVL, Frame.PER_MILLE),
    "qwen2_5_vl": (QwenVL, Frame.INPUT),
    "qwen3_vl": (QwenVL, Frame.PER_MILLE),
    "llava": (Llava, Frame.UNIT),
}
"""By the model type of a configuration: the family, and the frame its models answer in."""


def family_of(config: Any, processor: Any) -> Family:
    """The family of a model with this configuration and image processor."""
    if config.model_type not in _FAMILIES:
        raise CheckpointError(
            f"models of type '{config.model_type}' are not supported; "
            f"known: {', '.join(sorted(_FAMILIES))}"
        )
    family, answers_in = _FAMILIES[config.model_type]
    built: Family = family(config=config, processor=processor, answers_in=answers_in)
    return built


def check_aspect(size: Size, name: str) -> None:
    """Refuse what no family can take: a strip more than 200 times as long as wide."""
    width, height = size
    if min(size) < 1 or max(size) / min(size) > 200:
        raise DataError(
            f"image {name}: {width}x{height} pixels; the longer side may be at most 200 times the "
            "shorter; crop it or drop the record"
        )

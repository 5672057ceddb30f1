"""What the policy asks of a model family, and what most of them answer.

A family knows, without decoding an image, the size it is given to the model in and the text that
stands for it in a prompt; the tokens that must never be sampled; the positions of a prompt's
tokens; and whether answers may share their prompt's keys.

The text of a prompt is what the family's own processor in transformers would make of the same
messages: the chat template, then each image's mark replaced by the tokens of that image, then the
tokenizer over all of it, so that what merges with its neighbours there merges here.

Letters: P prompt tokens, A position axes (3 for M-RoPE, else 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Int
from PIL.Image import Image
from torch import Tensor

from regard.errors import CheckpointError, DataError
from regard.models.tiny import TinyModel
from regard.registry import family as registered
from regard.types import Frame

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class Family:
    """One model's images, tokens and positions. The defaults are those of the plainest families."""

    config: Any
    processor: Any
    """Prepares images, with Pillow and numpy."""
    tokenizer: Any

    num_axes: ClassVar[int] = 1
    """Axes a position has: 3 for M-RoPE, else 1."""
    shared_prefix: ClassVar[bool] = True
    """Whether all that an answer needs of its prompt is every layer's keys and values. Windows that
    slide and states that recur make it False: such a model takes the plain path."""

    # ------------------------------------------------------------------------------- tokens

    @property
    def answers_in(self) -> Frame:
        """The frame its coordinates are in: the family's, unless its configuration says another."""
        said = getattr(self.config, "answers_in", None)
        return Frame(said) if said else self.trained_in

    @property
    def trained_in(self) -> Frame:
        """The frame of coordinates the family's published models were trained on."""
        raise NotImplementedError

    @property
    def image_id(self) -> int:
        """The token whose embedding is replaced by a piece of an image."""
        return int(self.config.image_token_id)

    @property
    def placeholder(self) -> str:
        """What the chat template writes once for each image."""
        return self.word(self.image_id)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        """Tokens that stand for pictures: an answer that held one would break the next pass."""
        return self._known(self.image_id)

    def word(self, token_id: int) -> str:
        """How a token is written."""
        text: str = self.tokenizer.convert_ids_to_tokens(token_id)
        return text

    def _known(self, *ids: int | None) -> tuple[int, ...]:
        """Those of these tokens that the language model has a score for, each once, in order."""
        num_words = self.config.get_text_config().vocab_size
        return tuple(sorted({i for i in ids if i is not None and 0 <= i < num_words}))

    # ------------------------------------------------------------------------------- images

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        """The size an image of this size is given to the model in, padding and tiles left aside."""
        raise NotImplementedError

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        """What takes the placeholder's place for an image of this size.

        `is_alone`: it is the only image of its prompt; some families see siblings in less detail.
        """
        raise NotImplementedError

    def features(self, image: Image, is_alone: bool = True) -> dict[str, Tensor]:
        """One decoded image as the model's inputs, as if it were a batch."""
        return {"pixel_values": self._prepared(image)["pixel_values"]}

    def collate(
        self, images: Sequence[Mapping[str, Tensor]], images_per_prompt: Sequence[int]
    ) -> dict[str, Tensor]:
        """Several images' inputs, in the order of their placeholders, as one call's."""
        return {name: torch.cat([image[name] for image in images]) for name in images[0]}

    def _prepared(self, image: Image, **options: Any) -> dict[str, Any]:
        return dict(self.processor(images=[image], return_tensors="pt", **options))

    # ------------------------------------------------------------------------------- positions

    def positions(self, ids: Int[Tensor, " P"], sizes: Sequence[Size]) -> Int[Tensor, "A P"]:
        """Where each token of one prompt stands."""
        return torch.arange(len(ids))[None]

    def stock_inputs(
        self, model: Any, ids: Int[Tensor, "1 P"], pixels: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """What the stock model wants beside ids and pixels to run one whole row by itself."""
        return {}

    # ------------------------------------------------------------------------------- tiny

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        """Configuration, tokenizer and image processor of a small model of this family."""
        raise NotImplementedError


def family_of(config: Any, processor: Any, tokenizer: Any) -> Family:
    """The family of a model with this configuration, image processor and tokenizer."""
    if config.model_type not in registered.names():
        raise CheckpointError(
            f"models of type '{config.model_type}' are not supported; "
            f"known: {', '.join(registered.names())}"
        )
    found: Family = registered[config.model_type](config, processor, tokenizer)
    return found


def check_aspect(size: Size, name: str) -> None:
    """Refuse what no family can take: a strip more than 200 times as long as wide."""
    width, height = size
    if min(size) < 1 or max(size) / min(size) > 200:
        raise DataError(
            f"image {name}: {width}x{height} pixels; the longer side may be at most 200 times the "
            "shorter; crop it or drop the record"
        )

"""Gemma 3: every image one square of 256 tokens, which see each other both ways.

Most of its layers look back over a window only, so an answer cannot take its prompt's keys as they
are: the model takes the plain path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from jaxtyping import Int
from torch import Tensor
from transformers import Gemma3Config
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame

_START, _END, _PIECE = "<start_of_image>", "<end_of_image>", "<image_soft_token>"


@family("gemma3")
class Gemma3(Family):
    """An image squeezed into a square, without the crops of "pan and scan" (off by default)."""

    shared_prefix: ClassVar[bool] = False

    @property
    def trained_in(self) -> Frame:
        # Its report is silent; boxes asked of it come out of 1000.
        return Frame.PER_MILLE

    @property
    def placeholder(self) -> str:
        return self.word(self.config.boi_token_id)

    @property
    def banned_ids(self) -> tuple[int, ...]:
        return self._known(self.image_id, self.config.boi_token_id, self.config.eoi_token_id)

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        return self.processor.size["width"], self.processor.size["height"]

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        pieces = self.word(self.image_id) * self.config.mm_tokens_per_image
        return f"\n\n{self.placeholder}{pieces}{self.word(self.config.eoi_token_id)}\n\n"

    def stock_inputs(
        self, model: Any, ids: Int[Tensor, "1 P"], pixels: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        # An image's tokens see each other in both directions.
        return {"token_type_ids": (ids == self.image_id).long()}

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = word_tokenizer(size.words, (_START, _END, _PIECE), image=_START)
        processor = Gemma3ImageProcessorPil(size={"height": size.tile, "width": size.tile})
        # A window of 8 and one layer without: both kinds in the smallest model.
        kinds = ["sliding_attention", "full_attention"] * size.num_layers
        text = size.language(tokenizer) | {
            "head_dim": size.head_width,
            "sliding_window": 8,
            "layer_types": kinds[: size.num_layers],
            "query_pre_attn_scalar": size.head_width,
        }
        config = Gemma3Config(
            text_config=text,
            vision_config=size.square_vision(),
            mm_tokens_per_image=(size.tile // size.patch_size // 2) ** 2,
            boi_token_index=tokenizer.convert_tokens_to_ids(_START),
            eoi_token_index=tokenizer.convert_tokens_to_ids(_END),
            image_token_index=tokenizer.convert_tokens_to_ids(_PIECE),
            initializer_range=size.initializer_range,
            tie_word_embeddings=True,
        )
        return config, tokenizer, processor

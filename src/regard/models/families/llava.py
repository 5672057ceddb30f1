"""LLaVA: every image becomes one square of the same size, so the same number of tokens."""

from __future__ import annotations

import math
from typing import Any

from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame


@family("llava")
class Llava(Family):
    """The middle square of each image, by a CLIP tower."""

    @property
    def trained_in(self) -> Frame:
        return Frame.UNIT

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        crop = getattr(self.processor, "crop_size", None) or self.processor.size
        return crop["width"], crop["height"]

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        side = math.isqrt(math.prod(self.input_size(size))) // self.config.vision_config.patch_size
        keeps_class_token = self.config.vision_feature_select_strategy == "full"
        return self.placeholder * (side * side + keeps_class_token)

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = word_tokenizer(size.words, ("<image>",), image="<image>")
        processor = CLIPImageProcessorPil(
            size={"shortest_edge": size.tile}, crop_size={"width": size.tile, "height": size.tile}
        )
        config = LlavaConfig(
            text_config=LlamaConfig(**size.language(tokenizer)),
            vision_config=CLIPVisionConfig(**size.square_vision()),
            image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
            image_seq_length=(size.tile // size.patch_size) ** 2,
            vision_feature_layer=-1,
            tie_word_embeddings=True,
        )
        return config, tokenizer, processor

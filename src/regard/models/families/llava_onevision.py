"""LLaVA-OneVision: an image on its own is seen whole and in tiles, several only whole.

Of an image on its own, the tiles' features are put back together, what was only padding is cut
off, more than the limit is scaled down, and every row ends in a learned newline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor
from transformers import LlavaOnevisionConfig, Qwen2Config, SiglipVisionConfig
from transformers.image_processing_utils import select_best_resolution
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)

from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame


@family("llava_onevision")
class LlavaOneVision(Family):
    """Grids of tiles up to a limit ("anyres_max_9"), by a SigLIP tower."""

    @property
    def trained_in(self) -> Frame:
        return Frame.UNIT

    @property
    def banned_ids(self) -> tuple[int, ...]:
        return self._known(self.image_id, self.config.video_token_id)

    @property
    def _tile(self) -> int:
        return int(self.config.vision_config.image_size)

    @property
    def _tokens_per_side(self) -> int:
        return self._tile // int(self.config.vision_config.patch_size)

    def _canvas(self, size: Size) -> Size:
        """The grid of tiles that wastes least of an image of this size, in pixels."""
        width, height = size
        rows, columns = select_best_resolution((height, width), self.config.image_grid_pinpoints)
        return columns, rows

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        canvas = self._canvas(size) if is_alone else (self._tile, self._tile)
        scale = min(canvas[0] / size[0], canvas[1] / size[1])
        return min(math.ceil(size[0] * scale), canvas[0]), min(
            math.ceil(size[1] * scale), canvas[1]
        )

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        whole = self._tokens_per_side**2
        if not is_alone:
            return self.placeholder * (whole + 1)  # one newline
        width, height = self._grid(size)
        return self.placeholder * (whole + height * (width + 1))

    def _grid(self, size: Size) -> Size:
        """Columns and rows of features that an image's tiles leave, newlines not counted."""
        (width, height), side = size, self._tokens_per_side
        columns, rows = (edge // self._tile * side for edge in self._canvas(size))
        # As the model cuts: the same amount on both sides, halves rounded down.
        if width / height > columns / rows:
            rows -= (rows - int(round(height * columns / width, 7))) // 2 * 2
        else:
            columns -= (columns - int(round(width * rows / height, 7))) // 2 * 2
        most = int(self.config.vision_aspect_ratio.removeprefix("anyres_max_"))
        ratio = math.sqrt(columns * rows / (most * side**2))
        if ratio > 1.1:
            columns, rows = int(columns // ratio), int(rows // ratio)
        return columns, rows

    def features(self, image: Image, is_alone: bool = True) -> dict[str, Tensor]:
        # Images of one prompt come as a list of their own; a pair stands for any number.
        nested = [[image]] if is_alone else [[image, image]]
        prepared = self.processor(images=nested, return_tensors="pt")
        # Rows of tiles: so images of different shapes need no padding.
        return {
            "pixel_values": prepared["pixel_values"][0],
            "image_sizes": prepared["image_sizes"][:1],
        }

    def collate(
        self, images: Sequence[Mapping[str, Tensor]], images_per_prompt: Sequence[int]
    ) -> dict[str, Tensor]:
        counts = torch.tensor([count for count in images_per_prompt if count])
        return {**super().collate(images, images_per_prompt), "batch_num_images": counts}

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = word_tokenizer(size.words, ("<image>", "<video>"), image="<image>")
        grids = [
            [rows * size.tile, columns * size.tile] for rows in (1, 2) for columns in (1, 2, 3)
        ]
        processor = LlavaOnevisionImageProcessorPil(
            size={"height": size.tile, "width": size.tile}, image_grid_pinpoints=grids
        )
        config = LlavaOnevisionConfig(
            text_config=Qwen2Config(**size.language(tokenizer)),
            vision_config=SiglipVisionConfig(**size.square_vision()),
            image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
            video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
            image_grid_pinpoints=grids,
            vision_aspect_ratio="anyres_max_2",
            vision_feature_select_strategy="full",
            tie_word_embeddings=True,
        )
        return config, tokenizer, processor

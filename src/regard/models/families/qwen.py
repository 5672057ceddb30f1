"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: any resolution, 2x2 patches a token, M-RoPE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import Qwen2_5_VLConfig, Qwen2VLConfig, Qwen3VLConfig
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from regard.geometry.sizes import smart_resize
from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame


@family("qwen2_vl")
@family("qwen2_5_vl")
@family("qwen3_vl")
class QwenVL(Family):
    """An image of any size becomes whole tokens of 2x2 patches, row after row."""

    num_axes: ClassVar[int] = 3

    @property
    def trained_in(self) -> Frame:
        # Qwen2.5-VL alone was trained on pixels of the resized image.
        return Frame.INPUT if self.config.model_type == "qwen2_5_vl" else Frame.PER_MILLE

    @property
    def banned_ids(self) -> tuple[int, ...]:
        names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
        return self._known(*(getattr(self.config, name, None) for name in names))

    @property
    def _factor(self) -> int:
        return int(self.processor.patch_size * self.processor.merge_size)

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        limits = self.processor.size
        return smart_resize(
            *size,
            factor=self._factor,
            min_pixels=limits["shortest_edge"],
            max_pixels=limits["longest_edge"],
        )

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        width, height = self.input_size(size)
        return self.placeholder * ((width // self._factor) * (height // self._factor))

    def features(self, image: Any, is_alone: bool = True) -> dict[str, Tensor]:
        prepared = self._prepared(image)
        return {name: prepared[name] for name in ("pixel_values", "image_grid_thw")}

    def positions(self, ids: Int[Tensor, " P"], sizes: Sequence[Size]) -> Int[Tensor, "A P"]:
        """Text counts up on all three axes; an image's tokens take its rows and columns."""
        blocks, start, cursor = [], 0, 0
        is_image = (ids == self.image_id).tolist()
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

    def stock_inputs(
        self, model: Any, ids: Int[Tensor, "1 P"], pixels: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        # Without positions the model would go on from those of its last call.
        if not pixels:
            return {"position_ids": torch.arange(ids.shape[1], device=ids.device).expand(3, 1, -1)}
        kinds = (ids == self.image_id).int()
        grid = pixels["image_grid_thw"]
        axes, _ = model.model.get_rope_index(ids, mm_token_type_ids=kinds, image_grid_thw=grid)
        return {"position_ids": axes}

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = tiny_tokenizer(size)
        limits = {"shortest_edge": (2 * size.patch_size) ** 2, "longest_edge": size.max_pixels}
        processor = Qwen2VLImageProcessorPil(
            patch_size=size.patch_size, merge_size=2,
            temporal_patch_size=size.temporal_patch_size, size=limits,
        )  # fmt: skip
        vision: dict[str, Any] = {
            "depth": size.num_vision_layers,
            "num_heads": size.num_vision_heads,
            "patch_size": size.patch_size,
            "spatial_merge_size": 2,
            "temporal_patch_size": size.temporal_patch_size,
            "initializer_range": size.initializer_range,
        }
        if size.model_type == "qwen2_vl":
            vision |= {"embed_dim": size.vision_width, "mlp_ratio": 2, "hidden_size": size.width}
            kind: Any = Qwen2VLConfig
        elif size.model_type == "qwen2_5_vl":
            vision |= size.vision_widths() | {
                "out_hidden_size": size.width,
                "window_size": 8 * size.patch_size,
                "fullatt_block_indexes": list(range(size.num_vision_layers)),
            }
            kind = Qwen2_5_VLConfig
        else:
            vision |= size.vision_widths() | {
                "out_hidden_size": size.width,
                "num_position_embeddings": 256,
                "deepstack_visual_indexes": [0],
            }
            kind = Qwen3VLConfig
        text = size.language(tokenizer) | {"rope_parameters": mrope(size)}
        if size.model_type == "qwen3_vl":
            text["head_dim"] = size.head_width
        config = kind(
            text_config=text,
            vision_config=vision,
            initializer_range=size.initializer_range,
            tie_word_embeddings=True,
            **special_ids(tokenizer),
        )
        return config, tokenizer, processor


SPECIAL = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


def tiny_tokenizer(size: TinyModel) -> Any:
    """A small tokenizer with the marks of Qwen's images."""
    return word_tokenizer(size.words, SPECIAL, image="<|vision_start|><|image_pad|><|vision_end|>")


def special_ids(tokenizer: Any) -> dict[str, Any]:
    """The marks of Qwen's images as its configurations call them."""
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    return dict(zip(names, tokenizer.convert_tokens_to_ids(list(SPECIAL)), strict=True))


def mrope(size: TinyModel) -> dict[str, Any]:
    """Rotary positions that share a head's frequencies out between time, rows and columns."""
    sections = [size.head_width // 8, size.head_width * 3 // 16, size.head_width * 3 // 16]
    return {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": sections}

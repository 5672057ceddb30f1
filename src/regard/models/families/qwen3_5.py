"""Qwen3.5: Qwen3-VL's images, and layers whose memory of what came before is one state that recurs.

Such a layer keeps no keys that answers could share, so the model takes the plain path.
"""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import Qwen3_5Config
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from regard.models.families.qwen import QwenVL, mrope, special_ids, tiny_tokenizer
from regard.models.tiny import TinyModel
from regard.registry import family


@family("qwen3_5")
class Qwen35(QwenVL):
    """Three layers of four are linear attention (gated delta nets)."""

    shared_prefix: ClassVar[bool] = False

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = tiny_tokenizer(size)
        limits = {"shortest_edge": (2 * size.patch_size) ** 2, "longest_edge": size.max_pixels}
        processor = Qwen2VLImageProcessorPil(
            patch_size=size.patch_size, merge_size=2, temporal_patch_size=2, size=limits
        )
        # Half the layers recur, so that the smallest model has one of each.
        kinds = ["linear_attention", "full_attention"] * size.num_layers
        rope = mrope(size) | {"partial_rotary_factor": 1.0, "mrope_interleaved": True}
        text = size.language(tokenizer) | {
            "head_dim": size.head_width,
            "layer_types": kinds[: size.num_layers],
            "linear_key_head_dim": size.head_width,
            "linear_value_head_dim": size.head_width,
            "linear_num_key_heads": size.num_key_heads,
            "linear_num_value_heads": size.num_heads,
            "rope_parameters": rope,
        }
        vision = size.vision_widths() | {
            "depth": size.num_vision_layers,
            "num_heads": size.num_vision_heads,
            "patch_size": size.patch_size,
            "out_hidden_size": size.width,
            "num_position_embeddings": 256,
            "initializer_range": size.initializer_range,
        }
        config = Qwen3_5Config(
            text_config=text,
            vision_config=vision,
            tie_word_embeddings=True,
            **special_ids(tokenizer),
        )
        return config, tokenizer, processor

"""A vision-language model small enough to train from nothing on a laptop.

Built from a configuration, it is a Qwen2.5-VL in every respect but size (about one million
parameters), with a tokenizer of its own: one token for each word it is told of, and bytes for any
other text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

_CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}{% for part in message.content %}
{%- if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>
{%- else %} {{ part.text }}{% endif %}{% endfor %}<|im_end|>
{%- endfor -%}
{%- if add_generation_prompt %}<|im_start|>assistant{% endif -%}
"""

_ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, kw_only=True)
class TinyQwen:
    """A Qwen2.5-VL from nothing; the same seed gives the same weights."""

    words: tuple[str, ...]
    """What gets a token of its own; everything else is spelled in bytes."""
    width: int = 128
    """Features of the language model."""
    num_layers: int = 2
    num_heads: int = 4
    vision_width: int = 96
    """Features of the vision tower."""
    num_vision_layers: int = 2
    patch_size: int = 14
    """Side of a patch in pixels; 2x2 patches make one token."""
    max_pixels: int = 224 * 224
    """Larger images are scaled down to this."""
    max_prompt_tokens: int = 4096
    """Positions the configuration allows for."""
    initializer_range: float = 0.08
    """Spread of the first weights: a wide one gets a small model off its plateau sooner (ours)."""
    seed: int = 0

    def build(self) -> tuple[Any, Any, Any]:
        """Model, tokenizer and image processor."""
        tokenizer = word_tokenizer(self.words)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model = Qwen2_5_VLForConditionalGeneration(self._config(tokenizer))
        limits = {"shortest_edge": (2 * self.patch_size) ** 2, "longest_edge": self.max_pixels}
        processor = Qwen2VLImageProcessorPil(
            patch_size=self.patch_size, merge_size=2, temporal_patch_size=2, size=limits
        )
        return model, tokenizer, processor

    def _config(self, tokenizer: Any) -> Qwen2_5_VLConfig:
        ids = {name: tokenizer.convert_tokens_to_ids(name) for name in _SPECIAL}
        head_width = self.width // self.num_heads
        # M-RoPE shares a head's frequencies out: a quarter to time, three eighths to each axis.
        sections = [head_width // 8, head_width * 3 // 16, head_width * 3 // 16]
        text = {
            "vocab_size": len(tokenizer),
            "hidden_size": self.width,
            "intermediate_size": 3 * self.width,
            "num_hidden_layers": self.num_layers,
            "num_attention_heads": self.num_heads,
            "num_key_value_heads": max(self.num_heads // 2, 1),
            "max_position_embeddings": self.max_prompt_tokens,
            "initializer_range": self.initializer_range,
            "tie_word_embeddings": True,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10_000.0, "mrope_section": sections,
            },
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        }  # fmt: skip
        vision = {
            "depth": self.num_vision_layers,
            "hidden_size": self.vision_width,
            "intermediate_size": 3 * self.vision_width,
            "num_heads": max(self.vision_width // 32, 1),
            "out_hidden_size": self.width,
            "patch_size": self.patch_size,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 8 * self.patch_size,
            "fullatt_block_indexes": list(range(self.num_vision_layers)),
            "initializer_range": self.initializer_range,
        }
        whole: dict[str, Any] = {
            "text_config": text,
            "vision_config": vision,
            "initializer_range": self.initializer_range,
            "image_token_id": ids["<|image_pad|>"],
            "video_token_id": ids["<|video_pad|>"],
            "vision_start_token_id": ids["<|vision_start|>"],
            "vision_end_token_id": ids["<|vision_end|>"],
            "tie_word_embeddings": True,
        }
        return Qwen2_5_VLConfig(**whole)


def word_tokenizer(words: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """A tokenizer with one token for each of these words, and bytes for whatever else is said.

    >>> tokenizer = word_tokenizer(("what", "is", "<think>"))
    >>> tokenizer.tokenize("<think> what is")
    ['▁<think>', '▁what', '▁is']
    >>> tokenizer.decode(tokenizer.encode("what is naïve ?"))
    'what is naïve ?'
    """
    known = [f"▁{word}" for word in dict.fromkeys((*words, *_ROLES))]
    spelled = [f"<0x{byte:02X}>" for byte in range(256)]
    # A known word must always be likelier than its spelling, and a lone space than its bytes.
    pieces = [(token, 0.0) for token in _SPECIAL] + [(token, -20.0) for token in spelled]
    pieces += [("▁", -10.0)] + [(token, -1.0) for token in known]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    spaces, first_space = decoders.Replace("▁", " "), decoders.Strip(" ", 1, 0)
    tokenizer.decoder = decoders.Sequence(
        [spaces, decoders.ByteFallback(), decoders.Fuse(), first_space]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(_SPECIAL[1:]),
        chat_template=_CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )

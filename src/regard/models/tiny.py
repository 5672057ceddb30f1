"""Vision-language models small enough to train from nothing on a laptop.

Built from a configuration, each is one of its family in every respect but size (about one million
parameters), with a tokenizer of its own: one token for each word it is told of, and bytes for any
other text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForImageTextToText, AutoTokenizer, PreTrainedTokenizerFast
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from regard.models.first_weights import drawn_from
from regard.registry import family
from regard.types import Frame

_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

_CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}{% for part in message.content %}
{%- if part.type == 'image' %}IMAGE
{%- else %} {{ part.text }}{% endif %}{% endfor %}<|im_end|>
{%- endfor -%}
{%- if add_generation_prompt %}<|im_start|>assistant{% endif -%}
"""

_ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, kw_only=True)
class TinyModel:
    """A model of any supported family from nothing; the same seed gives the same weights."""

    model_type: str
    """The family, by the model type of its configurations."""
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
    """Side of a patch in pixels; where patches are merged, 2x2 make one token."""
    temporal_patch_size: int = 2
    """Frames of a patch, where a family takes videos; an image is repeated. 1 halves that work."""
    max_pixels: int = 224 * 224
    """Larger images are scaled down to this, where a family takes any size."""
    max_prompt_tokens: int = 4096
    """Positions the configuration allows for."""
    initializer_range: float = 0.08
    """Spread of the first weights: a wide one gets a small model off its plateau sooner (ours)."""
    answers_in: Frame | None = None
    """What it is to say coordinates in; None for what its family's published models do."""
    seed: int = 0

    def build(self) -> tuple[Any, Any, Any]:
        """Model, tokenizer and image processor."""
        config, tokenizer, processor = family[self.model_type].tiny(self)  # type: ignore[attr-defined]
        if self.answers_in is not None:
            config.answers_in = self.answers_in.value
        with drawn_from(self.seed):
            model = AutoModelForImageTextToText.from_config(config)
        return model, tokenizer, processor

    @property
    def tile(self) -> int:
        """Side of an image, in pixels, where a family cuts all images to squares."""
        return 4 * self.patch_size

    @property
    def head_width(self) -> int:
        return self.width // self.num_heads

    @property
    def num_key_heads(self) -> int:
        """Each key head serves two query heads."""
        return max(self.num_heads // 2, 1)

    @property
    def num_vision_heads(self) -> int:
        return max(self.vision_width // 32, 1)

    def language(self, tokenizer: Any) -> dict[str, Any]:
        """The language model's configuration, as far as families agree on it."""
        begin, _, end = tokenizer.convert_tokens_to_ids(list(_SPECIAL))
        return {
            "vocab_size": len(tokenizer),
            "hidden_size": self.width,
            "intermediate_size": 3 * self.width,
            "num_hidden_layers": self.num_layers,
            "num_attention_heads": self.num_heads,
            "num_key_value_heads": self.num_key_heads,
            "max_position_embeddings": self.max_prompt_tokens,
            "initializer_range": self.initializer_range,
            "tie_word_embeddings": True,
            "bos_token_id": begin,
            "eos_token_id": end,
            "pad_token_id": begin,
        }

    def vision_widths(self) -> dict[str, Any]:
        """The vision tower's widths, as most configurations call them."""
        return {"hidden_size": self.vision_width, "intermediate_size": 3 * self.vision_width}

    def square_vision(self) -> dict[str, Any]:
        """A vision tower for squares of one size."""
        return self.vision_widths() | {
            "num_hidden_layers": self.num_vision_layers,
            "num_attention_heads": self.num_vision_heads,
            "image_size": self.tile,
            "patch_size": self.patch_size,
            "initializer_range": self.initializer_range,
        }


@dataclass(frozen=True, kw_only=True)
class TinyQwen(TinyModel):
    """A Qwen2.5-VL from nothing; the same seed gives the same weights."""

    model_type: str = "qwen2_5_vl"


def word_tokenizer(words: Sequence[str], marks: Sequence[str] = (), image: str = "") -> Any:
    """A tokenizer with one token for each of these words, and bytes for whatever else is said.

    `marks` are special tokens beside those of the chat template, `image` is what the template
    writes for an image.

    >>> tokenizer = word_tokenizer(("what", "is", "<think>"))
    >>> tokenizer.tokenize("<think> what is")
    ['▁<think>', '▁what', '▁is']
    >>> tokenizer.decode(tokenizer.encode("what is naïve ?"))
    'what is naïve ?'
    """
    known = [f"▁{word}" for word in dict.fromkeys((*words, *_ROLES))]
    spelled = [f"<0x{byte:02X}>" for byte in range(256)]
    special = (*_SPECIAL, *marks)
    # A known word must always be likelier than its spelling, and a lone space than its bytes.
    pieces = [(token, 0.0) for token in special] + [(token, -20.0) for token in spelled]
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
        additional_special_tokens=list(special[1:]),
        chat_template=_CHAT_TEMPLATE.replace("IMAGE", image),
        clean_up_tokenization_spaces=False,
        made_of_words=True,
    )


def load_tokenizer(source: str | Path) -> Any:
    """The tokenizer of a checkpoint. One made here is taken as its file has it.

    Of some families (Qwen3.5) transformers rebuilds every tokenizer as the family's own.
    """
    is_ours = Path(source).exists() and get_tokenizer_config(source).get("made_of_words")
    return (PreTrainedTokenizerFast if is_ours else AutoTokenizer).from_pretrained(source)

"""Which weights learn: the parts of a vision-language model by name, and low-rank adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from regard.errors import CheckpointError, ConfigError, MissingExtra, nearest
from regard.models.first_weights import drawn_from

_WORDS = {
    "connector": ("merger", "multi_modal_projector", "connector", "deepstack", "image_newline"),
    "vision": ("visual", "vision_tower", "vision_model"),
    "embeddings": ("embed_tokens", "lm_head"),
}
"""What the pieces of a parameter's name begin with; the first part that fits has it."""

PARTS = ("vision", "connector", "language", "embeddings")
"""Every weight belongs to exactly one of these."""


@dataclass(frozen=True, kw_only=True)
class Lora:
    """Low-rank adapters (arXiv:2106.09685) in the linear layers of the trainable parts, by peft."""

    rank: int = 16
    alpha: int = 32
    """Adapters are scaled by alpha / rank."""
    seed: int = 0
    """Of their first weights."""


def part_of(name: str) -> str:
    """The part a parameter belongs to, by its name in the model.

    >>> [part_of(n) for n in ("model.visual.blocks.0.mlp.up_proj.weight", "lm_head.weight")]
    ['vision', 'embeddings']
    >>> [part_of(n) for n in ("model.visual.merger.mlp.0.bias", "model.language_model.norm.weight")]
    ['connector', 'language']
    """
    pieces = name.split(".")
    for part, words in _WORDS.items():
        if any(piece.startswith(words) for piece in pieces):
            return part
    return "language"


def choose(model: torch.nn.Module, parts: Sequence[str]) -> None:
    """Let only the weights of these parts learn. Weights tied to a frozen part stay frozen."""
    for part in parts:
        if part not in PARTS:
            raise ConfigError(f"unknown part of a model '{part}'; {nearest(part, PARTS)}")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name) in parts)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError(f"no weight of the model belongs to the trainable parts {list(parts)}")


def add_lora(model: Any, lora: Lora, parts: Sequence[str]) -> Any:
    """The model with adapters in the linear layers of these parts; nothing else learns."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingExtra("peft", "lora", "training with low-rank adapters") from error
    targets = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and part_of(name) in parts
        and part_of(name) != "embeddings"
    ]
    if not targets:
        raise ConfigError(f"no linear layer in the trainable parts {list(parts)} to adapt")
    config = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules=targets
    )
    with drawn_from(lora.seed):
        return get_peft_model(model, config)


def load_lora(model: Any, folder: Path) -> None:
    """Put saved adapters into a model that has adapters of the same shape."""
    from peft import load_peft_weights, set_peft_model_state_dict

    if not folder.is_dir():
        raise CheckpointError(f"{folder.parent} holds no adapters; was it trained without LoRA?")
    set_peft_model_state_dict(model, load_peft_weights(str(folder), device="cpu"))

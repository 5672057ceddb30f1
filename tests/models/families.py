"""Every family as a tiny model, and questions about pictures of awkward shapes."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from regard.data.images import ImageStore
from regard.data.worlds.digits import Digits
from regard.models.policy import Policy, PolicySpec
from regard.models.tiny import TinyModel
from regard.registry import family
from regard.types import Example, FreeText, ImageRef, Message

FAMILIES = tuple(family.names())

SHARED = tuple(name for name in FAMILIES if family[name].shared_prefix)
"""Families whose answers share their prompt's keys."""


def tiny(model_type: str) -> TinyModel:
    """The smallest model of a family that has everything."""
    return TinyModel(
        model_type=model_type, words=Digits.words(), width=32, num_heads=2, vision_width=32,
        num_vision_layers=1, max_prompt_tokens=1024,
    )  # fmt: skip


def load(model_type: str, **options: Any) -> Policy:
    return PolicySpec(weights=tiny(model_type), **options).load()


@cache
def picture(width: int, height: int) -> ImageRef:
    """Noise of this size: every pixel matters."""
    pixels = np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return ImageStore().put(file.getvalue())


def question(name: str, *parts: str | ImageRef) -> Example:
    return conversation(name, Message("user", parts))


def conversation(name: str, *messages: Message) -> Example:
    return Example(id=name, messages=messages, target=FreeText("7"))

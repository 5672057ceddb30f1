"""What a vision tower that does not learn makes of images: made once, kept, and given to the model.

transformers' models take the output of their vision tower and connector in the place of pixels
(`mm_encoder_outputs`). While neither learns, an image is the same to the model at every step, and
to a reference that shares them; so it is encoded once, for as long as there is room to keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from regard.models.keeping import Kept
from regard.models.parts import part_of
from regard.models.prompts import Prompt

Features = dict[str, Any]
"""What a tower made of a prompt's images: tensors, or tuples of them, by name."""

_MAX_BYTES = 512 * 2**20
"""Ours: some 30,000 images of 64 tokens and 64 features, or 150 of 1,000 tokens and 896."""

_DEEP = "deepstack_features"
"""Qwen3-VL's: features of inner layers of the tower, added to the first layers of language."""


def is_frozen(model: torch.nn.Module) -> bool:
    """Whether nothing that learns stands between a picture and its embeddings."""
    return not any(
        parameter.requires_grad
        for name, parameter in model.named_parameters()
        if part_of(name) in ("vision", "connector")
    )


class FeatureStore:
    """The embeddings of prompts' images, as one frozen tower makes them."""

    def __init__(self) -> None:
        self._kept = Kept[tuple[str, ...], Features](_MAX_BYTES)

    def clear(self) -> None:
        """Forget everything: the tower has changed."""
        self._kept.clear()

    def of(self, prompts: Sequence[Prompt], encode: Callable[[Prompt], Any]) -> dict[str, Any]:
        """All images of these prompts, in their order, as the model wants them; empty for none.

        `encode` runs the tower for the images of one prompt: siblings may be seen in less detail.
        """
        with_images = [prompt for prompt in prompts if prompt.images]
        if not with_images:
            return {}
        found = [
            self._kept.of(
                tuple(image.digest for image in prompt.images),
                lambda prompt=prompt: _wanted(encode(prompt)),  # type: ignore[misc]
            )
            for prompt in with_images
        ]
        return {"mm_encoder_outputs": {"image": _joined(found)}}


def _wanted(output: Any) -> Features:
    """What the language model takes of a tower's output, cut off from all else of it."""
    images = output.pooler_output
    found: Features = {"images": images if isinstance(images, Tensor) else tuple(images)}
    if hasattr(output, _DEEP):
        found[_DEEP] = tuple(torch.cat(layer) for layer in getattr(output, _DEEP))
    return found


def _joined(outputs: Sequence[Features]) -> Any:
    """The outputs of several prompts as those of one call."""
    images: list[Any] = [output["images"] for output in outputs]
    together: Any = torch.cat(images) if isinstance(images[0], Tensor) else sum(images, ())
    layers = zip(*(output.get(_DEEP, ()) for output in outputs), strict=True)
    return SimpleNamespace(pooler_output=together, deepstack_features=list(layers))

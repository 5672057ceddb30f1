"""Is the model looking? The same questions about pictures that do not belong to them.

What a policy gets right here it gets right without seeing: by how often an answer occurs, by what
the question gives away. Held-out accuracy is worth only what it has above that.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from regard.data.images import ImageStore
from regard.data.mixing import Source
from regard.types import Dataset, Example, ImageRef

_NEIGHBOURS = 16
"""Examples looked at for pictures of the same sizes, before noise takes their place."""


@dataclass(frozen=True)
class Blind:
    """A source whose questions keep their truth and lose their pictures."""

    data: Source

    def load(self) -> Dataset:
        """The examples at the same places, each with another's pictures."""
        return _Exchanged(self.data.load())


@dataclass(frozen=True)
class _Exchanged:
    dataset: Dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Example:
        example = self.dataset[index]
        if not example.images:
            return example
        others = _others(self.dataset, index, example)
        return with_images(example, dict(zip(example.images, others, strict=True)))


def _others(dataset: Dataset, index: int, example: Example) -> tuple[ImageRef, ...]:
    """Pictures of the next example that has as many, of the same sizes, and none in common.

    The sizes stay, since boxes and points are scored by them.
    """
    for step in range(1, min(_NEIGHBOURS, len(dataset) - 1) + 1):
        images = dataset[(index + step) % len(dataset)].images
        if _sizes(images) == _sizes(example.images) and not set(images) & set(example.images):
            return images
    return tuple(_noise(image) for image in example.images)


def _sizes(images: tuple[ImageRef, ...]) -> list[tuple[int, int]]:
    return [(image.width, image.height) for image in images]


def _noise(image: ImageRef) -> ImageRef:
    """Even noise of an image's size, the same whenever it is asked for."""
    random = np.random.default_rng(int(image.digest[:16], 16))
    pixels = random.integers(0, 256, (image.height, image.width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return ImageStore().put(file.getvalue())


def with_images(example: Example, others: Mapping[ImageRef, ImageRef]) -> Example:
    """The same example with other pictures in the places of its own."""
    messages = tuple(
        replace(
            message,
            parts=tuple(
                others[part] if isinstance(part, ImageRef) else part for part in message.parts
            ),
        )
        for message in example.messages
    )
    return replace(example, messages=messages)

"""What a step is measured on: a shape, a model, pictures, and the least that must be multiplied.

The model is a Qwen2.5-VL of 7.5 million weights: a language model 256 wide with 6 layers, a vision
tower 160 wide with 4, and 4096 words; an image token costs the tower about what it costs the
language model, as in the model of 3 billion weights. Pictures are crops of scikit-learn's two
photographs, of the size that makes the wanted number of visual tokens (28x28 pixels each).
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from regard.models.tiny import TinyQwen
from regard.types import Example, FreeText, ImageRef, Message

NUM_WORDS = 3800
"""Words that get a token of their own: with bytes and markup, a vocabulary of about 4,096."""
QUESTION = " ".join(f"w{i}" for i in range(40))
MEAN_SHARE = 0.45
"""Mean length of ragged completions, as a share of the greatest."""


@dataclass(frozen=True)
class Shape:
    """How much there is to do for one prompt."""

    visual_tokens: int
    new_tokens: int
    """The greatest length of a completion."""
    group_size: int
    is_ragged: bool = False
    """Whether completions end by themselves, at different lengths."""

    @classmethod
    def parse(cls, text: str, is_ragged: bool) -> Shape:
        """A shape written as 256/128/8."""
        return cls(*map(int, text.split("/")), is_ragged=is_ragged)

    def __str__(self) -> str:
        sizes = f"{self.visual_tokens}/{self.new_tokens}/{self.group_size}"
        return f"{sizes} ragged" if self.is_ragged else sizes

    @property
    def side(self) -> int:
        """Pixels of a side of the square image."""
        return 28 * math.isqrt(self.visual_tokens)


def model_spec(num_words: int = NUM_WORDS) -> TinyQwen:
    """The model both train."""
    return TinyQwen(
        words=tuple(f"w{i}" for i in range(num_words)),
        width=256, num_layers=6, num_heads=4, vision_width=160, num_vision_layers=4,
        max_pixels=1024 * 1024, initializer_range=0.02,
    )  # fmt: skip


def examples(shape: Shape, num_prompts: int, num_steps: int) -> list[Example]:
    """Prompts of all steps, each with a picture of its own."""
    photographs = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    rng = np.random.default_rng(0)
    return [
        Example(
            id=f"{shape}-{number}",
            messages=(
                Message("user", (_crop(photographs[number % 2], shape.side, rng), QUESTION)),
            ),
            target=FreeText(""),
        )
        for number in range(num_prompts * num_steps)
    ]


def extra_stop_ids(shape: Shape, vocabulary: int) -> list[int]:
    """Words declared to end a completion, so many that lengths come out ragged.

    With near-equal chances for all words, lengths are geometric, cut at the greatest: the chance is
    chosen so that their mean is `MEAN_SHARE` of it.
    """
    if not shape.is_ragged:
        return []
    low, high = 1e-6, 1.0
    while high - low > 1e-9:
        chance = (low + high) / 2
        mean = (1 - (1 - chance) ** shape.new_tokens) / chance
        low, high = (chance, high) if mean > MEAN_SHARE * shape.new_tokens else (low, chance)
    return list(range(vocabulary - round(low * vocabulary), vocabulary))


def flops_bound(shape: Shape, spec: TinyQwen, mean_tokens: float, *, has_reference: bool) -> float:
    """TRL's multiplications over ours, if either wasted nothing of its own design.

    For one prompt, with v for its image, p for its tokens, r for a completion's and h for the head:
    TRL samples with v + p + r a completion, and learns with three times that and four heads; ours
    runs v and p once for the group with a graph, which costs three times in all. A reference adds
    one pass to each.
    """
    width, hidden = spec.width, 3 * spec.width
    layer = 2 * width * width + width * width + 3 * width * hidden  # half as many key heads
    token = spec.num_layers * layer
    patch = 4 * spec.vision_width**2 + 3 * spec.vision_width * 3 * spec.vision_width
    merger = (4 * spec.vision_width) ** 2 + 4 * spec.vision_width * width
    embed = 3 * 2 * spec.patch_size**2 * spec.vision_width
    v = shape.visual_tokens * (4 * (spec.num_vision_layers * patch + embed) + merger)
    p = (shape.visual_tokens + len(QUESTION.split()) + 6) * token
    r, h = mean_tokens * token, mean_tokens * len(spec.words) * width
    g = shape.group_size
    theirs = 4 * g * (v + p + r) + g * 5 * h + has_reference * g * (v + p + r + h)
    ours = 3 * (v + p) + 4 * g * (r + h) + has_reference * ((v + p) + g * (r + h))
    return theirs / ours


def _crop(photograph: Image.Image, side: int, rng: np.random.Generator) -> ImageRef:
    width = int(rng.integers(200, 400))
    x, y = (int(rng.integers(0, room - width)) for room in photograph.size)
    picture = photograph.crop((x, y, x + width, y + width)).resize((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    png = buffer.getvalue()
    return ImageRef(hashlib.sha256(png).hexdigest(), side, side, png)

"""SmolVLM and Idefics3: an image in square tiles, row by row and named, and whole at the end."""

from __future__ import annotations

import math
import re
from typing import Any

from PIL.Image import Image
from torch import Tensor
from transformers import Idefics3Config, LlamaConfig, SmolVLMConfig
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame

_LONGEST = 4096
"""No side is scaled above this before tiles are cut."""

_AROUND, _WHOLE = "<fake_token_around_image>", "<global-img>"


@family("idefics3")
@family("smolvlm")
class Idefics(Family):
    """Tiles say where they are (`<row_1_col_2>`); each makes the same number of tokens."""

    @property
    def trained_in(self) -> Frame:
        # Neither was trained on boxes in one frame; shares of the image suit tiles best.
        return Frame.UNIT

    @property
    def banned_ids(self) -> tuple[int, ...]:
        marks = [
            number
            for word, number in self.tokenizer.get_added_vocab().items()
            if word in (_AROUND, _WHOLE) or re.fullmatch(r"<row_\d+_col_\d+>", word)
        ]
        return self._known(self.image_id, *marks)

    @property
    def _tile(self) -> int:
        return int(self.processor.max_image_size["longest_edge"])

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        if not self.processor.do_image_splitting:
            return self._tile, self._tile
        width, height = _scaled(size, self.processor.size["longest_edge"])
        # The longer side to whole tiles, then the shorter, from the shape there was.
        shape, tile = width / height, self._tile
        if width >= height:
            width = math.ceil(width / tile) * tile
            return width, math.ceil(int(width / shape) / tile) * tile
        height = math.ceil(height / tile) * tile
        return math.ceil(int(height * shape) / tile) * tile, height

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        vision = self.config.vision_config
        num_tokens = (vision.image_size // vision.patch_size) ** 2 // self.config.scale_factor**2
        pieces = self.placeholder * num_tokens
        whole = f"{_AROUND}{_WHOLE}{pieces}{_AROUND}"
        columns, rows = (side // self._tile for side in self.input_size(size))
        if columns * rows == 1:
            return whole
        lines = [
            "".join(f"{_AROUND}<row_{row + 1}_col_{col + 1}>{pieces}" for col in range(columns))
            for row in range(rows)
        ]
        return "".join(f"{line}\n" for line in lines) + f"\n{whole}"

    def features(self, image: Image, is_alone: bool = True) -> dict[str, Tensor]:
        # [1, tiles, …] -> [tiles, …]: images with different numbers of tiles need no padding.
        return {"pixel_values": self._prepared(image)["pixel_values"][0][:, None]}

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        places = [f"<row_{row}_col_{col}>" for row in (1, 2, 3) for col in (1, 2, 3)]
        tokenizer = word_tokenizer(
            size.words, ("<image>", _AROUND, _WHOLE, *places, "<end_of_utterance>"), image="<image>"
        )
        is_smol = size.model_type == "smolvlm"
        processor = (SmolVLMImageProcessorPil if is_smol else Idefics3ImageProcessorPil)(
            size={"longest_edge": 2 * size.tile}, max_image_size={"longest_edge": size.tile}
        )
        config = (SmolVLMConfig if is_smol else Idefics3Config)(
            text_config=LlamaConfig(**size.language(tokenizer)),
            vision_config=size.square_vision(),
            image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
            scale_factor=2,
            tie_word_embeddings=True,
        )
        return config, tokenizer, processor


def _scaled(size: Size, longest: int) -> Size:
    """An image's size with its longer side at `longest`, the other cut to a whole, then even."""
    width, height = size
    shape = width / height
    if width >= height:
        short = int(longest / shape)
        width, height = longest, max(short + short % 2, 1)
    else:
        short = int(longest * shape)
        width, height = max(short + short % 2, 1), longest
    if max(width, height) <= _LONGEST:
        return width, height
    shape = width / height
    if width >= height:
        return _LONGEST, max(int(_LONGEST / shape), 1)
    return max(int(_LONGEST * shape), 1), _LONGEST

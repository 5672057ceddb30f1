"""InternVL in transformers' own form ("-hf"): tiles in the grid nearest in shape, and the whole."""

from __future__ import annotations

from typing import Any

from PIL.Image import Image
from torch import Tensor
from transformers import InternVLConfig, Qwen2Config
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

from regard.geometry.sizes import tile_grid
from regard.models.families.family import Family, Size
from regard.models.tiny import TinyModel, word_tokenizer
from regard.registry import family
from regard.types import Frame

_START, _END = "<img>", "</img>"


@family("internvl")
class InternVL(Family):
    """Every tile makes the same number of tokens, all of them between two marks."""

    @property
    def trained_in(self) -> Frame:
        return Frame.PER_MILLE

    @property
    def banned_ids(self) -> tuple[int, ...]:
        marks = (self.tokenizer.convert_tokens_to_ids(mark) for mark in (_START, _END, "<video>"))
        unknown = self.tokenizer.unk_token_id
        return self._known(self.image_id, *(mark for mark in marks if mark != unknown))

    def _grid(self, size: Size) -> Size:
        """Columns and rows of tiles."""
        tile = self.processor.size["width"]
        return tile_grid(*size, max_tiles=self.processor.max_patches, tile=tile)

    def input_size(self, size: Size, is_alone: bool = True) -> Size:
        columns, rows = self._grid(size)
        return columns * self.processor.size["width"], rows * self.processor.size["height"]

    def image_text(self, size: Size, is_alone: bool = True) -> str:
        columns, rows = self._grid(size)
        num_tiles = columns * rows + (columns * rows > 1)  # and the thumbnail
        return f"{_START}{self.placeholder * (num_tiles * self._tokens_per_tile)}{_END}"

    @property
    def _tokens_per_tile(self) -> int:
        vision = self.config.vision_config
        side = int(vision.image_size[0] // vision.patch_size[0] * self.config.downsample_ratio)
        return side * side

    def features(self, image: Image, is_alone: bool = True) -> dict[str, Tensor]:
        # InternVL's processor asks for tiles whatever the image processor's own file says.
        return {"pixel_values": self._prepared(image, crop_to_patches=True)["pixel_values"]}

    @classmethod
    def tiny(cls, size: TinyModel) -> tuple[Any, Any, Any]:
        tokenizer = word_tokenizer(
            size.words, ("<IMG_CONTEXT>", _START, _END, "<video>"), image="<IMG_CONTEXT>"
        )
        processor = GotOcr2ImageProcessorPil(
            size={"height": size.tile, "width": size.tile}, max_patches=4
        )
        vision = size.square_vision() | {
            "image_size": (size.tile, size.tile),
            "patch_size": (size.patch_size, size.patch_size),
        }
        config = InternVLConfig(
            text_config=Qwen2Config(**size.language(tokenizer)),
            vision_config=vision,
            image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
            image_seq_length=(size.tile // size.patch_size // 2) ** 2,
            tie_word_embeddings=True,
        )
        return config, tokenizer, processor

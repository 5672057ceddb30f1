"""The processors of transformers, put together without torchvision, as oracles of prompts."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

from transformers.models.gemma3.processing_gemma3 import Gemma3Processor
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.internvl.processing_internvl import InternVLProcessor
from transformers.models.llava.processing_llava import LlavaProcessor
from transformers.models.llava_onevision.processing_llava_onevision import LlavaOnevisionProcessor
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.models.smolvlm import processing_smolvlm

from regard.models.policy import Policy

PROCESSORS: dict[str, Any] = {
    "qwen2_vl": Qwen2VLProcessor,
    "qwen2_5_vl": Qwen2_5_VLProcessor,
    "qwen3_vl": Qwen3VLProcessor,
    "qwen3_5": Qwen3VLProcessor,
    "llava": LlavaProcessor,
    "llava_onevision": LlavaOnevisionProcessor,
    "idefics3": Idefics3Processor,
    "smolvlm": processing_smolvlm.SmolVLMProcessor,
    "internvl": InternVLProcessor,
    "gemma3": Gemma3Processor,
}

TOKENS = {
    "internvl": {
        "start_image_token": "<img>", "end_image_token": "</img>", "video_token": "<video>",
        "context_image_token": "<IMG_CONTEXT>",
    },
    "gemma3": {
        "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>",
        "image_token": "<image_soft_token>",
    },
}  # fmt: skip
"""What these processors ask their tokenizers for by name."""


def stock_processor(policy: Policy, monkeypatch: Any) -> Any:
    """The processor of the policy's family, around a copy of the policy's tokenizer."""
    kind = policy.base.config.model_type
    tokenizer = copy.deepcopy(policy.tokenizer)  # some processors add tokens to theirs
    for name, token in TOKENS.get(kind, {}).items():
        setattr(tokenizer, name, token)
        setattr(tokenizer, f"{name}_id", tokenizer.convert_tokens_to_ids(token))
    # SmolVLM's needs num2words for videos; all that know videos ask torchvision for a class.
    monkeypatch.setattr(processing_smolvlm, "num2words", str)
    config = policy.base.config
    vision = config.vision_config
    options: dict[str, Any] = {}
    if kind in ("idefics3", "smolvlm"):
        options["image_seq_len"] = (vision.image_size // vision.patch_size // 2) ** 2
    elif kind == "internvl":
        options["image_seq_length"] = config.image_seq_length
    elif kind == "gemma3":
        options["image_seq_length"] = config.mm_tokens_per_image
    elif kind == "llava":
        options |= {
            "patch_size": vision.patch_size, "num_additional_image_tokens": 1,
            "vision_feature_select_strategy": config.vision_feature_select_strategy,
        }  # fmt: skip
    elif kind == "llava_onevision":
        options |= {
            "num_image_tokens": (vision.image_size // vision.patch_size) ** 2,
            "vision_feature_select_strategy": config.vision_feature_select_strategy,
            "vision_aspect_ratio": config.vision_aspect_ratio,
        }

    class WithoutVideo(PROCESSORS[kind]):  # type: ignore[misc]
        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            return type(argument)

    if "video_processor" in PROCESSORS[kind].get_attributes():
        options["video_processor"] = SimpleNamespace(num_frames=1, fps=1)
    return WithoutVideo(
        policy.processor, tokenizer, chat_template=tokenizer.chat_template, **options
    )

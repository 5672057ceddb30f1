"""GGUF and ONNX are read, and what is broken is told."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from tests.assembly.small import gguf, onnx

from regard.assembly.gguf import read_gguf
from regard.assembly.onnx import read_onnx, weights_by_bias
from regard.errors import DataError


def test_fields_of_every_kind():
    fields = {"one": 1, "half": 0.5, "word": "naïve", "list": ["a", "b"], "lists": [[1], [2, 3]]}
    assert read_gguf(gguf(fields, {})).fields == fields


def test_four_bits_are_a_scale_a_least_value_and_levels():
    # level 1 in the lower half of every byte, 15 in the upper: 16 values 0.5 * 1 - 2, then 16 of
    # 0.5 * 15 - 2
    block = struct.pack("<ee", 0.5, -2.0) + bytes([0xF1] * 16)
    (tensor,) = read_gguf(gguf({}, {"t": ((1, 32), 3, block)})).tensors.values()
    assert tensor.tolist() == [[-1.5] * 16 + [5.5] * 16]


def test_eight_bits_are_a_scale_and_signed_bytes():
    block = struct.pack("<e", 0.25) + struct.pack("32b", *range(-16, 16))
    (tensor,) = read_gguf(gguf({}, {"t": ((32,), 8, block)})).tensors.values()
    assert tensor.tolist() == [number / 4 for number in range(-16, 16)]


def test_halves_and_floats_stand_as_they_are():
    tensors = read_gguf(
        gguf(
            {},
            {
                "h": ((3,), 1, struct.pack("<3e", 1, 2, 3)),
                "f": ((2, 1), 0, struct.pack("<2f", 4, 5)),
            },
        )
    ).tensors
    assert tensors["h"].tolist() == [1, 2, 3]
    assert tensors["f"].tolist() == [[4], [5]]


WHOLE = gguf({"name": "x"}, {"t": ((32,), 8, bytes(34))})


@pytest.mark.parametrize("length", [0, 3, 20, 40, 80, len(WHOLE) - 40])
def test_a_file_that_ends_in_the_middle_is_told(length):
    with pytest.raises(DataError, match="GGUF"):
        read_gguf(WHOLE[:length])


def test_an_unknown_way_of_storing_is_told():
    with pytest.raises(DataError, match="stored in way 14"):
        read_gguf(gguf({}, {"t": ((32,), 14, bytes(34))}))


def test_matrices_are_named_after_their_biases():
    matrix = np.arange(6.0).reshape(2, 3)
    constants = {"m": matrix, "a.bias": np.zeros(3), "b.bias": np.zeros(3)}
    nodes = [
        ("MatMul", ["x", "m"], ["y"]), ("Add", ["a.bias", "y"], ["z"]),
        ("Add", ["z", "b.bias"], ["w"]), ("MatMul", ["q", "k"], ["scores"]),
    ]  # fmt: skip
    graph = read_onnx(onnx(nodes, constants))
    assert {name: found.tolist() for name, found in weights_by_bias(graph).items()} == {
        "a.weight": matrix.T.tolist()  # nothing was multiplied before b's bias was added
    }


@pytest.mark.parametrize(
    "data", [b"", b"hello world", b"\xff" * 40, onnx([("Add", [], [])], {})[:-3]]
)
def test_what_is_no_model_is_told(data):
    with pytest.raises(DataError, match="not an ONNX model"):
        read_onnx(data)

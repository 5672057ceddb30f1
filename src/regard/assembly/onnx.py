"""ONNX, as far as it holds weights: a graph's constants and the nodes that use them.

The file is a message of protocol buffers; numbers of fields are those of onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.errors import DataError

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_GRAPH = 7  # of a model
_NODE, _CONSTANT = 1, 5  # of a graph
_FLOAT = 1  # a data type


@dataclass(frozen=True)
class Node:
    """One operation of a graph."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """What is computed, and the floats it is computed with."""

    nodes: tuple[Node, ...]
    constants: dict[str, NDArray[np.float32]]


def read_onnx(data: bytes) -> Graph:
    """The nodes and the float constants of a model; constants of other types are passed over."""
    nodes: list[Node] = []
    constants: dict[str, NDArray[np.float32]] = {}
    for number, graph in _fields(memoryview(data)):
        if number == _GRAPH and isinstance(graph, memoryview):
            for inner, part in _fields(graph):
                if inner == _NODE and isinstance(part, memoryview):
                    nodes.append(_node(part))
                elif inner == _CONSTANT and isinstance(part, memoryview):
                    constants |= _constant(part)
    if not nodes:
        raise DataError(f"not an ONNX model: no graph in its {len(data):,} bytes")
    return Graph(tuple(nodes), constants)


def weights_by_bias(graph: Graph) -> dict[str, NDArray[np.float32]]:
    """The matrices of linear layers, each named after its bias.

    Exporters fold a layer's transposed matrix into a nameless constant, but its bias keeps its
    name: where `x @ matrix + a.bias` is computed, the matrix is the transpose of `a.weight`.
    """
    products = {
        node.outputs[0]: node.inputs[1]
        for node in graph.nodes
        if node.kind == "MatMul" and node.inputs[1] in graph.constants
    }
    return {
        bias.removesuffix("bias") + "weight": graph.constants[products[product]].T
        for node in graph.nodes
        if node.kind == "Add"
        for bias, product in (node.inputs, node.inputs[::-1])
        if bias.endswith(".bias") and product in products
    }


def _node(message: memoryview) -> Node:
    inputs, outputs, kind = [], [], ""
    for number, value in _fields(message):
        if isinstance(value, memoryview):
            if number == 1:
                inputs.append(_text(value))
            elif number == 2:
                outputs.append(_text(value))
            elif number == 4:
                kind = _text(value)
    return Node(kind, tuple(inputs), tuple(outputs))


def _constant(message: memoryview) -> dict[str, NDArray[np.float32]]:
    shape: list[int] = []
    name, kind, raw = "", 0, memoryview(b"")
    for number, value in _fields(message):
        if isinstance(value, int):
            if number == 1:
                shape.append(value)
            elif number == 2:
                kind = value
        elif number == 1:
            shape += _packed(value)
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = value
    if kind != _FLOAT:
        return {}
    values = np.frombuffer(raw, "<f4")
    if values.size != np.prod(shape, dtype=int):
        raise DataError(f"ONNX constant '{name}': {values.size} values do not fit shape {shape}")
    return {name: values.reshape(shape)}


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message: their numbers with an integer or with bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(kind, len(message))
        if at + length > len(message):
            raise DataError("not an ONNX model, or one that ends in the middle")
        yield number, message[at : at + length]
        at += length


def _packed(message: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """An integer in groups of seven bits, the lowest first, and the place after it."""
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise DataError("not an ONNX model, or one that ends in the middle")


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", errors="replace")

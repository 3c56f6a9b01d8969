"""Output shapes of ONNX layers: convolution, product, attention, recurrence, normalisation, quantisation."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np

from setsuden.workload.profile.targets.onnx.model import Node
from setsuden.workload.profile.targets.onnx.values import (
    BOOL,
    FLOAT,
    INT32,
    INT64,
    UINT8,
    Value,
)


def same(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The shape and type of the first input."""
    return [ins[0].like(ins[0].shape)] * max(1, len(node.outputs))


def broadcast(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """NumPy broadcasting; comparisons give truth values."""
    shape = np.broadcast_shapes(*(value.shape for value in ins if value is not None))
    kind = BOOL if node.op in _COMPARISONS else ins[1 if node.op == "Where" else 0].kind
    return [Value(shape, kind)]


_COMPARISONS = {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor"}


def windows(node: Node, spatial: Sequence[int], kernel: Sequence[int]) -> list[int]:
    """How many positions a window has along each axis."""
    rank = len(spatial)
    strides = node.attributes.get("strides") or [1] * rank
    dilations = node.attributes.get("dilations") or [1] * rank
    pads = node.attributes.get("pads") or [0] * 2 * rank
    auto = node.attributes.get("auto_pad", "NOTSET")
    rounded = ceil if node.attributes.get("ceil_mode") else floor
    sizes = []
    for axis, size in enumerate(spatial):
        span = dilations[axis] * (kernel[axis] - 1) + 1
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            sizes.append(ceil(size / strides[axis]))
        elif auto == "VALID":
            sizes.append(ceil((size - span + 1) / strides[axis]))
        else:
            sizes.append(rounded((size + pads[axis] + pads[axis + rank] - span) / strides[axis]) + 1)
    return sizes


def convolution(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Batch, weight's first axis, positions of the window."""
    weight = ins[3] if node.op == "QLinearConv" else ins[1]
    kernel = node.attributes.get("kernel_shape") or weight.shape[2:]
    sizes = windows(node, ins[0].shape[2:], kernel)
    kind = INT32 if node.op == "ConvInteger" else ins[0].kind
    return [Value((ins[0].shape[0], weight.shape[0], *sizes), kind)]


def transposed(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Batch, weight's second axis times groups, the windows undone."""
    source, weight = ins[0], ins[1]
    rank = len(source.shape) - 2
    attributes = node.attributes
    strides, dilations = attributes.get("strides") or [1] * rank, attributes.get("dilations") or [1] * rank
    pads, extra = attributes.get("pads") or [0] * 2 * rank, attributes.get("output_padding") or [0] * rank
    sizes = attributes.get("output_shape") or [
        strides[axis] * (source.shape[2 + axis] - 1)
        + extra[axis]
        + (weight.shape[2 + axis] - 1) * dilations[axis]
        + 1
        - pads[axis]
        - pads[axis + rank]
        for axis in range(rank)
    ]
    if attributes.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        sizes = [source.shape[2 + axis] * strides[axis] for axis in range(rank)]
    return [source.like((source.shape[0], weight.shape[1] * attributes.get("group", 1), *sizes[-rank:]))]


def pool(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Positions of the window; indices too where asked for."""
    shape = (*ins[0].shape[:2], *windows(node, ins[0].shape[2:], node.attributes["kernel_shape"]))
    return [ins[0].like(shape), Value(shape, INT64)][: len(node.outputs)]


def global_pool(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """One position per channel."""
    return [ins[0].like((*ins[0].shape[:2], *([1] * (len(ins[0].shape) - 2))))]


def product_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of NumPy's matmul."""
    if len(a) == 1 and len(b) == 1:
        return ()
    if len(a) == 1:
        return (*b[:-2], b[-1])
    if len(b) == 1:
        return a[:-1]
    return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])


def matmul(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """NumPy matmul, with the transposes of fused variants."""
    if node.op == "QLinearMatMul":
        return [Value(product_shape(ins[0].shape, ins[3].shape), ins[0].kind)]
    a, b = ins[0].shape, ins[1].shape
    if node.attributes.get("transA"):
        a = (*a[:-2], a[-1], a[-2])
    if node.attributes.get("transB"):
        b = (*b[:-2], b[-1], b[-2])
    kind = {"MatMulInteger": INT32, "MatMulIntegerToFloat": FLOAT, "DynamicQuantizeMatMul": FLOAT}.get(node.op)
    return [Value(product_shape(a, b), ins[0].kind if kind is None else kind)]


def matmul_packed(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Weights packed to few bits: their width is an attribute."""
    return [ins[0].like((*ins[0].shape[:-1], node.attributes["N"]))]


def einsum(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Letters of the result."""
    sizes, _, out = einsum_sizes(node.attributes["equation"], [value.shape for value in ins])
    return [ins[0].like(tuple(sizes[letter] for letter in out))]


def einsum_sizes(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[dict[str, int], list[str], str]:
    """Size of each letter, the letters of each operand, and of the result; an ellipsis becomes upper-case letters."""
    left, _, right = equation.replace(" ", "").partition("->")
    operands = left.split(",")
    sizes: dict[str, int] = {}
    hidden = ""
    for place, (letters, shape) in enumerate(zip(operands, shapes, strict=True)):
        if "..." in letters:
            extra = "".join(chr(0x391 + i) for i in range(len(shape) - len(letters) + 3))
            hidden = max(hidden, extra, key=len)
            operands[place] = letters = letters.replace("...", extra)
        for letter, size in zip(letters, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    if "->" not in equation:
        joined = "".join(operands)
        right = hidden + "".join(sorted(c for c in set(joined) - set(hidden) if joined.count(c) == 1))
    return sizes, operands, right.replace("...", hidden)


def gemm(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Rows by columns."""
    a, b = ins[0].shape, ins[1].shape
    rows = a[1] if node.attributes.get("transA") else a[0]
    columns = b[0] if node.attributes.get("transB") else b[1]
    return [ins[0].like((rows, columns))]


def recurrent(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """All steps, and the last states."""
    source, hidden = ins[0], node.attributes["hidden_size"]
    ways = ins[1].shape[0]
    batch_first = node.attributes.get("layout", 0)
    steps, batch = (source.shape[1], source.shape[0]) if batch_first else source.shape[:2]
    whole = (batch, steps, ways, hidden) if batch_first else (steps, ways, batch, hidden)
    last = (batch, ways, hidden) if batch_first else (ways, batch, hidden)
    return [source.like(whole), source.like(last), source.like(last)][: len(node.outputs)]


def attention(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Queries by value width; caches pass through."""
    q, v = ins[0], ins[2]
    if len(q.shape) == 4:
        shape: tuple[int, ...] = (*q.shape[:3], v.shape[-1])
    else:
        kv_heads = node.attributes.get("kv_num_heads") or node.attributes.get("num_heads", 1)
        heads = node.attributes.get("q_num_heads") or node.attributes.get("num_heads", kv_heads)
        shape = (*q.shape[:2], v.shape[-1] // kv_heads * heads)
    caches = [value.like(value.shape) for value in ins[1:3]][: max(0, len(node.outputs) - 1)]
    return [q.like(shape), *caches]


def packed_attention(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """com.microsoft Attention: input (batch, length, width), weight (width, q + k + v)."""
    return [ins[0].like((*ins[0].shape[:2], ins[1].shape[1] // 3))] * len(node.outputs)


def normalised(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The first input, with statistics shaped like its scale."""
    statistics = ins[1].like(ins[1].shape) if len(ins) > 1 and ins[1] is not None else ins[0]
    return [ins[0].like(ins[0].shape), *[statistics] * (len(node.outputs) - 1)]


def quantised(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The same shape in another type."""
    kind = ins[2].kind if len(ins) > 2 and ins[2] is not None else UINT8
    if node.op == "DequantizeLinear":
        kind = ins[1].kind
    if node.op == "DynamicQuantizeLinear":
        return [Value(ins[0].shape, UINT8), Value((), FLOAT), Value((), UINT8)]
    return [Value(ins[0].shape, kind)]


def embedded(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """com.microsoft EmbedLayerNormalization: (ids, segments, word embedding, ...)."""
    shape = (*ins[0].shape, ins[2].shape[-1])
    return [ins[2].like(shape), Value((ins[0].shape[0],), INT32), ins[2].like(shape)][: len(node.outputs)]


def identity(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The first input as it is; a mask beside it."""
    return [ins[0]] + [Value(ins[0].shape, BOOL)] * (len(node.outputs) - 1)

"""Multiply-accumulates of ONNX operators, by the same conventions as the formulas for torch."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from setsuden.workload.profile.targets.onnx.layer_shapes import einsum_sizes
from setsuden.workload.profile.targets.onnx.model import Node
from setsuden.workload.profile.targets.onnx.values import Value

Count = Callable[[Node, list[Any], list[Value]], int]


def _convolution(node: Node, ins: list[Any], outs: list[Value]) -> int:
    weight = ins[3] if node.op == "QLinearConv" else ins[1]
    return int(outs[0].elements * prod(weight.shape[1:]))


def _transposed(node: Node, ins: list[Any], outs: list[Value]) -> int:
    return int(ins[0].elements * prod(ins[1].shape[1:]))


def _product(node: Node, ins: list[Any], outs: list[Value]) -> int:
    shape = ins[0].shape
    inner = shape[-2] if node.attributes.get("transA") and len(shape) > 1 else shape[-1]
    return outs[0].elements * int(inner)


def _einsum(node: Node, ins: list[Any], outs: list[Value]) -> int:
    """Operands are contracted pairwise from the left, each letter summed as soon as nobody needs it."""
    sizes, operands, out = einsum_sizes(node.attributes["equation"], [value.shape for value in ins])
    done, macs = set(operands[0]), 0
    for place, letters in enumerate(operands[1:], 1):
        later = set(out).union(*operands[place + 1 :])
        together = done | set(letters)
        shared = done & set(letters)
        macs += prod(sizes[letter] for letter in together) if shared - later else 0
        done = together & later
    return macs


def _recurrent(node: Node, ins: list[Any], outs: list[Value]) -> int:
    # W (ways, gates x hidden, inputs) and R (ways, gates x hidden, hidden) meet every step of every sample
    steps = ins[0].elements // ins[0].shape[-1]
    return int(steps * (ins[1].elements + ins[2].elements))


def _attention(node: Node, ins: list[Any], outs: list[Value]) -> int:
    q, k, v = ins[:3]
    past = ins[4].shape[-2] if node.op == "Attention" and len(ins) > 4 and ins[4] is not None else 0
    if len(q.shape) == 4:
        heads, width, value_width, keys = q.shape[1], q.shape[3], v.shape[3], k.shape[2] + past
        rows = q.shape[0] * heads * q.shape[2]
        return int(rows * keys * (width + value_width))
    kv_heads = node.attributes.get("kv_num_heads") or node.attributes.get("num_heads", 1)
    heads = node.attributes.get("q_num_heads") or node.attributes.get("num_heads", kv_heads)
    widths = q.shape[2] // heads + v.shape[2] // kv_heads
    return int(q.shape[0] * q.shape[1] * heads * (k.shape[1] + past) * widths)


def _packed_attention(node: Node, ins: list[Any], outs: list[Value]) -> int:
    batch, length, width = ins[0].shape
    columns = ins[1].shape[1]
    return int(batch * length * width * columns + 2 * batch * length * length * columns // 3)


def _packed_weight(node: Node, ins: list[Any], outs: list[Value]) -> int:
    return outs[0].elements * int(node.attributes["K"])


COUNTS: dict[str, Count] = {
    "ConvTranspose": _transposed,
    "Einsum": _einsum,
    "Attention": _attention,
    "MultiHeadAttention": _attention,
    "QAttention": _packed_attention,
    "MatMulNBits": _packed_weight,
    "MatMulBnb4": _packed_weight,
}
for _name in ("Conv", "ConvInteger", "QLinearConv", "FusedConv"):
    COUNTS[_name] = _convolution
for _name in (
    "MatMul",
    "MatMulInteger",
    "QLinearMatMul",
    "FusedMatMul",
    "MatMulIntegerToFloat",
    "DynamicQuantizeMatMul",
    "Gemm",
    "FusedGemm",
):
    COUNTS[_name] = _product
for _name in ("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"):
    COUNTS[_name] = _recurrent

# com.microsoft has an operator of the same name with packed weights
PACKED_ATTENTION: Count = _packed_attention

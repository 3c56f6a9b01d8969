"""Output shapes of ONNX operators, small contents included: exported graphs compute their shapes as they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, prod
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
    content,
    integers,
    known,
)

Inputs = Sequence[Value | None]
Rule = Callable[[Node, list[Any], int], list[Value]]  # (node, inputs, opset) -> outputs


def _same(node: Node, ins: list[Any], opset: int) -> list[Value]:
    return [ins[0].like(ins[0].shape)] * max(1, len(node.outputs))


def _broadcast(node: Node, ins: list[Any], opset: int) -> list[Value]:
    shape = np.broadcast_shapes(*(value.shape for value in ins if value is not None))
    kind = BOOL if node.op in _COMPARISONS else ins[1 if node.op == "Where" else 0].kind
    return [Value(shape, kind)]


_COMPARISONS = {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor"}


def _windows(node: Node, spatial: Sequence[int], kernel: Sequence[int]) -> list[int]:
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


def _convolution(node: Node, ins: list[Any], opset: int) -> list[Value]:
    weight = ins[3] if node.op == "QLinearConv" else ins[1]
    kernel = node.attributes.get("kernel_shape") or weight.shape[2:]
    sizes = _windows(node, ins[0].shape[2:], kernel)
    kind = INT32 if node.op == "ConvInteger" else ins[0].kind
    return [Value((ins[0].shape[0], weight.shape[0], *sizes), kind)]


def _transposed(node: Node, ins: list[Any], opset: int) -> list[Value]:
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


def _pool(node: Node, ins: list[Any], opset: int) -> list[Value]:
    shape = (*ins[0].shape[:2], *_windows(node, ins[0].shape[2:], node.attributes["kernel_shape"]))
    return [ins[0].like(shape), Value(shape, INT64)][: len(node.outputs)]


def _global_pool(node: Node, ins: list[Any], opset: int) -> list[Value]:
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


def _matmul(node: Node, ins: list[Any], opset: int) -> list[Value]:
    if node.op == "QLinearMatMul":
        return [Value(product_shape(ins[0].shape, ins[3].shape), ins[0].kind)]
    a, b = ins[0].shape, ins[1].shape
    if node.attributes.get("transA"):
        a = (*a[:-2], a[-1], a[-2])
    if node.attributes.get("transB"):
        b = (*b[:-2], b[-1], b[-2])
    kind = {"MatMulInteger": INT32, "MatMulIntegerToFloat": FLOAT, "DynamicQuantizeMatMul": FLOAT}.get(node.op)
    return [Value(product_shape(a, b), ins[0].kind if kind is None else kind)]


def _matmul_packed(node: Node, ins: list[Any], opset: int) -> list[Value]:
    return [ins[0].like((*ins[0].shape[:-1], node.attributes["N"]))]


def _einsum(node: Node, ins: list[Any], opset: int) -> list[Value]:
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


def _gemm(node: Node, ins: list[Any], opset: int) -> list[Value]:
    a, b = ins[0].shape, ins[1].shape
    rows = a[1] if node.attributes.get("transA") else a[0]
    columns = b[0] if node.attributes.get("transB") else b[1]
    return [ins[0].like((rows, columns))]


def _recurrent(node: Node, ins: list[Any], opset: int) -> list[Value]:
    source, hidden = ins[0], node.attributes["hidden_size"]
    ways = ins[1].shape[0]
    batch_first = node.attributes.get("layout", 0)
    steps, batch = (source.shape[1], source.shape[0]) if batch_first else source.shape[:2]
    whole = (batch, steps, ways, hidden) if batch_first else (steps, ways, batch, hidden)
    last = (batch, ways, hidden) if batch_first else (ways, batch, hidden)
    return [source.like(whole), source.like(last), source.like(last)][: len(node.outputs)]


def _attention(node: Node, ins: list[Any], opset: int) -> list[Value]:
    q, v = ins[0], ins[2]
    if len(q.shape) == 4:
        shape: tuple[int, ...] = (*q.shape[:3], v.shape[-1])
    else:
        kv_heads = node.attributes.get("kv_num_heads") or node.attributes.get("num_heads", 1)
        heads = node.attributes.get("q_num_heads") or node.attributes.get("num_heads", kv_heads)
        shape = (*q.shape[:2], v.shape[-1] // kv_heads * heads)
    caches = [value.like(value.shape) for value in ins[1:3]][: max(0, len(node.outputs) - 1)]
    return [q.like(shape), *caches]


def _packed_attention(node: Node, ins: list[Any], opset: int) -> list[Value]:
    # com.microsoft Attention: input (batch, length, width), weight (width, q + k + v)
    return [ins[0].like((*ins[0].shape[:2], ins[1].shape[1] // 3))] * len(node.outputs)


def _reshape(node: Node, ins: list[Any], opset: int) -> list[Value]:
    wanted = integers(ins[1]) if len(ins) > 1 else node.attributes["shape"]
    shape = list(wanted)
    if not node.attributes.get("allowzero"):
        shape = [ins[0].shape[axis] if size == 0 else size for axis, size in enumerate(shape)]
    if -1 in shape:
        rest = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = ins[0].elements // rest if rest else 0
    return [_kept(ins[0], tuple(shape))]


def _kept(value: Value, shape: tuple[int, ...]) -> Value:
    data = value.data.reshape(shape) if value.data is not None else None
    return Value(shape, value.kind, data)


def _flatten(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axis = node.attributes.get("axis", 1) % (len(ins[0].shape) + 1)
    return [_kept(ins[0], (prod(ins[0].shape[:axis]), prod(ins[0].shape[axis:])))]


def _transpose(node: Node, ins: list[Any], opset: int) -> list[Value]:
    order = node.attributes.get("perm") or list(range(len(ins[0].shape)))[::-1]
    if ins[0].data is not None:
        return [known(ins[0].data.transpose(order))]
    return [ins[0].like(tuple(ins[0].shape[axis] for axis in order))]


def _axes(node: Node, ins: list[Any], place: int = 1) -> list[int] | None:
    if len(ins) > place and ins[place] is not None:
        return integers(ins[place])
    found = node.attributes.get("axes")
    return list(found) if found is not None else None


def _squeeze(node: Node, ins: list[Any], opset: int) -> list[Value]:
    rank, axes = len(ins[0].shape), _axes(node, ins)
    gone = {axis % rank for axis in axes} if axes else {a for a, size in enumerate(ins[0].shape) if size == 1}
    return [_kept(ins[0], tuple(size for axis, size in enumerate(ins[0].shape) if axis not in gone))]


def _unsqueeze(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axes = _axes(node, ins) or []
    rank = len(ins[0].shape) + len(axes)
    new = {axis % rank for axis in axes}
    old = iter(ins[0].shape)
    return [_kept(ins[0], tuple(1 if axis in new else next(old) for axis in range(rank)))]


def _concat(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axis = node.attributes["axis"] % max(1, len(ins[0].shape))
    if all(value.data is not None for value in ins):
        return [known(np.concatenate([value.data for value in ins], axis))]
    shape = list(ins[0].shape)
    shape[axis] = sum(value.shape[axis] for value in ins)
    return [ins[0].like(tuple(shape))]


def _split(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axis = node.attributes.get("axis", 0) % len(ins[0].shape)
    size, parts = ins[0].shape[axis], len(node.outputs)
    given = integers(ins[1]) if len(ins) > 1 and ins[1] is not None else node.attributes.get("split")
    each = ceil(size / parts)
    sizes = given or [min(each, size - each * part) for part in range(parts)]
    if ins[0].data is not None:
        return [known(part) for part in np.split(ins[0].data, np.cumsum(sizes)[:-1], axis)]
    return [ins[0].like((*ins[0].shape[:axis], part, *ins[0].shape[axis + 1 :])) for part in sizes]


def _slice(node: Node, ins: list[Any], opset: int) -> list[Value]:
    if len(ins) > 1:
        starts, ends = integers(ins[1]), integers(ins[2])
        axes = _axes(node, ins, 3) or list(range(len(starts)))
        steps = integers(ins[4]) if len(ins) > 4 and ins[4] is not None else [1] * len(starts)
    else:
        starts, ends = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes") or list(range(len(starts))), [1] * len(starts)
    cut = [slice(None)] * len(ins[0].shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # the smallest int64 as the end of a backward slice means: through the first element
        through = step < 0 and end < -ins[0].shape[axis]
        cut[axis] = slice(start, None if through else end, step)
    if ins[0].data is not None:
        return [known(ins[0].data[tuple(cut)])]
    sizes = [len(range(*piece.indices(size))) for piece, size in zip(cut, ins[0].shape, strict=True)]
    return [ins[0].like(tuple(sizes))]


def _gather(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axis = node.attributes.get("axis", 0) % len(ins[0].shape)
    if ins[0].data is not None and ins[1].data is not None:
        return [known(np.take(ins[0].data, ins[1].data.astype(np.int64), axis))]
    return [ins[0].like((*ins[0].shape[:axis], *ins[1].shape, *ins[0].shape[axis + 1 :]))]


def _gather_nd(node: Node, ins: list[Any], opset: int) -> list[Value]:
    batched, index = node.attributes.get("batch_dims", 0), ins[1].shape
    return [ins[0].like((*index[:-1], *ins[0].shape[batched + index[-1] :]))]


def _expand(node: Node, ins: list[Any], opset: int) -> list[Value]:
    shape = np.broadcast_shapes(ins[0].shape, tuple(integers(ins[1])))
    if ins[0].data is not None and prod(shape) <= 65_536:
        return [known(np.broadcast_to(ins[0].data, shape))]
    return [ins[0].like(shape)]


def _tile(node: Node, ins: list[Any], opset: int) -> list[Value]:
    repeats = integers(ins[1])
    if ins[0].data is not None and ins[0].elements * prod(repeats) <= 65_536:
        return [known(np.tile(ins[0].data, repeats))]
    return [ins[0].like(tuple(a * b for a, b in zip(ins[0].shape, repeats, strict=True)))]


def _shape_of(node: Node, ins: list[Any], opset: int) -> list[Value]:
    cut = slice(node.attributes.get("start", 0), node.attributes.get("end"))
    return [known(np.array(ins[0].shape[cut], np.int64))]


def _size(node: Node, ins: list[Any], opset: int) -> list[Value]:
    return [known(np.array(ins[0].elements, np.int64))]


def _filled(node: Node, ins: list[Any], opset: int) -> list[Value]:
    shape = tuple(integers(ins[0]))
    stored = node.attributes.get("value")
    fill = stored.data.ravel()[0] if stored is not None and stored.data is not None else np.float32(0)
    if prod(shape) <= 65_536:
        return [known(np.full(shape, fill))]
    return [Value(shape, stored.kind if stored is not None else FLOAT)]


def _constant(node: Node, ins: list[Any], opset: int) -> list[Value]:
    attributes = node.attributes
    stored = attributes.get("value")
    if stored is not None:
        return [Value(stored.dims, stored.kind, stored.data)]
    for name, kind in (("value_int", np.int64), ("value_float", np.float32), ("value_ints", np.int64)):
        if name in attributes:
            return [known(np.array(attributes[name], kind))]
    return [known(np.array(attributes.get("value_floats", []), np.float32))]


def _range(node: Node, ins: list[Any], opset: int) -> list[Value]:
    start, stop, step = (content(value).ravel()[0] for value in ins)
    return [known(np.arange(start, stop, step).astype(content(ins[0]).dtype))]


def _cast(node: Node, ins: list[Any], opset: int) -> list[Value]:
    from setsuden.workload.profile.targets.onnx.model import TYPES

    kind = node.attributes.get("to", FLOAT) if node.op == "Cast" else ins[1].kind
    numpy_type = TYPES.get(kind, ("", 0, None))[2]
    data = ins[0].data.astype(numpy_type) if ins[0].data is not None and numpy_type is not None else None
    return [Value(ins[0].shape, kind, data)]


def _pad(node: Node, ins: list[Any], opset: int) -> list[Value]:
    pads = integers(ins[1]) if len(ins) > 1 else node.attributes["pads"]
    rank = len(ins[0].shape)
    axes = _axes(node, ins, 3) or list(range(rank))
    shape = list(ins[0].shape)
    for place, axis in enumerate(axes):
        shape[axis] += pads[place] + pads[place + len(axes)]
    return [ins[0].like(tuple(shape))]


def _resize(node: Node, ins: list[Any], opset: int) -> list[Value]:
    shape = list(ins[0].shape)
    axes = node.attributes.get("axes") or list(range(len(shape)))
    if node.op == "Resize" and len(ins) > 3 and ins[3] is not None:
        new = integers(ins[3])
    else:
        place = 1 if node.op == "Upsample" or len(ins) == 2 else 2
        scales = content(ins[place]) if len(ins) > place else np.array(node.attributes["scales"])
        new = [floor(shape[axis] * float(scale)) for axis, scale in zip(axes, scales.ravel(), strict=True)]
    for axis, size in zip(axes, new, strict=True):
        shape[axis] = size
    return [ins[0].like(tuple(shape))]


def _reduced(node: Node, ins: list[Any], opset: int) -> list[Value]:
    rank = len(ins[0].shape)
    if node.op in ("ArgMax", "ArgMin"):
        axes: list[int] | None = [node.attributes.get("axis", 0)]
    else:
        axes = _axes(node, ins)
        if not axes and node.attributes.get("noop_with_empty_axes"):
            return [ins[0]]
    gone = {axis % rank for axis in axes} if axes else set(range(rank))
    keep = node.attributes.get("keepdims", 1)
    shape = tuple(1 if a in gone else size for a, size in enumerate(ins[0].shape) if keep or a not in gone)
    if ins[0].data is not None and node.op in _NUMPY_REDUCTIONS:
        return [known(_NUMPY_REDUCTIONS[node.op](ins[0].data, axis=tuple(gone)).reshape(shape))]
    return [Value(shape, INT64 if node.op in ("ArgMax", "ArgMin") else ins[0].kind)]


_NUMPY_REDUCTIONS: dict[str, Any] = {
    "ReduceProd": np.prod,
    "ReduceSum": np.sum,
    "ReduceMax": np.max,
    "ReduceMin": np.min,
}


def _top(node: Node, ins: list[Any], opset: int) -> list[Value]:
    k = integers(ins[1])[0] if len(ins) > 1 else node.attributes["k"]
    axis = node.attributes.get("axis", -1) % len(ins[0].shape)
    shape = (*ins[0].shape[:axis], k, *ins[0].shape[axis + 1 :])
    return [ins[0].like(shape), Value(shape, INT64)]


def _depth_to_space(node: Node, ins: list[Any], opset: int) -> list[Value]:
    n, c, h, w = ins[0].shape
    b = node.attributes["blocksize"]
    if node.op == "DepthToSpace":
        return [ins[0].like((n, c // b // b, h * b, w * b))]
    return [ins[0].like((n, c * b * b, h // b, w // b))]


def _one_hot(node: Node, ins: list[Any], opset: int) -> list[Value]:
    axis = node.attributes.get("axis", -1) % (len(ins[0].shape) + 1)
    depth = integers(ins[1])[0]
    return [ins[2].like((*ins[0].shape[:axis], depth, *ins[0].shape[axis:]))]


def _normalised(node: Node, ins: list[Any], opset: int) -> list[Value]:
    statistics = ins[1].like(ins[1].shape) if len(ins) > 1 and ins[1] is not None else ins[0]
    return [ins[0].like(ins[0].shape), *[statistics] * (len(node.outputs) - 1)]


def _quantised(node: Node, ins: list[Any], opset: int) -> list[Value]:
    kind = ins[2].kind if len(ins) > 2 and ins[2] is not None else UINT8
    if node.op == "DequantizeLinear":
        kind = ins[1].kind
    if node.op == "DynamicQuantizeLinear":
        return [Value(ins[0].shape, UINT8), Value((), FLOAT), Value((), UINT8)]
    return [Value(ins[0].shape, kind)]


def _embedded(node: Node, ins: list[Any], opset: int) -> list[Value]:
    # com.microsoft EmbedLayerNormalization: (ids, segments, word embedding, ...)
    shape = (*ins[0].shape, ins[2].shape[-1])
    return [ins[2].like(shape), Value((ins[0].shape[0],), INT32), ins[2].like(shape)][: len(node.outputs)]


def _identity(node: Node, ins: list[Any], opset: int) -> list[Value]:
    return [ins[0]] + [Value(ins[0].shape, BOOL)] * (len(node.outputs) - 1)


RULES: dict[str, Rule] = {}
for _rule, _names in (
    (
        _same,
        "Abs Acos Acosh Asin Asinh Atan Atanh Bernoulli BitwiseNot Ceil Celu Clip Cos Cosh CumSum Elu Erf Exp "
        "FastGelu Floor Gelu HardSigmoid HardSwish Hardmax LRN LeakyRelu Log LogSoftmax LpNormalization "
        "MeanVarianceNormalization Mish Neg Not QuickGelu RandomNormalLike RandomUniformLike Reciprocal Relu "
        "Round ScatterElements ScatterND Scatter Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign "
        "Sqrt Swish Tan Tanh ThresholdedRelu Trilu PRelu ReverseSequence QLinearSigmoid QLinearLeakyRelu "
        "QLinearSoftmax RotaryEmbedding BiasSplitGelu",
    ),
    (
        _broadcast,
        "Add And BiasGelu BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual "
        "Max Mean Min Mod Mul Or Pow Sub Sum Where Xor",
    ),
    (_convolution, "Conv ConvInteger QLinearConv FusedConv"),
    (_transposed, "ConvTranspose"),
    (_pool, "AveragePool LpPool MaxPool"),
    (_global_pool, "GlobalAveragePool GlobalLpPool GlobalMaxPool QLinearGlobalAveragePool"),
    (_matmul, "MatMul MatMulInteger QLinearMatMul FusedMatMul MatMulIntegerToFloat DynamicQuantizeMatMul"),
    (_matmul_packed, "MatMulNBits MatMulBnb4"),
    (_einsum, "Einsum"),
    (_gemm, "Gemm FusedGemm"),
    (_recurrent, "GRU LSTM RNN DynamicQuantizeLSTM"),
    (_attention, "Attention MultiHeadAttention GroupQueryAttention"),
    (_reshape, "Reshape"),
    (_flatten, "Flatten"),
    (_transpose, "Transpose"),
    (_squeeze, "Squeeze"),
    (_unsqueeze, "Unsqueeze"),
    (_concat, "Concat"),
    (_split, "Split"),
    (_slice, "Slice"),
    (_gather, "Gather"),
    (_gather_nd, "GatherND"),
    (_expand, "Expand"),
    (_tile, "Tile"),
    (_shape_of, "Shape"),
    (_size, "Size"),
    (_filled, "ConstantOfShape"),
    (_constant, "Constant"),
    (_range, "Range"),
    (_cast, "Cast CastLike"),
    (_pad, "Pad"),
    (_resize, "Resize Upsample"),
    (
        _reduced,
        "ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
        "ReduceSum ReduceSumSquare",
    ),
    (_top, "TopK"),
    (_depth_to_space, "DepthToSpace SpaceToDepth"),
    (_one_hot, "OneHot"),
    (
        _normalised,
        "BatchNormalization GroupNormalization InstanceNormalization LayerNormalization RMSNormalization "
        "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization GroupNorm",
    ),
    (_quantised, "DequantizeLinear DynamicQuantizeLinear QuantizeLinear"),
    (_embedded, "EmbedLayerNormalization"),
    (_identity, "Dropout Identity"),
):
    for _name in _names.split():
        RULES[_name] = _rule
RULES["GatherElements"] = lambda node, ins, opset: [ins[0].like(ins[1].shape)]
RULES["GridSample"] = lambda node, ins, opset: [ins[0].like((*ins[0].shape[:2], *ins[1].shape[1:-1]))]
RULES["QLinearAdd"] = RULES["QLinearMul"] = lambda node, ins, opset: [
    ins[0].like(np.broadcast_shapes(ins[0].shape, ins[3].shape))
]
RULES["QAttention"] = _packed_attention

_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Mod": np.mod,
    "Max": np.maximum,
    "Min": np.minimum,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Not": np.logical_not,
    "Neg": np.negative,
    "Abs": np.abs,
    "Where": np.where,
    "Sqrt": np.sqrt,
    "Ceil": np.ceil,
    "Floor": np.floor,
    "Pow": np.power,
}


def folded(node: Node, ins: list[Any]) -> list[Value] | None:
    """Point-wise arithmetic on known contents, as in shape computations; None where it does not apply."""
    if any(value is None or value.data is None for value in ins):
        return None
    if node.op == "Div":
        a, b = ins[0].data, ins[1].data
        return [known(a // b if a.dtype.kind in "iu" else a / b)]
    function = _ARITHMETIC.get(node.op)
    return [known(function(*(value.data for value in ins)))] if function is not None else None

"""Output shapes of ONNX operators, small contents included: exported graphs compute their shapes as they go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from setsuden.workload.profile.targets.onnx import array_shapes as arrays
from setsuden.workload.profile.targets.onnx import layer_shapes as layers
from setsuden.workload.profile.targets.onnx.model import Node
from setsuden.workload.profile.targets.onnx.values import Value, known

Rule = Callable[[Node, list[Any], int], list[Value]]  # (node, inputs, opset) -> outputs

RULES: dict[str, Rule] = {}
for _rule, _names in (
    (
        layers.same,
        "Abs Acos Acosh Asin Asinh Atan Atanh Bernoulli BitwiseNot Ceil Celu Clip Cos Cosh CumSum Elu Erf Exp "
        "FastGelu Floor Gelu HardSigmoid HardSwish Hardmax LRN LeakyRelu Log LogSoftmax LpNormalization "
        "MeanVarianceNormalization Mish Neg Not QuickGelu RandomNormalLike RandomUniformLike Reciprocal Relu "
        "Round ScatterElements ScatterND Scatter Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign "
        "Sqrt Swish Tan Tanh ThresholdedRelu Trilu PRelu ReverseSequence QLinearSigmoid QLinearLeakyRelu "
        "QLinearSoftmax RotaryEmbedding BiasSplitGelu",
    ),
    (
        layers.broadcast,
        "Add And BiasGelu BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual "
        "Max Mean Min Mod Mul Or Pow Sub Sum Where Xor",
    ),
    (layers.convolution, "Conv ConvInteger QLinearConv FusedConv"),
    (layers.transposed, "ConvTranspose"),
    (layers.pool, "AveragePool LpPool MaxPool"),
    (layers.global_pool, "GlobalAveragePool GlobalLpPool GlobalMaxPool QLinearGlobalAveragePool"),
    (layers.matmul, "MatMul MatMulInteger QLinearMatMul FusedMatMul MatMulIntegerToFloat DynamicQuantizeMatMul"),
    (layers.matmul_packed, "MatMulNBits MatMulBnb4"),
    (layers.einsum, "Einsum"),
    (layers.gemm, "Gemm FusedGemm"),
    (layers.recurrent, "GRU LSTM RNN DynamicQuantizeLSTM"),
    (layers.attention, "Attention MultiHeadAttention GroupQueryAttention"),
    (arrays.reshape, "Reshape"),
    (arrays.flatten, "Flatten"),
    (arrays.transpose, "Transpose"),
    (arrays.squeeze, "Squeeze"),
    (arrays.unsqueeze, "Unsqueeze"),
    (arrays.concat, "Concat"),
    (arrays.split, "Split"),
    (arrays.sliced, "Slice"),
    (arrays.gather, "Gather"),
    (arrays.gather_nd, "GatherND"),
    (arrays.expand, "Expand"),
    (arrays.tile, "Tile"),
    (arrays.shape_of, "Shape"),
    (arrays.size, "Size"),
    (arrays.filled, "ConstantOfShape"),
    (arrays.constant, "Constant"),
    (arrays.ranged, "Range"),
    (arrays.cast, "Cast CastLike"),
    (arrays.pad, "Pad"),
    (arrays.resize, "Resize Upsample"),
    (
        arrays.reduced,
        "ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
        "ReduceSum ReduceSumSquare",
    ),
    (arrays.top, "TopK"),
    (arrays.depth_to_space, "DepthToSpace SpaceToDepth"),
    (arrays.one_hot, "OneHot"),
    (
        layers.normalised,
        "BatchNormalization GroupNormalization InstanceNormalization LayerNormalization RMSNormalization "
        "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization GroupNorm",
    ),
    (layers.quantised, "DequantizeLinear DynamicQuantizeLinear QuantizeLinear"),
    (layers.embedded, "EmbedLayerNormalization"),
    (layers.identity, "Dropout Identity"),
):
    for _name in _names.split():
        RULES[_name] = _rule
RULES["GatherElements"] = lambda node, ins, opset: [ins[0].like(ins[1].shape)]
RULES["GridSample"] = lambda node, ins, opset: [ins[0].like((*ins[0].shape[:2], *ins[1].shape[1:-1]))]
RULES["QLinearAdd"] = RULES["QLinearMul"] = lambda node, ins, opset: [
    ins[0].like(np.broadcast_shapes(ins[0].shape, ins[3].shape))
]
RULES["QAttention"] = layers.packed_attention

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

"""Convolutions of one to three dimensions: grouped, depthwise, dilated, transposed; forward and backward.

Weight layout is (out, in / groups, *kernel); transposed (in, out / groups, *kernel). Each output element of a
convolution, and each input element of a transposed one, meets every weight of one slice along the first axis, so the
count is elements x weights per slice and groups are already in the shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from setsuden.workload.profile.formulas import Formula, Table, argument, first


def _taps(weight: Any) -> int:
    return prod(weight.shape[1:])


def convolution(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """``convolution(input, weight, bias, stride, padding, dilation, transposed, ...)``."""
    source, weight = args[0], args[1]
    return int((source if argument(args, kwargs, 6, "transposed") else out).numel() * _taps(weight))


def convolution_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """One forward's worth for the input gradient and one for the weight gradient, where each is asked for."""
    gradient, source, weight = args[0], args[1], args[2]
    mask = argument(args, kwargs, 10, "output_mask")
    forward = (source if argument(args, kwargs, 7, "transposed") else gradient).numel() * _taps(weight)
    return int(forward * (bool(mask[0]) + bool(mask[1])))


def _plain(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return int(first(out).numel() * _taps(args[1]))


def _transposed(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return int(args[0].numel() * _taps(args[1]))


def _masked_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (grad_output, input, weight, ..., output_mask): the mask comes last in this older family of operators
    mask = kwargs.get("output_mask", args[-1])
    return int(args[0].numel() * _taps(args[2]) * (bool(mask[0]) + bool(mask[1])))


def _conv_tbc(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # weight is (kernel, in, out)
    weight = args[1]
    return int(out.numel() * weight.shape[0] * weight.shape[1])


FORMULAS: Table = {
    "aten::convolution": convolution,
    "aten::_convolution": convolution,
    "aten::convolution_overrideable": convolution,
    "aten::convolution_backward": convolution_backward,
    "aten::convolution_backward_overrideable": lambda args, kwargs, out: _overrideable_backward(args, kwargs, out),
    "aten::conv_tbc": _conv_tbc,
    "aten::_slow_conv2d_backward": _masked_backward,
}
for _name in (
    "mkldnn_convolution",
    "cudnn_convolution",
    "cudnn_convolution_relu",
    "cudnn_convolution_add_relu",
    "miopen_convolution",
    "miopen_convolution_relu",
    "miopen_convolution_add_relu",
    "miopen_depthwise_convolution",
    "_mps_convolution",
    "_nnpack_spatial_convolution",
    "_slow_conv2d_forward",
    "_conv_depthwise2d",
    "conv_depthwise3d",
    "slow_conv3d_forward",
    "slow_conv_dilated2d",
    "slow_conv_dilated3d",
):
    FORMULAS[f"aten::{_name}"] = _plain
for _name in (
    "cudnn_convolution_transpose",
    "miopen_convolution_transpose",
    "_mps_convolution_transpose",
    "slow_conv_transpose2d",
    "slow_conv_transpose3d",
):
    FORMULAS[f"aten::{_name}"] = _transposed
FORMULAS["mkldnn::_convolution_pointwise"] = _plain
FORMULAS["mkldnn::_convolution_transpose_pointwise"] = _transposed


def _overrideable_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # the same without bias_sizes: (grad, input, weight, stride, padding, dilation, transposed, padding, groups, mask)
    shifted = [*args[:3], None, *args[3:]]
    return convolution_backward(shifted, kwargs, out)


__all__ = ["FORMULAS", "Formula", "convolution", "convolution_backward"]

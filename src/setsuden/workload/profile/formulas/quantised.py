"""Integer operators with packed weights: dynamic and static linear and convolution layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from setsuden.workload.profile.formulas import Table, first
from setsuden.workload.profile.formulas.matmul import per_output


def _packed_convolution(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (input, packed weight (out, in / groups, *kernel), ...)
    return int(first(out).numel() * prod(args[1].unpack()[0].shape[1:]))


def _packed_transposed(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # packed weight (in, out / groups, *kernel)
    return int(args[0].numel() * prod(args[1].unpack()[0].shape[1:]))


def _onednn_convolution(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (input, input scale, input zero point, weight, ...)
    return int(first(out).numel() * prod(args[3].shape[1:]))


FORMULAS: Table = {
    "quantized::matmul": per_output,
    "onednn::qlinear_pointwise": per_output,
    "onednn::qconv_pointwise": _onednn_convolution,
    "onednn::qconv2d_pointwise": _onednn_convolution,
}
for _name in (
    "linear",
    "linear_relu",
    "linear_leaky_relu",
    "linear_tanh",
    "linear_dynamic",
    "linear_relu_dynamic",
    "linear_dynamic_fp16",
    "linear_relu_dynamic_fp16",
    "linear_with_input_q_dq_qweight_dq_output_fp32",
    "linear_with_input_q_dq_qweight_dq_relu_output_fp32",
):
    FORMULAS[f"quantized::{_name}"] = per_output
for _rank in ("1d", "2d", "3d"):
    for _name in ("", "_relu", "_dynamic", "_add", "_add_relu"):
        FORMULAS[f"quantized::conv{_rank}{_name}"] = _packed_convolution
    for _name in ("", "_dynamic"):
        FORMULAS[f"quantized::conv_transpose{_rank}{_name}"] = _packed_transposed

"""Scaled dot-product attention on every back end, and the encoder fast path.

Forward: scores (queries x keys x width) and weighted sum (queries x keys x value width). A causal or padded mask does
not lower the count: it follows shapes, as in the literature. Backward: four products of the same sizes. Kernels that
recompute the scores in the backward pass do one product more on the hardware; the count is the algorithm's, so that
every back end gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.workload.profile.formulas import Formula, Table, argument


def _heads_first(q: Any, k: Any, v: Any) -> int:
    # (batch..., heads, length, width); grouped-query attention has fewer key heads, each met by several query heads
    return int(q.numel() // q.shape[-1] * k.shape[-2] * (q.shape[-1] + v.shape[-1]))


def _length_first(q: Any, k: Any, v: Any) -> int:
    # (batch, length, heads, width)
    return int(q.numel() // q.shape[-1] * k.shape[1] * (q.shape[-1] + v.shape[-1]))


def _forward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return _heads_first(args[0], args[1], args[2])


def _backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (grad_out, query, key, value, ...)
    return 2 * _heads_first(args[1], args[2], args[3])


_FLASH_NAMES = ("cum_seq_q", "cum_seq_k", "max_k")
_EFFICIENT_NAMES = ("cu_seqlens_q", "cu_seqlens_k", "max_seqlen_k")


def _varlen(
    args: Sequence[Any], kwargs: Mapping[str, Any], q: Any, k: Any, v: Any, at: int, names: tuple[str, str, str]
) -> int:
    """Dense (batch, length, heads, width), or packed (tokens, heads, width) with cumulative lengths from ``at`` on."""
    starts = argument(args, kwargs, at, names[0])
    if starts is None:
        return _length_first(q, k, v)
    tokens, heads, widths = q.shape[-3], q.shape[-2], q.shape[-1] + v.shape[-1]
    if starts.device.type == "meta":
        # lengths are data: that every query meets the longest sequence of keys is the upper bound by shape alone
        return int(tokens * heads * int(argument(args, kwargs, at + 3, names[2])) * widths)
    lengths_q, lengths_k = starts.diff(), argument(args, kwargs, at + 1, names[1]).diff()
    return int((lengths_q * lengths_k).sum()) * int(heads * widths)


def _flash(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return _varlen(args, kwargs, args[0], args[1], args[2], 3, _FLASH_NAMES)


def _flash_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (grad_out, query, key, value, out, logsumexp, cum_seq_q, cum_seq_k, max_q, max_k, ...)
    return 2 * _varlen(args, kwargs, args[1], args[2], args[3], 6, _FLASH_NAMES)


def _efficient(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (query, key, value, bias, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, ...)
    return _varlen(args, kwargs, args[0], args[1], args[2], 4, _EFFICIENT_NAMES)


def _efficient_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (grad_out, query, key, value, bias, out, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, ...)
    return 2 * _varlen(args, kwargs, args[1], args[2], args[3], 6, _EFFICIENT_NAMES)


def _lengths(tensor: Any) -> list[int]:
    """Length of each sequence of (batch, length, width), nested tensors included."""
    if tensor.is_nested:
        return [int(length) for length in tensor._nested_tensor_size()[:, 0]]
    return [int(tensor.shape[1])] * int(tensor.shape[0])


def _projected(lengths_q: Sequence[int], lengths_k: Sequence[int], width: int) -> int:
    macs = 0
    for q, k in zip(lengths_q, lengths_k, strict=True):
        # query and output projections, key and value projections, scores and weighted sum
        macs += 2 * q * width * width + 2 * k * width * width + 2 * q * k * width
    return macs


def _multi_head(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (query, key, value, embed_dim, ...)
    return _projected(_lengths(args[0]), _lengths(args[1]), int(args[3]))


def _encoder_layer(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (src, embed_dim, ..., ffn_weight_1 at 14, ffn_bias_1, ffn_weight_2 at 16, ...)
    lengths = _lengths(args[0])
    feed_forward = (
        argument(args, kwargs, 14, "ffn_weight_1").numel() + argument(args, kwargs, 16, "ffn_weight_2").numel()
    )
    return _projected(lengths, lengths, int(args[1])) + int(sum(lengths) * feed_forward)


_FLASH: Formula = _flash

FORMULAS: Table = {
    "aten::_flash_attention_forward": _FLASH,
    "aten::_flash_attention_forward_no_dropout_inplace": lambda args, kwargs, out: _flash(args[1:], kwargs, out),
    "aten::_flash_attention_backward": _flash_backward,
    "aten::_efficient_attention_forward": _efficient,
    "aten::_efficient_attention_backward": _efficient_backward,
    "aten::_native_multi_head_attention": _multi_head,
    "aten::_triton_multi_head_attention": _multi_head,
    "aten::_triton_scaled_dot_attention": _forward,
    "aten::_transformer_encoder_layer_fwd": _encoder_layer,
    "aten::_scaled_dot_product_attention_math_for_mps": _forward,
    "higher_order::flex_attention": _forward,
}
for _kind in ("flash_attention", "flash_attention_for_cpu", "efficient_attention", "cudnn_attention"):
    FORMULAS[f"aten::_scaled_dot_product_{_kind}"] = _forward
    FORMULAS[f"aten::_scaled_dot_product_{_kind}_backward"] = _backward
FORMULAS["aten::_scaled_dot_product_fused_attention_overrideable"] = _forward
FORMULAS["aten::_scaled_dot_product_fused_attention_overrideable_backward"] = _backward

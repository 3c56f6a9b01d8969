"""Matrix products: dense, batched, grouped (experts), low precision and trilinear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.workload.profile.formulas import Formula, Table, first


def _product(left: int) -> Formula:
    """(..., m, k) x (..., k, n), the left operand at place ``left``; a sparse left operand counts its entries."""

    def formula(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        a, b = args[left], args[left + 1]
        entries = a._nnz() if a.is_sparse or a.layout in _compressed() else a.numel()
        return int(entries * b.shape[-1])

    return formula


def _compressed() -> tuple[Any, ...]:
    import torch

    return (torch.sparse_csr, torch.sparse_csc)


def _vector(place: int) -> Formula:
    def formula(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        return int(args[place].numel())

    return formula


def _outer(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return int(args[1].numel() * args[2].numel())


def grouped(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """Expert layers: each routed row meets one expert only, so experts without rows cost nothing.

    (rows, k) x (groups, k, n); (groups, m, k) x (k, columns); batched; and (m, rows) x (rows, n) for weight gradients.
    """
    a, b = args[0], args[1]
    if a.dim() == 3 and b.dim() == 3:
        return int(a.numel() * b.shape[-1])
    return int(a.shape[-2] * a.shape[-1] * b.shape[-1])


def trilinear(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """``_trilinear(i1, i2, i3, expand1, expand2, expand3, sumdim)`` as two pairwise contractions, left to right.

    Bilinear of (batch, a) and (batch, b) to c outputs is thus batch x c x (a x b + b).
    """
    tensors, expands, summed = args[:3], args[3:6], set(args[6])
    rank = tensors[0].dim() + len(expands[0])
    sizes: list[dict[int, int]] = []
    for tensor, expand in zip(tensors, expands, strict=True):
        shape = iter(tensor.shape)
        sizes.append({axis: int(next(shape)) for axis in range(rank) if axis not in set(expand)})
    left = sizes[0] | sizes[1]
    inner = {axis for axis in left if axis in summed and axis not in sizes[2]}
    macs = _volume(left) if inner else 0
    rest = {axis: size for axis, size in left.items() if axis not in inner} | sizes[2]
    return macs + (_volume(rest) if summed & set(rest) else 0)


def _volume(sizes: Mapping[int, int]) -> int:
    volume = 1
    for size in sizes.values():
        volume *= size
    return volume


def per_output(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """A linear layer whose weight is packed: every output element sums over the input's last axis."""
    return int(first(out).numel() * args[0].shape[-1])


def _linear(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # weight (out, in) or (in,)
    return int(args[0].numel() * (args[1].shape[0] if args[1].dim() > 1 else 1))


def _linear_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    # (self, grad_output, weight, output_mask)
    mask = args[3]
    return int(args[0].numel() * args[1].shape[-1] * (bool(mask[0]) + bool(mask[1])))


FORMULAS: Table = {
    "aten::mm": _product(0),
    "aten::bmm": _product(0),
    "aten::_int_mm": _product(0),
    "aten::_scaled_mm": _product(0),
    "aten::_scaled_mm_v2": _product(0),
    "aten::_sparse_mm": _product(0),
    "aten::addmm": _product(1),
    "aten::_addmm_activation": _product(1),
    "aten::baddbmm": _product(1),
    "aten::addbmm": _product(1),
    "aten::_sparse_addmm": _product(1),
    "aten::sspaddmm": _product(1),
    "aten::hspmm": _product(0),
    "aten::mv": _vector(0),
    "aten::dot": _vector(0),
    "aten::vdot": _vector(0),
    "aten::addmv": _vector(1),
    "aten::addr": _outer,
    "aten::_grouped_mm": grouped,
    "aten::_scaled_grouped_mm": grouped,
    "aten::_scaled_grouped_mm_v2": grouped,
    "transformers::grouped_mm_fallback": grouped,
    # (input, weight, offs, grad_output): one forward's worth each for input and weight
    "transformers::grouped_mm_fallback_backward": lambda args, kwargs, out: 2 * grouped(args, kwargs, out),
    "aten::_trilinear": trilinear,
    "aten::linear": _linear,
    "aten::linear_backward": _linear_backward,
    "aten::mkldnn_linear": _linear,
    "mkldnn::_linear_pointwise": _linear,
    "mkl::_mkl_linear": lambda args, kwargs, out: _linear((args[0], args[2]), kwargs, out),
    "aten::_weight_int8pack_mm": _linear,
    "aten::_weight_int4pack_mm": per_output,
    "aten::_weight_int4pack_mm_for_cpu": per_output,
    "aten::_weight_int4pack_mm_with_scales_and_zeros": per_output,
    "aten::_dyn_quant_matmul_4bit": per_output,
    "aten::_mixed_dtypes_linear": per_output,
    "aten::_sparse_semi_structured_linear": per_output,
}

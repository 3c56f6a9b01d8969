"""Output shapes on meta for operators that PyTorch cannot run there, or only for some data types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Kernel = Callable[[Sequence[Any], Mapping[str, Any]], Any]


def _grouped(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    a, b = args[0], args[1]
    offsets = args[2] if len(args) > 2 else kwargs.get("offs")
    if a.device.type != "meta":
        return NotImplemented
    shape: tuple[int, ...]
    if a.dim() == 2 and b.dim() == 2 and offsets is not None:
        shape = (offsets.shape[0], a.shape[0], b.shape[1])
    elif a.dim() == 3 and b.dim() == 2:
        shape = (a.shape[1], b.shape[1])
    else:
        shape = (*a.shape[:-1], b.shape[-1])
    return a.new_empty(shape, dtype=kwargs.get("out_dtype") or a.dtype)


def _packed_linear(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    source, packed = args[0], args[1]
    if source.device.type != "meta":
        return NotImplemented
    return source.new_empty((*source.shape[:-1], packed.unpack()[0].shape[0]))


def _truth(value: bool) -> Kernel:
    """``all()`` and ``any()`` over a whole tensor: the answer is marked, for the case that Python branches on it."""

    def kernel(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if len(args) > 1 or kwargs or args[0].device.type != "meta":
            return NotImplemented
        answer = args[0].new_empty((), dtype=bool)
        answer.assumed_truth = value
        return answer

    return kernel


def _item(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    return getattr(args[0], "assumed_truth", NotImplemented) if args[0].device.type == "meta" else NotImplemented


_KERNELS: dict[str, Kernel] = {
    "aten::_grouped_mm": _grouped,
    # ordinary data: a mask without padding, positions in order, nothing infinite
    "aten::all": _truth(True),
    "aten::any": _truth(False),
    "aten::_local_scalar_dense": _item,
    "quantized::linear_dynamic": _packed_linear,
    "quantized::linear_relu_dynamic": _packed_linear,
    "quantized::linear_dynamic_fp16": _packed_linear,
    "quantized::linear_relu_dynamic_fp16": _packed_linear,
}


def shape_kernel(name: str) -> Kernel | None:
    """The kernel of ``namespace::name``; it returns NotImplemented for tensors that are not on meta."""
    return _KERNELS.get(name)

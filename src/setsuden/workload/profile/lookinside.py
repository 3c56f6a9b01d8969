"""Custom operators written in Python: their kernel can be run with the engine on, so its inside is counted.

On meta the Python kernel for real devices runs on meta tensors; kernels in C++ or Triton stay closed there, and those
without inner operators (NumPy) everywhere; both need ``register``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

_BUILTIN = frozenset({"aten", "prim", "prims", "quantized", "higher_order", "c10d", "profiler", "onednn", "mkldnn"})


def python_kernel(func: Any, args: Sequence[Any]) -> Callable[..., Any] | None:
    """The kernel behind a custom operator, callable with the engine on; None if there is none that can be opened."""
    if getattr(func, "namespace", "aten") in _BUILTIN or not hasattr(func, "_schema"):
        return None
    device = _device(args)
    definition = torch._library.custom_ops.OPDEFS.get(func._schema.name)
    if definition is not None:
        kernels = definition._backend_fns
        if device == "meta":
            kernel: Callable[..., Any] | None = next(iter(kernels.values()), None)
        else:
            kernel = kernels.get(device) or kernels.get(None)
        return kernel
    return _library_kernel(func, device)


def _library_kernel(func: Any, device: str) -> Callable[..., Any] | None:
    # kernels from torch.library.Library.impl: entered through the dispatcher, below our own key
    name, _, overload = func._schema.name.partition("::")[2], None, func._schema.overload_name
    written = f"{func.namespace}/{name}{'.' + overload if overload else ''}"
    for key in (device.upper(), "CPU", "CompositeExplicitAutograd"):
        if key != "META" and f"{written}/{key}" in torch.library._impls:
            keys = torch._C.DispatchKeySet(getattr(torch._C.DispatchKey, key))

            def enter(*args: Any, _keys: Any = keys, **kwargs: Any) -> Any:
                return func.redispatch(_keys, *args, **kwargs)

            return enter
    return None


def _device(args: Sequence[Any]) -> str:
    for value in args:
        if isinstance(value, torch.Tensor):
            return value.device.type
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], torch.Tensor):
            return value[0].device.type
    return "cpu"

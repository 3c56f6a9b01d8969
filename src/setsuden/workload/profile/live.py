"""Bytes of tensors alive at once: the peak a run needs, exclusive of what kernels allocate inside themselves."""

from __future__ import annotations

import weakref
from typing import Any

import torch


class LiveBytes:
    """Follows storages from the first time an operator returns them until nobody refers to them.

    Works the same on meta, where storages have a size but no memory. ``peak`` is in bytes, above what lived before.
    """

    def __init__(self) -> None:
        self.now = 0
        self.peak = 0
        self._alive: dict[int, tuple[weakref.ref[Any], int]] = {}

    def hold(self, tensors: Any) -> None:
        """Storages that were there before: counted elsewhere, so never here."""
        for tensor in tensors:
            self._enter(tensor, 0)

    def add(self, out: Any) -> None:
        """What an operator returned: a tensor, or a list or tuple with tensors."""
        if isinstance(out, torch.Tensor):
            self._enter(out, None)
        elif isinstance(out, (list, tuple)):
            for item in out:
                if isinstance(item, torch.Tensor):
                    self._enter(item, None)

    def _enter(self, tensor: torch.Tensor, counted: int | None) -> None:
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):
            return  # sparse and other tensors without one storage
        key = storage._cdata
        if key in self._alive:
            return
        size = storage.nbytes() if counted is None else counted

        def gone(_: Any, alive: dict[int, tuple[weakref.ref[Any], int]] = self._alive) -> None:
            if alive.pop(key, None) is not None:
                self.now -= size

        self._alive[key] = (weakref.ref(storage, gone), size)
        self.now += size
        if self.now > self.peak:
            self.peak = self.now

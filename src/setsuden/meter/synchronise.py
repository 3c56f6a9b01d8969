"""Wait for queued GPU work at the edges of a window, where PyTorch is already in use."""

from __future__ import annotations

import sys
from contextlib import suppress


def synchronise_devices() -> None:
    """Wait for every CUDA device that this process uses; nothing is imported and no device is woken up for it."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None:
        return
    # An error on the device belongs to the program: it will meet it at its own next call.
    with suppress(Exception):
        if cuda.is_initialized():
            current = cuda.current_device()
            for device in range(cuda.device_count()):
                if device == current or cuda.memory_reserved(device):
                    cuda.synchronize(device)

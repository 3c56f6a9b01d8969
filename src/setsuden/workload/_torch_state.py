"""Torch's global state borrowed for a while and put back: threads, random numbers, precision, device queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from setsuden.errors import InputError
from setsuden.workload.settings import Precision


def usable_device(name: str) -> torch.device:
    """The device, or InputError when it is neither cpu nor cuda, or this machine has no such device."""
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise InputError(
            "not a device that is supported", place="device", value=name, remedy="Use cpu, cuda or cuda:1."
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"torch sees {torch.cuda.device_count()} CUDA devices", place="device", value=name, remedy="Use cpu."
        )
    return device


def synchronise(device: torch.device) -> None:
    """Wait until a CUDA device has done what was asked of it; nothing elsewhere."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def borrowed_threads(threads: int | None) -> Iterator[None]:
    """Torch's operators use ``threads`` threads inside, what they used before afterwards."""
    before = torch.get_num_threads()
    if threads is None or threads == before:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class PrivateRandom:
    """A random state of one's own that goes on from use to use, while the global one stands still."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=self._devices):
            torch.manual_seed(seed)
            self.states = self._read()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Inside, torch draws from this state."""
        with torch.random.fork_rng(devices=self._devices):
            torch.set_rng_state(self.states[0])
            for device, state in zip(self._devices, self.states[1:], strict=True):
                torch.cuda.set_rng_state(state, device)
            try:
                yield
            finally:
                self.states = self._read()

    def _read(self) -> list[torch.Tensor]:
        return [torch.get_rng_state(), *(torch.cuda.get_rng_state(device) for device in self._devices)]


def computing_in(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Autocast to bfloat16, or nothing for fp32."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients inside; the mode of every part as it was afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, mode in modes:
            module.training = mode

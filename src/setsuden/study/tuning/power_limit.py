"""The power limit of the GPU that trains: set through NVIDIA's driver library for a while, and put back.

The limit belongs to the card and outlives the process that set it, so it is put back at the end of the block, when
an exception leaves it, and on SIGTERM and SIGHUP. Only SIGKILL or a crash of the machine can leave a limit behind; the
run in the ledger names the one to put back.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

from setsuden.errors import InputError, SensorError
from setsuden.sensors import Host
from setsuden.sensors.host import NvmlUnavailableError
from setsuden.sensors.visible import visible_devices

_PLACE = "power_limits_w"
_WITHOUT = "Leave power_limits_w out to search without."
_NOT_SUPPORTED, _NO_PERMISSION = 3, 4
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class PowerLimit:
    """The limit of one card.

    host     where the driver library and ``CUDA_VISIBLE_DEVICES`` are found
    device   as torch names it: cuda, cuda:1

    Raises InputError where there is no such card, or its limit may not be set by this user; nothing is changed by that.
    """

    def __init__(self, host: Host, device: str) -> None:
        self._nvml = _started(host)
        try:
            index = _index(self._nvml, host, device)
            self._card = self._nvml.nvmlDeviceGetHandleByIndex(index)
            self.index = index
            self.original_w = self._nvml.nvmlDeviceGetPowerManagementLimit(self._card) / 1000
            low, high = self._nvml.nvmlDeviceGetPowerManagementLimitConstraints(self._card)
            self.range_w = (low / 1000, high / 1000)
            self._set(self.original_w)  # changes nothing, and tells whether it could
        except self._nvml.NVMLError as error:
            raise _refused(error) from None
        self._changed = False
        self._before: dict[int, Any] = {}

    def check(self, limits_w: Sequence[float]) -> None:
        """Raise InputError for a limit that this card does not take."""
        low, high = self.range_w
        for watts in limits_w:
            if not low <= watts <= high:
                raise InputError(
                    f"GPU {self.index} takes power limits from {low:g} to {high:g} W", place=_PLACE, value=watts
                )

    def set(self, watts: float) -> None:
        """Limit the card from now on; raises SensorError when the driver refuses or does something else."""
        self._changed = True
        try:
            self._set(watts)
            now_w = self._nvml.nvmlDeviceGetPowerManagementLimit(self._card) / 1000
        except self._nvml.NVMLError as error:
            raise SensorError(f"the power limit of GPU {self.index} could not be set: {error}") from None
        if abs(now_w - watts) > 1.0:
            raise SensorError(f"GPU {self.index} was asked for a limit of {watts:g} W and has {now_w:g} W")

    def restore(self) -> None:
        """Put the limit back that was there before; raises SensorError where that fails."""
        if not self._changed:
            return
        try:
            self._set(self.original_w)
        except self._nvml.NVMLError as error:
            raise SensorError(
                f"the power limit of GPU {self.index} could not be put back: {error}",
                remedy=f"Do it by hand: nvidia-smi -i {self.index} -pl {self.original_w:g}",
            ) from None
        self._changed = False

    def __enter__(self) -> PowerLimit:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.restore()
        except SensorError as failed:
            if error is None:
                raise
            error.add_note(str(failed))
        finally:
            self._hand_back()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Put the limit back, then let the signal do what it would have done."""
        try:
            self.restore()
        finally:
            self._hand_back()
            os.kill(os.getpid(), number)

    def _hand_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _set(self, watts: float) -> None:
        self._nvml.nvmlDeviceSetPowerManagementLimit(self._card, round(watts * 1000))


def _started(host: Host) -> Any:
    try:
        nvml = host.nvml()
    except NvmlUnavailableError as error:
        raise InputError(f"no power limit can be set here: {error.message}", place=_PLACE, remedy=_WITHOUT) from None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise _refused(error) from None
    return nvml


def _index(nvml: Any, host: Host, device: str) -> int:
    """The card in the driver's order that torch calls ``device``."""
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    uuids, names = (
        [text if isinstance(text, str) else text.decode() for text in map(ask, handles)]
        for ask in (nvml.nvmlDeviceGetUUID, nvml.nvmlDeviceGetName)
    )
    mask = visible_devices(host.environ, uuids, names)
    mixed = len(set(names)) > 1 and host.environ.get("CUDA_DEVICE_ORDER", "").upper() != "PCI_BUS_ID"
    if not mask.certain or (mixed and not mask.masked):
        raise InputError(
            f"which card is {device} is not certain among different models", place=_PLACE,
            remedy="Set CUDA_DEVICE_ORDER=PCI_BUS_ID.",
        )  # fmt: skip
    number = int(device.partition(":")[2] or 0)
    if number >= len(mask.indices):
        raise InputError("there is no such card", place="device", value=device)
    return mask.indices[number]


def _refused(error: Any) -> InputError:
    code = getattr(error, "value", None)
    if code == _NO_PERMISSION:
        return InputError(
            "this user may not set the power limit of the GPU", place=_PLACE, remedy=f"Run as root, or: {_WITHOUT}"
        )
    if code == _NOT_SUPPORTED:
        return InputError("this GPU does not let software set its power limit", place=_PLACE, remedy=_WITHOUT)
    return InputError(f"the power limit cannot be set: {error}", place=_PLACE, remedy=_WITHOUT)

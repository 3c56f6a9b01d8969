"""One NVIDIA card: its energy counter where it answers, else its power, else a model.

Whether a card has a counter is decided by asking it, not by its generation: virtual and MIG set-ups say no on hardware
that could. The counter counts mJ since the driver was loaded (NVML API reference, nvmlDeviceGetTotalEnergyConsumption).
"""

from __future__ import annotations

import time
from typing import Any

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors import flags
from setsuden.sensors.counter import CounterTally
from setsuden.sensors.gpu_model import GpuModel, gpu_model
from setsuden.sensors.integral import PowerTally
from setsuden.sensors.plausible import CounterTraits
from setsuden.sensors.protocol import Channel, Component, Method, Sample
from setsuden.sensors.stand_in import stand_in_channel
from setsuden.sensors.tally import Moment

# The energy register moves every 20 to 100 ms depending on the generation (Zeus source; gpuopenanalytics/pynvml
# pull request 18 saw 10 ms on Volta): the slowest of these holds for all.
_COUNTER_UPDATE_S = 0.1
# The power reading is a mean over up to 1 s on GA10x and newer, and sees 25 % of the time on A100 and H100
# (Yang et al. 2024, arXiv:2312.02741).
_POWER_UPDATE_S = 1.0
_COUNTER_ERROR = (0.05, "NVML API reference: power within 5 %; counter within 1 % of integrated power (ml-energy/zeus)")
_POWER_ERROR = (0.10, "convention: 5 % of the sensor, and 25 % of the time sampled on A100/H100 (arXiv:2312.02741)")
# A card may exceed its limit for milliseconds; a mean over a reading may not.
_BURST = 1.5
LIMIT_W = 1500.0
_LOST = 15  # NVML_ERROR_GPU_IS_LOST
_NO_PERMISSION = 4
_NOT_FOUND = 6
_NAMED = {"NVMLError_GpuIsLost": _LOST, "NVMLError_NoPermission": _NO_PERMISSION, "NVMLError_NotFound": _NOT_FOUND}


class Gpu:
    """One card: how it is read, decided once."""

    def __init__(self, nvml: Any, index: int, now: Moment) -> None:
        self._nvml = nvml
        self.index = index
        self.handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self.uuid, self.name = identity(nvml, self.handle, index)
        self.mig = self._asks(lambda: nvml.nvmlDeviceGetMigMode(self.handle)[0] == 1) is True
        limit_mw = self._asks(lambda: nvml.nvmlDeviceGetPowerManagementLimitConstraints(self.handle)[1])
        self.limit_w = _BURST * limit_mw / 1000 if limit_mw else LIMIT_W
        counter_j, power_w = self._try(self._counter_j), self._try(self._power_w)
        self._counter: CounterTally | None = None
        self._power: PowerTally | None = None
        self._model: GpuModel | None = None
        if counter_j is not None:
            traits = CounterTraits(self.limit_w, resolution_j=0.001, update_interval_s=_COUNTER_UPDATE_S)
            self._counter = CounterTally(traits, counter_j, now)
        elif power_w is not None:
            self._power = PowerTally(self.limit_w, power_w, now, _POWER_UPDATE_S)
        else:
            limit = self._asks(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(self.handle))
            self._model = gpu_model(self.name, limit / 1000 if limit else None, now)
        self.channel = self._channel()

    def read(self, now: Moment) -> Sample:
        """The card's joules."""
        try:
            if self._counter is not None:
                if self._counter.silent and (power_w := self._try(self._power_w)) is not None:
                    self._counter.told(power_w)
                return self._counter.good(self._counter_j(), now)
            if self._power is not None:
                return self._power.good(self._power_w(), now)
            assert self._model is not None
            return self._model.good(self.sm_share(), now)
        except (self._nvml.NVMLError, AttributeError) as error:
            return self._failed(error, now)

    def sm_share(self) -> float:
        """Share of the last sampling period in which a kernel ran, 0-1; raises NVMLError, or AttributeError if the
        library does not know the question.
        """
        return float(self._nvml.nvmlDeviceGetUtilizationRates(self.handle).gpu) / 100

    def process_shares(self, since_us: int) -> tuple[dict[int, float], int] | None:
        """By process: share of the time since then that it ran on the card, 0-1; and until when. None: not told.

        Mean of the driver's own samples (NVML API reference, nvmlDeviceGetProcessUtilization; Maxwell and newer).
        """
        try:
            samples = self._nvml.nvmlDeviceGetProcessUtilization(self.handle, since_us)
        except (self._nvml.NVMLError, AttributeError) as error:
            # "Not found" is how the driver says that no process ran.
            return ({}, since_us) if _code(error) == _NOT_FOUND else None
        percent: dict[int, list[int]] = {}
        for sample in samples:
            if sample.timeStamp > since_us:
                percent.setdefault(int(sample.pid), []).append(int(sample.smUtil))
        newest_us = max([since_us, *(int(sample.timeStamp) for sample in samples)])
        return {pid: sum(found) / len(found) / 100 for pid, found in percent.items()}, newest_us

    def accounted_s(self) -> dict[int, float] | None:
        """By process: seconds in which it ran on the card so far; None where the driver keeps no accounts.

        Share of the process's life on the card x its length (NVML API reference, nvmlDeviceGetAccountingStats).
        """
        nvml = self._nvml
        try:
            if nvml.nvmlDeviceGetAccountingMode(self.handle) != 1:
                return None
            stats = {
                int(pid): nvml.nvmlDeviceGetAccountingStats(self.handle, pid)
                for pid in nvml.nvmlDeviceGetAccountingPids(self.handle)
            }
        except (nvml.NVMLError, AttributeError):
            return None
        now_us = time.time() * 1e6
        # The length is 0 as long as the process lives; its start is a time of day.
        lived = {pid: (each.time * 1e3 or max(0.0, now_us - each.startTime)) / 1e6 for pid, each in stats.items()}
        return {pid: lived[pid] * min(100, each.gpuUtilization) / 100 for pid, each in stats.items()}

    def clock_reasons(self) -> int:
        """Why the clocks are held back now, the library's bit mask; 0 where it does not say."""
        ask = getattr(self._nvml, "nvmlDeviceGetCurrentClocksEventReasons", None) or getattr(
            self._nvml, "nvmlDeviceGetCurrentClocksThrottleReasons", None
        )
        return int(self._asks(lambda: ask(self.handle)) or 0) if ask else 0

    @property
    def method(self) -> Method:
        """How its joules come about."""
        if self._counter is not None:
            return Method.COUNTER
        return Method.POWER if self._power is not None else Method.MODEL

    def _failed(self, error: Any, now: Moment) -> Sample:
        code = _code(error)
        cause = flags.PERMISSION_LOST if code == _NO_PERMISSION else flags.ENERGY_GAP
        if code == _LOST:
            cause = flags.CHANNEL_LOST
        tally = self._counter or self._power or self._model
        assert tally is not None
        return tally.failed(cause, now)

    def _counter_j(self) -> float:
        return float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle)) / 1000

    def _power_w(self) -> float:
        return float(self._nvml.nvmlDeviceGetPowerUsage(self.handle)) / 1000

    def _try(self, read: Any) -> float | None:
        answer = self._asks(read)
        return None if answer is None else float(answer)

    def _asks(self, question: Any) -> Any:
        """The answer, or None where the driver refuses or its library is too old to know the question."""
        try:
            return question()
        except (self._nvml.NVMLError, AttributeError):
            return None

    def _channel(self) -> Channel:
        label = f"GPU {self.index}: {self.name}" + (" (whole card, MIG is on)" if self.mig else "")
        if self._model is not None:
            return self._model.channel(self.uuid, label)
        counter = self.method is Method.COUNTER
        error, source = _COUNTER_ERROR if counter else _POWER_ERROR
        return Channel(
            id=f"nvml/{self.uuid}",
            component=Component.GPU,
            label=label,
            method=self.method,
            provenance=Provenance.MEASURED,
            boundary=DEVICE,
            relative_error=error,
            error_source=source,
            resolution_j=0.001 if counter else 0.0,
            update_interval_s=_COUNTER_UPDATE_S if counter else _POWER_UPDATE_S,
        )


def identity(nvml: Any, handle: Any, index: int) -> tuple[str, str]:
    """UUID and name of a card, from its number where the library does not know the question; raises NVMLError."""
    try:
        uuid = text(nvml.nvmlDeviceGetUUID(handle))
    except AttributeError:
        uuid = f"gpu-{index}"
    try:
        return uuid, text(nvml.nvmlDeviceGetName(handle))
    except AttributeError:
        return uuid, f"GPU {index}"


def lost_channel(index: int, *, alone: bool) -> Channel:
    """How a card that answers nothing presents itself; ``alone``: no other answers either."""
    error, source = _COUNTER_ERROR
    channel = Channel(
        id=f"nvml/gpu-{index}",
        component=Component.GPU,
        label=f"GPU {index}",
        method=Method.COUNTER,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=error,
        error_source=source,
    )
    return stand_in_channel(channel, "answers nothing" if alone else "answers nothing, taken as the others are")


def _code(error: Any) -> int | None:
    """The library's number of an error; by its name where a stand-in gives none."""
    code = getattr(error, "value", None)
    return code if isinstance(code, int) else _NAMED.get(type(error).__name__)


def text(value: str | bytes) -> str:
    """What some releases of the library give as bytes."""
    return value.decode() if isinstance(value, bytes) else value

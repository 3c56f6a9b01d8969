"""A stand-in for the ``pynvml`` module: cards at known watts, with the faults real ones have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, UNKNOWN, GPU_IS_LOST = 3, 4, 6, 999, 15


class FakeNvmlError(Exception):
    """As ``pynvml.NVMLError``: carries the library's code in ``value``."""

    def __init__(self, value: int) -> None:
        super().__init__(f"NVML error {value}")
        self.value = value


@dataclass
class FakeGpu:
    """One card.

    watts           drawn from now on, or a function of the seconds since the start
    tick_s          the counter shows the energy up to the last multiple of this
    average_s       the power reading is the mean over this long; 0 for this very moment
    duty            share of each ``average_s`` that the power sensor looks at (0.25 on A100 and H100)
    counter, power  whether the driver answers these questions
    sm_by_pid       percent of the time that each process runs on it; None where the driver does not tell
    accounts        by process: when it began, in seconds since the start, and percent of its life that it ran on the
                    card, as the driver's accounting tells; None where that is off
    limit_w         the highest limit it takes, in force as long as ``managed_w`` is None
    may_limit       whether this user may set the limit
    lost            it has fallen off the bus: every question fails
    stuck           the counter stands still while the card goes on drawing
    instances       UUIDs of its MIG instances
    truth_j         really drawn since the start
    """

    name: str = "NVIDIA A100-SXM4-80GB"
    watts: float | Callable[[float], float] = 200.0
    uuid: str = ""
    tick_s: float = 0.1
    average_s: float = 0.0
    duty: float = 1.0
    counter: bool = True
    power: bool = True
    limit: bool = True
    lost: bool = False
    stuck: bool = False
    mig: bool = False
    instances: list[str] = field(default_factory=list)
    sm_percent: int = 50
    memory_used: int = 8 << 30
    memory_total: int = 80 << 30
    limit_w: float = 400.0
    managed_w: float | None = None
    may_limit: bool = True
    clock_reasons: int = 0
    start_j: float = 5000.0
    truth_j: float = 0.0
    offset_j: float = 0.0
    shown_j: float = 0.0
    now_s: float = 0.0
    processes: list[tuple[int, int]] = field(default_factory=list)
    sm_by_pid: dict[int, int] | None = None
    accounts: dict[int, tuple[float, int]] | None = None
    questions: list[str] = field(default_factory=list)

    def draws(self, t_s: float) -> float:
        """Watts at a moment."""
        return self.watts(t_s) if callable(self.watts) else self.watts

    def advance(self, seconds: float) -> None:
        """Let time pass in steps short enough for scripted watts."""
        steps = max(1, round(seconds / 0.005)) if callable(self.watts) else 1
        for _ in range(steps):
            self._step(seconds / steps)

    def restart_counter(self) -> None:
        """The driver was reloaded: the counter starts again at 0."""
        self.offset_j = -self.start_j - self.truth_j
        self.shown_j = self.truth_j

    def _step(self, seconds: float) -> None:
        watts = self.draws(self.now_s + seconds / 2)
        end_s, end_j = self.now_s + seconds, self.truth_j + watts * seconds
        ticks = int(end_s / self.tick_s + 1e-9)
        if ticks > int(self.now_s / self.tick_s + 1e-9) and not self.stuck:
            self.shown_j = end_j - watts * max(0.0, end_s - ticks * self.tick_s)
        self.now_s, self.truth_j = end_s, end_j

    def sensed_w(self) -> float:
        """What the power sensor says."""
        if self.average_s == 0.0:
            return self.draws(self.now_s)
        start_s = int(self.now_s / self.average_s) * self.average_s - self.average_s
        looked = [self.draws(start_s + self.average_s * self.duty * (i + 0.5) / 50) for i in range(50)]
        return sum(looked) / len(looked)


class FakeNvml:
    """Give it to ``FakeMachine(nvml=...)``; it answers as the ``pynvml`` module does, for the questions sensors ask."""

    NVMLError = FakeNvmlError

    def __init__(self, *gpus: FakeGpu) -> None:
        self.gpus = list(gpus)
        self.started = 0
        for i, gpu in enumerate(self.gpus):
            gpu.uuid = gpu.uuid or f"GPU-{i:08x}-0000-0000-0000-000000000000"

    def advance(self, seconds: float) -> None:
        """Let every card draw."""
        for gpu in self.gpus:
            gpu.advance(seconds)

    def nvmlInit(self) -> None:  # noqa: N802
        """Start."""
        self.started += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        """Stop."""
        self.started -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        """How many cards."""
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        """The card itself is the handle."""
        return self._ask(self.gpus[index], "handle")

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        """Its name."""
        return self._ask(gpu, "name").name

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        """Its UUID."""
        return self._ask(gpu, "uuid").uuid

    def nvmlDeviceGetMigMode(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        """Current and pending."""
        return [int(self._ask(gpu, "mig").mig)] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: FakeGpu) -> int:  # noqa: N802
        """How many instances there could be."""
        return len(self._ask(gpu, "instances", supported=gpu.mig).instances)

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: FakeGpu, index: int) -> FakeGpu:  # noqa: N802
        """An instance: it has a UUID, and neither counter nor power."""
        return FakeGpu(uuid=self._ask(gpu, "instance").instances[index], counter=False, power=False)

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: FakeGpu) -> int:  # noqa: N802
        """In mJ."""
        self._ask(gpu, "energy", supported=gpu.counter)
        return int((gpu.start_j + gpu.shown_j + gpu.offset_j) * 1000)

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        """In mW."""
        return round(self._ask(gpu, "power", supported=gpu.power).sensed_w() * 1000)

    def nvmlDeviceGetPowerManagementLimitConstraints(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        """Lowest and highest limit in mW."""
        return [100_000, round(self._ask(gpu, "limits", supported=gpu.limit).limit_w * 1000)]

    def nvmlDeviceGetEnforcedPowerLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        """In mW."""
        return round(self._ask(gpu, "limit", supported=gpu.limit).limit_w * 1000)

    def nvmlDeviceGetPowerManagementLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        """In mW."""
        card = self._ask(gpu, "limit", supported=gpu.limit)
        return round((card.limit_w if card.managed_w is None else card.managed_w) * 1000)

    def nvmlDeviceSetPowerManagementLimit(self, gpu: FakeGpu, limit_mw: int) -> None:  # noqa: N802
        """In mW."""
        self._ask(gpu, "set limit", supported=gpu.limit)
        if not gpu.may_limit:
            raise FakeNvmlError(NO_PERMISSION)
        gpu.managed_w = limit_mw / 1000

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> SimpleNamespace:  # noqa: N802
        """Percent of time."""
        return SimpleNamespace(gpu=self._ask(gpu, "utilisation").sm_percent, memory=10)

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> SimpleNamespace:  # noqa: N802
        """Bytes."""
        self._ask(gpu, "memory")
        return SimpleNamespace(used=gpu.memory_used, total=gpu.memory_total, free=gpu.memory_total - gpu.memory_used)

    def nvmlDeviceGetCurrentClocksEventReasons(self, gpu: FakeGpu) -> int:  # noqa: N802
        """Bit mask of why clocks are held back."""
        return self._ask(gpu, "clocks").clock_reasons

    def nvmlDeviceGetProcessUtilization(self, gpu: FakeGpu, since_us: int) -> list[SimpleNamespace]:  # noqa: N802
        """One sample per process of ``gpu.sm_by_pid``, at this moment."""
        now_us = round(gpu.now_s * 1e6)
        found = self._ask(gpu, "process utilisation", supported=gpu.sm_by_pid is not None).sm_by_pid or {}
        if not found or now_us <= since_us:
            raise FakeNvmlError(NOT_FOUND)
        return [SimpleNamespace(pid=pid, timeStamp=now_us, smUtil=percent) for pid, percent in found.items()]

    def nvmlDeviceGetAccountingMode(self, gpu: FakeGpu) -> int:  # noqa: N802
        """Whether the driver keeps accounts."""
        return int(self._ask(gpu, "accounting").accounts is not None)

    def nvmlDeviceGetAccountingPids(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        """Processes it has an account of."""
        begun = self._ask(gpu, "accounted processes").accounts or {}
        return [pid for pid, (begun_s, _) in begun.items() if begun_s <= gpu.now_s]

    def nvmlDeviceGetAccountingStats(self, gpu: FakeGpu, pid: int) -> SimpleNamespace:  # noqa: N802
        """The account of a process that is at an end now; its ``time`` is in ms."""
        begun_s, percent = (self._ask(gpu, "account").accounts or {})[pid]
        return SimpleNamespace(gpuUtilization=percent, time=(gpu.now_s - begun_s) * 1000, startTime=0, isRunning=1)

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: FakeGpu) -> list[SimpleNamespace]:  # noqa: N802
        """Processes with memory on the card."""
        self._ask(gpu, "processes")
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in gpu.processes]

    @staticmethod
    def _ask(gpu: FakeGpu, question: str, *, supported: bool = True) -> FakeGpu:
        gpu.questions.append(question)
        if gpu.lost:
            raise FakeNvmlError(GPU_IS_LOST)
        if not supported:
            raise FakeNvmlError(NOT_SUPPORTED)
        return gpu

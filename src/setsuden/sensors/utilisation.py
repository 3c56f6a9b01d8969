"""How busy things are: CPU, this process and its children, memory, GPUs, and whether something is held back.

CPU figures are running sums, so that nested and overlapping windows each subtract two readings of their own; memory
and GPU figures are those of the moment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from setsuden.sensors.busy import usage_s
from setsuden.sensors.host import Host
from setsuden.sensors.limits import Limits
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.process_tree import ProcessTree
from setsuden.sensors.protocol import Sensor
from setsuden.sensors.traffic import Traffic
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.gpu_time import CardTime
    from setsuden.sensors.place import Place


class Load(NamedTuple):
    """One reading; None where nothing can be read.

    cpu_busy_s         CPU seconds of work so far, over all logical CPUs (or over the container's)
    cpu_capacity_s     CPU seconds there were so far; busy over capacity between two readings is the share
    process_cpu_s      CPU seconds of this process and its descendants so far
    memory_used_bytes  of the machine, or of the container with its page cache; ``memory_bytes`` is how much there is
    gpu_sm_share       mean over the visible cards, 0-1
    gpu_memory_used_bytes  sum over the visible cards
    received_bytes, sent_bytes  through the network so far, loopback left out, see ``traffic``
    gpu_time           by channel id: how long this process and its descendants ran on a card so far
    held_back          what slows things down: ``cpu-thermal``, ``gpu-thermal``, ``gpu-power-brake``, ``gpu-power-cap``
    """

    t_s: float
    cpu_busy_s: float | None = None
    cpu_capacity_s: float | None = None
    process_cpu_s: float | None = None
    memory_used_bytes: float | None = None
    memory_bytes: float | None = None
    gpu_sm_share: float | None = None
    gpu_memory_used_bytes: float | None = None
    held_back: tuple[str, ...] = ()
    received_bytes: float | None = None
    sent_bytes: float | None = None
    gpu_time: Mapping[str, CardTime] = {}


# Bits of nvmlClocksEventReasons (NVML API reference).
_GPU_REASONS = {0x04: "gpu-power-cap", 0x20: "gpu-thermal", 0x40: "gpu-thermal", 0x80: "gpu-power-brake"}


class UtilisationProbe:
    """Keeps its files open; one ``read`` costs a handful of system calls. Not thread-safe.

    sensors   those of the discovery; an NVML sensor among them answers for its cards
    limits    of the container, so that shares are of what the container may use

    ``glance_every_s`` is how seldom it is enough to ``glance``.
    """

    def __init__(self, host: Host, sensors: Iterable[Sensor] = (), limits: Limits | None = None) -> None:
        self._host = host
        self._limits = limits or Limits()
        # By name and not by class, so that a machine without a card does not load what reads cards.
        cards: list[Any] = [sensor for sensor in sensors if sensor.name == "nvml"]
        self._gpus: list[Any] = [gpu for sensor in cards for gpu in sensor.gpus]
        self._nvml: Any = cards[0].library if cards else None
        self._gpu_time = _gpu_time(self._gpus, host)
        # Cards tell of this moment only; without one there is little but memory to look at, and that moves slowly.
        self.glance_every_s = 1.0 if self._gpus else 1.95
        self._linux = host.platform == "linux"
        self._stat = OpenFile(host.files, host.procfs / "stat")
        self._usage = OpenFile(host.files, self._limits.cpu_usage) if self._limits.cpu_usage else None
        self._held = OpenFile(host.files, self._limits.memory_usage) if self._limits.memory_usage else None
        self._meminfo = OpenFile(host.files, host.procfs / "meminfo")
        self._tree = ProcessTree(host)
        self._traffic = Traffic(host)
        self._throttles = [OpenFile(host.files, path) for path in _throttle_files(host)]
        self._throttled = self._throttle_count()
        self._ticks_per_s = os.sysconf("SC_CLK_TCK") if self._linux and hasattr(os, "sysconf") else 100

    def read(self) -> Load:
        """One reading; never raises for what cannot be read."""
        busy_s, capacity_s = self._cpu()
        used, total = self._memory()
        share, vram = self._gpu()
        ours_s = self._tree.cpu_s()
        return Load(
            self._host.clock.elapsed(),
            busy_s,
            capacity_s,
            ours_s,
            used,
            total,
            share,
            vram,
            (*self._cpu_held_back(), *self._gpu_held_back()),
            *self._traffic.read(),
            {} if self._gpu_time is None else self._gpu_time.read(self._tree.holds),
        )

    def glance(self) -> Load:
        """What is of this moment only: memory, GPUs, what holds back. The running sums are None. Never raises."""
        self._tree.keep_up()
        if self._gpu_time is not None:
            self._gpu_time.read(self._tree.holds)  # the driver keeps its samples for some seconds only
        used, total = self._memory()
        share, vram = self._gpu()
        return Load(
            self._host.clock.elapsed(),
            memory_used_bytes=used,
            memory_bytes=total,
            gpu_sm_share=share,
            gpu_memory_used_bytes=vram,
            held_back=(*self._cpu_held_back(), *self._gpu_held_back()),
        )

    def close(self) -> None:
        """Release the files."""
        for file in (self._stat, self._meminfo, self._usage, self._held, *self._throttles):
            if file is not None:
                file.close()
        self._tree.close()
        self._traffic.close()

    def _cpu(self) -> tuple[float | None, float | None]:
        if not self._linux:
            import psutil

            times = psutil.cpu_times()
            return float(sum(times) - times.idle), float(sum(times))
        try:
            if self._usage is not None and self._limits.cpus is not None:
                return usage_s(self._usage.read()), self._host.clock.elapsed() * self._limits.cpus
            ticks = [int(field) for field in self._stat.read().split(b"\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return None, None
        total = sum(ticks)
        return (total - ticks[3] - ticks[4] - sum(ticks[7:8])) / self._ticks_per_s, total / self._ticks_per_s

    def _memory(self) -> tuple[float | None, float | None]:
        if not self._linux:
            import psutil

            memory = psutil.virtual_memory()
            return float(memory.total - memory.available), float(memory.total)
        try:
            if self._held is not None and self._limits.memory_bytes is not None:
                return float(self._held.number()), float(self._limits.memory_bytes)
            rows = dict(line.split(b":", 1) for line in self._meminfo.read().splitlines()[:5] if b":" in line)
            total = int(rows[b"MemTotal"].split()[0]) * 1024
            available = int(rows[b"MemAvailable"].split()[0]) * 1024
        except (OSError, ValueError, KeyError, IndexError):
            return None, None
        return float(total - available), float(total)

    def _gpu(self) -> tuple[float | None, float | None]:
        shares, used = [], []
        for gpu in self._gpus:
            try:
                shares.append(gpu.sm_share())
                used.append(float(self._nvml.nvmlDeviceGetMemoryInfo(gpu.handle).used))
            except (self._nvml.NVMLError, AttributeError):
                # A card that answers only one of the two, or neither, must not hide the others.
                continue
        return (sum(shares) / len(shares) if shares else None), (sum(used) if used else None)

    def _cpu_held_back(self) -> tuple[str, ...]:
        before, self._throttled = self._throttled, self._throttle_count()
        return ("cpu-thermal",) if self._throttled > before else ()

    def _throttle_count(self) -> int:
        total = 0
        for file in self._throttles:
            try:
                total += file.number()
            except (OSError, ValueError):
                # Hot-plugged away: its events no longer count, the others' do.
                continue
        return total

    def _gpu_held_back(self) -> tuple[str, ...]:
        reasons: dict[str, None] = {}
        for gpu in self._gpus:
            mask = gpu.clock_reasons()
            reasons |= {name: None for bit, name in _GPU_REASONS.items() if mask & bit}
        return tuple(reasons)


def _gpu_time(gpus: list[Any], host: Host) -> Any:
    """Loaded only where there is a card."""
    if not gpus:
        return None
    from setsuden.sensors.gpu_time import GpuTime

    return GpuTime(gpus, host)


def _throttle_files(host: Host) -> list[Place]:
    """Event counters of the first logical CPU of each package."""
    base = host.sysfs / "devices" / "system" / "cpu"
    firsts: dict[str, Place] = {}
    for name in host.names(base):
        if name.startswith("cpu") and name[3:].isdigit():
            package = host.text(base / name / "topology" / "physical_package_id")
            if package is not None:
                firsts.setdefault(package, base / name / "thermal_throttle")
    files = (folder / f"{what}_throttle_count" for folder in firsts.values() for what in ("package", "core"))
    return [path for path in files if host.number(path) is not None]

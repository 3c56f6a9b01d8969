"""A whole fake machine: ``/proc`` with a processor, memory and load, an empty ``/sys``, no GPU until one is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setsuden.sensors.host import AmdSmiUnavailableError, Host, NvmlUnavailableError
from setsuden.testing.amdsmi import FakeAmdSmi
from setsuden.testing.clock import FakeClock
from setsuden.testing.faults import FaultyFiles
from setsuden.testing.nvml import FakeNvml
from setsuden.testing.powercap import FakePowercap

_TICKS_PER_S = 100


class FakeMachine:
    """Build it, hand out ``host``, advance it.

    root          an empty folder; ``sys`` and ``proc`` are made inside
    cpu_name      as ``/proc/cpuinfo`` would write it
    busy          share of the CPUs at work from now on, 0-1; change it at will
    nvml          a stand-in for the ``pynvml`` module, see ``FakeNvml``
    amdsmi        a stand-in for the ``amdsmi`` module, see ``FakeAmdSmi``; its driver is then loaded
    """

    def __init__(
        self,
        root: Path,
        *,
        clock: FakeClock | None = None,
        cpu_name: str = "Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz",
        vendor: str = "GenuineIntel",
        family: int = 6,
        model: int = 158,
        sockets: int = 1,
        cores: int = 6,
        threads: int = 12,
        virtual: bool = False,
        memory_bytes: int = 16_000_000_000,
        nvml: FakeNvml | None = None,
        amdsmi: FakeAmdSmi | None = None,
        environ: Mapping[str, str] | None = None,
        platform: str = "linux",
    ) -> None:
        self.clock = clock or FakeClock()
        self.files = FaultyFiles()
        self.sysfs, self.procfs = root / "sys", root / "proc"
        self.busy = 0.0
        self.nvml, self.amdsmi = nvml, amdsmi
        self.threads = threads * sockets
        self._busy_ticks = self._idle_ticks = 0.0
        self._powercap: FakePowercap | None = None
        self._usage: tuple[Path, float] | None = None
        self._usage_us = 0.0
        (self.procfs / "self").mkdir(parents=True)
        self.sysfs.mkdir(parents=True)
        if amdsmi is not None:
            (self.sysfs / "module" / "amdgpu").mkdir(parents=True)
        flags = "fpu hypervisor" if virtual else "fpu"
        blocks = [
            f"processor\t: {i}\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\n"
            f"model name\t: {cpu_name}\nphysical id\t: {i // threads}\ncore id\t\t: {i % threads % cores}\n"
            f"flags\t\t: {flags}\n"
            for i in range(self.threads)
        ]
        (self.procfs / "cpuinfo").write_text("\n".join(blocks))
        (self.procfs / "meminfo").write_text(
            f"MemTotal:       {memory_bytes // 1024} kB\nMemAvailable:   {memory_bytes // 2048} kB\n"
        )
        (self.procfs / "self" / "cgroup").write_text("0::/\n")
        self._write_stat()
        self.host = Host(
            sysfs=self.sysfs,
            procfs=self.procfs,
            clock=self.clock,
            files=self.files,
            nvml=(lambda: nvml) if nvml is not None else _no_nvml,
            amdsmi=(lambda: amdsmi) if amdsmi is not None else _no_amdsmi,
            environ=dict(environ or {}),
            platform=platform,
            pid=4242,
        )

    @property
    def powercap(self) -> FakePowercap:
        """The machine's powercap tree, made when first asked for."""
        if self._powercap is None:
            self._powercap = FakePowercap(self.sysfs, self.clock)
        return self._powercap

    def advance(self, seconds: float) -> None:
        """Let time pass: the clock, the CPU ticks, the energy counters."""
        if self._powercap is not None:
            self._powercap.advance(seconds)
        else:
            self.clock.advance(seconds)
        if self.nvml is not None:
            self.nvml.advance(seconds)
        if self.amdsmi is not None:
            self.amdsmi.advance(seconds)
        ticks = seconds * _TICKS_PER_S * self.threads
        self._busy_ticks += ticks * self.busy
        self._idle_ticks += ticks * (1 - self.busy)
        self._write_stat()
        if self._usage is not None:
            path, cpus = self._usage
            self._usage_us += seconds * cpus * self.busy * 1e6
            path.write_text(f"usage_usec {round(self._usage_us)}\nuser_usec 0\n")

    def contain(self, *, cpus: float | None = None, memory_bytes: int | None = None, path: str = "/job") -> None:
        """Put the process into a version 2 cgroup with limits; ``busy`` is then a share of its CPUs."""
        folder = self.sysfs / "fs" / "cgroup" / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        (self.procfs / "self" / "cgroup").write_text(f"0::{path}\n")
        (folder / "cpu.max").write_text(f"{round(cpus * 100_000) if cpus else 'max'} 100000\n")
        (folder / "memory.max").write_text(f"{memory_bytes or 'max'}\n")
        if cpus:
            self._usage = (folder / "cpu.stat", cpus)
            (folder / "cpu.stat").write_text("usage_usec 0\nuser_usec 0\n")

    def _write_stat(self) -> None:
        busy, idle = round(self._busy_ticks), round(self._idle_ticks)
        (self.procfs / "stat").write_text(f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {busy} 0 0 {idle} 0 0 0 0 0 0\n")


def _no_nvml() -> Any:
    raise NvmlUnavailableError("the NVIDIA driver library libnvidia-ml.so.1 is not installed")


def _no_amdsmi() -> Any:
    raise AmdSmiUnavailableError("the Python module amdsmi does not load")

"""What one container uses of the machine: CPU seconds, memory and GPU time of a version 2 cgroup."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from setsuden.errors import InputError
from setsuden.sensors.busy import usage_s
from setsuden.sensors.gpu_time import CardTime, GpuTime
from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.protocol import Sensor


class Use(NamedTuple):
    """One reading; None where nothing can be read.

    cpu_s          CPU seconds of everything in the container so far
    memory_bytes   that it holds now, page cache included
    gpu            by channel id: how long its processes ran on the card so far; a card that does not tell is left out
    """

    cpu_s: float | None
    memory_bytes: float | None
    gpu: dict[str, CardTime]


class Container:
    """A container by its cgroup. Keeps its files open; not thread-safe.

    path      below ``/sys/fs/cgroup``, for example ``system.slice/docker-<id>.scope``
    sensors   those of the discovery; an NVML sensor among them answers for its cards

    Raises InputError where there is no such version 2 cgroup, or it does not count CPU time.
    """

    def __init__(self, host: Host, path: str, sensors: tuple[Sensor, ...] = ()) -> None:
        root = host.sysfs / "fs" / "cgroup"
        inside = Path(path.removeprefix(str(root)).lstrip("/"))
        folder = root / inside
        if ".." in inside.parts or not host.text(folder / "cpu.stat"):
            raise InputError(
                "no such container (a version 2 cgroup with cpu.stat)",
                value=path,
                remedy="See `systemd-cgls`, or /proc/PID/cgroup of a process in it.",
            )
        self.path = str(inside)
        self._cpu = OpenFile(host.files, folder / "cpu.stat")
        self._memory = OpenFile(host.files, folder / "memory.current")
        self._host, self._procs = host, folder / "cgroup.procs"
        cards: list[Any] = [sensor for sensor in sensors if sensor.name == "nvml"]
        self._gpu_time = GpuTime([gpu for sensor in cards for gpu in sensor.gpus], host)

    def read(self) -> Use:
        """One reading; never raises for what cannot be read."""
        pids = {int(pid) for pid in (self._host.text(self._procs) or "").split() if pid.isdigit()}
        return Use(
            self._try(lambda: usage_s(self._cpu.read())),
            self._try(lambda: float(self._memory.number())),
            self._gpu_time.read(pids.__contains__),
        )

    def close(self) -> None:
        """Release the files."""
        self._cpu.close()
        self._memory.close()

    @staticmethod
    def _try(read: Any) -> float | None:
        try:
            return float(read())
        except (OSError, ValueError, IndexError):
            return None

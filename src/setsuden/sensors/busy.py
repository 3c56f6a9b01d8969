"""How busy the CPUs are: seconds of work per logical CPU, from the kernel's own counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


class _Reading(NamedTuple):
    busy: float
    total: float


Taken = bytes | OSError | _Reading
"""What the kernel showed, not yet read through; how it failed; or what psutil made of it."""


class BusyShare:
    """Share of the CPUs (all, or those of a container) at work since the last call, 0-1; None when nothing can be read.

    host         where to look
    cpus         logical CPUs that the share is a share of, for a container
    usage_file   the container's CPU seconds (``cpu.stat`` or ``cpuacct.usage``); None for the whole machine
    """

    def __init__(self, host: Host, *, cpus: float | None = None, usage_file: Place | None = None) -> None:
        self._cpus = cpus
        self._usage = OpenFile(host.files, usage_file) if usage_file and cpus else None
        self._stat = OpenFile(host.files, host.procfs / "stat") if host.platform == "linux" else None
        self._last = self._read(host.clock.elapsed(), self.take())

    def take(self) -> Taken:
        """What the system shows now, for ``since_last``."""
        file = self._usage or self._stat
        return _portable() if file is None else file.taken()

    def since_last(self, t_s: float, taken: Taken) -> float | None:
        """Mean share since the previous call (or since construction); None when unreadable or no time has passed.

        taken   by ``take`` at ``t_s`` on the host's elapsed clock
        """
        now = self._read(t_s, taken)
        last, self._last = self._last, now or self._last
        if now is None or last is None or now.total <= last.total:
            return None
        return min(1.0, max(0.0, (now.busy - last.busy) / (now.total - last.total)))

    def close(self) -> None:
        """Release the files."""
        for file in (self._usage, self._stat):
            if file is not None:
                file.close()

    def _read(self, t_s: float, taken: Taken) -> _Reading | None:
        if isinstance(taken, OSError):
            return None
        if isinstance(taken, _Reading):
            return taken
        try:
            if self._usage is not None and self._cpus is not None:
                return _Reading(usage_s(taken), t_s * self._cpus)
            return _stat(taken)
        except (ValueError, IndexError):
            return None


def usage_s(text: bytes) -> float:
    """CPU seconds in ``cpu.stat`` (microseconds, by name) or ``cpuacct.usage`` (nanoseconds)."""
    if text.startswith(b"usage_usec"):
        return int(text.split(None, 2)[1]) / 1e6
    for line in text.splitlines():
        if line.startswith(b"usage_usec"):
            return int(line.split()[1]) / 1e6
    return int(text) / 1e9


def _stat(text: bytes) -> _Reading:
    # user nice system idle iowait irq softirq steal; guest time is already inside user, stolen time is others' work
    ticks = [int(field) for field in text.split(b"\n", 1)[0].split()[1:9]]
    idle = ticks[3] + ticks[4] + sum(ticks[7:8])
    return _Reading(float(sum(ticks) - idle), float(sum(ticks)))


def _portable() -> _Reading:
    import psutil

    times = psutil.cpu_times()
    total = float(sum(times))
    return _Reading(total - times.idle, total)

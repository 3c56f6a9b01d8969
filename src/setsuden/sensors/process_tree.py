"""CPU seconds of this process and everything it started: data loaders, forked workers, their children."""

from __future__ import annotations

import os

from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile

# Looking for new children costs a file per thread, so it is done no more often than this.
_LOOK_EVERY_S = 1.0
# Between the edges of windows: often enough for a child that nobody waits for to leave its time behind.
_KEEP_UP_S = 10.0
# Ancestors that are followed from a process upwards.
_DEEPEST = 64


class ProcessTree:
    """Running sum over the tree.

    A child that ends hands its time to the parent that waits for it; the sum never falls. The time of a child that
    nobody waits for is lost to the sum until the others have caught up.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._pid = os.getpid() if host.pid is None else host.pid
        self._files = {self._pid: OpenFile(host.files, host.procfs / str(self._pid) / "stat")}
        self._looked_s = float("-inf")
        self._most_s = 0.0
        self._ticks_per_s = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

    def cpu_s(self) -> float | None:
        """CPU seconds so far; None where there is no ``/proc``."""
        if self._host.platform != "linux":
            return _portable()
        now_s = self._host.clock.elapsed()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._look()
        ticks = [self._ticks(pid, file) for pid, file in list(self._files.items())]
        if not any(item is not None for item in ticks):
            return None
        total_s = sum(item for item in ticks if item is not None) / self._ticks_per_s
        self._most_s = max(self._most_s, total_s)
        return self._most_s

    def holds(self, pid: int) -> bool:
        """Whether a process is this one or descends from it; also one that was started since the last look."""
        for _ in range(_DEEPEST):
            if pid in self._files:
                return True
            fields = (self._host.text(self._host.procfs / str(pid) / "stat") or "").rpartition(")")[2].split()
            if len(fields) < 2 or not fields[1].isdigit() or fields[1] == "0":
                return False
            pid = int(fields[1])
        return False

    def keep_up(self) -> None:
        """See what has been added, if nobody has asked for a while."""
        if self._host.platform == "linux" and self._host.clock.elapsed() - self._looked_s >= _KEEP_UP_S:
            self.cpu_s()

    def close(self) -> None:
        """Release the files."""
        for file in self._files.values():
            file.close()

    def _ticks(self, pid: int, file: OpenFile) -> int | None:
        try:
            # The name in brackets may hold spaces; after it: state is field 3, utime to cstime are 14 to 17.
            fields = file.read().rpartition(b")")[2].split()
            return sum(int(field) for field in fields[11:15])
        except (OSError, ValueError):
            if pid != self._pid:
                self._files.pop(pid).close()
            return None

    def _look(self) -> None:
        """Add children that were started since the last look."""
        waiting, seen = [self._pid], {self._pid}
        while waiting:
            pid = waiting.pop()
            tasks = self._host.procfs / str(pid) / "task"
            for task in self._host.names(tasks):
                children = (self._host.text(tasks / task / "children") or "").split()
                for child in map(int, children):
                    if child not in seen:
                        seen.add(child)
                        waiting.append(child)
        for pid in seen - self._files.keys():
            self._files[pid] = OpenFile(self._host.files, self._host.procfs / str(pid) / "stat")


def _portable() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

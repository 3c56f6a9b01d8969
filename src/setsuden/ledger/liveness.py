"""Is the process that writes a run still there?"""

from __future__ import annotations

import os
import platform
import time
from typing import Any

# A writer that cannot be looked up (another machine or container) counts as gone after so many silent seconds.
STALE_AFTER_S = 60.0
# So a writer gives a sign of life no more often than this.
BEAT_EVERY_S = 10.0


def writer_identity() -> dict[str, Any]:
    """This process, so that it cannot be taken for a later one with the same number."""
    return {
        "pid": os.getpid(),
        "process_start": _process_start(os.getpid()),
        "boot": _line("/proc/sys/kernel/random/boot_id"),
        "pid_namespace": _link("/proc/self/ns/pid"),
        "cgroup": _line("/proc/self/cgroup"),
        "host": host_name(),
    }


def host_name() -> str:
    """The name of this machine, empty where it has none."""
    return platform.node()


def is_alive(writer: dict[str, Any], heartbeat_at: float, now: float | None = None) -> bool:
    """Whether the writer of a run still runs.

    writer        as given by ``writer_identity`` when the run was started
    heartbeat_at  seconds since the epoch of its last write
    """
    here = writer_identity()
    if all(writer.get(key) == here[key] for key in ("boot", "pid_namespace", "host")):
        if writer.get("process_start") is not None:
            return bool(_process_start(int(writer["pid"])) == writer["process_start"])
        return _answers(int(writer["pid"]))
    return (time.time() if now is None else now) - heartbeat_at < STALE_AFTER_S


def _process_start(pid: int) -> int | None:
    """Clock ticks since boot at which the process started; None where there is no /proc or no such process."""
    text = _line(f"/proc/{pid}/stat")
    if text is None:
        return None
    # The name in parentheses may contain anything; state is the first field after it, start time the twentieth.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None

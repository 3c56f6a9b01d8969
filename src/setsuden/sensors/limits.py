"""What a container may use: cgroup limits (versions 1 and 2) instead of the totals of its host."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from setsuden.sensors.host import Host
from setsuden.sensors.machine import Machine
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


class Limits(NamedTuple):
    """The tightest limits on the way from this process's cgroup to the root.

    cpus          logical CPUs it may use at once (quota or cpuset), None when unlimited
    memory_bytes  None when unlimited
    cpu_usage     file with the cgroup's CPU seconds so far, None where there is none or nothing is limited
    memory_usage  file with the bytes the cgroup holds now, likewise
    """

    cpus: float | None = None
    memory_bytes: int | None = None
    cpu_usage: Place | None = None
    memory_usage: Place | None = None

    @property
    def limited(self) -> bool:
        """Whether anything is limited at all."""
        return self.cpus is not None or self.memory_bytes is not None


# A cgroup v1 without a memory limit shows the largest multiple of the page size below 2^63.
_UNLIMITED_BYTES = 1 << 60


def read_limits(host: Host) -> Limits:
    """Look at the cgroup of the host's process; nothing found means no limits."""
    paths = _memberships(host)
    cpu: list[float] = []
    memory: list[int] = []
    for folder in _upwards(host, "cpu", paths):
        cpu += [value for value in (_quota(host, folder),) if value is not None]
    for folder in _upwards(host, "cpuset", paths):
        cpu += [value for value in (_cpuset(host, folder),) if value is not None]
    for folder in _upwards(host, "memory", paths):
        memory += [value for value in (_memory(host, folder),) if value is not None]
    online = _count(host.text(host.sysfs / "devices" / "system" / "cpu" / "online") or "") or _processors(host)
    cpus = min(cpu, default=None)
    if cpus is not None and online and cpus >= online:
        cpus = None
    return Limits(
        cpus,
        min(memory, default=None),
        _usage_file(host, paths) if cpus is not None else None,
        _memory_file(host, paths) if memory else None,
    )


def _memberships(host: Host) -> dict[str, str]:
    """Controller -> path; the unified hierarchy under the empty name."""
    rows = (line.split(":", 2) for line in (host.text(host.procfs / "self" / "cgroup") or "").splitlines())
    return {name: row[2] for row in rows if len(row) == 3 for name in row[1].split(",")}


def _upwards(host: Host, controller: str, paths: dict[str, str]) -> list[Place]:
    """Folders from the process's own cgroup to the root of its hierarchy, version 2 first where it rules."""
    root = host.sysfs / "fs" / "cgroup"
    if controller in paths:
        roots = [(root / controller, paths[controller])]
        joint = {"cpu": "cpu,cpuacct"}.get(controller)
        if joint:
            roots.append((root / joint, paths[controller]))
    else:
        roots = [(root, paths.get("", "/")), (root / "unified", paths.get("", "/"))]
    folders = []
    for base, path in roots:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        above = [parts[:depth] for depth in range(len(parts), -1, -1)]
        folders += [base / "/".join(inside) if inside else base for inside in above if ".." not in inside]
    return list(dict.fromkeys(folders))


def _quota(host: Host, folder: Place) -> float | None:
    text = host.text(folder / "cpu.max")
    if text:
        quota, _, period = text.partition(" ")
        return _ratio(quota, period or "100000")
    return _ratio(host.text(folder / "cpu.cfs_quota_us"), host.text(folder / "cpu.cfs_period_us"))


def _ratio(quota: str | None, period: str | None) -> float | None:
    try:
        share = float(quota or "") / float(period or "")
    except (ValueError, ZeroDivisionError):
        return None
    return share if share > 0 and math.isfinite(share) else None


def _cpuset(host: Host, folder: Place) -> float | None:
    for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
        count = _count(host.text(folder / name) or "")
        if count:
            return float(count)
    return None


def _count(text: str) -> int:
    """How many CPUs a list such as ``0-3,8`` names; 0 for an empty or unreadable one."""
    total = 0
    for piece in filter(None, text.strip().split(",")):
        first, _, last = piece.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            return 0
        total += int(last or first) - int(first) + 1
    return total


def _processors(host: Host) -> int:
    return sum(line.startswith("processor") for line in (host.text(host.procfs / "cpuinfo") or "").splitlines())


def _memory(host: Host, folder: Place) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        value = host.number(folder / name)
        if value is not None and 0 < value < _UNLIMITED_BYTES:
            return value
    return None


def _memory_file(host: Host, paths: dict[str, str]) -> Place | None:
    for folder in _upwards(host, "memory", paths):
        for name in ("memory.current", "memory.usage_in_bytes"):
            if host.number(folder / name) is not None:
                return folder / name
    return None


def _usage_file(host: Host, paths: dict[str, str]) -> Place | None:
    for folder in _upwards(host, "cpu", paths)[:1]:
        if host.text(folder / "cpu.stat") and "usage_usec" in (host.text(folder / "cpu.stat") or ""):
            return folder / "cpu.stat"
    for controller in ("cpuacct", "cpu"):
        for folder in _upwards(host, controller, paths)[:1]:
            if host.number(folder / "cpuacct.usage") is not None:
                return folder / "cpuacct.usage"
    return None


def dram_bytes(machine: Machine, limits: Limits) -> int | None:
    """The memory that is ours: the container's limit where it has one, else the machine's; None when unknown."""
    known = [size for size in (machine.memory_bytes, limits.memory_bytes) if size]
    return min(known, default=None)

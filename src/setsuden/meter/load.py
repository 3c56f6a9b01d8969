"""How busy things were during a window: two readings of running sums at its edges, means of the rest in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Utilisation
    from setsuden.sensors.utilisation import Load

# Readings are shared between edges this close together: the kernel counts CPU time in ticks of 10 ms.
_SHARED_FOR_S = 0.01


class LoadProbe(Protocol):
    """What reads the load: ``setsuden.sensors.utilisation.UtilisationProbe``, or a fake."""

    @property
    def glance_every_s(self) -> float:
        """How seldom it is enough to ``glance``: background samples faster than this do not look every time."""
        ...

    def read(self) -> Load:
        """One reading; never raises."""
        ...

    def glance(self) -> Load:
        """Memory, GPUs and what holds back at this moment, the running sums None; never raises."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class LoadWatch:
    """Reads a probe no more often than its figures change."""

    def __init__(self, probe: LoadProbe | None) -> None:
        self._probe = probe
        self._last: Load | None = None
        self._looked_s = float("-inf")
        self._every_s = 0.0 if probe is None else probe.glance_every_s

    def at_edge(self, t_s: float) -> Load | None:
        """The load now, for the edge of a window; None without a probe."""
        if self._probe is not None and (self._last is None or t_s - self._last.t_s >= _SHARED_FOR_S):
            self._last = self._probe.read()
            self._looked_s = t_s
        return self._last

    def at_tick(self, t_s: float) -> Load | None:
        """What is of the moment only, when it is time to look again; None otherwise. Running sums need edges only."""
        if self._probe is None or t_s - self._looked_s < self._every_s:
            return None
        self._looked_s = t_s
        return self._probe.glance()

    def close(self) -> None:
        """Release the probe."""
        if self._probe is not None:
            self._probe.close()


class LoadSpan:
    """The load over one window."""

    __slots__ = ("_gpu_bytes", "_gpu_shares", "_held", "_memory", "begin")

    def __init__(self, begin: Load | None) -> None:
        self.begin = begin
        self._held: dict[str, None] = {}
        self._memory = _Mean()
        self._gpu_shares = _Mean()
        self._gpu_bytes = _Mean()
        if begin is not None:
            self._memory.add(begin.memory_used_bytes)
            self._gpu_bytes.add(begin.gpu_memory_used_bytes)

    def add(self, load: Load) -> None:
        """A reading after the begin of the window."""
        if load is self.begin:
            return
        self._held.update(dict.fromkeys(load.held_back))
        self._memory.add(load.memory_used_bytes)
        self._gpu_shares.add(load.gpu_sm_share)
        self._gpu_bytes.add(load.gpu_memory_used_bytes)

    @property
    def held_back(self) -> tuple[str, ...]:
        """What slowed things down inside the window."""
        return tuple(self._held)

    def utilisation(self, end: Load | None) -> Utilisation:
        """Means over the window; the reading at its end must have been added."""
        from setsuden.ledger.measurement import Utilisation  # the first window's end pays for it, not the start

        begin = self.begin
        if begin is None or end is None:
            return Utilisation()
        memory = self._memory.value
        return Utilisation(
            cpu_share=_share(begin.cpu_busy_s, end.cpu_busy_s, begin, end),
            process_cpu_share=_share(begin.process_cpu_s, end.process_cpu_s, begin, end),
            memory_used_bytes=memory,
            memory_share=_clipped(memory / end.memory_bytes) if memory is not None and end.memory_bytes else None,
            gpu_sm_share=self._gpu_shares.value,
            gpu_memory_used_bytes=self._gpu_bytes.value,
            network_received_bytes=_grown(begin.received_bytes, end.received_bytes),
            network_sent_bytes=_grown(begin.sent_bytes, end.sent_bytes),
        )


def others_share(begin: Load | None, end: Load | None) -> float | None:
    """Share of the processor that other programs kept busy between two readings, 0-1; None where it cannot be told."""
    if begin is None or end is None:
        return None
    busy = _share(begin.cpu_busy_s, end.cpu_busy_s, begin, end)
    ours = _share(begin.process_cpu_s, end.process_cpu_s, begin, end)
    return None if busy is None or ours is None else max(0.0, busy - ours)


class _Mean:
    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, value: float | None) -> None:
        if value is not None:
            self._sum += value
            self._count += 1

    @property
    def value(self) -> float | None:
        return self._sum / self._count if self._count else None


def _share(first: float | None, last: float | None, begin: Load, end: Load) -> float | None:
    """Of the CPU seconds there were between two readings; None when unreadable or when no tick passed."""
    if first is None or last is None or begin.cpu_capacity_s is None or end.cpu_capacity_s is None:
        return None
    capacity_s = end.cpu_capacity_s - begin.cpu_capacity_s
    return _clipped((last - first) / capacity_s) if capacity_s > 0 else None


def _grown(first: float | None, last: float | None) -> float | None:
    """What a running sum grew by; None when unreadable or when it started again (an interface came or went)."""
    return None if first is None or last is None or last < first else last - first


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))

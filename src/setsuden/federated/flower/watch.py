"""Joules around processes that live elsewhere: the node's meter, divided by the CPU seconds of each process tree."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.meter.rig import Rig
from setsuden.meter.setup import find_setup
from setsuden.quantity import DEVICE, Estimate, Factor, Provenance
from setsuden.sensors import Host
from setsuden.sensors.process_tree import ProcessTree

EVERY_S = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What was seen; all counts run on from the first reading.

    time_s      (readings,) Unix time
    joules      (readings, 3): value, low and high of the node's processors, by the channels that count
    busy_s, capacity_s   (readings,): CPU seconds that anybody used, and that there were
    tree_cpu_s  of each watched process tree: (readings,)
    sensor      whether there is a channel at all; how: which, and whether measured or modelled
    """

    time_s: NDArray[np.float64]
    joules: NDArray[np.float64]
    busy_s: NDArray[np.float64]
    capacity_s: NDArray[np.float64]
    tree_cpu_s: dict[int, NDArray[np.float64]]
    sensor: bool
    how: str

    @property
    def nodes(self) -> list[int]:
        """Whose trees were watched."""
        return list(self.tree_cpu_s)

    def tree(self, node: int, start_s: float, end_s: float) -> tuple[float, Estimate | None]:
        """CPU seconds and joules of a tree between two moments; no joules where no sensor says.

        Within every reading the processors' joules fall to the tree by its share of the CPU seconds used; the lower
        end takes its share of those there were, so that idle power falls to nobody.
        """
        counts = self.tree_cpu_s[node]
        used = np.diff(counts, prepend=0.0)
        value, low, high = (
            self._grown(np.cumsum(np.diff(self.joules[:, column], prepend=0.0) * _share(used, by)), start_s, end_s)
            for column, by in (
                (0, self._steps(self.busy_s)),
                (1, self._steps(self.capacity_s)),
                (2, self._steps(self.busy_s)),
            )
        )
        return self._grown(counts, start_s, end_s), self._estimate(value, low, high)

    def of_cpu(self, stretches: Sequence[tuple[float, float, float]]) -> Estimate | None:
        """Joules of (CPU seconds, from, to) added up: by share of the CPU seconds used meanwhile, as in ``tree``."""
        total = np.zeros(3)
        for cpu_s, start_s, end_s in stretches:
            # A turn shorter than a reading has too little in it to divide by: take the readings around it.
            first, last = start_s - EVERY_S, end_s + EVERY_S
            busy_s, there_s = self._grown(self.busy_s, first, last), self._grown(self.capacity_s, first, last)
            value, low, high = (self._grown(self.joules[:, column], first, last) for column in range(3))
            used = min(1.0, cpu_s / busy_s) if busy_s > 0 else 0.0
            total += (value * used, low * (min(1.0, cpu_s / there_s) if there_s > 0 else 0.0), high * used)
        return self._estimate(*total.tolist())

    def _estimate(self, value: float, low: float, high: float) -> Estimate | None:
        if not self.sensor:
            return None
        factor = Factor(
            "processors' joules by share of CPU seconds", value, min(low, value), max(high, value), "J", self.how
        )
        return Estimate(value, min(low, value), max(high, value), "J", Provenance.ESTIMATED, DEVICE, (factor,))

    def _steps(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.diff(counts, prepend=0.0)

    def _grown(self, counts: NDArray[np.float64], start_s: float, end_s: float) -> float:
        first, last = np.interp([start_s, end_s], self.time_s, counts)
        return float(last - first)


def _share(used: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(np.divide(used, there, out=np.zeros_like(used), where=there > 0), 1.0)


class Watch:
    """Reads in the background from ``with`` until ``stop``; ``trees``: process id of the root of each tree, by node."""

    def __init__(self, trees: Mapping[int, int]) -> None:
        self._rig = Rig(find_setup(None, None, None))
        self._counted = tuple(channel.counted and channel.component == "cpu" for channel in self._rig.channels)
        self._trees = {node: ProcessTree(Host(pid=pid)) for node, pid in trees.items()}
        self._rows: list[tuple[float, ...]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="setsuden-watch", daemon=True)

    def __enter__(self) -> Watch:
        self._read()
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def stop(self) -> None:
        """The last reading; must come before what is watched has ended."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join()
        self._read()
        for tree in self._trees.values():
            tree.close()
        self._rig.close()

    def watched(self) -> Watched:
        """Everything so far."""
        table = np.array(self._rows, dtype=np.float64)
        table[:, 1:] = np.maximum.accumulate(table[:, 1:] - table[0, 1:], axis=0)
        trees = {node: table[:, column] for column, node in enumerate(self._trees, start=6)}
        return Watched(table[:, 0], table[:, 1:4], table[:, 4], table[:, 5], trees, any(self._counted), self._how())

    def _how(self) -> str:
        channels = [channel for channel, counts in zip(self._rig.channels, self._counted, strict=True) if counts]
        return ", ".join(f"{channel.label} ({channel.provenance.value})" for channel in channels) or "no CPU sensor"

    def _watch(self) -> None:
        while not self._stopped.wait(EVERY_S):
            self._read()

    def _read(self) -> None:
        reading = self._rig.read()
        joules = np.zeros(3)
        for channel, sample, counts in zip(self._rig.channels, reading.samples, self._counted, strict=True):
            if counts:
                above, below = channel.relative_error, channel.relative_error_below
                below = above if below is None else below
                joules += (sample.energy_j, sample.low_j * (1.0 - below), sample.high_j * (1.0 + above))
        load = reading.load
        busy_s, capacity_s = (0.0, 0.0) if load is None else (load.cpu_busy_s or 0.0, load.cpu_capacity_s or 0.0)
        trees = (tree.cpu_s() or 0.0 for tree in self._trees.values())
        self._rows.append((time.time(), *joules.tolist(), busy_s, capacity_s, *trees))

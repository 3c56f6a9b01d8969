"""Sums over all clients up to a time, exact at chosen times: what a closed form needs of a million clients."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.fleet import Fleet
from setsuden.federated.simulate.schedule import Stages

Array = NDArray[np.float64]
POINTS = 1024
_PIECE = 1 << 16


class Tables:
    """Cumulative sums by group, shape (groups, points + 1); column 0 is time 0, column j the time ``at[j]``.

    exact    every turn ends at a point, so that a round ends at a point
    speed    MACs per second of a group over all its turns
    done     sums over the turns that have ended: ``n``, ``compute_s``, ``up_s``, ``total_s``, ``macs``
    """

    def __init__(self, fleet: Fleet, stages: Stages, timeout_s: float, drop_at: float) -> None:
        self.at, self.exact = points(stages, timeout_s)
        self.drop_at = drop_at
        self.per_mac = any(group.device.j_per_mac is not None for group in fleet.groups)
        groups = len(fleet.groups)
        self._width = len(self.at) + 1  # one column more, for what ends after the last point
        self.done = {name: self._blank(groups) for name in ("n", "compute_s", "up_s", "total_s", "macs")}
        # slopes of the work under way, and slope x time of its beginnings less its ends
        names = ["down_s", "compute_s", "dropped_s", "up_s", "up_bytes"]
        names += ["macs", "dropped_macs"] if self.per_mac else []
        self._ramps = {name: (self._blank(groups), self._blank(groups)) for name in names}
        self._until: dict[str, Array] = {}
        self.clients = np.bincount(fleet.group, minlength=groups).astype(np.float64)
        self.down_s = np.bincount(fleet.group, stages.down, minlength=groups)
        macs = np.bincount(fleet.group, stages.macs, minlength=groups)
        computing = np.bincount(fleet.group, stages.compute, minlength=groups)
        self.speed = np.divide(macs, computing, out=np.zeros(groups), where=computing > 0)
        self._ramps["down_s"][0][:, 0] = self.clients
        for begin in range(0, fleet.clients, _PIECE):
            self._add(fleet, stages, slice(begin, begin + _PIECE))
        for table in (*self.done.values(), *(half for both in self._ramps.values() for half in both)):
            np.cumsum(table, axis=1, out=table)

    def _blank(self, groups: int) -> Array:
        return np.zeros((groups, self._width))

    def until(self, name: str) -> Array:
        """(groups, points + 1): what all turns together have done by each time, nobody cut off."""
        if name not in self._until:
            slope, offset = self._ramps[name]
            self._until[name] = self.at * slope[:, :-1] - offset[:, :-1]
        return self._until[name]

    def ended(self, name: str) -> Array:
        """(groups, points + 1): sums over the turns that have ended by each time."""
        return self.done[name][:, :-1]

    def waited(self) -> Array:
        """(groups, points + 1): seconds that all who have ended have waited by each time."""
        if "waited" not in self._until:
            self._until["waited"] = self.at * self.ended("n") - self.ended("total_s")
        return self._until["waited"]

    def _add(self, fleet: Fleet, stages: Stages, piece: slice) -> None:
        group = fleet.group[piece].astype(np.intp) * self._width
        down, compute, up, macs = stages.down[piece], stages.compute[piece], stages.up[piece], stages.macs[piece]
        computed, dropped = down + compute, down + self.drop_at * compute
        total = computed + up
        columns = {}
        for name, times in (("down", down), ("computed", computed), ("dropped", dropped), ("total", total)):
            columns[name] = group + np.searchsorted(self.at[1:], times) + 1

        def put(table: Array, key: str, weights: Array | None, sign: float = 1.0) -> None:
            flat = table.reshape(-1)
            flat += sign * np.bincount(columns[key], weights, minlength=len(flat))

        def ramp(name: str, begins: str, begin: Array, ends: str, end: Array, slope: Array | None = None) -> None:
            slopes, offsets = self._ramps[name]
            put(slopes, begins, slope)
            put(slopes, ends, slope, -1.0)
            put(offsets, begins, begin if slope is None else slope * begin)
            put(offsets, ends, end if slope is None else slope * end, -1.0)

        for name, weights in (("n", None), ("compute_s", compute), ("up_s", up), ("total_s", total)):
            put(self.done[name], "total", weights)
        put(self._ramps["down_s"][0], "down", None, -1.0)
        put(self._ramps["down_s"][1], "down", down, -1.0)
        ramp("compute_s", "down", down, "computed", computed)
        ramp("dropped_s", "down", down, "dropped", dropped)
        ramp("up_s", "computed", computed, "total", total)
        ramp("up_bytes", "computed", computed, "total", total, fleet.up[piece])
        put(self.done["macs"], "total", macs)
        if self.per_mac:
            speed = macs / compute
            ramp("macs", "down", down, "computed", computed, speed)
            ramp("dropped_macs", "down", down, "dropped", dropped, speed)


def points(stages: Stages, timeout_s: float) -> tuple[Array, bool]:
    """(times from 0 on, whether every turn ends at one): all ends of few turns, quantiles of many; then the time-out.

    Sums are exact at any times; where a round may end between two of them, the two are averaged.
    """
    total = stages.total
    few = len(total) <= POINTS
    if few:
        times = np.unique(total)
    else:
        sample = np.sort(total[:: max(1, len(total) // (1 << 16))])
        times = np.unique(np.quantile(sample, np.linspace(0.0, 1.0, POINTS), method="nearest"))
        times = np.append(times[times < total.max()], total.max())
    if math.isfinite(timeout_s):
        times = np.append(times[times < timeout_s], timeout_s)
    return np.concatenate([[0.0], times]), few

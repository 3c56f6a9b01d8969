"""When a meter learns the idle power: before the run, after it, or from an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from setsuden.ledger.measurement import Flag
from setsuden.meter import codes
from setsuden.meter.idle import IdleBaseline, kept_idle, machine_key, measure_idle
from setsuden.meter.journal import Journal
from setsuden.meter.rig import Rig


class IdleKeeper:
    """The idle baseline of one meter.

    idle_s   seconds to measure before and after; None: reuse a young one of this machine; 0: none
    """

    def __init__(self, idle_s: float | None, sleep: Callable[[float], None]) -> None:
        self._idle_s = idle_s
        self._sleep = sleep
        self._after: IdleBaseline | None = None
        self.baseline: IdleBaseline | None = None

    def before(self, rig: Rig, journal: Journal) -> None:
        """Measure or fetch the baseline; a measured one is kept for later runs."""
        if self._idle_s is None:
            self.baseline = kept_idle(journal.run, rig.channels)
        elif self._idle_s > 0:
            self.baseline = measure_idle(rig, self._idle_s, self._sleep)
            if self.baseline is not None:
                body, key = self.baseline.to_json(), machine_key(rig.channels)
                journal.note(lambda run: run.ledger.put_baseline(key, body))

    def after(self, rig: Rig) -> Flag | None:
        """Measure again where it was measured before; the baseline then holds both, a contradiction is flagged."""
        if self.baseline is None or self.baseline.reused or not self._idle_s:
            return None
        self._after = measure_idle(rig, self._idle_s, self._sleep)
        if self._after is None:
            return None
        drifted = self.baseline.drifted(self._after)
        self.baseline = self.baseline.widened(self._after)
        if not drifted:
            return None
        return Flag(codes.IDLE_DRIFT, f"Idle power before and after differ: {', '.join(drifted)}.")

    def to_json(self) -> dict[str, Any]:
        """Both baselines, for the record of the run."""
        return {
            "idle": None if self.baseline is None else self.baseline.to_json(),
            "idle_after": None if self._after is None else self._after.to_json(),
        }

"""Sampler: a thread that calls on schedule, however late it wakes up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_PREPARE_AFTER_S = 0.1
# A rest no longer than this is slept through: cheaper by a fifth than waiting at the gate, and a stop can wait for it.
_SLEPT_S = 0.011


class Sampler:
    """Calls ``tick`` at absolute deadlines, each ``period_s()`` after the one before, until stopped.

    ``prepare`` is called once before them, after a moment in which the program that is measured gets going.

    A deadline that has passed is skipped, not made up for: ``late`` counts those. ``cpu_s`` is the CPU time the thread
    has used, as of its last tick.
    """

    def __init__(
        self, tick: Callable[[], None], period_s: Callable[[], float], prepare: Callable[[], None] | None = None
    ) -> None:
        self._tick = tick
        self._prepare = prepare
        self._period_s = period_s
        # Held until it is time to stop; a timed acquire is one call, where an Event would take a dozen.
        self._gate = threading.Lock()
        self._gate.acquire()
        self._thread = threading.Thread(target=self._run, name="setsuden-sampler", daemon=True)
        self.cpu_s = 0.0
        self.late = 0
        self.fault: str | None = None

    def start(self) -> None:
        """Begin; the first tick comes one period from now, or from the end of ``prepare``."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the tick that is going on, if any."""
        self._gate.release()
        self._thread.join()

    def _told_to_stop(self, rest_s: float) -> bool:
        """Wait for so long; True when it is time to stop instead."""
        if rest_s > _SLEPT_S:
            return self._gate.acquire(timeout=rest_s)
        if rest_s > 0.0:
            time.sleep(rest_s)
        return self._gate.acquire(blocking=False)

    def _run(self) -> None:
        if self._prepare is not None:
            if self._gate.acquire(timeout=_PREPARE_AFTER_S):
                return
            self._prepare()
        deadline = time.monotonic()
        while True:
            period_s = self._period_s()
            deadline += period_s
            behind = time.monotonic() - deadline
            if behind > 0:
                skipped = int(behind / period_s) + 1
                self.late += skipped
                deadline += skipped * period_s
            if self._told_to_stop(deadline - time.monotonic()):
                break
            try:
                self._tick()
            except Exception as error:
                # Whatever goes wrong here must not print into, stop or change the program that is measured.
                self.fault = f"{type(error).__name__}: {error}"
                break
            self.cpu_s = time.thread_time()
        self.cpu_s = time.thread_time()

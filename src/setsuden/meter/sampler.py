"""Sampler: a thread that calls on schedule, however late it wakes up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

# A rest no longer than this is slept through: cheaper by a third than waiting at the gate, from which a stop calls.
_SLEPT_S = 0.11
# The thread's own CPU time is a system call away, so it is asked for no more often.
_ACCOUNT_EVERY_S = 0.4
# A stop waits no longer for a tick: a signal handler that stops may have interrupted whom the tick waits for.
_TICK_S = 5.0


class Sampler:
    """Calls ``tick`` at absolute deadlines, each ``period_s`` after the one before, until stopped.

    ``period_s`` may be set anew inside a tick. What a tick returns is for how many seconds ``look`` is enough instead
    of it; looks are kept from working by nobody, so one may come while or just after others hold or stop the thread.

    ``before`` is called before them, each step once, after so many seconds of rest.

    A deadline that has passed is skipped, not made up for: ``late`` counts those. ``cpu_s`` is the CPU time the thread
    has used, as of half a second ago at most; after ``stop`` all of it, where the system tells.
    """

    def __init__(
        self,
        tick: Callable[[], float | None],
        period_s: float,
        before: Iterable[tuple[float, Callable[[], None]]] = (),
        look: Callable[[], object] | None = None,
    ) -> None:
        self._tick = tick
        self._look = look or tick
        self._before = before
        self.period_s = period_s
        self._stopping = False
        # Held until it is time to stop; a timed acquire is one call, where an Event would take a dozen.
        self._gate = threading.Lock()
        self._gate.acquire()
        # Whatever a tick calls, a finaliser too, may stop.
        self._working = threading.RLock()
        self._cpu_clock: int | None = None
        self._thread = threading.Thread(target=self._run, name="setsuden-sampler", daemon=True)
        self.cpu_s = 0.0
        self.late = 0
        self.fault: str | None = None

    def start(self) -> None:
        """Begin; the first tick comes one period from now, or from the end of what is called before."""
        self._thread.start()

    def hold(self, at_most_s: float) -> bool:
        """Keep the thread from working, once it is done with what it does now; False where that took too long."""
        return threading.get_ident() != self._thread.ident and self._working.acquire(timeout=at_most_s)

    def release(self) -> None:
        """Let it work again."""
        self._working.release()

    def stop(self) -> None:
        """Wait for the tick that is going on, if any; none begins after this. The thread ends when it wakes up."""
        self._stopping = True
        self._gate.release()
        idle = self._working.acquire(timeout=_TICK_S)
        if self._cpu_clock is not None:
            with suppress(OSError):  # it has ended and counted for itself
                self.cpu_s = time.clock_gettime(self._cpu_clock)
        if idle:
            self._working.release()

    def _run(self) -> None:
        if hasattr(time, "pthread_getcpuclockid"):
            self._cpu_clock = time.pthread_getcpuclockid(threading.get_ident())
        try:
            if all(self._done(rest_s, step) for rest_s, step in self._before):
                self._keep_ticking()
        except Exception as error:
            # Whatever goes wrong here must not print into, stop or change the program that is measured.
            self.fault = f"{type(error).__name__}: {error}"
        self.cpu_s = time.thread_time()

    def _done(self, rest_s: float, step: Callable[[], None]) -> bool:
        """False when it is time to stop."""
        if self._gate.acquire(timeout=rest_s):
            return False
        with self._working:
            if self._stopping:
                return False
            step()
        return True

    def _keep_ticking(self) -> None:
        # Short, because a thread that wakes up pays for every line it touches.
        now, rest, look, working = time.monotonic, time.sleep, self._look, self._working
        deadline = accounted = enough = now()
        while True:
            deadline += self.period_s
            rest_s = deadline - now()
            if rest_s < 0.0:
                skipped = int(-rest_s / self.period_s) + 1
                self.late += skipped
                deadline += skipped * self.period_s
                rest_s = deadline - now()
            if rest_s > _SLEPT_S:
                if self._gate.acquire(timeout=rest_s):
                    return
            elif rest_s > 0.0:
                rest(rest_s)
            if now() < enough and not self._stopping:
                look()
            else:
                with working:
                    if self._stopping:
                        return
                    enough = deadline + (self._tick() or 0.0)
            if deadline - accounted >= _ACCOUNT_EVERY_S:
                accounted = deadline
                self.cpu_s = time.thread_time()

"""An open loop: requests arrive at their own pace, one server answers them first come, first served."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.settings import at_least, in_range, one_of

Arrivals = Literal["poisson", "uniform"]
ARRIVALS: tuple[Arrivals, ...] = get_args(Arrivals)
_MAX_REQUESTS = 10_000_000


class Clock(Protocol):
    """Seconds since some moment, and a way to let them pass."""

    def now(self) -> float:
        """Seconds; never goes back."""

    def wait_until(self, moment: float) -> None:
        """Return when ``now()`` has reached ``moment``."""


class RealClock:
    """The machine's monotonic clock; waiting sleeps, so an idle server draws idle power."""

    def now(self) -> float:
        """Seconds since an arbitrary moment."""
        return time.perf_counter()

    def wait_until(self, moment: float) -> None:
        """Sleep."""
        while (left := moment - time.perf_counter()) > 0:
            time.sleep(left)


@dataclass(frozen=True, slots=True)
class OpenLoopResult:
    """What happened in the window. Energy per request is to be divided by ``served``, never by ``offered``.

    offered, served    requests that arrived within the window, and that were answered
    waiting            requests still unanswered when the window closed (no new batch starts after that)
    window_s           seconds in which requests could arrive
    elapsed_s          seconds until the last answer, at least the window
    busy_s             seconds the server was computing
    latencies_s        of the served requests, from arrival to answer, in order of arrival
    """

    offered: int
    served: int
    waiting: int
    batches: int
    window_s: float
    elapsed_s: float
    busy_s: float
    latencies_s: NDArray[np.float64]

    @property
    def offered_rate_per_s(self) -> float:
        """Requests that arrived per second of the window."""
        return self.offered / self.window_s

    @property
    def served_rate_per_s(self) -> float:
        """Answers per second of elapsed time."""
        return self.served / self.elapsed_s

    @property
    def busy_share(self) -> float:
        """Share of the elapsed time (0-1) in which the server was computing."""
        return self.busy_s / self.elapsed_s

    def latency_s(self, share: float) -> float | None:
        """The latency that ``share`` (0-1) of the served requests stay within; None when none was served."""
        return float(np.quantile(self.latencies_s, share)) if self.served else None

    @property
    def p50_s(self) -> float | None:
        """Median latency in seconds."""
        return self.latency_s(0.50)

    @property
    def p90_s(self) -> float | None:
        """Ninth decile of latency in seconds."""
        return self.latency_s(0.90)

    @property
    def p99_s(self) -> float | None:
        """99th percentile of latency in seconds."""
        return self.latency_s(0.99)


def arrival_times(
    rate_per_s: float, window_s: float, arrivals: Arrivals = "poisson", seed: int = 0
) -> NDArray[np.float64]:
    """Rising arrival times in [0, window_s): evenly spaced from 0, or a Poisson process of the seed."""
    in_range("rate_per_s", rate_per_s, above=0.0)
    in_range("window_s", window_s, above=0.0)
    one_of("arrivals", arrivals, ARRIVALS)
    if rate_per_s * window_s > _MAX_REQUESTS:
        raise InputError(
            f"more than {_MAX_REQUESTS} requests",
            place="rate_per_s",
            value=rate_per_s,
            remedy="Lower the rate or shorten the window.",
        )
    if arrivals == "uniform":
        times = np.arange(int(np.ceil(rate_per_s * window_s))) / rate_per_s
        return times[times < window_s]
    generator = np.random.default_rng(seed)
    count = int(generator.poisson(rate_per_s * window_s))
    # Given their number, the moments of a Poisson process are independent and uniform over the window.
    return np.sort(generator.uniform(0.0, window_s, count))


def open_loop(
    serve: Callable[[int, int], None],
    arrivals_s: NDArray[np.float64],
    window_s: float,
    *,
    max_batch: int = 1,
    clock: Clock,
) -> OpenLoopResult:
    """Answer requests until the window closes.

    serve        called with the number of the first request and how many to answer together
    arrivals_s   rising, within the window, seconds from its opening
    max_batch    the server takes all that wait, up to so many; it never waits for a batch to fill
    """
    at_least("max_batch", max_batch, 1)
    opened = clock.now()
    served = batches = 0
    busy_s = 0.0
    latencies = np.empty(len(arrivals_s))
    while served < len(arrivals_s):
        now = clock.now() - opened
        if arrivals_s[served] > now:
            clock.wait_until(opened + arrivals_s[served])
            now = max(clock.now() - opened, float(arrivals_s[served]))
        if now >= window_s:
            break
        waiting = int(np.searchsorted(arrivals_s, now, side="right")) - served
        count = min(max_batch, waiting)
        began = clock.now()
        serve(served, count)
        ended = clock.now()
        busy_s += ended - began
        latencies[served : served + count] = ended - opened - arrivals_s[served : served + count]
        served += count
        batches += 1
    clock.wait_until(opened + window_s)
    return OpenLoopResult(
        offered=len(arrivals_s),
        served=served,
        waiting=len(arrivals_s) - served,
        batches=batches,
        window_s=window_s,
        elapsed_s=max(clock.now() - opened, window_s),
        busy_s=busy_s,
        latencies_s=latencies[:served],
    )

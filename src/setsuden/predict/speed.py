"""How fast this machine is at the moment, told by a fixed piece of work, and how fast it usually is.

The speed of a processor wanders: clock frequency, heat, neighbours behind the same virtual machine. The first seconds
of a training catch it fast or slow. A loop of the interpreter that takes a fifth of a millisecond, timed now and then
between steps, wanders along; beside what it took in earlier runs on this machine it tells what the steps would cost at
its usual speed.
"""

from __future__ import annotations

import platform
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.ledger import ChannelRecord
    from setsuden.meter import Meter

LEAST_READINGS = 4
"""Fewer readings tell nothing of a stretch: one of them scatters by a tenth."""
SHORTEST_S = 5.0
"""Shorter trainings leave nothing behind for later ones."""
RUNS = 20
"""So many runs of a machine are kept."""
_LONGEST_S = 600.0  # a run counts for no more than this, so that one long night does not rule
SPREAD = 0.10  # between runs, as long as two of them have not shown it
_ROUNDS = 4000
_LIKE_AT_2_MS, _LESS_LIKE = 0.95, 0.20  # power for steps of 2 ms, and how much it falls for each factor e
_WAITED_FOR = ("gpu", "accelerator")
_CLOCK = time.get_clock_info("thread_time")
NAME = f"speed of {platform.python_implementation()} {platform.python_version()}"
"""What the ledger keeps it under: another interpreter has another loop."""
NUMBER = zlib.crc32(NAME.encode())
"""The same for a note between processes."""
USUAL_FOR_S = 90 * 86400.0
"""What is older says nothing of the machine as it is today."""


def reading() -> float:
    """Pieces of work a second, right now, by the processor time of this thread; 0 where that clock is too coarse."""
    if _CLOCK.resolution > 1e-6:
        return 0.0
    before = time.thread_time_ns()
    kept = 0
    for i in range(_ROUNDS):
        kept += i * i % 7
    return 1e9 / max(time.thread_time_ns() - before, 1)


@dataclass(frozen=True, slots=True)
class Speeds:
    """Readings so far: their sum, pieces of work a second, and their number."""

    total: float = 0.0
    readings: int = 0

    def __add__(self, one: float) -> Speeds:
        return Speeds(self.total + one, self.readings + 1) if one > 0 else self

    def since(self, before: Speeds) -> float | None:
        """Mean speed since then, pieces of work a second; None for too few readings."""
        count = self.readings - before.readings
        return (self.total - before.total) / count if count >= LEAST_READINGS else None


NONE = Speeds()
"""Before the first reading."""


def like_work(step_s: float) -> float:
    """By which power of the speed of the interpreter's loop the cost of a step of so many seconds follows, 0.7-1.2.

    Short steps are mostly interpreter and dispatch and follow in full, long ones are arithmetic and follow less. On two
    cores of a virtual machine steps of 0.6, 2, 7, 28 and 37 ms (the last nearly all matrix products) followed by 1.16,
    0.92, 0.63, 0.61 and 0.26. How much of a long step is arithmetic its length does not say, hence the lower bound.
    """
    if step_s <= 0:
        return _LIKE_AT_2_MS
    return min(max(_LIKE_AT_2_MS - _LESS_LIKE * log(step_s / 2e-3), 0.7), 1.2)


def tells(channels: Iterable[ChannelRecord]) -> bool:
    """Whether steps follow the processor's speed: where a GPU is counted, they wait for it instead."""
    return not any(channel.counted and channel.component in _WAITED_FOR for channel in channels)


@dataclass(frozen=True, slots=True)
class Usual:
    """How fast a machine was in earlier runs.

    runs   (mean speed, seconds) of each, oldest first; both above zero
    """

    runs: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("a usual speed needs a run")

    @property
    def per_s(self) -> float:
        """Pieces of work a second, the mean of the runs' logarithms, longer runs counting for more."""
        return exp(fsum(weight * log(speed) for (speed, _), weight in zip(self.runs, self._weights, strict=True)))

    @property
    def spread(self) -> float:
        """Standard deviation between runs, in logarithms; what is assumed counts as two of them."""
        centre = log(self.per_s)
        found = fsum(
            weight * (log(speed) - centre) ** 2 for (speed, _), weight in zip(self.runs, self._weights, strict=True)
        )
        count = len(self.runs)
        return sqrt((count * found + 2 * SPREAD**2) / (count + 2))

    @property
    def seconds(self) -> float:
        """Of all runs together."""
        return fsum(min(seconds, _LONGEST_S) for _, seconds in self.runs)

    @property
    def _weights(self) -> Sequence[float]:
        return [min(seconds, _LONGEST_S) / self.seconds for _, seconds in self.runs]


def usual(kept: Mapping[str, Any] | None) -> Usual | None:
    """From what the ledger keeps; None where it keeps nothing."""
    runs = tuple((float(speed), float(seconds)) for speed, seconds in (kept or {}).get("runs", ()))
    return Usual(runs) if runs else None


def leave(meter: Meter, speeds: Speeds, seconds: float) -> None:
    """Leave the speed of a training of so many seconds behind for later ones on this machine, where it was read."""
    mean = speeds.since(NONE)
    if mean is not None:
        meter.leave(NAME, USUAL_FOR_S, lambda kept: {"runs": [*(kept or {}).get("runs", ()), [mean, seconds]][-RUNS:]})

"""Two clocks, one machine: find how far a foreign power series is shifted against a run measured here.

The run's own trace is laid over the foreign one at every shift; the shift with the highest correlation wins. Levels do
not matter (a wall meter sees more than a processor counter), only the shape does, so a run that draws evenly cannot be
aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

LEAST_CORRELATION = 0.5
"""Below this the two do not show the same thing."""
CLEARLY = 0.05
"""Another shift that correlates within so little of the best one makes the answer ambiguous."""
_FLAT = 0.01  # standard deviation over mean
_MOST_STEPS = 2_000_000
# The search goes by this part of the coarser step: on that step itself the true shift may fall between two of the grid
# and lose to one that happens to lie on it.
_FINER = 4

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offset:
    """What happened at ``t`` on the run's clock stands at ``t + seconds`` on the foreign one.

    uncertainty_s   half a grid step: the offset is not known better than the coarser of the two traces
    correlation     at the best shift, -1 to 1
    runner_up       the best correlation at a shift that is clearly another one; None for none
    """

    seconds: float
    uncertainty_s: float
    correlation: float
    runner_up: float | None

    @property
    def ambiguous(self) -> bool:
        """Whether another shift fits nearly as well, as in a run that repeats itself."""
        return self.runner_up is not None and self.runner_up > self.correlation - CLEARLY


def clock_offset(
    run_t_s: Sequence[float], run_w: Sequence[float], other_t_s: Sequence[float], other_w: Sequence[float],
    *, most_s: float = 600.0, place: str = "alignment",
) -> Offset:  # fmt: skip
    """The offset between two clocks, searched within +-``most_s`` seconds.

    Times ascend, in seconds on each one's own clock; watts. Raises InputError when the foreign series does not cover
    the run at any shift, when either draws evenly, and when nothing correlates by at least 0.5.
    """
    rt, rw = np.asarray(run_t_s, float), np.asarray(run_w, float)
    ot, ow = np.asarray(other_t_s, float), np.asarray(other_w, float)
    for name, times, watts in (("the run", rt, rw), ("the file", ot, ow)):
        if len(times) < 8:
            raise InputError(f"{name} has too few samples to compare shapes", place=place, value=len(times))
        if watts.std() <= _FLAT * abs(watts.mean()):
            raise InputError(
                f"{name} draws too evenly to be aligned", place=place, remedy="Start the clocks together instead."
            )
    step = float(max(np.median(np.diff(rt)), np.median(np.diff(ot))))
    length = rt[-1] - rt[0]
    first, last = max(ot[0], rt[0] - most_s), min(ot[-1], rt[-1] + most_s)
    if (last - first) / step > _MOST_STEPS:
        raise InputError("too long to be compared at this resolution", place=place, remedy="Cut the file to the run.")
    fine = max(step / _FINER, min(step, (last - first) / _MOST_STEPS))
    pattern = np.interp(np.arange(rt[0], rt[-1] + fine / 2, fine), rt, rw)
    field = np.interp(np.arange(first, last + fine / 2, fine), ot, ow)
    if last - first < length or len(field) < len(pattern):
        raise InputError("the file does not cover the run at any shift", place=place, value=f"{last - first:.0f} s")
    scores = _correlations(pattern, field)
    best = int(np.argmax(scores))
    if scores[best] < LEAST_CORRELATION:
        raise InputError(
            "the two series do not show the same thing", place=place, value=f"correlation {scores[best]:.2f}",
            remedy="Check that the file is of this machine and time, or allow a larger offset.",
        )  # fmt: skip
    shift = best + _refined(scores, best)
    return Offset(float(first + shift * fine - rt[0]), step / 2, float(scores[best]), _runner_up(scores, best))


def _correlations(pattern: Array, field: Array) -> Array:
    """Pearson's r of the pattern with every stretch of the field of its length."""
    n, m = len(field), len(pattern)
    size = 1 << (n + m).bit_length()
    centred = pattern - pattern.mean()
    products = np.fft.irfft(np.fft.rfft(field - field.mean(), size) * np.conj(np.fft.rfft(centred, size)), size)
    sums = np.concatenate([[0.0], np.cumsum(field - field.mean())])
    squares = np.concatenate([[0.0], np.cumsum((field - field.mean()) ** 2)])
    total, square = sums[m:] - sums[:-m], squares[m:] - squares[:-m]
    spread = np.sqrt(np.maximum(square - total**2 / m, 0.0)) * np.sqrt((centred**2).sum())
    found = np.zeros(n - m + 1)
    np.divide(products[: n - m + 1], spread, out=found, where=spread > 1e-9 * max(1.0, spread.max()))
    return found


def _refined(scores: Array, best: int) -> float:
    """Top of the parabola through the best score and its neighbours, in steps from the best."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, top, right = scores[best - 1 : best + 2]
    bend = left - 2 * top + right
    return float(0.5 * (left - right) / bend) if bend < 0 else 0.0


def _runner_up(scores: Array, best: int) -> float | None:
    """The highest other peak: beyond where the score falls away from the best on either side."""
    left = best
    while left > 0 and scores[left - 1] <= scores[left]:
        left -= 1
    right = best
    while right < len(scores) - 1 and scores[right + 1] <= scores[right]:
        right += 1
    rest = np.concatenate([scores[:left], scores[right + 1 :]])
    return float(rest.max()) if len(rest) else None

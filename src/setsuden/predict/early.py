"""What a run will take in all, from its first seconds: warm-up left out, interval narrowing as steps go by.

    forecast = EarlyForecast(steps_total)
    forecast.observe(t_s, energy_j, steps_done)     as often as you like
    forecast.total_energy(), forecast.total_time(), forecast.stable

The cost of a step is the mean over the steps after warm-up; where warm-up ends is decided by the marginal standard
error rule (White 1997): the cut that makes the mean of what is left most certain. What has been spent is not forecast,
it is known; only the steps to come carry an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt

import numpy as np
import numpy.typing as npt

from setsuden.errors import InputError
from setsuden.quantity import DEVICE, Boundary, Estimate, Provenance

Floats = npt.NDArray[np.float64]

UNSEEN_SHARE = 0.03
"""Half-width for what seconds cannot show: settling heat, neighbours, another hour of the day; own judgement."""
STABLE_SHARE = 0.02
"""A forecast is stable when its scatter alone is within this share of it."""
_LEAST = 8  # stretches before anything is forecast
_BATCHES = 8  # batch means, so that neighbouring steps that go slow together are not counted as independent
_MOST = 1024  # observations kept
_STUDENT = 1.895  # 95th percentile of Student's t with 7 degrees of freedom
_STALL = 5.0  # a stretch beyond so many medians is taken as a stall and held there


@dataclass(slots=True)
class EarlyForecast:
    """Forecast of one run.

    steps_total   steps of the whole run, at least 1
    provenance    of the joules that are observed; the forecast is no stronger than ``estimated``
    boundary      of those joules
    unseen_share  half-width (0-1) for what the steps so far cannot show; more on a machine shared with others
    """

    steps_total: int
    provenance: Provenance = Provenance.ESTIMATED
    boundary: Boundary = DEVICE
    unseen_share: float = UNSEEN_SHARE
    _times: list[float] = field(default_factory=list)
    _joules: list[float] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)
    _stable_at: int | None = None

    def __post_init__(self) -> None:
        if self.steps_total < 1:
            raise InputError("a run has at least one step", place="steps_total", value=self.steps_total)

    def observe(self, t_s: float, energy_j: float, steps_done: int, steps_total: int | None = None) -> None:
        """Say how far the run is: seconds and joules since any fixed moment, steps done; none may fall.

        steps_total   the number of steps, where it has changed (early stopping, another data set)
        """
        if not (isfinite(t_s) and isfinite(energy_j)):
            raise InputError("time and energy must be finite", place="observe", value=(t_s, energy_j))
        if self._steps and (t_s < self._times[-1] or energy_j < self._joules[-1] or steps_done < self._steps[-1]):
            raise InputError(
                "time, energy and steps cannot go back", place="observe", value=(t_s, energy_j, steps_done)
            )
        if steps_total is not None:
            self.steps_total = max(steps_total, steps_done, 1)
        if self._steps and steps_done == self._steps[-1]:
            return
        self._times.append(t_s)
        self._joules.append(energy_j)
        self._steps.append(steps_done)
        if len(self._steps) > _MOST:
            # Readings are running totals: without every other one, neighbouring stretches are merged.
            del self._times[1:-1:2], self._joules[1:-1:2], self._steps[1:-1:2]
        if self._stable_at is None and self._scatter_share() <= STABLE_SHARE:
            self._stable_at = steps_done

    @property
    def steps_done(self) -> int:
        """Steps seen so far."""
        return self._steps[-1] if self._steps else 0

    @property
    def ready(self) -> bool:
        """Whether enough has been seen to forecast at all."""
        return len(self._steps) > _LEAST

    @property
    def stable(self) -> bool:
        """Whether the scatter of the steps has once been small enough to rely on."""
        return self._stable_at is not None

    @property
    def stable_at(self) -> int | None:
        """The step at which the forecast became stable; None before."""
        return self._stable_at

    @property
    def warm_up_steps(self) -> int:
        """Steps left out of the mean because they came before the run had settled."""
        if not self.ready:
            return 0
        costs, weights = _per_step(self._times, self._steps)
        return int(self._steps[_settled(costs, weights)] - self._steps[0])

    def total_time(self) -> Estimate | None:
        """Seconds of the whole run; None until there is enough to go by."""
        found = self._total(self._times)
        return None if found is None else Estimate(*found, "s", Provenance.ESTIMATED, None)

    def total_energy(self) -> Estimate | None:
        """Joules of the whole run; None until there is enough to go by, or where no joules are observed."""
        if not self._joules or self._joules[-1] <= self._joules[0]:
            return None
        found = self._total(self._joules)
        if found is None:
            return None
        weakest = Provenance.ASSUMED if self.provenance is Provenance.ASSUMED else Provenance.ESTIMATED
        return Estimate(*found, "J", weakest, self.boundary)

    def _total(self, readings: Sequence[float]) -> tuple[float, float, float] | None:
        if not self.ready:
            return None
        costs, weights = _per_step(readings, self._steps)
        cut = _settled(costs, weights)
        mean, scatter = _mean(costs[cut:], weights[cut:])
        left = max(self.steps_total - self._steps[-1], 0)
        spent = readings[-1] - readings[0] + mean * self._steps[0]
        value = spent + mean * left
        half = left * sqrt(scatter**2 + (self.unseen_share * mean) ** 2)
        return value, max(value - half, spent), value + half

    def _scatter_share(self) -> float:
        if not self.ready:
            return float("inf")
        costs, weights = _per_step(self._times, self._steps)
        cut = _settled(costs, weights)
        mean, scatter = _mean(costs[cut:], weights[cut:])
        return scatter / mean if mean > 0 else float("inf")


def _per_step(readings: Sequence[float], steps: Sequence[int]) -> tuple[Floats, Floats]:
    """Cost of one step in every stretch between two observations, and the steps in it."""
    weights = np.diff(np.asarray(steps, dtype=np.float64))
    return np.diff(np.asarray(readings, dtype=np.float64)) / weights, weights


def _settled(costs: Floats, weights: Floats) -> int:
    """How many stretches to leave out, at most half: the cut with the smallest marginal standard error."""
    held = np.minimum(costs, _STALL * np.median(costs))
    most = len(held) // 2
    total, square = np.cumsum(weights[::-1])[::-1], np.cumsum((weights * held**2)[::-1])[::-1]
    sums = np.cumsum((weights * held)[::-1])[::-1]
    error = (square - sums**2 / total) / (total * np.arange(len(held), 0, -1))
    tie = 1e-12 * (sums[0] / total[0]) ** 2  # equal steps differ by rounding only
    return int(np.argmax(error[: most + 1] <= error[: most + 1].min() + tie))


def _mean(costs: Floats, weights: Floats) -> tuple[float, float]:
    """Weighted mean of the settled stretches, stalls held back, and the half-width of its 90 % interval."""
    held = np.minimum(costs, _STALL * np.median(costs))
    mean = float(np.average(held, weights=weights))
    parts = [part for part in np.array_split(np.arange(len(held)), _BATCHES) if len(part)]
    means = np.array([np.average(held[part], weights=weights[part]) for part in parts])
    if len(means) < 2:
        return mean, mean
    return mean, _STUDENT * float(means.std(ddof=1)) / sqrt(len(means))

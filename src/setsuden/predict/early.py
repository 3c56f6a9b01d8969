"""What a run will take in all, from its first seconds: warm-up left out, interval narrowing as steps go by.

    forecast = EarlyForecast(steps_total, steps_per_epoch=...)
    forecast.observe(t_s, energy_j, steps_done)     as often as you like
    forecast.pause(t_s, energy_j)                   after an evaluation or a checkpoint
    forecast.total_energy(), forecast.total_time(), forecast.stable

Steps and pauses are counted apart: the cost of a step is the mean over the steps after warm-up, that of a pause the
mean over the pauses, and both are multiplied by how many are still to come. What has been spent is not forecast, it is
known; only what is to come carries an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, hypot, inf, isfinite, log1p

import numpy as np

from setsuden.errors import InputError
from setsuden.predict.doubt import Doubts
from setsuden.predict.earlier import NOTHING, Earlier
from setsuden.predict.pauses import Of, Pauses, Standing
from setsuden.predict.speed import NONE, SPREAD, Speeds, like_work
from setsuden.predict.wander import Floats, deviation, mean_cost, reach, settled
from setsuden.quantity import DEVICE, Boundary, Estimate, Provenance

UNSEEN_SHARE = 0.03
"""Half-width for what seconds cannot show: settling heat, neighbours, another hour of the day; own judgement."""
FIRST_EPOCH_SHARE = 0.10
"""The same while the first of several epochs lasts: data come from the disk, later from memory; own judgement."""
STABLE_SHARE = 0.02
"""A forecast is stable when the wander it has seen is within this share of it."""
LEAST_STRETCHES = 6
"""So many stretches are seen before anything is forecast."""
_MOST = 1024  # observations kept
# Chosen on recorded trainings, see benchmarks/predict.
_TRUSTED_S = 20.0  # after so many seconds a run's own speed is trusted as much as the usual one
_APART = 0.08  # deviation of steps from that, in logarithms
_NINE_IN_TEN = 1.645  # deviations in half a 90 % interval
_AGAIN = 1.05  # stability is looked at again after so much more


@dataclass(slots=True)
class EarlyForecast:
    """Forecast of one run.

    steps_total      steps of the whole run, at least 1
    provenance       of the joules that are observed; the forecast is no stronger than ``estimated``
    boundary         of those joules
    unseen_share     half-width (0-1) for what the steps so far cannot show; more on a machine shared with others
    steps_per_epoch  where pauses come once an epoch; None: as often as seen so far
    evaluation_steps training steps that an evaluation is as large as, once an epoch; 0: none comes, None: not said
    earlier          what earlier runs on this machine have left
    """

    steps_total: int
    provenance: Provenance = Provenance.ESTIMATED
    boundary: Boundary = DEVICE
    unseen_share: float = UNSEEN_SHARE
    steps_per_epoch: int | None = None
    evaluation_steps: float | None = None
    earlier: Earlier = NOTHING
    _last_s: float = -inf  # the last reading as it came, pauses and all
    _last_j: float = -inf
    _times: list[float] = field(default_factory=list)  # without pauses, none below the one before
    _joules: list[float] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)
    _speeds: list[Speeds] = field(default_factory=list)
    _pauses: Pauses = field(default_factory=Pauses)
    _stride: int = 0  # steps of a stretch at least
    _stable_at: int | None = None
    _look_at: float = 0.0

    def __post_init__(self) -> None:
        if self.steps_total < 1:
            raise InputError("a run has at least one step", place="steps_total", value=self.steps_total)
        if self.steps_per_epoch is not None and self.steps_per_epoch < 1:
            raise InputError("an epoch has at least one step", place="steps_per_epoch", value=self.steps_per_epoch)
        self._pauses.told = self.evaluation_steps

    def observe(
        self,
        t_s: float,
        energy_j: float,
        steps_done: int,
        steps_total: int | None = None,
        speeds: Speeds | None = None,
    ) -> None:
        """Say how far the run is: seconds and joules since any fixed moment, steps done; none may fall.

        steps_total   the number of steps, where it has changed (early stopping, another data set)
        speeds        readings of the machine's speed so far; None: none
        """
        self._take(t_s, energy_j, steps_done)
        if steps_total is not None:
            self.steps_total = max(steps_total, steps_done, 1)
        if self._steps and steps_done == self._steps[-1]:
            return
        net_s, net_j = self._net(t_s, energy_j)
        if len(self._steps) > 1 and self._steps[-1] - self._steps[-2] < self._stride:
            for readings in self._series:  # they are running totals: the stretch grows
                del readings[-1]
        self._times.append(net_s)
        self._joules.append(net_j)
        self._steps.append(steps_done)
        self._speeds.append(speeds or NONE)
        if len(self._steps) > _MOST:
            for readings in self._series:
                del readings[1:-1:2]
            self._stride = 2 * (self._steps[-1] - self._steps[0]) // _MOST
        if self._stable_at is None and steps_done >= self._look_at and self.ready:
            self._look_at = steps_done * _AGAIN
            if self.scatter_share <= STABLE_SHARE:
                self._stable_at = steps_done

    def pause(self, t_s: float, energy_j: float) -> None:
        """Say that what lies since the last observation was no step: an evaluation, a checkpoint."""
        if not self._steps:
            raise InputError("a pause comes after an observation", place="pause", value=t_s)
        self._take(t_s, energy_j, self._steps[-1])
        net_s, net_j = self._net(t_s, energy_j)
        self._pauses.add(self._steps[-1], net_s - self._times[-1], net_j - self._joules[-1])

    @property
    def steps_done(self) -> int:
        """Steps seen so far."""
        return self._steps[-1] if self._steps else 0

    @property
    def ready(self) -> bool:
        """Whether enough has been seen to forecast at all."""
        return len(self._steps) > LEAST_STRETCHES

    @property
    def stable(self) -> bool:
        """Whether the wander of the steps has once been small enough to rely on."""
        return self._stable_at is not None

    @property
    def stable_at(self) -> int | None:
        """The step at which the forecast became stable; None before."""
        return self._stable_at

    @property
    def scatter_share(self) -> float:
        """How far the seconds of a step have wandered so far, as a share; inf before there is enough to go by."""
        return self.wander("seconds")

    def wander(self, of: Of) -> float:
        """How far the cost of a step has wandered, as a share; inf where there is too little to go by, or none."""
        readings = self._times if of == "seconds" else self._joules
        if not self.ready or readings[-1] <= readings[0]:
            return inf
        costs, weights = _per_step(readings, self._steps)
        cut = self._cut
        return deviation(costs[cut:], weights[cut:])

    @property
    def warm_up_steps(self) -> int:
        """Steps left out of the mean because they came before the run had settled."""
        if not self.ready:
            return 0
        return int(self._steps[self._cut] - self._steps[0])

    @property
    def first_evaluation(self) -> int | None:
        """Step of the first pause that is expected, as long as none has been seen; None where none is."""
        return self._pauses.first_due(self._standing)

    @property
    def speed_share(self) -> float | None:
        """Speed of the machine since warm-up over its usual one; None where either is not known."""
        usual = self.earlier.speed
        if usual is None or not self.ready:
            return None
        seen = self._speed_since(self._cut)
        return None if seen is None else seen / usual.per_s

    def total_time(self) -> Estimate | None:
        """Seconds of the whole run; None until there is enough to go by."""
        found = self._total("seconds", self._times, self._pauses.seconds)
        return None if found is None else Estimate(*found, "s", Provenance.ESTIMATED, None)

    def total_energy(self) -> Estimate | None:
        """Joules of the whole run; None until there is enough to go by, or where no joules are observed."""
        if not self._joules or self._joules[-1] <= self._joules[0]:
            return None
        found = self._total("joules", self._joules, self._pauses.joules)
        if found is None:
            return None
        weakest = Provenance.ASSUMED if self.provenance is Provenance.ASSUMED else Provenance.ESTIMATED
        return Estimate(*found, "J", weakest, self.boundary)

    def doubts(self) -> Doubts | None:
        """What the time to come is unsure of, and the joules nearly so; None until there is enough to go by."""
        if not self.ready:
            return None
        costs, weights = _per_step(self._times, self._steps)
        cut = self._cut
        return self._doubts("seconds", costs[cut:], weights[cut:], cut)

    def _total(self, of: Of, readings: Sequence[float], paused: float) -> tuple[float, float, float] | None:
        if not self.ready:
            return None
        costs, weights = _per_step(readings, self._steps)
        cut = self._cut
        costs, weights = costs[cut:], weights[cut:]
        step = mean_cost(costs, weights)
        at = self._standing
        to_come = (step * at.left + self._pauses.to_come(of, at, step)) * self._dearer(cut)
        spent = readings[-1] - readings[0] + paused + step * self._steps[0]
        apart = self._doubts(of, costs, weights, cut)  # in logarithms: what is to come is above zero
        return spent + to_come, spent + to_come * exp(-apart.joined), spent + to_come * exp(apart.upwards)

    def _doubts(self, of: Of, costs: Floats, weights: Floats, cut: int) -> Doubts:
        at = self._standing
        wander, speed = reach(costs, weights, at.left / float(weights.sum()), self.earlier.wanders(of))
        unseen = log1p(max(self.unseen_share, FIRST_EPOCH_SHARE) if at.in_first_epoch else self.unseen_share)
        evaluation, missing = self._pauses.doubt(at)
        if self._speed_since(cut) is not None:
            spread = self.earlier.speed.spread if self.earlier.speed is not None else SPREAD
            speed = hypot(speed, _NINE_IN_TEN * self._others(cut) * hypot(spread * self._like_work(cut), _APART))
        return Doubts(wander, speed, unseen, evaluation, missing)

    def _dearer(self, cut: int) -> float:
        """Cost of a step to come over that of one seen, as the machine goes back to its usual speed."""
        seen, usual = self._speed_since(cut), self.earlier.speed
        if usual is None or seen is None:
            return 1.0
        return float((seen / usual.per_s) ** (self._like_work(cut) * self._others(cut)))

    def _like_work(self, cut: int) -> float:
        """The power by which steps follow the machine's speed, from their length."""
        return like_work((self._times[-1] - self._times[cut]) / (self._steps[-1] - self._steps[cut]))

    def _others(self, cut: int) -> float:
        """How far to trust the machine's other runs in telling the speed to come, 0-1."""
        return _TRUSTED_S / (self._times[-1] - self._times[cut] + _TRUSTED_S)

    def _speed_since(self, cut: int) -> float | None:
        return self._speeds[-1].since(self._speeds[cut])

    @property
    def _series(self) -> tuple[list[float], list[float], list[int], list[Speeds]]:
        return self._times, self._joules, self._steps, self._speeds

    @property
    def _standing(self) -> Standing:
        return Standing(self.steps_done, self.steps_total, self.steps_per_epoch)

    @property
    def _cut(self) -> int:
        """Stretches left out as warm-up."""
        return settled(_per_step(self._times, self._steps)[0])

    def _net(self, t_s: float, energy_j: float) -> tuple[float, float]:
        """The reading without the pauses; what their sum rounds below the reading before it is taken as equal."""
        net_s, net_j = t_s - self._pauses.seconds, energy_j - self._pauses.joules
        return (max(net_s, self._times[-1]), max(net_j, self._joules[-1])) if self._steps else (net_s, net_j)

    def _take(self, t_s: float, energy_j: float, steps_done: int) -> None:
        """Refuse a reading that is below the last one as it came."""
        if not (isfinite(t_s) and isfinite(energy_j)):
            raise InputError("time and energy must be finite", place="observe", value=(t_s, energy_j))
        if t_s < self._last_s or energy_j < self._last_j or steps_done < self.steps_done:
            raise InputError(
                "time, energy and steps cannot go back", place="observe", value=(t_s, energy_j, steps_done)
            )
        self._last_s, self._last_j = t_s, energy_j


def _per_step(readings: Sequence[float], steps: Sequence[int]) -> tuple[Floats, Floats]:
    """Cost of one step in every stretch between two observations, and the steps in it."""
    weights = np.diff(np.asarray(steps, dtype=np.float64))
    return np.diff(np.asarray(readings, dtype=np.float64)) / weights, weights

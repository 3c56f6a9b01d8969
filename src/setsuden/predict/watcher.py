"""A run that is watched: its forecasts on the way, its budget, and at the end how wrong they were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from setsuden.predict.budget import EnergyBudget
from setsuden.predict.doubt import Narrowing, narrowing
from setsuden.predict.earlier import NOTHING, Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.first_epoch import FirstEpoch
from setsuden.predict.foretold import Outcome, Saying, errors, plain
from setsuden.predict.pauses import Of
from setsuden.predict.speed import Speeds
from setsuden.quantity import Estimate, Provenance

SAY_AT = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75)
"""Shares of the steps at which a forecast is said and kept; the first counts from the end of the warm-up."""
MORE = 0.02
"""A run that goes on for more steps beyond those announced, as a share, is another one than was forecast."""
AT_ONCE = 20
"""Of more trainings, which all are written together, no forecast is kept before its training is over."""
UNIT = "gCO2e"


@dataclass(slots=True)
class Watcher:
    """Watches one run.

    name, steps_total, steps_per_epoch   of the run; None for one that does not say how far it is and only has a budget
    intensity   of the grid, gCO2e/kWh; None: no carbon
    budget      checked at every look; None: none
    say         called with each forecast when it is due
    earlier     what earlier runs on this machine have left
    evaluation_steps   training steps that the evaluation after each epoch is as large as; None: not said
    """

    name: str
    steps_total: int | None
    steps_per_epoch: int | None = None
    intensity: Estimate | None = None
    budget: EnergyBudget | None = None
    say: Callable[[Saying], None] | None = None
    earlier: Earlier = NOTHING
    evaluation_steps: float | None = None
    _forecast: EarlyForecast | None = None
    _said: list[Saying] = field(default_factory=list)
    _outcome: Outcome | None = None
    _ended: dict[str, Any] | None = None  # the entry, once it does not change any more
    _last: tuple[float, float, float] = (0.0, 0.0, 0.0)  # seconds, joules, seconds paused
    _counted: Estimate | None = None  # the latest joules
    _first_epoch: FirstEpoch | None = None

    def look(
        self,
        elapsed_s: float,
        energy: Estimate | None,
        steps_done: int,
        paused_s: float = 0.0,
        behind_s: float | None = 0.0,
        speeds: Speeds | None = None,
    ) -> bool:
        """How far the run is; whether it may go on within its budget.

        elapsed_s, energy   since the run began
        paused_s            of it, spent on something else than steps: evaluations, checkpoints
        behind_s            the steps were counted so long before the reading, which is taken back at the mean power;
                            None: no step has ended since the last look, so only the budget is checked
        speeds              readings of the machine's speed so far
        """
        joules = energy.value if energy is not None else 0.0
        forecast = self._forecast
        if forecast is None and self.steps_total is not None:
            like = {} if energy is None else {"provenance": energy.provenance, "boundary": energy.boundary}
            forecast = self._forecast = EarlyForecast(
                self.steps_total,
                steps_per_epoch=self.steps_per_epoch,
                evaluation_steps=self.evaluation_steps,
                earlier=self.earlier,
                **like,  # type: ignore[arg-type]
            )
            forecast.observe(0.0, 0.0, 0)
            if self.steps_per_epoch is not None:
                self._first_epoch = FirstEpoch(self.steps_per_epoch, self.steps_total)
        if forecast is not None and behind_s is not None:
            share = 1 - min(behind_s / elapsed_s, 1.0) if elapsed_s > 0 else 0.0
            self._counted = energy
            if self._first_epoch is not None:
                self._first_epoch.take(elapsed_s * share, joules * share, steps_done)
            self._observe(forecast, elapsed_s * share, joules * share, steps_done, paused_s, speeds)
            self._say_if_due(forecast, elapsed_s, energy)
        if self.budget is None or energy is None:
            return True
        return self.budget.check(joules, steps_done, forecast) != "stopped"

    @property
    def said(self) -> Sequence[Saying]:
        """Forecasts so far, oldest first."""
        return self._said

    @property
    def wanders(self) -> dict[Of, float]:
        """How far the seconds and joules of a step have wandered; inf before there is enough to go by."""
        forecast = self._forecast
        of: tuple[Of, ...] = ("seconds", "joules")
        return {one: inf if forecast is None else forecast.wander(one) for one in of}

    def now(self, elapsed_s: float, energy: Estimate | None) -> Saying | None:
        """The forecast as it stands; None before there is enough to go by."""
        forecast = self._forecast
        duration = None if forecast is None else forecast.total_time()
        if forecast is None or duration is None:
            return None
        expected = forecast.total_energy()
        own = None if expected is None else expected.relative_half_width
        if expected is not None and energy is not None and energy.value > 0:
            expected = _widened(expected, energy)
        return Saying(
            forecast.steps_done,
            forecast.steps_done / forecast.steps_total,
            elapsed_s,
            forecast.stable,
            duration,
            expected,
            self._carbon(expected),
            own,
            forecast.speed_share,
            self._narrowed_by(forecast, duration, elapsed_s, energy if expected is not None else None),
        )

    def end(self, elapsed_s: float, energy: Estimate | None, steps_done: int) -> None:
        """The run is over."""
        total = self.steps_total
        complete = total is not None and total <= steps_done <= total * (1 + MORE)
        self._outcome = Outcome(
            complete, None if total is None else steps_done, elapsed_s, energy, self._carbon(energy)
        )

    def to_json(self) -> dict[str, Any]:
        """One entry of the forecast document."""
        if self._ended is None:
            entry = self._entry()
            if self._outcome is None:
                return entry
            self._ended = entry  # of hundreds of trainings each is made once
        return self._ended

    def _entry(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "steps_total": self.steps_total,
            "steps_per_epoch": self.steps_per_epoch,
            "intensity": plain(self.intensity),
            "said": [saying.to_json(self._outcome) for saying in self._said],
            "first_epoch": self._by_first_epoch(),
            "budget": None if self.budget is None else self.budget.to_json(),
            "outcome": None if self._outcome is None else self._outcome.to_json(),
        }

    def _observe(
        self,
        forecast: EarlyForecast,
        elapsed_s: float,
        joules: float,
        steps_done: int,
        paused_s: float,
        speeds: Speeds | None,
    ) -> None:
        """Pauses since the last look are taken to have drawn what the stretch drew in the mean."""
        before_s, before_j, paused_before_s = self._last
        elapsed_s, joules = max(elapsed_s, before_s), max(joules, before_j)
        pause_s = min(max(paused_s - paused_before_s, 0.0), elapsed_s - before_s)
        if steps_done <= forecast.steps_done and pause_s == 0:
            return
        share = 1 - pause_s / (elapsed_s - before_s) if pause_s > 0 else 1.0
        forecast.observe(
            _between(before_s, elapsed_s, share),
            _between(before_j, joules, share),
            max(steps_done, forecast.steps_done),
            speeds=speeds,
        )
        if pause_s > 0:
            forecast.pause(elapsed_s, joules)
        self._last = (elapsed_s, joules, paused_s)

    def _by_first_epoch(self) -> dict[str, Any] | None:
        """What the first epoch times the epochs had said, beside what came out; None before it is over."""
        found = None if self._first_epoch is None else self._first_epoch.times_epochs()
        if found is None:
            return None
        epochs, seconds, joules = found
        duration = Estimate.exact(seconds, "s", Provenance.ESTIMATED)
        counted = self._counted
        energy = counted * (joules / counted.value) if counted is not None and counted.value > 0 else None
        return {
            "epochs": epochs,
            "duration": duration.to_json(),
            "energy": plain(energy),
            **errors(duration, energy, self._outcome),
        }

    def _say_if_due(self, forecast: EarlyForecast, elapsed_s: float, energy: Estimate | None) -> None:
        share = forecast.steps_done / forecast.steps_total
        reached = [mark for mark in SAY_AT if mark <= share]
        last = self._said[-1].share if self._said else 0.0
        if share >= 1.0 or not reached or last >= reached[-1] or not forecast.ready:
            return
        if share - forecast.warm_up_steps / forecast.steps_total < SAY_AT[0]:
            return
        saying = self.now(elapsed_s, energy)
        if saying is not None:
            self._said.append(saying)
            if self.say is not None:
                self.say(saying)

    def _narrowed_by(
        self, forecast: EarlyForecast, duration: Estimate, elapsed_s: float, counted: Estimate | None
    ) -> Narrowing:
        doubts = forecast.doubts()
        assert doubts is not None
        return narrowing(
            doubts,
            steps_done=forecast.steps_done,
            steps_total=forecast.steps_total,
            first_evaluation=forecast.first_evaluation,
            counted=counted,
            runs=len(self.earlier.seconds),
            share_to_come=max(1 - elapsed_s / duration.value, 0.0),
        )

    def _carbon(self, energy: Estimate | None) -> Estimate | None:
        return None if energy is None or self.intensity is None else (energy * self.intensity).to(UNIT)


def forecast_document(runs: Sequence[Watcher]) -> dict[str, Any]:
    """What is kept with a run; schema ``forecast``."""
    return {"schema": "setsuden:forecast", "version": 1, "runs": [watcher.to_json() for watcher in runs]}


def _between(before: float, after: float, share: float) -> float:
    """So far on the way from one reading to the next; rounding takes it beyond neither."""
    return min(before + (after - before) * share, after)


def _widened(expected: Estimate, counted: Estimate) -> Estimate:
    """With the error of what counted the joules, which is the same from the first to the last."""
    return Estimate(
        expected.value,
        expected.low * min(counted.low / counted.value, 1.0),
        expected.high * max(counted.high / counted.value, 1.0),
        expected.unit,
        expected.provenance,
        expected.boundary,
        counted.factors,
    )

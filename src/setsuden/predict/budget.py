"""Energy budgets: warn when a run is going to pass one, stop it before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from setsuden.errors import InputError
from setsuden.predict.early import EarlyForecast
from setsuden.quantity import Estimate

Verdict = Literal["within", "warned", "stopped"]
OnStop = Callable[[float], None]
_J_PER_KWH = 3.6e6


@dataclass(slots=True)
class EnergyBudget:
    """A limit in joules for one run.

    limit_j   above zero
    limit_g   grams of CO2e that it stands for, where it was given so; for words only
    on_warn   called once, with the forecast, when even its low end passes the limit; with None when the run was not
              foretold to pass it and the joules drawn did
    on_stop   called once, with the joules spent, before the step that would pass the limit: save a checkpoint here.
              None: the budget only warns
    """

    limit_j: float
    on_warn: Callable[[Estimate | None], None] | None = None
    on_stop: OnStop | None = None
    limit_g: float | None = None
    _state: Verdict = field(default="within")
    _at_step: int | None = None
    _last_j: float = 0.0
    _last_step: int = 0
    _dearest_j: float = 0.0
    _stretches: int = 0

    def __post_init__(self) -> None:
        if not (isfinite(self.limit_j) and self.limit_j > 0):
            raise InputError("an energy budget must be above zero", place="limit_j", value=self.limit_j)

    @property
    def state(self) -> Verdict:
        """How it stands."""
        return self._state

    def check(self, energy_j: float, steps_done: int, forecast: EarlyForecast | None = None) -> Verdict:
        """How the run stands after ``steps_done`` steps and ``energy_j`` joules; call it after every step or few.

        ``stopped`` means: do not begin another step. It comes while the dearest stretch so far still fits beside what
        has been spent, so the limit itself is not passed unless a single stretch is dearer than all before it. The
        first stretch, which holds the start-up, counts only until there is a second.
        """
        if self._state == "stopped":
            return self._state
        if steps_done > self._last_step:
            stretch_j = energy_j - self._last_j
            self._dearest_j = stretch_j if self._stretches < 2 else max(self._dearest_j, stretch_j)
            self._stretches += 1
            self._last_j, self._last_step = energy_j, steps_done
        if self.on_stop is not None and energy_j + self._dearest_j > self.limit_j:
            self._state, self._at_step = "stopped", steps_done
            self.on_stop(energy_j)
            return self._state
        if self._state == "within":
            expected = forecast.total_energy() if forecast is not None else None
            if expected is not None and expected.low > self.limit_j:
                self._warn(expected, steps_done)
            elif energy_j > self.limit_j:
                self._warn(None, steps_done)
        return self._state

    def to_json(self) -> dict[str, Any]:
        """Plain data: the limit, whether it stops or warns, how it stands, and since which step."""
        return {
            "limit_j": self.limit_j,
            "limit_g": self.limit_g,
            "stops": self.on_stop is not None,
            "state": self._state,
            "at_step": self._at_step,
        }

    def _warn(self, expected: Estimate | None, steps_done: int) -> None:
        self._state, self._at_step = "warned", steps_done
        if self.on_warn is not None:
            self.on_warn(expected)


def limit_j(budget_kwh: float | None, budget_g: float | None, intensity: Estimate | None) -> float | None:
    """The limit that a budget in kWh, or in grams of a grid's carbon, comes to in joules; None without a budget.

    intensity   of the grid, gCO2e/kWh, needed for grams; its best figure is used
    """
    if budget_kwh is not None and budget_g is not None:
        raise InputError("give a budget in kWh or in grams, not both", value=(budget_kwh, budget_g))
    for place, value in (("budget_kwh", budget_kwh), ("budget_g", budget_g)):
        if value is not None and not (isfinite(value) and value > 0):
            raise InputError("a budget must be above zero", place=place, value=value)
    if budget_kwh is not None:
        return budget_kwh * _J_PER_KWH
    if budget_g is None:
        return None
    if intensity is None or intensity.value <= 0:
        raise InputError(
            "a budget in grams needs the grid's carbon", place="budget_g", value=budget_g,
            remedy="Name the place, such as site='JP' or --site JP.",
        )  # fmt: skip
    return budget_g / intensity.to("gCO2e/kWh").value * _J_PER_KWH

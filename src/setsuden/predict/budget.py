"""Energy budgets: warn when a run is going to pass one, stop it before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from setsuden.errors import InputError
from setsuden.predict.early import EarlyForecast
from setsuden.quantity import Estimate

Verdict = Literal["within", "warned", "stopped"]
OnWarn = Callable[[Estimate], None]
OnStop = Callable[[float], None]


@dataclass(slots=True)
class EnergyBudget:
    """A limit in joules for one run.

    limit_j   above zero
    on_warn   called once, with the forecast, when even its low end passes the limit
    on_stop   called once, with the joules spent, before the step that would pass the limit: save a checkpoint here.
              None: the budget only warns
    """

    limit_j: float
    on_warn: OnWarn | None = None
    on_stop: OnStop | None = None
    _state: Verdict = field(default="within")
    _last_j: float = 0.0
    _last_step: int = 0
    _dearest_j: float = 0.0

    def __post_init__(self) -> None:
        if not self.limit_j > 0:
            raise InputError("an energy budget must be above zero", place="limit_j", value=self.limit_j)

    def check(self, energy_j: float, steps_done: int, forecast: EarlyForecast | None = None) -> Verdict:
        """How the run stands after ``steps_done`` steps and ``energy_j`` joules; call it after every step or few.

        ``stopped`` means: do not begin another step. It comes while the dearest stretch so far still fits beside what
        has been spent, so the limit itself is not passed unless a single stretch is dearer than all before it.
        """
        if self._state == "stopped":
            return self._state
        if steps_done > self._last_step:
            self._dearest_j = max(self._dearest_j, energy_j - self._last_j)
            self._last_j, self._last_step = energy_j, steps_done
        if self.on_stop is not None and energy_j + self._dearest_j > self.limit_j:
            self._state = "stopped"
            self.on_stop(energy_j)
            return self._state
        expected = forecast.total_energy() if forecast is not None else None
        if self._state == "within" and expected is not None and expected.low > self.limit_j:
            self._state = "warned"
            if self.on_warn is not None:
                self.on_warn(expected)
        return self._state

"""How far a process given rows errs on rows of its own that are held out as an asked row is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from setsuden.predict.frame import Floats
from setsuden.predict.kernel import variance
from setsuden.predict.posterior import Posterior, conformal, least_relative_error, normal_quantile
from setsuden.predict.situation import GROUP, PAIR, ROW, SETTING, labels

_FEW_LABELS = 5.0  # held-out labels that the middle of relative errors is weighed against, taken to lie at zero


@dataclass(frozen=True, slots=True)
class _Errors:
    """Of every row, predicted without the rows of its label: error, deviation; how many labels there are."""

    error: Floats
    deviation: Floats
    labels: int


@dataclass(frozen=True, slots=True)
class Likewise:
    """Each answer is one for every asked row; ``new`` says what is new about it, a word of ``situation``."""

    posterior: Posterior
    _held_out: dict[str, _Errors] = field(default_factory=dict)

    def shift(self, new: Sequence[str]) -> Floats:
        """Natural logarithms to add so that the mean relative error of rows held out likewise is smallest."""
        found = {how: self._middle(how if how in (SETTING, PAIR) else GROUP) for how in {*new} - {ROW}}
        return np.array([found.get(how, 0.0) for how in new])

    def usual_error(self, new: Sequence[str]) -> Floats:
        """What the error of nine in ten rows held out likewise stays below, natural logs."""
        found = {how: self._ninth(how) for how in {*new}}
        return np.array([found[how] for how in new])

    def width(self, new: Sequence[str], level: float) -> Floats:
        """How many deviations hold ``level`` (0-1) of rows held out likewise."""
        found = {how: self._conformal(how, level) for how in {*new}}
        return np.array([found[how] for how in new])

    def _errors(self, how: str) -> _Errors:
        if how not in self._held_out:
            told = labels(self.posterior.points)[how]
            self._held_out[how] = _Errors(*self.posterior.held_out(told), len(set(told)))
        return self._held_out[how]

    def _middle(self, how: str) -> float:
        errors = self._errors(how)
        return least_relative_error(errors.error) * errors.labels / (errors.labels + _FEW_LABELS)

    def _ninth(self, how: str) -> float:
        """Of one label alone, what is expected."""
        errors = self._errors(how)
        if errors.labels > 1:
            return float(np.quantile(np.abs(errors.error), 0.9))
        prior = np.sqrt(variance(self.posterior.kernel, self.posterior.points) + self.posterior.kernel.noise)
        return float(np.quantile(normal_quantile(0.9) * prior, 0.9))

    def _conformal(self, how: str, level: float) -> float:
        errors = self._errors(how)
        if errors.labels < 2:
            return conformal(np.empty(0), 0, level)
        return conformal(np.abs(errors.error) / errors.deviation, errors.labels, level)

"""Draws of all options at once: common random numbers, shared sources, and the error that all options share.

Every unknown has its own stream of random numbers, found by its name and the seed. So the draws of an option do not
depend on which other options there are or in which order they come, and two scenarios differ only by what differs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from setsuden.decision.option import Composite, Option, Part, weight_of
from setsuden.errors import InputError
from setsuden.quantity import Estimate, unit
from setsuden.quantity.draws import DEFAULT_SEED, shaped

DRAWS = 10_000
Array = NDArray[np.float64]


def own_interval(estimate: Estimate, shared: float) -> Estimate:
    """The figure with the shared part of its spread taken out: what is left when compared with its neighbours.

    shared   half-width (a share of the value, 5-95 %) of an error that multiplies all compared figures alike

    Variances add, so either side shrinks by sqrt(1 - rho^2), rho from ``shared_correlation``. The wider the figure, the
    wider what is left.
    """
    left = math.sqrt(1 - shared_correlation(estimate, shared) ** 2)
    if left == 1:
        return estimate
    value, low, high = estimate.value, estimate.low, estimate.high
    if low > 0:
        return replace(estimate, low=value * (low / value) ** left, high=value * (high / value) ** left)
    return replace(estimate, low=value - (value - low) * left, high=value + (high - value) * left)


def shared_correlation(estimate: Estimate, shared: float) -> float:
    """Share of the figure's spread that is the shared error, 0-1, in units of standard deviation.

    Spreads are compared in logarithms, those of figures whose interval reaches zero as shares of their value.
    """
    if shared <= 0 or estimate.low == estimate.high or estimate.value <= 0:
        return 0.0
    if estimate.low <= 0:
        return min(1.0, shared * estimate.value / estimate.half_width)
    return min(1.0, math.atanh(shared) / (math.log(estimate.high / estimate.low) / 2)) if shared < 1 else 1.0


class Draws:
    """Drawn figures of a set of options, priced under any number of scenarios.

    options                 unique and ordered, see ``option.unique``
    shared_relative_error   per metric: half-width (share of the value, 5-95 %) of the error that multiplies this
                            metric of all options alike, such as the error of the one sensor they were measured with.
                            It is a part of the figures' intervals, not an addition: each figure keeps its spread, and
                            only what is not shared can make options change places.
    n, seed                 number of draws per figure, and what they start from
    """

    def __init__(
        self,
        options: Sequence[Option],
        shared_relative_error: Mapping[str, float] | None = None,
        *,
        n: int = DRAWS,
        seed: int = DEFAULT_SEED,
    ) -> None:
        if n < 1:
            raise InputError("at least one draw is needed", value=n)
        self.options = tuple(options)
        self.n = n
        self.seed = seed
        self._shared = dict(shared_relative_error or {})
        for metric, share in self._shared.items():
            if not (share >= 0 and math.isfinite(share)):
                raise InputError("a shared relative error is a share of at least 0", place=metric, value=share)
        self._figures: dict[tuple[str, str, int], Array | float] = {}
        self._fixed: dict[tuple[str, str, float], Array] = {}

    def metric(self, name: str, weights: Mapping[str, Estimate], unit_text: str, missing: float) -> Array:
        """Array (options, draws) of a metric in ``unit_text``; ``missing`` stands where an option does not know it."""
        parts = [_parts(option, name) for option in self.options]
        if all(part.weight is None for each in parts for part in each):  # the same in every scenario
            key = (name, unit_text, missing)
            if key not in self._fixed:
                self._fixed[key] = self._summed(name, parts, weights, unit_text, missing)
            return self._fixed[key]
        return self._summed(name, parts, weights, unit_text, missing)

    def _summed(
        self, name: str, parts: list[tuple[Part, ...]], weights: Mapping[str, Estimate], unit_text: str, missing: float
    ) -> Array:
        rows = np.full((len(self.options), self.n), missing)
        for row, option, each in zip(rows, self.options, parts, strict=True):
            for index, part in enumerate(each):
                factor, weight = self._weight(part, weights, unit_text)
                figure = self._figure(option, name, index, part)
                row[:] = figure * (weight * factor) if index == 0 else row + figure * (weight * factor)
        rows.flags.writeable = False
        return rows

    def factors(self, metric: str, weights: Mapping[str, Estimate], rows: Sequence[int]) -> dict[str, Array]:
        """Unknowns behind a metric of the options at ``rows``: name -> its standard normal numbers, shape (draws,)."""
        found: dict[str, Array] = {}
        for option in (self.options[row] for row in rows):
            for index, part in enumerate(_parts(option, metric)):
                if part.figure.low < part.figure.high:
                    name = _source(option, metric, index, part)
                    found[name] = self._stream(f"source:{name}")
                if part.weight is not None and (weight := weight_of(part.weight, weights)).low < weight.high:
                    found[part.weight] = self._stream(f"weight:{part.weight}")
        if found and self._shared.get(metric, 0.0) > 0:
            found[f"shared error of {metric}"] = self._stream(f"shared:{metric}")
        return found

    def _figure(self, option: Option, metric: str, index: int, part: Part) -> Array | float:
        key = (option.id, metric, index)
        if key not in self._figures:
            self._figures[key] = self._drawn(part.figure, metric, _source(option, metric, index, part))
        return self._figures[key]

    def _drawn(self, figure: Estimate, metric: str, source: str) -> Array | float:
        if figure.low == figure.high:
            return figure.value
        own = self._stream(f"source:{source}")
        rho = shared_correlation(figure, self._shared.get(metric, 0.0))
        if rho == 0:
            return shaped(figure, own)
        return shaped(figure, rho * self._stream(f"shared:{metric}") + math.sqrt(1 - rho**2) * own)

    def _weight(self, part: Part, weights: Mapping[str, Estimate], unit_text: str) -> tuple[float, Array | float]:
        target = unit(unit_text)
        if part.weight is None:
            return unit(part.figure.unit).factor_to(target), 1.0
        weight = weight_of(part.weight, weights)
        factor = (unit(part.figure.unit) * unit(weight.unit)).factor_to(target)
        if weight.low == weight.high:
            return factor, weight.value
        return factor, shaped(weight, self._stream(f"weight:{part.weight}"))

    def _stream(self, name: str) -> Array:
        return _normal(self.seed, name, self.n)


def _parts(option: Option, metric: str) -> tuple[Part, ...]:
    found = option.metrics.get(metric)
    if found is None:
        return ()
    return found.parts if isinstance(found, Composite) else (Part(found),)


def _source(option: Option, metric: str, index: int, part: Part) -> str:
    return part.source or f"{metric} of {option.id}" + (f" (part {index + 1})" if index else "")


@lru_cache(maxsize=256)
def _normal(seed: int, name: str, n: int) -> Array:
    """Standard normal numbers that depend on nothing but the seed and the name of the unknown."""
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.default_rng([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])
    numbers = rng.standard_normal(n)
    numbers.flags.writeable = False
    return numbers

"""From a few measured windows to a figure per sample, and from there to a run that has not happened yet.

Four things make a forecast unsure, and they are added as independent (root of the sum of squares) in logarithms: joules
and seconds per sample are positive, so doubt multiplies and divides them, and no interval reaches zero or below unless
the sensor's own does.

scatter     repeats differ: Student's t over the repeats, for one further run (not only for the mean)
systematic  the sensor is off by the same share in every window; repeating does not help
drift       the machine changes while it works (heat, clocks, neighbours): the slope over the pilot, all configurations
            together, times the length of the pilot
unseen      what shows only after the pilot has ended: ``UNSEEN_SHARE``
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.quantity import Estimate, Provenance, weakest
from setsuden.study.record import Repeat
from setsuden.study.spread import Spread

UNSEEN_SHARE = 0.03
"""Half-width for what minutes cannot show: settling heat, another hour of the day. Own judgement, guided by a published
study whose first epoch foretells a hundred to 3.1 % (Mavromatis et al. 2024, arXiv:2406.14328, figure 5, digitised)."""

MOST_LOG = math.log(1000.0)
"""No interval reaches above a thousandfold: wider, two windows have said nothing."""


@dataclass(frozen=True, slots=True)
class Systematic:
    """Shares by which the sensor may be off, downwards and upwards."""

    down: float
    up: float


NO_ERROR = Systematic(0.0, 0.0)


def systematic(energies: Sequence[Estimate]) -> Systematic:
    """Mean relative reach of the windows' own intervals."""
    known = [energy for energy in energies if energy.value > 0]
    if not known:
        return NO_ERROR
    down = math.fsum((energy.value - energy.low) / energy.value for energy in known) / len(known)
    up = math.fsum((energy.high - energy.value) / energy.value for energy in known) / len(known)
    return Systematic(down, up)


def per_sample(
    scatter: Spread, sensor: Systematic, unit: str, like: Sequence[Estimate], *, extra_share: float = 0.0
) -> Estimate:
    """The mean of the repeats with the uncertainty of the mean and of the sensor.

    like         estimates whose provenance and boundary the result inherits
    extra_share  a further independent share, e.g. drift
    """
    return _around(scatter.mean, scatter.mean_share, sensor, extra_share, unit, like)


def forecast(
    scatter: Spread, sensor: Systematic, drift_share: float, count: float, unit: str, like: Sequence[Estimate]
) -> Estimate:
    """``count`` times the mean, with scatter for one further run, sensor, drift and what the pilot cannot see.

    Nobody has measured a run that is still to come: the result is estimated at best, whatever counted the pilot.

    scatter      of the figure per counted thing (J/sample with a count of samples gives J)
    drift_share  from ``drift``
    """
    beyond = math.hypot(drift_share, UNSEEN_SHARE)
    ahead = _around(scatter.mean * count, scatter.next_share, sensor, beyond, unit, like)
    return ahead.weakened(Provenance.ESTIMATED)


def drift(groups: Sequence[Sequence[Repeat]], *, time: bool = False) -> float:
    """Relative change of J/sample (or s/sample) over the pilot, a share >= 0; 0 when no configuration was repeated.

    One slope for all configurations, by least squares: the logarithm of each repeat less the mean of its configuration,
    against its time less the mean time of its configuration.
    """
    over, under, first, last = 0.0, 0.0, math.inf, -math.inf
    for repeats in groups:
        if len(repeats) < 2:
            continue
        figures = [r.seconds_per_sample if time else r.joules_per_sample for r in repeats]
        if min(figures) <= 0:
            continue
        logs = [math.log(figure) for figure in figures]
        mean = math.fsum(logs) / len(logs)
        middle = math.fsum(r.at_s for r in repeats) / len(repeats)
        for figure, repeat in zip(logs, repeats, strict=True):
            over += (repeat.at_s - middle) * (figure - mean)
            under += (repeat.at_s - middle) ** 2
            first, last = min(first, repeat.at_s), max(last, repeat.at_s)
    return abs(over / under) * (last - first) if under > 0 else 0.0


def _around(
    value: float, scatter: float, sensor: Systematic, extra: float, unit: str, like: Sequence[Estimate]
) -> Estimate:
    beyond = math.log1p(extra)
    down = math.hypot(scatter, beyond, -math.log1p(-sensor.down)) if sensor.down < 1 else math.inf
    up = math.hypot(scatter, beyond, math.log1p(sensor.up))
    return Estimate(
        value,
        value * math.exp(-down),
        value * math.exp(min(up, MOST_LOG)),
        unit,
        weakest(estimate.provenance for estimate in like),
        like[0].boundary,
    )

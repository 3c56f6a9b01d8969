"""A training to be placed: the job, and the sites that could do it."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.hourly import HourlySignal
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class Site:
    """A place to train; price in ``currency`` per kWh, None where unknown."""

    name: str
    signal: HourlySignal
    pue: float
    price_per_kwh: float | None


@dataclass(frozen=True, slots=True)
class Job:
    """The work and its limits.

    power_kw         of the machines while they run with one worker group, facility not included
    hours            of running, whole; ``deadline_hours`` from now in which it must be done
    checkpoint_kwh   to save, stop, start and load again, once per pause
    data_gb          moved to a site that is not home, once; ``move`` J/bit in both views of the network
    marginal         throughput that each further worker group adds; one entry: the job does not scale
    forecast_error   relative, after 24 hours
    """

    name: str
    power_kw: float
    hours: int
    deadline_hours: int
    checkpoint_kwh: float
    data_gb: float
    move_average: Estimate
    move_marginal: Estimate
    marginal: tuple[float, ...]
    month: int
    utc_hour: int
    forecast_error: float
    currency: str
    home: Site
    sites: tuple[Site, ...]

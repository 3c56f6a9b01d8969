"""A training to be placed: the job, and the sites that could do it."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.hourly import HourlySignal
from setsuden.placement.training.forecasts import Method
from setsuden.placement.training.series import Series
from setsuden.quantity import Estimate, Factor


@dataclass(frozen=True, slots=True)
class Site:
    """A place to train: its grid as a profile of usual days (``signal``) or as recorded (``series``), one of them.

    price_per_kwh   in the job's currency; None where unknown
    basis           convention of the intensities
    """

    name: str
    signal: HourlySignal | None
    pue: float
    price_per_kwh: float | None
    series: Series | None = None
    stated_basis: str | None = None

    @property
    def basis(self) -> str:
        """What the intensities count."""
        return self.signal.zone.basis if self.signal is not None else self.stated_basis or "as recorded"

    @property
    def source(self) -> str:
        """Where its intensities are from."""
        if self.signal is not None:
            return f"{self.signal.zone.source} ({self.signal.zone.year}, {self.basis})"
        assert self.series is not None
        return f"{self.series.source} ({self.basis})"


@dataclass(frozen=True, slots=True)
class Job:
    """The work and its limits.

    power_kw         of the machines while they run with one worker group, facility not included
    hours            of running, whole; ``deadline_hours`` from now in which it must be done
    checkpoint_kwh   to save, stop, start and load again, once per pause
    data_gb          moved to a site that is not home, once; ``move`` J/bit in both views of the network
    marginal         throughput that each further worker group adds; one entry: the job does not scale
    month, utc_hour  of the start; with recorded series None for any
    forecast_error   relative, after 24 hours; of drawn worlds only
    move_hours       in which the data is on its way to another site, whole; None where the rate is not known
    forecast         what schedules go by where series were recorded
    factors          what else entered
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
    month: int | None
    utc_hour: int | None
    forecast_error: float
    currency: str
    home: Site
    sites: tuple[Site, ...]
    move_hours: int | None = None
    forecast: Method = "climatology"
    factors: tuple[Factor, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether the grids are recorded series."""
        return self.home.series is not None

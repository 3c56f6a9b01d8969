"""A training to be placed, as the user declares it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from setsuden.placement.inference.declaration import NotNegative, Part, Positive

Hours = Annotated[int, Field(ge=1, le=24 * 14)]


class SiteChoice(Part):
    """A grid whose hours are known, by the catalogue or by a recorded ``series``, and the facility there."""

    zone: str = Field(min_length=1)
    series: str | None = Field(default=None, min_length=1)
    basis: str | None = Field(default=None, min_length=1)
    pue: Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)] = 1.15
    price_per_kwh: NotNegative | None = None


class Moving(Part):
    """Data that goes along to another site."""

    data_gb: NotNegative = 0.0
    link: str = "inter-dc"
    country: str | None = Field(default=None, min_length=1)
    technology: Literal["fixed", "mobile"] = "fixed"
    up_mbps: Positive | None = None


class TrainingChoice(Part):
    """The job, when it would start, and until when it must be done."""

    power_kw: Positive
    hours: Hours
    deadline_hours: Hours
    checkpoint_kwh: NotNegative = 0.0
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    utc_hour: Annotated[int, Field(ge=0, le=23)] | None = None
    forecast: Literal["persistence", "day_ahead", "climatology", "perfect"] = "climatology"
    forecast_error: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.15
    marginal_throughput: list[Positive] = Field(default_factory=lambda: [1.0], min_length=1)
    home: SiteChoice
    sites: list[SiteChoice] = Field(default_factory=list)
    moving: Moving = Moving()
    currency: Literal["USD", "EUR", "JPY", "GBP", "CNY", "INR"] = "EUR"

    @model_validator(mode="after")
    def _consistent(self) -> TrainingChoice:
        if self.deadline_hours < self.hours:
            raise ValueError(f"deadline_hours {self.deadline_hours} is before the job of {self.hours} hours is done")
        gains = self.marginal_throughput
        if gains[0] != 1.0 or any(after > before for before, after in pairwise(gains)):
            raise ValueError("marginal_throughput starts at 1 and never rises")
        names = [self.home.zone, *(site.zone for site in self.sites)]
        if len(set(names)) < len(names):
            raise ValueError("a zone is listed twice")
        recorded = {site.series is not None for site in (self.home, *self.sites)}
        if len(recorded) > 1:
            raise ValueError("give a series for every site or for none: recorded and usual days do not compare")
        if recorded == {False} and (self.month is None or self.utc_hour is None):
            raise ValueError("give month and utc_hour, or a recorded series for every site")
        if recorded == {False} and "forecast" in self.model_fields_set:
            raise ValueError("forecast belongs to recorded series; for usual days give forecast_error")
        if recorded == {True} and "forecast_error" in self.model_fields_set:
            raise ValueError("forecast_error belongs to usual days; of recorded series it is measured")
        return self


class TrainingDeclaration(Part):
    """One training."""

    name: str = Field(default="training", min_length=1, max_length=80)
    training: TrainingChoice

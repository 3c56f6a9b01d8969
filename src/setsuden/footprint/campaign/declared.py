"""A campaign written down: the YAML file, read strictly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from setsuden import places
from setsuden.footprint.campaign.stage import Quality, Stage
from setsuden.parsing import parsed
from setsuden.places import read_yaml
from setsuden.quantity import NODE, Boundary, Estimate, Provenance

_Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Range(_Strict):
    """A figure, with its 5-95 % interval where it has one."""

    value: _Positive
    low: _Positive | None = None
    high: _Positive | None = None

    @model_validator(mode="after")
    def _both_ends(self) -> _Range:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high go together")
        return self

    def estimate(self, unit: str, boundary: Boundary = NODE) -> Estimate:
        """Stated, so assumed; exact without an interval."""
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return Estimate(self.value, low, high, unit, Provenance.ASSUMED, boundary)


def _as_range(figure: object) -> object:
    return figure if isinstance(figure, dict | _Range) else {"value": figure}


_Figure = Annotated[_Range, BeforeValidator(_as_range)]


class _Cost(_Strict):
    """Energy of a run: as kWh, or as hours x watts x count."""

    energy_kwh: _Figure | None = None
    hours: _Positive | None = None
    watts: _Positive | None = None
    count: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _one_way(self) -> _Cost:
        by_power = self.hours is not None and self.watts is not None
        if (self.energy_kwh is None) != by_power or (self.hours is None) != (self.watts is None):
            raise ValueError("give energy_kwh, or hours and watts")
        return self

    def energy(self, boundary: Boundary) -> Estimate:
        """One run, kWh."""
        if self.energy_kwh is not None:
            return self.energy_kwh.estimate("kWh", boundary)
        assert self.hours is not None
        assert self.watts is not None
        kwh = self.hours * self.watts * self.count / 1000.0
        return Estimate.exact(kwh, "kWh", Provenance.ASSUMED, boundary)


class _Quality(_Strict):
    mean: Annotated[float, Field(allow_inf_nan=False)]
    sd: _Positive


class _Stage(_Cost):
    name: Annotated[str, Field(min_length=1)]
    trials: Annotated[int, Field(ge=1)] = 1
    repeats: Annotated[int, Field(ge=1)] = 1
    times: _Positive = 1.0
    every_weeks: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    over_weeks: _Positive | None = None
    spread: _Positive = 0.0
    stopped_share: _Share = 0.0
    stopped_at: _Share = 0.5
    failed_share: _Share = 0.0
    failed_at: _Share = 0.5
    rerun_failed: bool = False
    kept: Annotated[int, Field(ge=0)] = 1
    quality: _Quality | None = None

    @model_validator(mode="after")
    def _one_rhythm(self) -> _Stage:
        if (self.every_weeks is None) != (self.over_weeks is None):
            raise ValueError("every_weeks and over_weeks go together")
        if self.every_weeks is not None and "times" in self.model_fields_set:
            raise ValueError("give times, or every_weeks and over_weeks")
        return self

    @property
    def done(self) -> float:
        """How often the stage is done: once at the end of every full span of ``every_weeks``."""
        if self.every_weeks is None or self.over_weeks is None:
            return self.times
        return float(math.floor(self.over_weeks / self.every_weeks + 1e-9))


class _Instead(_Cost):
    name: Annotated[str, Field(min_length=1)]
    energy_per_request_j: _Figure


class _File(_Strict):
    name: Annotated[str, Field(min_length=1)]
    boundary: str = "node"
    stages: Annotated[list[_Stage], Field(min_length=1)]
    energy_per_request_j: _Figure | None = None
    requests: _Positive | None = None
    instead: _Instead | None = None

    @model_validator(mode="after")
    def _serving_is_known(self) -> _File:
        if self.instead is not None and self.energy_per_request_j is None:
            raise ValueError("energy_per_request_j is needed to compare with building instead")
        return self


@dataclass(frozen=True, slots=True)
class Alternative:
    """What could be built instead, and what both cost to serve, J/request."""

    name: str
    energy: Estimate
    per_request: Estimate
    campaign_per_request: Estimate
    requests: float | None


@dataclass(frozen=True, slots=True)
class Declared:
    """A campaign as declared."""

    name: str
    stages: tuple[Stage, ...]
    alternative: Alternative | None


def example_text() -> str:
    """A commented campaign, valid as it stands."""
    return (files("setsuden.footprint.campaign") / "example.yaml").read_text(encoding="utf-8")


def read(path: Path) -> Declared:
    """The campaign in a YAML file; InputError names line and field of what is wrong and the value seen."""
    return declared(read_yaml(path, "campaign", "campaign file"))


def declared(said: places.Declared) -> Declared:
    """The same from what was read."""
    data = parsed(said, _File)
    boundary = said.at(("boundary",), lambda: Boundary.parse(data.boundary))
    stages = tuple(
        said.at(("stages", index), partial(_stage, item, boundary)) for index, item in enumerate(data.stages)
    )
    if data.instead is None or data.energy_per_request_j is None:
        return Declared(data.name, stages, None)
    alternative = Alternative(
        data.instead.name,
        data.instead.energy(boundary),
        data.instead.energy_per_request_j.estimate("J/request", boundary),
        data.energy_per_request_j.estimate("J/request", boundary),
        data.requests,
    )
    return Declared(data.name, stages, alternative)


def _stage(item: _Stage, boundary: Boundary) -> Stage:
    quality = Quality(item.quality.mean, item.quality.sd) if item.quality else None
    plain = item.model_dump(
        exclude={"energy_kwh", "hours", "watts", "count", "quality", "times", "every_weeks", "over_weeks"}
    )
    return Stage(energy=item.energy(boundary), quality=quality, times=item.done, **plain)

"""A campaign written down: the YAML file, read strictly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from setsuden.errors import InputError
from setsuden.footprint.campaign.stage import Quality, Stage
from setsuden.quantity import NODE, Boundary, Estimate, Provenance

_Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Range(_Strict):
    """A figure with its 5-95 % interval."""

    value: _Positive
    low: _Positive
    high: _Positive


_Figure = _Positive | _Range


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
            return _estimate(self.energy_kwh, "kWh", boundary)
        assert self.hours is not None
        assert self.watts is not None
        return _estimate(self.hours * self.watts * self.count / 1000.0, "kWh", boundary)


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


def read(path: Path) -> Declared:
    """The campaign in a YAML file; InputError names the field that is wrong and the value seen."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", place=str(path)) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"the file is not YAML: {' '.join(str(error).split())}", place=str(path)) from None
    return declared(raw, place=str(path))


def declared(raw: Any, *, place: str = "campaign") -> Declared:
    """The same from plain data."""
    if not isinstance(raw, dict):
        raise InputError("a campaign is a mapping with name and stages", place=place, value=type(raw).__name__)
    try:
        data = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        shown = None if isinstance(first["input"], dict | list) else first["input"]
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {message}", place=place, value=shown) from None
    boundary = Boundary.parse(data.boundary)
    stages = tuple(_stage(item, boundary) for item in data.stages)
    if data.instead is None or data.energy_per_request_j is None:
        return Declared(data.name, stages, None)
    alternative = Alternative(
        data.instead.name,
        data.instead.energy(boundary),
        _estimate(data.instead.energy_per_request_j, "J/request", boundary),
        _estimate(data.energy_per_request_j, "J/request", boundary),
        data.requests,
    )
    return Declared(data.name, stages, alternative)


def _stage(item: _Stage, boundary: Boundary) -> Stage:
    quality = Quality(item.quality.mean, item.quality.sd) if item.quality else None
    plain = item.model_dump(
        exclude={"energy_kwh", "hours", "watts", "count", "quality", "times", "every_weeks", "over_weeks"}
    )
    return Stage(energy=item.energy(boundary), quality=quality, times=item.done, **plain)


def _estimate(figure: _Figure, in_unit: str, boundary: Boundary = NODE) -> Estimate:
    if isinstance(figure, _Range):
        return Estimate(figure.value, figure.low, figure.high, in_unit, Provenance.ASSUMED, boundary)
    return Estimate.exact(figure, in_unit, Provenance.ASSUMED, boundary)

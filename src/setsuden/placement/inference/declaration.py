"""A placement question as the user declares it: every key with its default, its range and what it means."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from setsuden.quantity import Estimate, Provenance

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Part(BaseModel):
    """A mapping whose unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Figure(Part):
    """A figure with its 5-95 % interval; a plain number is a figure without spread."""

    value: NotNegative
    low: NotNegative | None = None
    high: NotNegative | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Figure:
        low, high = self.value if self.low is None else self.low, self.value if self.high is None else self.high
        if not low <= self.value <= high:
            raise ValueError("must be in the order low <= value <= high")
        return self

    def estimate(self, unit: str, scale: float = 1.0) -> Estimate:
        """As an assumed figure in ``unit``, times ``scale``."""
        low, high = self.value if self.low is None else self.low, self.value if self.high is None else self.high
        return Estimate(self.value * scale, low * scale, high * scale, unit, Provenance.ASSUMED)


def _figure(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"value": value}
    if not isinstance(value, dict | Figure):
        raise ValueError("must be a number, or {value: 2, low: 1, high: 4}")
    return value


Amount = Annotated[Figure, BeforeValidator(_figure)]


class Making(Part):
    """Carbon of making a machine, and how long it is kept."""

    kg: Amount
    years: Positive = 4.0


class MachineChoice(Part):
    """A machine: a row of the catalogue, a pilot run on it, or joules and seconds of one request."""

    system: str | None = Field(default=None, min_length=1)
    pilot: str | None = Field(default=None, min_length=1)
    configuration: str | None = Field(default=None, min_length=1)
    tokens: Amount | None = None
    energy_j: Amount | None = None
    seconds: Positive | None = None
    idle_w: Amount | None = None
    embodied: Making | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        """Where its figures come from is said exactly once."""
        stated = self.energy_j is not None and self.seconds is not None
        ways = (self.system is not None) + (self.pilot is not None) + stated
        if ways != 1 or (self.energy_j is None) != (self.seconds is None):
            raise ValueError("give one of: system, pilot, or energy_j and seconds")
        if self.configuration is not None and self.pilot is None:
            raise ValueError("configuration belongs to pilot")
        if self.tokens is not None and (self.system is None or self.tokens.value <= 0):
            raise ValueError("tokens is above 0 and belongs to system: output tokens of a request")
        return self


class LocalChoice(MachineChoice):
    """A machine on site."""

    idle_share: Share = 1.0
    shared_by: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0


class CloudChoice(MachineChoice):
    """A server in a data centre."""

    single: str | None = Field(default=None, min_length=1)
    batch: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    wait_ms: NotNegative = 0.0
    utilisation: Amount | None = None
    pue: Amount | None = None
    site: str | None = Field(default=None, min_length=1)
    intensity_g_per_kwh: Amount | None = None
    rtt_ms: Amount = Figure(value=30.0, low=10.0, high=100.0)

    @model_validator(mode="after")
    def _fits(self) -> CloudChoice:
        if (self.batch is None) != (self.single is None):
            raise ValueError("batch and single belong together: single is the row of one request at a time")
        if self.site is not None and self.intensity_g_per_kwh is not None:
            raise ValueError("give either site or intensity_g_per_kwh")
        if self.utilisation is not None:
            used = self.utilisation.estimate("1")
            if not (used.low > 0 and used.high <= 1):
                raise ValueError("utilisation is a share above 0 and up to 1")
        if self.pue is not None and self.pue.estimate("1").low < 1:
            raise ValueError("pue is at least 1")
        return self


class NetworkChoice(Part):
    """How the data gets there."""

    link: str = "fixed"
    radio: str = "wifi"
    goodput_mbps: Positive | None = None
    country: str | None = Field(default=None, min_length=1)
    technology: Literal["fixed", "mobile"] | None = None
    down_mbps: Amount | None = None
    up_mbps: Amount | None = None
    average_kwh_per_gb: Amount | None = None
    marginal_w_per_mbps: Amount | None = None
    published: str | None = None
    new_connection: bool = False
    hops: NotNegative = 0.0
    hop_kwh_per_gb: Amount | None = None
    site: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _rates(self) -> NetworkChoice:
        for name in ("down_mbps", "up_mbps"):
            rate: Figure | None = getattr(self, name)
            if rate is not None and (rate.value if rate.low is None else rate.low) <= 0:
                raise ValueError(f"{name} must be above 0")
        if self.technology is not None and self.country is None:
            raise ValueError("technology belongs to country")
        return self


class LayerChoice(Part):
    """One layer of a chain."""

    name: str = Field(min_length=1)
    macs: NotNegative
    output_bytes: Positive


class SplitChoice(Part):
    """A model to be cut: by name of the zoo (or module:factory), or by its layers."""

    model: str | None = Field(default=None, min_length=1)
    layers: list[LayerChoice] | None = Field(default=None, min_length=2)

    @model_validator(mode="after")
    def _one_way(self) -> SplitChoice:
        if (self.model is None) == (self.layers is None):
            raise ValueError("give either model or layers")
        return self


class PlaceDeclaration(Part):
    """One placement question."""

    name: str = Field(default="placement", min_length=1, max_length=80)
    objective: Literal["energy", "carbon"] = "energy"
    requests_per_minute: Amount
    payload_kb: Amount
    answer_kb: Amount = Figure(value=1.0)
    latency_ms: Positive | None = None
    site: str | None = Field(default=None, min_length=1)
    intensity_g_per_kwh: Amount | None = None
    device: LocalChoice
    edge: LocalChoice | None = None
    cloud: CloudChoice
    network: NetworkChoice = NetworkChoice()
    split: SplitChoice | None = None

    @model_validator(mode="after")
    def _some(self) -> PlaceDeclaration:
        rate = self.requests_per_minute
        if rate.value <= 0 or (rate.low is not None and rate.low <= 0):
            raise ValueError("requests_per_minute must be above 0")
        if self.payload_kb.value <= 0:
            raise ValueError("payload_kb must be above 0")
        if self.site is not None and self.intensity_g_per_kwh is not None:
            raise ValueError("give either site or intensity_g_per_kwh")
        return self

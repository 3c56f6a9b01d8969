"""A fleet as the user declares it: every key with its default and its range."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from setsuden.placement.inference.declaration import Amount, Making, NotNegative, Part, Positive, Share

Name = Annotated[str, Field(min_length=1, max_length=80)]
Spread = Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)]
Hours = Annotated[list[NotNegative], Field(min_length=24)]


class DeviceChoice(Part):
    """A device: a name of the catalogue with what it is silent about, or all figures."""

    catalogue: Name | None = None
    macs_per_s: Positive | None = None
    share_of_peak: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    active_w: Amount | None = None
    j_per_mac: Amount | None = None
    idle_w: Amount | None = None
    rx_w: Amount | None = None
    tx_w: Amount | None = None
    step_ms: NotNegative = 0.0
    embodied: Making | None = None

    @model_validator(mode="after")
    def _one_way(self) -> DeviceChoice:
        if self.active_w is not None and self.j_per_mac is not None:
            raise ValueError("give either active_w or j_per_mac")
        if (self.macs_per_s is None) == (self.share_of_peak is None):
            raise ValueError("give macs_per_s, which no catalogue knows for training, or share_of_peak")
        return self


class GridChoice(Part):
    """Another grid than the country's annual mean."""

    g_per_kwh: Amount | None = None
    zone: Name | None = None
    hours_utc: Hours | None = None

    @model_validator(mode="after")
    def _one_way(self) -> GridChoice:
        if sum(given is not None for given in (self.g_per_kwh, self.zone, self.hours_utc)) != 1:
            raise ValueError("give one of: g_per_kwh, zone, hours_utc")
        return self


class LinkChoice(Part):
    """How a client is connected."""

    technology: str = "fixed"
    radio: str = "wifi"
    radio_mbps: Positive | None = None
    down_mbps: Positive | None = None
    up_mbps: Positive | None = None
    rates: Name | None = None


class Window(Part):
    """When clients can be asked, in the hours of their own clock."""

    from_hour: Annotated[float, Field(ge=0, lt=24)] = 0.0
    to_hour: Annotated[float, Field(gt=0, le=24)] = 24.0
    by_hour: Annotated[list[Share], Field(min_length=24)] | None = None
    share: Share = 1.0
    timezone: Name | None = None
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] | None = None

    @model_validator(mode="after")
    def _placed(self) -> Window:
        if self.timezone is not None and self.utc_offset_h is not None:
            raise ValueError("give either timezone or utc_offset_h")
        return self


class GroupChoice(Part):
    """Clients of one kind; how many is ``count``, or ``share`` of the number asked for."""

    name: Name | None = None
    count: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    device: Name
    country: Name
    grid: GridChoice | None = None
    link: LinkChoice = LinkChoice()
    available: Window = Window()
    drop_out: Annotated[float, Field(ge=0, lt=1)] = 0.0
    spare_w: Hours | NotNegative | None = None
    speed_spread: Spread = 0.0
    rate_spread: Spread = 0.0

    @model_validator(mode="after")
    def _one_way(self) -> GroupChoice:
        if (self.count is None) == (self.share is None):
            raise ValueError("give either count or share")
        return self


class ServerChoice(Part):
    """The server, or one edge aggregator."""

    device: Name
    country: Name
    grid: GridChoice | None = None
    pue: Amount | None = None
    count: Positive = 1.0

    @model_validator(mode="after")
    def _over(self) -> ServerChoice:
        if self.pue is not None and self.pue.estimate("1").low < 1:
            raise ValueError("pue is at least 1")
        return self


class StartChoice(Part):
    """When the training begins."""

    utc_hour: Annotated[float, Field(ge=0, lt=24)] = 0.0
    month: Annotated[int, Field(ge=1, le=12)] = 6


class FleetDeclaration(Part):
    """One fleet."""

    name: Name = "fleet"
    seed: Annotated[int, Field(ge=0)] = 0
    start: StartChoice = StartChoice()
    devices: Annotated[dict[str, DeviceChoice], Field(min_length=1)]
    server: ServerChoice
    aggregators: list[ServerChoice] = Field(default_factory=list)
    clients: Annotated[list[GroupChoice], Field(min_length=1)]

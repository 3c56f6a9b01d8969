"""A model's life as the user declares it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from setsuden.placement.inference.declaration import Amount, Figure, Part, Positive
from setsuden.quantity import Estimate

Cluster = Literal["model", "bandwidth", "power", "time", "site"]


class Priced(Part):
    """Something with a grid of its own: by its place, or by its intensity; with neither, that of the life."""

    site: str | None = Field(default=None, min_length=1)
    intensity_g_per_kwh: Amount | None = None

    @model_validator(mode="after")
    def _one_grid(self) -> Priced:
        _one_of(self.site, self.intensity_g_per_kwh)
        return self


def _one_of(site: str | None, intensity: Figure | None) -> None:
    if site is not None and intensity is not None:
        raise ValueError("give either site or intensity_g_per_kwh")


class Energy(Priced):
    """Energy of the machines, facility not included: as kWh, or as hours x watts x count."""

    energy_kwh: Amount | None = None
    hours: Amount | None = None
    watts: Amount | None = None
    count: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _one_way(self) -> Energy:
        by_power = self.hours is not None and self.watts is not None
        if (self.energy_kwh is None) != by_power or (self.hours is None) != (self.watts is None):
            raise ValueError("give energy_kwh, or hours and watts")
        return self

    def kwh(self) -> Estimate:
        """kWh of one."""
        if self.energy_kwh is not None:
            return self.energy_kwh.estimate("kWh")
        assert self.hours is not None
        assert self.watts is not None
        found = self.hours.estimate("h") * self.watts.estimate("W", float(self.count))
        return found.to("kWh")


class Trials(Energy):
    """Search and failed runs before the training that is kept."""

    trials: Annotated[int, Field(ge=1)] = 1


class Adaptation(Energy):
    """Fine-tuning; ``times`` over the whole life."""

    times: Annotated[int, Field(ge=1)] = 1


class Retraining(Priced):
    """Training again while it serves."""

    every_months: Positive
    share_of_training: Positive = 1.0


class Serving(Priced):
    """What a request takes at the server, facility not included."""

    energy_j: Amount


class Exchange(Priced):
    """Data that each request moves over a network."""

    payload_kb: Amount
    answer_kb: Amount = Figure(value=1.0)
    link: str = "fixed"
    average_kwh_per_gb: Amount | None = None
    marginal_w_per_mbps: Amount | None = None


class Hardware(Part):
    """Machines that are used: their making, how long they last, and the share of their life that this model takes."""

    name: str = Field(min_length=1)
    kg: Amount
    count: Annotated[int, Field(ge=1)] = 1
    lifetime_years: Positive = 4.0
    used_years: Positive
    used_share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0


class FederatedChoice(Priced):
    """The same training done on the clients: joules and bytes, measured or taken from a simulation.

    What a client takes is without a facility around it; the aggregating server has the plan's. With ``result`` the
    numbers are read from a federation's result.json (``trained``) before they come here.
    """

    rounds: Amount
    clients_per_round: Amount
    client_j: Amount
    upload_mb: Amount
    download_mb: Amount
    server_j_per_round: Amount = Figure(value=0.0)
    central_data_gb: Amount = Figure(value=0.0)
    link: str = "fixed"
    average_kwh_per_gb: Amount | None = None
    marginal_w_per_mbps: Amount | None = None

    @model_validator(mode="after")
    def _some(self) -> FederatedChoice:
        for name in ("rounds", "clients_per_round"):
            figure: Figure = getattr(self, name)
            if (figure.value if figure.low is None else figure.low) <= 0:
                raise ValueError(f"{name} must be above 0")
        return self


class AlternativeChoice(Part):
    """Another way: what is left out stays as in the plan. On the device there is no facility around the machine."""

    name: str = Field(min_length=1)
    once_kwh: Amount | None = None
    energy_j: Amount | None = None
    payload_kb: Amount | None = None
    answer_kb: Amount | None = None
    on_device: bool = False


class LifeDeclaration(Part):
    """One model's life."""

    name: str = Field(default="lifecycle", min_length=1, max_length=80)
    months: Positive
    requests_per_day: Amount
    site: str | None = Field(default=None, min_length=1)
    intensity_g_per_kwh: Amount | None = None
    other_site: str | None = Field(default=None, min_length=1)
    pue: Amount | None = None
    workload: Literal["llm", "image", "other"] = "other"
    done: list[Cluster] = Field(default_factory=list)
    develop: Trials | None = None
    train: Energy | None = None
    adapt: Adaptation | None = None
    retrain: Retraining | None = None
    serve: Serving
    exchange: Exchange | None = None
    hardware: list[Hardware] = Field(default_factory=list)
    federated: FederatedChoice | None = None
    alternatives: list[AlternativeChoice] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> LifeDeclaration:
        _one_of(self.site, self.intensity_g_per_kwh)
        if self.retrain is not None and self.train is None:
            raise ValueError("retrain needs train: it repeats a share of it")
        if self.federated is not None and self.train is None:
            raise ValueError("federated needs train: it is the same training, done centrally")
        if self.pue is not None and (self.pue.value if self.pue.low is None else self.pue.low) < 1:
            raise ValueError("pue is at least 1")
        for index, item in enumerate(self.alternatives):
            if item.name in [other.name for other in self.alternatives[:index]]:
                raise ValueError(f"two alternatives are called {item.name!r}")
            if self.exchange is None and (item.payload_kb is not None or item.answer_kb is not None):
                raise ValueError("an alternative that moves data needs exchange in the plan")
        return self

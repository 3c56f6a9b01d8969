"""A federation as the user declares it. Choices with parameters stay as written; ``reading`` builds them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from setsuden.placement.inference.declaration import Part
from setsuden.study.declaration import DataChoice

Choice = str | dict[str, Any]
Seed = Annotated[int, Field(ge=0)]
_SERVER: list[Choice] = ["server"]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class PartitionChoice(Part):
    """Who holds which sample."""

    kind: Literal["iid", "dirichlet", "quantity", "shards", "equal-lda", "natural"]
    alpha: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    per_client: Annotated[int, Field(ge=1)] | None = None
    minimum: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _fits(self) -> PartitionChoice:
        skewed = self.kind in ("dirichlet", "quantity", "equal-lda")
        if skewed and self.alpha is None:
            raise ValueError(f"{self.kind} needs alpha: 0.1 is very skewed, 100 nearly even")
        if self.alpha is not None and not skewed:
            raise ValueError(f"{self.kind} takes no alpha")
        if self.per_client is not None and self.kind != "shards":
            raise ValueError(f"{self.kind} takes no per_client")
        return self


class CentralChoice(Part):
    """The same model trained in one place on all samples, to the same target.

    evaluations_per_epoch   looks at the held-out samples, so that the target is not overshot by up to a whole epoch
    """

    epochs: Annotated[int, Field(ge=1)] = 20
    batch_size: Annotated[int, Field(ge=1)] = 64
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.05
    momentum: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.9
    evaluations_per_epoch: Annotated[int, Field(ge=1)] = 4


class CompareChoice(Part):
    """What the same traces are priced on besides the fleet as declared.

    countries   everything there: clients, server and the data centre of the other side
    devices     of ``fleet.devices``: every client has it
    networks    models of the network's energy; all there are unless some are named
    """

    countries: list[str] = Field(default_factory=list)
    devices: list[str] = Field(default_factory=list)
    networks: Annotated[list[str], Field(min_length=1)] | Literal["all"] = "all"


class FederationDeclaration(Part):
    """One federation, or several that differ in topology and seed."""

    name: str = Field(default="federation", min_length=1, max_length=80)
    data: Annotated[DataChoice, BeforeValidator(_named)]
    model: str = Field(min_length=1)
    clients: Annotated[int, Field(ge=1)] | None = None
    partition: Annotated[PartitionChoice, BeforeValidator(_kind)] = PartitionChoice(kind="iid")
    local: dict[str, Any] = Field(default_factory=dict)
    algorithm: Choice = "fedavg"
    topologies: Annotated[list[Choice], BeforeValidator(_listed), Field(min_length=1)] = Field(
        default_factory=lambda: _SERVER
    )
    selection: Choice = "random"
    compression: Choice = "none"
    privacy: dict[str, Any] | None = None
    stop: dict[str, Any] = Field(default_factory=dict)
    failures: dict[str, Any] = Field(default_factory=dict)
    seeds: Annotated[list[Seed], BeforeValidator(_listed), Field(min_length=1)] = Field(default_factory=lambda: [0])
    evaluate_every: Annotated[int, Field(ge=1)] = 1
    personalise_epochs: Annotated[int, Field(ge=0)] = 0
    engine: Literal["embedded", "flower"] = "embedded"
    workers: Annotated[int, Field(ge=1)] | None = None
    centralised: CentralChoice | Literal[False] = CentralChoice()
    sample_bytes: Annotated[int, Field(ge=1)] | None = None
    fleet: str | dict[str, Any] | None = None
    compare: CompareChoice = CompareChoice()

    @model_validator(mode="after")
    def _consistent(self) -> FederationDeclaration:
        if self.clients is None and self.partition.kind != "natural":
            raise ValueError(f"the partition {self.partition.kind} needs the number of clients")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed is listed twice")
        return self

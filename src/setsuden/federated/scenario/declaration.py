"""A scenario as the user declares it: every key with its default and its range."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from setsuden.placement.inference.declaration import Amount, NotNegative, Part, Positive, Share

Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
_OFF: list[bool] = [False]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _spread(value: Any) -> Any:
    return {"median": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Samples(Part):
    """How many samples a client holds; ``spread`` is the standard deviation of the logarithm."""

    median: Positive
    spread: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.0


class WorkChoice(Part):
    """One turn of one client: stated, or taken from the trace of a real training."""

    trace: Name | None = None
    samples: Annotated[Samples, BeforeValidator(_spread)] | None = None
    macs_per_sample: Positive | None = None
    bytes_down: Count | None = None
    bytes_up: Count | None = None
    epochs: Count = 1
    batch_size: Count | None = None
    sample_bytes: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> WorkChoice:
        wanted = ("samples",) if self.trace is not None else ("samples", "macs_per_sample", "bytes_down", "bytes_up")
        missing = [name for name in wanted if getattr(self, name) is None and self.trace is None]
        if missing:
            raise ValueError(f"needs {', '.join(missing)}, or a trace to take them from")
        return self


class ScheduleChoice(Part):
    """How turns make rounds."""

    kind: Literal["synchronous", "buffered"] = "synchronous"
    rounds: Count
    cohort: Count | None = None
    over_selection: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    waiting: bool = True
    concurrency: Count | None = None
    buffer: Count | None = None
    timeout_s: Positive | None = None
    drop_at: Share = 0.5
    server_macs: NotNegative = 0.0

    @model_validator(mode="after")
    def _fits(self) -> ScheduleChoice:
        if self.kind == "synchronous" and (self.cohort is None or self.concurrency or self.buffer):
            raise ValueError("synchronous rounds need cohort, and take no concurrency and no buffer")
        if self.kind == "buffered" and (self.cohort or self.concurrency is None or self.buffer is None):
            raise ValueError("buffered rounds need concurrency and buffer, and take no cohort")
        return self


class Scenario(Part):
    """What a simulation and a plan have in common."""

    name: Name = "federation"
    clients: Count
    seed: Annotated[int, Field(ge=0)] = 0
    work: WorkChoice
    fleet: str | dict[str, Any]
    network: Name = "attribution"


class SimulationDeclaration(Scenario):
    """One federation that is never trained.

    form    ``closed`` gives expectations, ``events`` draws one course, ``both`` gives both
    traces  of real trainings, by which carbon = k x rounds x concurrency is fitted and held against the simulation
    """

    schedule: ScheduleChoice
    form: Literal["closed", "events", "both"] = "closed"
    traces: Annotated[list[Name], BeforeValidator(_listed)] = Field(default_factory=list)


class RoundsChoice(Part):
    """Rounds to the target, as a run at these settings needed them; ``factors`` times more by name of a choice."""

    value: Positive | None = None
    low: Positive | None = None
    high: Positive | None = None
    trace: Name | None = None
    epochs: Count = 1
    concurrency: Count = 10
    by_epochs: Amount | None = None
    by_concurrency: Amount | None = None
    factors: dict[str, Amount] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> RoundsChoice:
        if (self.value is None) == (self.trace is None):
            raise ValueError("give value (with low and high), or the trace of a run that reached its target")
        if self.value is not None and not (self.low or self.value) <= self.value <= (self.high or self.value):
            raise ValueError("must be in the order low <= value <= high")
        return self


class PackingChoice(Part):
    """A compression: encoded over plain bytes."""

    name: Name
    up: Annotated[float, Field(gt=0, le=2)] = 1.0
    down: Annotated[float, Field(gt=0, le=2)] = 1.0


class AskingChoice(Part):
    """Who may be asked."""

    name: Name
    order: Literal["any", "clean", "fast"] = "any"
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Choices(Part):
    """What the planner may choose; every combination is looked at."""

    epochs: Annotated[list[Count], BeforeValidator(_listed), Field(min_length=1)] = Field(default_factory=lambda: [1])
    concurrency: Annotated[list[Count], BeforeValidator(_listed), Field(min_length=1)]
    packing: list[PackingChoice] = Field(default_factory=list)
    asking: list[AskingChoice] = Field(default_factory=list)
    asynchronous: Annotated[list[bool], BeforeValidator(_listed), Field(min_length=1)] = Field(
        default_factory=lambda: _OFF
    )
    start_hours: Annotated[list[Annotated[float, Field(ge=0, lt=24)]], BeforeValidator(_listed)] = Field(
        default_factory=lambda: [0.0]
    )


class LimitsChoice(Part):
    """What must be kept."""

    carbon_g: Positive | None = None
    time_s: Positive | None = None
    quality: Share | None = None


class AroundChoice(Part):
    """What all settings have in common."""

    over_selection: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    timeout_s: Positive | None = None
    waiting: bool = True
    drop_at: Share = 0.5
    server_macs: NotNegative = 0.0
    buffer_share: Annotated[float, Field(gt=0, le=1)] = 0.1


class CentralPlan(Part):
    """Training in one place to the same target: samples trained on, every epoch counted."""

    samples: Positive
    quality: Amount | None = None
    upload: bool = True


class PlanDeclaration(Scenario):
    """A federation to be planned."""

    rounds: RoundsChoice
    choices: Choices
    limits: LimitsChoice = LimitsChoice()
    objective: Literal["carbon", "energy", "time"] = "carbon"
    quality: Amount | dict[str, Amount] | None = None
    around: AroundChoice = AroundChoice()
    centralised: CentralPlan | Literal[False] = False

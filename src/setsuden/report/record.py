"""A pilot document, checked and typed: what the report reads, with the exact place of anything wrong.

Unknown fields are ignored, so that a newer minor addition does not make an old report fail; missing optional parts are
None or empty, and the page says so in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from setsuden.errors import InputError
from setsuden.quantity import Estimate

SCHEMA = "setsuden:pilot"
VERSION = 1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

Phase = Literal["train", "infer"]
Scalar = str | int | float | bool | None


def _estimate(data: object) -> Estimate:
    if isinstance(data, Estimate):
        return data
    if not isinstance(data, dict):
        raise ValueError("expected an estimate: {value, low, high, unit, provenance, boundary}")
    try:
        return Estimate.from_json(data)
    except TypeError:
        raise ValueError("an estimate needs numbers for value, low and high") from None


Figure = Annotated[Estimate, PlainValidator(_estimate)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        """In a document null and absent mean the same: not known."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Flag(_Part):
    """A coded warning and what it means here."""

    code: str
    detail: str = ""


class Constraints(_Part):
    """What the options had to meet; None where nothing was asked."""

    accuracy_floor: float | None = None
    accuracy_floor_rule: str | None = None
    latency_ceiling_ms: float | None = None
    energy_budget_j: float | None = None


class Study(_Part):
    """What was asked."""

    name: str
    created_at: str
    protocol: str = "default"
    seed: int | None = None
    config_sha256: str | None = None
    epochs_asked: float | None = None
    trainings: float = 1
    expected_requests: float | None = None
    constraints: Constraints = Constraints()


class Data(_Part):
    """What was learnt from."""

    name: str
    domain: str | None = None
    source: str | None = None
    licence: str | None = None
    train_samples: int | None = None
    test_samples: int | None = None
    input_shape: tuple[int, ...] = ()
    num_classes: int | None = None
    description: str | None = None


class Cpu(_Part):
    """The processor as found, and the catalogue entry it matched."""

    name: str | None = None
    match: str | None = None
    logical_cores: float | None = None


class SensorNote(_Part):
    """One source of joules."""

    channel: str
    component: str
    label: str | None = None
    method: str
    provenance: str
    relative_error: float | None = None
    error_source: str | None = None
    counted: bool = True


class Machine(_Part):
    """What it ran on."""

    cpu: Cpu = Cpu()
    memory_bytes: float | None = None
    gpus: tuple[str, ...] = ()
    os: str | None = None
    python: str | None = None
    packages: dict[str, str | None] = Field(default_factory=dict)
    virtualised: bool | None = None
    sensors: tuple[SensorNote, ...] = ()
    measured_share: float | None = None


class Idle(_Part):
    """Idle power before and after."""

    before: Figure | None = None
    after: Figure | None = None


class ModelFacts(_Part):
    """Static facts of one model."""

    name: str
    title: str | None = None
    family: str | None = None
    parameters: float | None = None
    trainable_parameters: float | None = None
    macs_per_sample: float | None = None
    training_macs_per_sample: float | None = None
    macs_per_parameter: float | None = None
    activation_bytes_per_sample: float | None = None
    parameter_bytes: float | None = None


class Repeat(_Part):
    """One measured window of a configuration."""

    repeat: int
    order: int | None = None
    samples: float | None = None
    warmup_s: float | None = None
    duration_s: float | None = None
    energy: Figure | None = None
    average_power: Figure | None = None


class Latency(_Part):
    """Percentiles of the time to answer."""

    p50: Figure | None = None
    p90: Figure | None = None
    p99: Figure | None = None


class Forecast(_Part):
    """The full run, from its pilot."""

    epochs: float | None = None
    samples: float | None = None
    energy: Figure | None = None
    duration: Figure | None = None
    carbon: Figure | None = None
    cost: Figure | None = None


class Settings(_Part):
    """What may differ between two configurations of one model."""

    model: str
    batch_size: int
    optimizer: str | None = None
    learning_rate: float | None = None
    precision: str | None = None
    threads: int | None = None
    loader_workers: int | None = None
    request_rate_per_s: float | None = None


class Configuration(Settings):
    """One measured configuration."""

    id: str
    phase: Phase
    repeats: tuple[Repeat, ...] = ()
    stopped_because: str | None = None
    energy_per_sample: Figure
    dynamic_energy_per_sample: Figure | None = None
    time_per_sample: Figure | None = None
    average_power: Figure | None = None
    throughput: Figure | None = None
    edp: Figure | None = None
    energy_per_epoch: Figure | None = None
    latency_ms: Latency | None = None
    flags: tuple[Flag, ...] = ()
    forecast: Forecast | None = None


class Quality(_Part):
    """What a trained model was worth."""

    model: str
    batch_size: int
    optimizer: str | None = None
    precision: str | None = None
    accuracy: Figure | None = None
    accuracy_interval: str | None = None
    epochs_trained: float | None = None
    samples_seen: float | None = None
    energy: Figure | None = None
    target: float | None = None
    energy_to_target: Figure | None = None
    diverged: bool = False


class Indicator(_Part):
    """How well one static figure tells the energy."""

    indicator: str
    n: int
    pearson: Figure | None = None
    spearman: Figure | None = None
    leave_one_model_out_mape: Figure | None = None
    leave_one_model_out_median: float | None = None
    trust: str = "no"


class Indicators(_Part):
    """Indicators by phase."""

    train: tuple[Indicator, ...] = ()
    infer: tuple[Indicator, ...] = ()

    def of(self, phase: Phase) -> tuple[Indicator, ...]:
        """The indicators of one phase."""
        return self.train if phase == "train" else self.infer


class Ratio(_Part):
    """Training over inference energy per sample, one model at one batch size."""

    model: str
    batch_size: int
    ratio: Figure


class Ratios(_Part):
    """Training over inference energy, and its spread over models."""

    per_model: tuple[Ratio, ...] = ()
    median: float | None = None
    low: float | None = None
    high: float | None = None


class BatchPoint(_Part):
    """Energy per sample at one batch size."""

    batch_size: int
    energy_per_sample: Figure


class BatchCurve(_Part):
    """Energy per sample against batch size."""

    model: str
    phase: Phase
    points: tuple[BatchPoint, ...] = ()
    minimum_batch_size: int | None = None
    knee_batch_size: int | None = None


class Analysis(_Part):
    """What the measurements say together."""

    indicators: Indicators = Indicators()
    train_infer_ratio: Ratios = Ratios()
    batch_curves: tuple[BatchCurve, ...] = ()


class Violation(_Part):
    """A limit that an option does not meet; value and limit in the unit of the constraint."""

    constraint: str
    value: float | None = None
    limit: float | None = None


class Option(Settings):
    """One thing that could be chosen."""

    id: str
    serving_batch_size: int | None = None
    accuracy: Figure | None = None
    latency_p90_ms: Figure | None = None
    training_energy: Figure | None = None
    serving_energy_per_request: Figure | None = None
    total_energy: Figure
    feasible: bool
    violations: tuple[Violation, ...] = ()
    on_front: bool = False
    front_probability: float | None = None
    best_probability: float | None = None
    expected_regret: Figure | None = None


class Saving(_Part):
    """The recommended option against another one."""

    id: str
    label: str = ""
    saving: Figure
    saving_share: float | Figure | None = None


class BreakEven(_Part):
    """At how many requests two options cost the same."""

    a: str
    b: str
    requests: Figure | None = None
    requests_value: float | None = None
    requests_low: float | None = None
    requests_high: float | None = None
    verdict: str
    cheaper: str | None = None


class Flip(_Part):
    """A change that would change the recommendation."""

    factor: str
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    direction: str | None = None
    becomes: str | None = None
    serving_batch_size: int | None = None


class MeasureNext(_Part):
    """What is most worth measuring."""

    factor: str
    of: str | None = None
    gain: Figure | None = None


class Decision(_Part):
    """What to choose, how sure, and what would change it."""

    objective: str | None = None
    options: tuple[Option, ...] = ()
    front: tuple[str, ...] = ()
    recommended: str | None = None
    runner_up: str | None = None
    confidence: str = "none-feasible"
    saving_against: Saving | None = None
    break_even: tuple[BreakEven, ...] = ()
    flips: tuple[Flip, ...] = ()
    measure_next: MeasureNext | None = None
    agreement: dict[str, float] = Field(default_factory=dict)

    def option(self, identity: str | None) -> Option | None:
        """The option of this id; None when there is none."""
        return next((option for option in self.options if option.id == identity), None)


class FootprintNote(_Part):
    """A remark on the footprint, by code."""

    code: str
    text: str = ""


class Footprint(_Part):
    """What the energy of the recommended option means where it runs."""

    operational_carbon_kg: Figure | None = None
    embodied_carbon_kg: Figure | None = None
    total_carbon_kg: Figure | None = None
    water_l: Figure | None = None
    cost: Figure | None = None
    missing: dict[str, FootprintNote] = Field(default_factory=dict)
    notes: tuple[FootprintNote, ...] = ()


class Mark(_Part):
    """Something that began at a moment of the trace."""

    t_s: float
    label: str


class Trace(_Part):
    """Power over time by component, W."""

    t_s: tuple[float, ...]
    power_w: dict[str, tuple[float | None, ...]]
    marks: tuple[Mark, ...] = ()


class PilotCost(_Part):
    """What the pilot itself took."""

    energy: Figure | None = None
    duration_s: float | None = None


class FactorNote(_Part):
    """One looked-up input."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    year: int | None = None
    licence: str | None = None
    basis: str | None = None


class Reproduce(_Part):
    """What a stranger needs to do it again."""

    command: str | None = None
    run_id: str | None = None
    git: dict[str, Scalar] | None = None
    packages: dict[str, str | None] = Field(default_factory=dict)


class Pilot(_Part):
    """The whole document."""

    schema_: Literal["setsuden:pilot"] = Field(alias="schema")
    version: Literal[1]
    setsuden_version: str = ""
    study: Study
    data: Data
    machine: Machine
    idle: Idle = Idle()
    models: tuple[ModelFacts, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    quality: tuple[Quality, ...] = ()
    analysis: Analysis = Analysis()
    decision: Decision = Decision()
    footprint: Footprint | None = None
    trace: Trace | None = None
    pilot_cost: PilotCost | None = None
    factors: tuple[FactorNote, ...] = ()
    flags: tuple[Flag, ...] = ()
    limits: tuple[str, ...] = ()
    reproduce: Reproduce = Reproduce()

    def title_of(self, model: str) -> str:
        """The title a model is known by, its name where it has none."""
        return next((facts.title or facts.name for facts in self.models if facts.name == model), model)


def read(document: Mapping[str, object], place: str | None = None) -> Pilot:
    """The document as a record; raises InputError with the place of the first thing wrong.

    place   where the document came from (a file name), shown before the place inside it
    """
    if document.get("schema") != SCHEMA:
        raise InputError(
            "this is not a pilot document",
            place=place,
            value=document.get("schema"),
            remedy=f'A pilot document has "schema": "{SCHEMA}"; `setsuden pilot` writes one.',
        )
    if document.get("version") != VERSION:
        raise InputError(
            f"this report understands version {VERSION} of the pilot document",
            place=place,
            value=document.get("version"),
            remedy="Use the version of setsuden that wrote it, or run `setsuden pilot` again.",
        )
    try:
        return Pilot.model_validate(_printable(document))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = _path(first["loc"])
        raise InputError(
            first["msg"],
            place=f"{place}, {where}" if place else where,
            value=_brief(first["input"]),
            remedy="The published schema is `pilot`; `setsuden pilot` writes documents that follow it.",
        ) from None


def _printable(part: object) -> object:
    """The same without control characters: a name must not steer a terminal or break a picture."""
    if isinstance(part, str):
        return _CONTROL.sub("", part)
    if isinstance(part, Mapping):
        return {_printable(key): _printable(value) for key, value in part.items()}
    return [_printable(item) for item in part] if isinstance(part, list | tuple) else part


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for piece in location:
        text += f"[{piece}]" if isinstance(piece, int) else f".{piece}" if text else piece
    return text


def _brief(value: object) -> object:
    text = repr(value)
    return value if len(text) <= 80 else text[:77] + "..."

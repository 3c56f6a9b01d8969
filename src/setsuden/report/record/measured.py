"""What was asked and what was measured: study, data, machine, models, configurations, accuracy, trace."""

from __future__ import annotations

from pydantic import Field

from setsuden.report.record.part import Figure, Part, Phase


class Flag(Part):
    """A coded warning and what it means here."""

    code: str
    detail: str = ""


class Constraints(Part):
    """What the options had to meet; None where nothing was asked."""

    accuracy_floor: float | None = None
    accuracy_floor_rule: str | None = None
    latency_ceiling_ms: float | None = None
    energy_budget_j: float | None = None


class Study(Part):
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


class Data(Part):
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


class Cpu(Part):
    """The processor as found, and the catalogue entry it matched."""

    name: str | None = None
    match: str | None = None
    logical_cores: float | None = None


class SensorNote(Part):
    """One source of joules."""

    channel: str
    component: str
    label: str | None = None
    method: str
    provenance: str
    relative_error: float | None = None
    relative_error_below: float | None = None
    error_source: str | None = None
    counted: bool = True


class Machine(Part):
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
    power_settings: dict[str, str | None] = Field(default_factory=dict)


class Idle(Part):
    """Idle power before and after, W; share of the processor that other programs kept busy before, 0-1."""

    before: Figure | None = None
    after: Figure | None = None
    busy_share: float | None = None


class ModelFacts(Part):
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


class Repeat(Part):
    """One measured window of a configuration."""

    repeat: int
    order: int | None = None
    samples: float | None = None
    warmup_s: float | None = None
    duration_s: float | None = None
    energy: Figure | None = None
    average_power: Figure | None = None


class Latency(Part):
    """Percentiles of the time to answer."""

    p50: Figure | None = None
    p90: Figure | None = None
    p99: Figure | None = None


class Forecast(Part):
    """The full run, from its pilot."""

    epochs: float | None = None
    samples: float | None = None
    energy: Figure | None = None
    duration: Figure | None = None
    carbon: Figure | None = None
    cost: Figure | None = None


class Settings(Part):
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


class Quality(Part):
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


class Said(Part):
    """A forecast of a training, made while it ran; errors are None unless all steps were done."""

    share: float
    duration: Figure
    energy: Figure | None = None
    duration_error: float | None = None
    energy_error: float | None = None


class Multiplied(Part):
    """What the first epoch times the epochs would have said; its errors are None unless all steps were done."""

    duration_error: float | None = None
    energy_error: float | None = None


class CameOut(Part):
    """What a training took in the end."""

    complete: bool
    duration_s: float
    energy: Figure | None = None


class Watched(Part):
    """A training with its forecasts."""

    name: str
    said: tuple[Said, ...] = ()
    first_epoch: Multiplied | None = None
    outcome: CameOut | None = None


class Mark(Part):
    """Something that began at a moment of the trace."""

    t_s: float
    label: str


class Trace(Part):
    """Power over time by component, W."""

    t_s: tuple[float, ...]
    power_w: dict[str, tuple[float | None, ...]]
    marks: tuple[Mark, ...] = ()


class PilotCost(Part):
    """What the pilot itself took."""

    energy: Figure | None = None
    duration_s: float | None = None

"""What follows from it: analysis, decision, footprint, factors, and how to do it again."""

from __future__ import annotations

from pydantic import Field

from setsuden.report.record.measured import Settings
from setsuden.report.record.part import Figure, Part, Phase, Scalar


class Indicator(Part):
    """How well one static figure tells the energy."""

    indicator: str
    n: int
    pearson: Figure | None = None
    spearman: Figure | None = None
    leave_one_model_out_mape: Figure | None = None
    leave_one_model_out_median: float | None = None
    mape_without: float | None = None
    trust: str = "no"


class Indicators(Part):
    """Indicators by phase."""

    train: tuple[Indicator, ...] = ()
    infer: tuple[Indicator, ...] = ()

    def of(self, phase: Phase) -> tuple[Indicator, ...]:
        """The indicators of one phase."""
        return self.train if phase == "train" else self.infer


class Ratio(Part):
    """Training over inference energy per sample, one model at one batch size."""

    model: str
    batch_size: int
    ratio: Figure


class Ratios(Part):
    """Training over inference energy, and its spread over models."""

    per_model: tuple[Ratio, ...] = ()
    median: float | None = None
    low: float | None = None
    high: float | None = None


class BatchPoint(Part):
    """Energy per sample at one batch size."""

    batch_size: int
    energy_per_sample: Figure


class BatchCurve(Part):
    """Energy per sample against batch size."""

    model: str
    phase: Phase
    points: tuple[BatchPoint, ...] = ()
    minimum_batch_size: int | None = None
    knee_batch_size: int | None = None


class Analysis(Part):
    """What the measurements say together."""

    indicators: Indicators = Indicators()
    train_infer_ratio: Ratios = Ratios()
    batch_curves: tuple[BatchCurve, ...] = ()


class Violation(Part):
    """A limit that an option does not meet; value and limit in the unit of the constraint."""

    constraint: str
    value: float | None = None
    limit: float | None = None


class Trained(Part):
    """The settings that were trained for accuracy in the place of an option's own."""

    batch_size: int


class Option(Settings):
    """One thing that could be chosen."""

    id: str
    serving_batch_size: int | None = None
    accuracy: Figure | None = None
    accuracy_of: Trained | None = None
    latency_p90_ms: Figure | None = None
    training_energy: Figure | None = None
    serving_energy_per_request: Figure | None = None
    total_energy: Figure
    feasible: bool
    feasible_probability: float | None = None
    violations: tuple[Violation, ...] = ()
    on_front: bool = False
    front_probability: float | None = None
    best_probability: float | None = None
    expected_regret: Figure | None = None

    @property
    def unknown(self) -> bool:
        """Whether it misses no limit by a known figure, but some figure that is limited is not known."""
        return not self.feasible and all(violation.value is None for violation in self.violations)


class Saving(Part):
    """The recommended option against another one."""

    id: str
    label: str = ""
    saving: Figure
    saving_share: float | Figure | None = None


class BreakEven(Part):
    """At how many requests two options cost the same."""

    a: str
    b: str
    requests: Figure | None = None
    requests_value: float | None = None
    requests_low: float | None = None
    requests_high: float | None = None
    verdict: str
    cheaper: str | None = None


class Flip(Part):
    """A change that would change the recommendation."""

    factor: str
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    direction: str | None = None
    becomes: str | None = None
    serving_batch_size: int | None = None


class MeasureNext(Part):
    """What is most worth measuring."""

    factor: str
    of: str | None = None
    gain: Figure | None = None


class Reservation(Part):
    """Why the accuracies cannot carry a surer choice, by code."""

    code: str
    models: tuple[str, ...] = ()
    epochs_trained: float | None = None
    epochs_asked: float | None = None


class Decision(Part):
    """What to choose, how sure, and what would change it."""

    objective: str | None = None
    options: tuple[Option, ...] = ()
    front: tuple[str, ...] = ()
    recommended: str | None = None
    runner_up: str | None = None
    confidence: str = "none-feasible"
    reservations: tuple[Reservation, ...] = ()
    saving_against: Saving | None = None
    break_even: tuple[BreakEven, ...] = ()
    flips: tuple[Flip, ...] = ()
    measure_next: MeasureNext | None = None
    agreement: dict[str, float] = Field(default_factory=dict)

    @property
    def undecided(self) -> bool:
        """Whether a model that could change the choice has no accuracy to speak of."""
        return any(item.models for item in self.reservations)

    def option(self, identity: str | None) -> Option | None:
        """The option of this id; None when there is none."""
        return next((option for option in self.options if option.id == identity), None)


class FootprintNote(Part):
    """A remark on the footprint, by code."""

    code: str
    text: str = ""


class Footprint(Part):
    """What the energy of the recommended option means where it runs."""

    operational_carbon_kg: Figure | None = None
    embodied_carbon_kg: Figure | None = None
    total_carbon_kg: Figure | None = None
    water_l: Figure | None = None
    cost: Figure | None = None
    missing: dict[str, FootprintNote] = Field(default_factory=dict)
    notes: tuple[FootprintNote, ...] = ()


class FactorNote(Part):
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


class Reproduce(Part):
    """What a stranger needs to do it again."""

    command: str | None = None
    run_id: str | None = None
    git: dict[str, Scalar] | None = None
    packages: dict[str, str | None] = Field(default_factory=dict)

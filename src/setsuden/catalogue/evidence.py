"""What others published: factors papers used, effects of saving techniques, measured inference, factors per fuel."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table


@dataclass(frozen=True, slots=True)
class PaperFactor:
    """A factor as a paper used it, for replaying its tables; ``value`` is None where it could not be had."""

    id: str
    paper: str
    year: int
    factor: str
    value: float | None
    unit: str
    context: str | None
    status: str
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class EffectSize:
    """What a technique was reported to save; ``verified`` says how the claim was read."""

    id: str
    technique: str
    stage: str
    metric: str
    low: float | None
    typical: float | None
    high: float | None
    unit: str
    condition: str | None
    side_effect: str | None
    verified: str
    source: Source


@dataclass(frozen=True, slots=True)
class MeasuredInference:
    """Measured power and energy of one system and workload, within ``power_scope``."""

    id: str
    system: str
    accelerators: str
    accelerator_count: int | None
    tier: str
    workload: str
    scenario: str
    power_w: float | None
    throughput_per_s: float | None
    per_unit: str
    energy_j_per_unit: float
    power_scope: str
    software: str | None
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class EnergySource:
    """g/kWh of one fuel in one named set of factors; sets are not mixed."""

    id: str
    energy_source: str
    intensity_g_per_kwh: float
    basis: str
    factor_set: str
    year: int
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Gap:
    """A kind of figure that was looked for and not found, and what to do instead."""

    id: str
    what: str
    instead: str
    source: Source


PAPER_FACTORS = Table("paper_factors", PaperFactor)
EFFECTS = Table("effect_sizes", EffectSize)
INFERENCE = Table("measured_inference", MeasuredInference)
ENERGY_SOURCES = Table("energy_sources", EnergySource)
GAPS = Table("gaps", Gap)

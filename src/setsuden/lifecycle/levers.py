"""What could be done, in order of effect; effects that act on the same thing are not multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from setsuden.catalogue.evidence import EFFECTS
from setsuden.lifecycle.plan import Name, Plan
from setsuden.placement.judgement import OWN

Cluster = Literal["model", "bandwidth", "power", "time", "site"]

# effect of the catalogue -> what it acts on, the stages it changes, the workloads it was seen with (empty: any)
_KNOWN: tuple[tuple[str, Cluster, tuple[Name, ...], tuple[str, ...]], ...] = (
    ("batch-llm", "bandwidth", ("serve",), ("llm",)),
    ("batch-resnet-server", "bandwidth", ("serve",), ("image",)),
    ("int8-rpi4-tflite", "bandwidth", ("serve",), ("image",)),
    ("arch-resnet-vs-mnv2", "model", ("serve",), ("image",)),
    ("stojkovic-freq", "power", ("serve",), ("llm",)),
    ("dynamollm", "power", ("serve",), ("llm",)),
    ("mcdonald-inf-150w", "power", ("serve",), ("other", "image")),
    ("zeus", "power", ("develop", "train", "adapt", "retrain"), ()),
    ("zeus-powercap", "power", ("develop", "train", "adapt", "retrain"), ()),
    ("lwa-nextday", "time", ("develop", "train", "adapt", "retrain"), ()),
)

# effects that contain another kind: the smaller model was also measured at another precision
_CONTAINS: dict[str, tuple[Cluster, ...]] = {"arch-resnet-vs-mnv2": ("bandwidth",)}


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing to do.

    saved        share of the stages' carbon that it was reported to save, 0-1: best figure and its published span
    saving_g     the same of this plan; ``low_g``, ``high_g`` at the ends of the span
    exclusive    a lever that acts on the same thing stands above it: their effects do not add up, take one of them
    source       who reported it, or that it was computed from the grid figures
    centre       where ``saved`` is from: ``published``; ``own judgement`` for the middle of a range without one;
                 ``computed`` from the two grids
    """

    id: str
    technique: str
    cluster: Cluster
    stages: tuple[Name, ...]
    saved: float
    saved_low: float
    saved_high: float
    saving_g: float
    low_g: float
    high_g: float
    exclusive: bool
    condition: str | None
    side_effect: str | None
    source: str
    centre: Literal["published", "own judgement", "computed"]


def levers(plan: Plan, carbon_g: Mapping[Name, float]) -> tuple[tuple[Lever, ...], float]:
    """Levers of this plan, largest saving first, and what one from each cluster saves together, gCO2e.

    carbon_g   gCO2e by stage, best figures

    Of levers that act on the same thing only the largest is counted; others each act on what is left.
    """
    found = [_published(plan, carbon_g, *row) for row in _KNOWN]
    rows = [lever for lever in found if lever is not None]
    if (moved := _site(plan, carbon_g)) is not None:
        rows.append(moved)
    rows.sort(key=lambda lever: (-lever.saving_g, lever.id))
    taken: set[tuple[Cluster, Name]] = set()
    listed = []
    left: dict[Name, float] = dict(carbon_g)
    for lever in rows:
        acts = {(kind, stage) for kind in (lever.cluster, *_CONTAINS.get(lever.id, ())) for stage in lever.stages}
        overlaps = bool(acts & taken)
        if not overlaps:
            taken |= acts
            for stage in lever.stages:
                left[stage] *= 1 - lever.saved
        listed.append(replace(lever, exclusive=overlaps))
    return tuple(listed), sum(carbon_g.values()) - sum(left.values())


def _published(
    plan: Plan,
    carbon_g: Mapping[Name, float],
    row_id: str,
    cluster: Cluster,
    stages: tuple[Name, ...],
    workloads: tuple[str, ...],
) -> Lever | None:
    touched = tuple(stage for stage in stages if stage in carbon_g)
    if (workloads and plan.workload not in workloads) or cluster in plan.done or not touched:
        return None
    row = EFFECTS.get(row_id)
    numbers = [_share(value, row.unit) for value in (row.low, row.typical, row.high) if value is not None]
    low, high = min(numbers), max(numbers)
    value = _share(row.typical, row.unit) if row.typical is not None else (low + high) / 2
    base = sum(carbon_g[stage] for stage in touched)
    return Lever(
        row.id,
        row.technique,
        cluster,
        touched,
        value,
        low,
        high,
        value * base,
        low * base,
        high * base,
        False,
        row.condition,
        row.side_effect,
        str(row.source),
        OWN if row.typical is None else "published",
    )


def _share(value: float, unit: str) -> float:
    """A published effect as a share saved: a ratio of 4 x saves three quarters."""
    return 1 - 1 / value if unit == "x" else value / 100


def _site(plan: Plan, carbon_g: Mapping[Name, float]) -> Lever | None:
    """Moving everything priced by the plan's grid to another one; nothing where that is dirtier."""
    if plan.other_site is None or "site" in plan.done:
        return None
    name, there = plan.other_site
    here = plan.inputs["grid"]
    stages = tuple(stage.name for stage in plan.stages if stage.grid == "grid")
    saved = 1 - there.value / here.value
    low, high = 1 - there.high / here.low, 1 - there.low / here.high
    base = sum(carbon_g[stage] for stage in stages)
    if saved <= 0:
        return None
    factors = "; ".join(factor.source for factor in there.factors)
    return Lever(
        f"site:{name}", name, "site", stages, saved, min(low, saved), max(high, saved), saved * base, low * base,
        high * base, False, None, None, factors or "stated by the user", "computed",
    )  # fmt: skip

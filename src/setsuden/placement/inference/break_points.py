"""Where the device and a remote placement cost the same, moving the payload, the rate or the number of hops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from setsuden.decision import Affine, Composite, Option, break_even
from setsuden.placement.inference.study import Study
from setsuden.placement.inference.term import Placement
from setsuden.quantity import Estimate, Provenance, unit


@dataclass(frozen=True, slots=True)
class BreakPoint:
    """Where the device and a remote placement cost the same, moving one thing.

    factor       ``payload_kb``, ``rate_per_s`` or ``hops``
    value        by best figures, None where they never meet; low and high what the intervals allow, high None for open
    device_wins  ``below`` or ``above`` the point, ``always`` or ``never``
    """

    against: str
    factor: Literal["payload_kb", "rate_per_s", "hops"]
    value: float | None
    low: float | None
    high: float | None
    device_wins: Literal["below", "above", "always", "never"]


def value_of(option: Option, metric: str, weights: Mapping[str, Estimate]) -> float:
    """The best figure of a metric that the option has."""
    found = option.value_of(metric, weights)
    assert found is not None
    return found.value


def break_points(
    study: Study,
    options: Mapping[str, Option],
    kept: Sequence[Placement],
    metric: str,
    weights: Mapping[str, Estimate],
) -> list[BreakPoint]:
    """The device against every whole placement that was kept: payload, rate, and hops where their energy is known."""
    found = []
    for item in kept:
        if item.id in ("device",) or item.id.startswith("split:"):
            continue
        ours, theirs = (options[name].metrics[metric] for name in ("device", item.id))
        assert isinstance(ours, Composite)
        assert isinstance(theirs, Composite)
        found.append(_moved("up", "payload_kb", item.id, ours, theirs, weights))
        found.append(_moved("interval", "rate_per_s", item.id, ours, theirs, weights))
        if item.id == "cloud" and study.per_hop is not None:
            found.append(_hops(study, item.id, options, metric, weights))
    return found


def _affine(composite: Composite, name: str, weights: Mapping[str, Estimate]) -> Affine:
    """The metric as a straight line in one weight."""
    moving = [part.figure for part in composite.parts if part.weight == name]
    still = Composite(tuple(part for part in composite.parts if part.weight != name) or composite.parts)
    fixed = still.at(weights)
    head = fixed.unit.partition("/")[0]
    per = "s" if name == "interval" else "kB"
    per_unit = Estimate.exact(0.0, f"{head}/{per}", Provenance.ASSUMED, fixed.boundary)
    for figure in moving:
        per_unit = per_unit + figure
    return Affine(fixed, per_unit)


def _moved(
    name: str,
    factor: Literal["payload_kb", "rate_per_s"],
    against: str,
    ours: Composite,
    theirs: Composite,
    weights: Mapping[str, Estimate],
) -> BreakPoint:
    point = break_even(_affine(ours, name, weights), _affine(theirs, name, weights))
    if point.n is None:
        return BreakPoint(against, factor, None, None, None, "always" if point.cheaper == "a" else "never")
    below = point.verdict == "a-below"
    if factor == "payload_kb":
        value, low_kb, high_kb = (None if n is None else n / unit("kB").scale for n in (point.n, point.low, point.high))
        return BreakPoint(against, factor, value, low_kb, high_kb, "below" if below else "above")
    low = 0.0 if point.high is None else 1 / point.high
    high = 1 / point.low if point.low else None
    return BreakPoint(against, factor, 1 / point.n, low, high, "above" if below else "below")


def _hops(
    study: Study, against: str, options: Mapping[str, Option], metric: str, weights: Mapping[str, Estimate]
) -> BreakPoint:
    """The number of hops at which the cloud loses: the lead without hops over what one hop costs."""
    assert study.per_hop is not None
    kilobytes = study.up_kb.value + study.down_kb.value
    per_hop = study.per_hop.to("J/kB") * kilobytes
    if metric == "carbon":
        per_hop = per_hop * (study.network_intensity.value / 3.6e6)
    device, cloud = (value_of(options[name], metric, weights) for name in ("device", against))
    lead = device - (cloud - per_hop.value * study.hops)
    if per_hop.value <= 0 or lead <= 0:
        return BreakPoint(against, "hops", None, None, None, "always" if lead <= 0 else "never")
    low = lead / per_hop.high
    return BreakPoint(
        against, "hops", lead / per_hop.value, low, lead / per_hop.low if per_hop.low > 0 else None, "above"
    )

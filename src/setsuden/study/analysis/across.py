"""What tells energy and time beforehand, over everything that was measured on one machine.

Pilots bring their configurations; other runs bring windows that say ``model``, ``phase``, ``samples`` and, where known,
``macs`` (per sample), ``parameters`` and ``activation_bytes`` (per sample). The machine is that of the newest pilot or
run: what was measured elsewhere or counted by other sensors is left out by name, since figures of two machines are told
apart by the machine first of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from setsuden.quantity import Estimate, Provenance
from setsuden.quantity.draws import DEFAULT_SEED
from setsuden.study.analysis.indicators import GOOD_MODELS, INDICATORS, judged, value_of
from setsuden.study.analysis.points import PHASES, Phase, Point
from setsuden.study.analysis.statistics import LEAST_MODELS

Target = Literal["energy", "time"]
TARGETS: tuple[Target, ...] = get_args(Target)
SERVED = "inference_time_per_sample"
"""Seconds per sample of the same model in inference, as a witness for its training."""


_FACTS = ("title", "macs_per_sample", "parameters", "macs_per_parameter", "activation_bytes_per_sample")


@dataclass(frozen=True, slots=True)
class Source:
    """One pilot or run.

    machine   what must be the same for figures to be put side by side: processor, devices, what counts the joules
    data      name of the data set, None where not said
    models    facts per model: ``name`` and the indicators that are known
    """

    run_id: str
    name: str
    started_at: str
    machine: tuple[str, ...]
    data: str | None
    points: tuple[Point, ...]
    models: tuple[Mapping[str, Any], ...]


def across(sources: Sequence[Source], seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """The document, schema ``indicators``; sources newest first."""
    chosen = [source for source in sources if source.machine == sources[0].machine]
    points, models, family = _merged(chosen)
    return {
        "schema": "setsuden:indicators",
        "version": 1,
        "machine": list(sources[0].machine) if sources else [],
        "least_models": {"any": LEAST_MODELS, "good": GOOD_MODELS},
        "sources": [_told(source) for source in chosen],
        "left_out": [_told(source) for source in sources if source.machine != sources[0].machine],
        "models": models,
        "points": [_point(point, points) for point in points],
        "found": {
            target: {phase: _found(target, phase, points, models, family, seed) for phase in PHASES}
            for target in TARGETS
        },
    }


def indicators_for(target: Target, phase: Phase, measured: bool) -> tuple[str, ...]:
    """What may stand for a target: its own time for energy that was measured, the time of serving for training.

    Joules that a model made from time follow time by construction, so that time tells them is no finding.
    """
    own = tuple(name for name in INDICATORS if name != "time_per_sample" or (target == "energy" and measured))
    return (*own, SERVED) if phase == "train" else own


def _found(
    target: Target,
    phase: Phase,
    points: Sequence[Point],
    models: Sequence[Mapping[str, Any]],
    family: Mapping[str, str],
    seed: int,
) -> list[dict[str, Any]]:
    rows = [(point, point.energy if target == "energy" else point.time) for point in points if point.phase == phase]
    rows = [(point, figure) for point, figure in rows if figure.value > 0]
    measured = any(point.energy.provenance is Provenance.MEASURED for point in points)
    return [
        judged(name, [(family[p.model], _value(name, p, points, models), figure) for p, figure in rows], seed)
        for name in indicators_for(target, phase, measured)
        if rows
    ]


def _value(name: str, point: Point, points: Sequence[Point], models: Sequence[Mapping[str, Any]]) -> float | None:
    return _served(point, points) if name == SERVED else value_of(name, point, models)


def _served(point: Point, points: Sequence[Point]) -> float | None:
    """Mean time of serving the model, at the same batch size where that was measured, else at the nearest."""
    served = [other for other in points if other.phase == "infer" and other.model == point.model]
    if not served:
        return None
    nearest = min(abs(other.batch_size - point.batch_size) for other in served)
    times = [other.time.value for other in served if abs(other.batch_size - point.batch_size) == nearest]
    return sum(times) / len(times)


def _merged(sources: Sequence[Source]) -> tuple[list[Point], list[dict[str, Any]], dict[str, str]]:
    """Points and facts of all sources; a model whose facts differ between data sets gets one name for each."""
    points: list[Point] = []
    models: dict[str, dict[str, Any]] = {}
    family: dict[str, str] = {}
    for source in sources:
        names: dict[str, str] = {}
        for facts in source.models:
            plain = {key: facts.get(key) for key in _FACTS}
            name = str(facts["name"])
            if not _alike(models.get(name, {}), plain):
                name = f"{name} ({source.data or source.run_id})"
            known = models.setdefault(name, {"name": name, **plain})
            known |= {key: value for key, value in plain.items() if known[key] is None}
            names[str(facts["name"])] = name
            family[name] = str(facts["name"])
        points += [replace(point, model=names[point.model]) for point in source.points]
    return points, list(models.values()), _without_twins(family, models)


def _without_twins(family: Mapping[str, str], models: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Families, in which names of one network are one: left out alone, it would be foretold by itself.

    The same MACs and parameters, where both are known, are taken for the same network.
    """
    first: dict[tuple[float, float], str] = {}
    same: dict[str, str] = {}
    for name, facts in models.items():
        macs, parameters = facts["macs_per_sample"], facts["parameters"]
        if macs and parameters:
            own = _resolved(family[name], same)
            known = _resolved(first.setdefault((macs, parameters), own), same)
            if known != own:
                same[own] = known
    return {name: _resolved(own, same) for name, own in family.items()}


def _resolved(family: str, same: Mapping[str, str]) -> str:
    while family in same:
        family = same[family]
    return family


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of facts may be of one model: nothing that both know differs."""
    return all(one.get(key) in (None, value) or value is None for key, value in other.items() if key != "title")


def _told(source: Source) -> dict[str, Any]:
    return {
        "run_id": source.run_id,
        "name": source.name,
        "started_at": source.started_at,
        "data": source.data,
        "configurations": len(source.points),
        "machine": list(source.machine),
    }


def _point(point: Point, points: Sequence[Point]) -> dict[str, Any]:
    return {
        "model": point.model,
        "phase": point.phase,
        "batch_size": point.batch_size,
        "energy_per_sample": point.energy.to_json(),
        "time_per_sample": point.time.to_json(),
        "inference_time_per_sample_s": _served(point, points),
    }


def per_sample(figure: Estimate, samples: float, unit: str) -> Estimate:
    """A window's figure shared among its samples."""
    return Estimate(
        figure.value / samples, figure.low / samples, figure.high / samples, unit, figure.provenance, figure.boundary
    )

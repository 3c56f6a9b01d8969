"""What a ledger holds that says which model was trained or served: pilots, and windows of other runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from setsuden.errors import InputError
from setsuden.ledger import Ledger, Measurement, RunRecord
from setsuden.quantity import Estimate, Provenance
from setsuden.study.analysis.across import Source, per_sample
from setsuden.study.analysis.points import PHASES, Phase, Point, read_points
from setsuden.study.store import KIND


def sources_in(ledger: Ledger, runs: Sequence[str] = ()) -> list[Source]:
    """Newest first; all runs of the ledger, or those named. InputError for a named one that says of no model."""
    found = []
    for name in runs or [summary.id for summary in ledger.runs()]:
        record = ledger.run(name)
        source = source_of(record)
        if source is not None:
            found.append(source)
        elif runs:
            raise InputError(
                "nothing in this run says which model it trained or served",
                place=record.id,
                remedy="Name a pilot, or say it in windows: meter.window('x', model=..., phase='train', samples=...).",
            )
    return sorted(found, key=lambda source: source.started_at, reverse=True)


def source_of(record: RunRecord) -> Source | None:
    """A pilot's configurations, else the windows that say enough; None when there are none."""
    pilot = record.document(KIND)
    if isinstance(pilot, dict):
        return _pilot(record, pilot)
    points: list[Point] = []
    models: dict[str, dict[str, Any]] = {}
    for window in record.windows:
        point = _window_point(window)
        if point is not None:
            points.append(point)
            models[point.model] = {**models.get(point.model, {}), **_facts(window)}
    return _source(record, None, points, list(models.values())) if points else None


def _pilot(record: RunRecord, document: Mapping[str, Any]) -> Source | None:
    points = read_points(document.get("configurations", ()))
    data = document.get("data") or {}
    return _source(record, data.get("name"), points, document.get("models", ())) if points else None


def _source(
    record: RunRecord, data: str | None, points: Sequence[Point], models: Sequence[Mapping[str, Any]]
) -> Source:
    known = {str(model["name"]) for model in models}
    return Source(
        record.id,
        record.name,
        record.started_at,
        _machine(record),
        data,
        tuple(points),
        (*models, *({"name": point.model} for point in points if point.model not in known)),
    )


def _machine(record: RunRecord) -> tuple[str, ...]:
    """The processor and what counted the joules."""
    hardware = record.environment.get("hardware") or {}
    processor = str(hardware.get("processor") or hardware.get("machine") or "?")
    return (processor, *sorted(channel.label for channel in record.channels if channel.counted))


def _window_point(window: Measurement) -> Point | None:
    about = window.attributes
    samples, phase, model = about.get("samples"), about.get("phase"), about.get("model")
    if phase not in PHASES or not model or not isinstance(samples, int | float) or not samples > 0:
        return None
    if window.energy is None or window.energy.value <= 0:
        return None
    seconds = Estimate.exact(window.duration_s, "s", Provenance.MEASURED)
    return Point(
        f"{model}/{window.window_id}",
        str(model),
        cast(Phase, phase),
        int(about.get("batch_size") or 1),
        None,
        None,
        None,
        None,
        None,
        per_sample(window.energy, samples, "J/sample"),
        per_sample(seconds, samples, "s/sample"),
    )


def _facts(window: Measurement) -> dict[str, Any]:
    about = window.attributes
    macs, parameters = about.get("macs"), about.get("parameters")
    facts = {
        "name": str(about["model"]),
        "macs_per_sample": macs,
        "parameters": parameters,
        "macs_per_parameter": macs / parameters if macs and parameters else None,
        "activation_bytes_per_sample": about.get("activation_bytes"),
    }
    return {key: value for key, value in facts.items() if value is not None}

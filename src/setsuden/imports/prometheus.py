"""A Prometheus range query: ``{"status": "success", "data": {"resultType": "matrix", "result": [{metric, values}]}}``.

Read are the metrics of ``setsuden.imports.names`` (DCGM, Kepler, Scaphandre, Zeus, CodeCarbon, our own). Where a device
has both a counter and a power, the counter is taken: it misses nothing between two scrapes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.imports.assemble import COUNTER, Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.names import OWN, PROMETHEUS, Meaning
from setsuden.imports.text import number, objects, read_json
from setsuden.imports.times import Clock
from setsuden.quantity import Provenance

_DEVICE_LABELS = ("UUID", "gpu", "device", "gpu_index", "package", "path", "zone", "hw_id")
_NODE_LABELS = ("Hostname", "instance", "node", "node_name", "host")


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run per node; a node is told by its labels."""
    clock = Clock(settings.zone)
    nodes: dict[str, dict[tuple[str, str], Series]] = {}
    for index, result in enumerate(_results(path), 1):
        place = f"{path}, result {index}"
        labels = result.get("metric")
        if not isinstance(labels, dict):
            raise InputError("a result without its metric", place=place)
        name = str(labels.get("__name__", ""))
        meaning = _meaning(name, labels, settings)
        if meaning is None:
            continue
        device = next((str(labels[label]) for label in _DEVICE_LABELS if label in labels), meaning.component)
        node = next((str(labels[label]) for label in _NODE_LABELS if label in labels), "")
        times, values = _samples(result, meaning.scale, clock, place)
        label = f"{meaning.component} {device} ({name or 'power'})"
        series = Series(
            f"prometheus/{device}", meaning.component, label, times, values,
            meaning.provenance, meaning.error, meaning.counter,
        )  # fmt: skip
        known = nodes.setdefault(node, {})
        earlier = known.get((meaning.component, device))
        if earlier is not None and earlier.counter == series.counter:
            raise InputError(
                "two series of one device",
                place=place,
                value=f"{name} {device}",
                remedy="Query one of them, or sum them.",
            )
        if earlier is None or series.counter:
            known[meaning.component, device] = series
    if not nodes:
        raise InputError(
            "no metric of power or energy that is known here", place=str(path),
            remedy=f"Known: {', '.join([*PROMETHEUS, *OWN])}; or say what the series is with --component.",
        )  # fmt: skip
    several = len(nodes) > 1
    return [
        run_of("prometheus", f"{path.stem} {number_}" if several else path.stem, list(known.values()), clock, settings)
        for number_, known in enumerate(nodes.values(), 1)
    ]


def _meaning(name: str, labels: dict[str, Any], settings: Settings) -> Meaning | None:
    if name in OWN:
        try:
            provenance = Provenance(str(labels.get("provenance", "measured")))
        except ValueError:
            provenance = Provenance.ESTIMATED
        return Meaning(str(labels.get("component", "other")), 1.0, OWN[name], provenance, COUNTER)
    if name in PROMETHEUS:
        return _of_zone(PROMETHEUS[name], labels) if name.startswith("kepler_node_cpu") else PROMETHEUS[name]
    if not name and settings.component:  # an expression such as sum(...) has no name: watts, as the user says
        return Meaning(settings.component, 1.0, False, Provenance.MEASURED, COUNTER)
    return None


def _of_zone(meaning: Meaning, labels: dict[str, Any]) -> Meaning | None:
    """Kepler's zones overlap: cores lie inside the package, and the platform holds everything."""
    zone = str(labels.get("zone", "package")).partition("-")[0].lower()
    component = {"package": "cpu", "dram": "dram", "psys": "board"}.get(zone)
    return replace(meaning, component=component) if component else None


def _samples(result: dict[str, Any], scale: float, clock: Clock, place: str) -> tuple[list[float], list[float]]:
    times: list[float] = []
    values: list[float] = []
    pairs = result.get("values")
    if not isinstance(pairs, list):
        raise InputError("a result without its values", place=place)
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InputError("expected pairs of time and value", place=place, value=pair)
        if str(pair[1]) in ("NaN", "+Inf", "-Inf"):
            continue  # Prometheus writes its stale samples so; what they leave is a gap
        value = number(pair[1], place)
        if value is not None:
            times.append(clock.seconds(pair[0], place))
            values.append(value * scale)
    return times, values


def _results(path: Path) -> list[dict[str, Any]]:
    document = read_json(path)
    if isinstance(document, dict) and document.get("status") == "error":
        raise InputError(f"is an error of Prometheus: {document.get('error', '')}", place=str(path))
    data = document.get("data", document) if isinstance(document, dict) else None
    results = data.get("result") if isinstance(data, dict) else None
    kind = data.get("resultType", "matrix") if isinstance(data, dict) else None
    if not isinstance(results, list) or kind != "matrix":
        raise InputError(
            "is not the answer to a range query", place=str(path), value=kind, remedy="Save /api/v1/query_range."
        )
    return objects(results, str(path), "results")

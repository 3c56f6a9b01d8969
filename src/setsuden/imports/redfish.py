"""Redfish: what a baseboard management controller says of a node's power.

Read are a telemetry MetricReport (``MetricValues`` with ``MetricId`` or ``MetricProperty``, ``MetricValue``,
``Timestamp``), and a list or lines of polled resources, each with a time beside it (``Timestamp``): Power
(``PowerControl`` with ``PowerConsumedWatts``) or EnvironmentMetrics (``PowerWatts.Reading``). Several controls of one
node are added, except those of parts (processors, memory) beside that of the whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.imports.assemble import WALL, Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.text import number, objects, read_json
from setsuden.imports.times import Clock

_TIMES = ("Timestamp", "timestamp", "time", "DateTime")
_METRICS = (
    "powerconsumedwatts",
    "systeminputpower",
    "totalinputpower",
    "chassispower",
    "powerwatts",
    "inputpowerwatts",
)


# In the name or the physical context of a control that is inside another one's.
_PARTS = ("cpu", "processor", "memory", "dimm", "gpu", "accelerator", "storage", "fan")


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run: the node."""
    clock = Clock(settings.zone)
    document = read_json(path)
    times: list[float] = []
    watts: list[float] = []
    for place, time, value in _polls(document, path):
        power = number(value, place)
        if power is None:
            continue
        times.append(clock.seconds(time, place))
        watts.append(power)
    if not times:
        raise InputError(
            "no power of a node in it", place=str(path), remedy="Save a MetricReport, or poll Power with a Timestamp."
        )
    series = Series("redfish/node", settings.component or "board", "node (Redfish)", times, watts, error=WALL)
    return [run_of("redfish", path.stem, [series], clock, settings)]


def _polls(document: Any, path: Path) -> list[tuple[str, object, object]]:
    found: list[tuple[str, object, object]] = []
    items = document if isinstance(document, list) else [document]
    for index, item in enumerate(objects(items, str(path), "Redfish resources"), 1):
        place = f"{path}, item {index}"
        if "MetricValues" in item:
            found += _report(item, place)
            continue
        power = _polled(item, place)
        if power is None:
            continue
        time = next((item[name] for name in _TIMES if name in item), None)
        if time is None:
            raise InputError("a reading without a time", place=place, remedy="Write Timestamp beside each poll.")
        found.append((place, time, power))
    return found


def _report(report: dict[str, Any], place: str) -> list[tuple[str, object, object]]:
    found: list[tuple[str, object, object]] = []
    chosen: str | None = None
    for value in objects(report["MetricValues"], place, "metric values"):
        name = str(value.get("MetricId") or value.get("MetricProperty") or "").rsplit("/", 1)[-1]
        if name.lower() not in _METRICS:
            continue
        if chosen not in (None, name):
            raise InputError("several metrics of power", place=place, value=[chosen, name], remedy="Keep one of them.")
        chosen = name
        if "Timestamp" not in value:
            raise InputError(
                "a reading without a time", place=place, value=name, remedy="Give every MetricValue its Timestamp."
            )
        found.append((place, value["Timestamp"], value.get("MetricValue")))
    return found


def _polled(item: dict[str, Any], place: str) -> float | None:
    if "PowerControl" in item:
        controls = objects(item["PowerControl"], place, "controls")
        wholes = [control for control in controls if not _of_a_part(control)]
        known = [number(control.get("PowerConsumedWatts"), place) for control in wholes or controls]
        if None in known or not known:
            return None  # one of several unknown: the sum is unknown, not smaller
        return sum(value for value in known if value is not None)
    reading = item.get("PowerWatts")
    return number(reading.get("Reading"), place) if isinstance(reading, dict) else None


def _of_a_part(control: dict[str, Any]) -> bool:
    said = f"{control.get('Name')} {control.get('PhysicalContext')}".lower()
    return any(part in said for part in _PARTS)

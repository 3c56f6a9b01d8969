"""CodeCarbon's ``emissions.csv`` of any age: columns by name; zeros that mean "could not be read" stay unknown.

The file does not say how the processor was metered, so its joules count as estimated unless the user knows better; GPU
joules come from NVML; memory is a convention. Energies include the facility's overhead where the column ``pue`` says
so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.imports.assemble import COUNTER, MODEL
from setsuden.imports.imported import REPEATED, SUM, ZERO, ZONE, Imported, Part, Settings, boundary_of
from setsuden.imports.text import CsvTable, number, read_csv
from setsuden.ledger import ChannelRecord, Flag
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance

REQUIRED = ("timestamp", "duration", "energy_consumed")
_MEMORY = (0.5, "convention of watts per gigabyte or per module")
# column -> component, label, provenance, method, error
_PARTS = {
    "cpu_energy": ("cpu", "CPU (CodeCarbon)", Provenance.ESTIMATED, "model", MODEL),
    "gpu_energy": ("gpu", "GPU (CodeCarbon, NVML)", Provenance.MEASURED, "counter", COUNTER),
    "ram_energy": ("dram", "memory (CodeCarbon)", Provenance.ASSUMED, "model", _MEMORY),
}
_KEPT = (
    "project_name", "run_id", "experiment_id", "emissions", "water_consumed", "country_name", "country_iso_code",
    "region", "cloud_provider", "cloud_region", "codecarbon_version", "tracking_mode", "pue", "wue",
)  # fmt: skip
_MOST = {"duration": 1e10, "energy_consumed": 1e15}  # three centuries in s; the world's electricity in a decade in kWh
_SAME = 1e-6
"""Parts that differ from the total by more than this share do not explain it."""


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run per ``run_id``, else per line. Lines of one ``run_id`` are cumulative: the longest stands for the run."""
    table = read_csv(path)
    table.require(REQUIRED)
    if not table.rows:
        raise InputError("holds no runs", place=str(path))
    chosen: dict[object, tuple[int, dict[str, str], int]] = {}
    for line, cells in table.rows:
        key: object = cells.get("run_id") or line
        seconds = _figure(table, line, cells, "duration")
        earlier = chosen.get(key)
        count = earlier[2] + 1 if earlier else 1
        if earlier is None or seconds >= _figure(table, earlier[0], earlier[1], "duration"):
            chosen[key] = (line, cells, count)
        else:
            chosen[key] = (earlier[0], earlier[1], count)
    return [_run(table, line, cells, count, settings) for line, cells, count in chosen.values()]


def _run(table: CsvTable, line: int, cells: dict[str, str], lines: int, settings: Settings) -> Imported:
    seconds = _figure(table, line, cells, "duration")
    kwh = _figure(table, line, cells, "energy_consumed")
    pue = number(cells.get("pue"), _place(table, line, "pue"), low=1.0) or 1.0
    started, flags = _start(table, line, cells, seconds, settings)
    if lines > 1:
        flags.append(Flag(REPEATED, f"{lines} lines of this run; the longest was taken, since they are cumulative."))
    parts, more = _parts(table, line, cells, kwh, settings)
    return Imported(
        kind="codecarbon",
        name=settings.name or cells.get("project_name") or "codecarbon",
        started_at=started,
        duration_s=seconds,
        parts=parts,
        boundary=boundary_of(parts, pue),
        flags=(*flags, *more),
        attributes=_attributes(table, line, cells),
        environment=_environment(table, line, cells),
        source={name: cells[name] for name in _KEPT if cells.get(name)},
    )


def _parts(
    table: CsvTable, line: int, cells: dict[str, str], kwh: float, settings: Settings
) -> tuple[tuple[Part, ...], list[Flag]]:
    flags: list[Flag] = []
    parts: list[Part] = []
    for column, (component, label, provenance, method, error) in _PARTS.items():
        energy = number(cells.get(column), _place(table, line, column), low=0.0)
        if energy is None:
            continue
        if energy == 0.0:
            if _present(component, cells):
                flags.append(Flag(ZERO, f"{column} is 0, which CodeCarbon also writes for what it could not read."))
            continue
        if component == "cpu" and settings.measured is not None:
            provenance = Provenance.MEASURED if settings.measured else Provenance.ESTIMATED
            method, error = ("counter", COUNTER) if settings.measured else (method, error)
        parts.append(_part(f"codecarbon/{component}", component, label, provenance, method, error, energy, settings))
    if kwh == 0.0:
        return (), [Flag(ZERO, "energy_consumed is 0, which CodeCarbon also writes for what it could not read.")]
    known = sum(part.gross.to("kWh").value for part in parts)
    if not parts or abs(known - kwh) > _SAME * max(kwh, known):
        if parts:
            flags.append(Flag(SUM, f"the parts add up to {known:.6g} kWh, energy_consumed says {kwh:.6g} kWh."))
        whole = _part(
            "codecarbon/total", "board", "total (CodeCarbon)", Provenance.ESTIMATED, "model", MODEL, kwh, settings
        )
        parts = [whole, *(_uncounted(part, whole) for part in parts)]
    return tuple(parts), flags


def _part(
    channel_id: str, component: str, label: str, provenance: Provenance, method: str, error: tuple[float, str],
    kwh: float, settings: Settings,
) -> Part:  # fmt: skip
    half, why = error if settings.relative_error is None else (settings.relative_error, "stated at the import")
    boundary = NODE if component == "board" else DEVICE
    channel = ChannelRecord(channel_id, component, label, method, provenance, boundary, half, why)
    return Part(channel, Estimate.relative(kwh * 3.6e6, half, "J", provenance, boundary))


def _uncounted(part: Part, whole: Part) -> Part:
    return replace(part, channel=part.channel._replace(counted=False, contained_in=whole.channel.id))


def _present(component: str, cells: Mapping[str, str]) -> bool:
    """Whether the file says that the machine has such a part; every machine has a processor and memory."""
    if component != "gpu":
        return True
    return cells.get("gpu_model", "") not in ("", "None", "nan") or cells.get("gpu_count", "") not in ("", "0", "0.0")


def _start(
    table: CsvTable, line: int, cells: dict[str, str], seconds: float, settings: Settings
) -> tuple[datetime, list[Flag]]:
    """CodeCarbon stamps the end of a run, in local time and without a zone."""
    text, place = cells["timestamp"], _place(table, line, "timestamp")
    try:
        ended = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("is not a time", place=place, value=text, remedy="Expected ISO 8601.") from None
    if not 1900 <= ended.year <= 9998:
        raise InputError("is a time outside the years 1900 to 9998", place=place, value=text)
    flags: list[Flag] = []
    if ended.tzinfo is None:
        if settings.zone is None:
            flags.append(Flag(ZONE, "The file's times carry no zone and were read as UTC. See --timezone."))
        ended = ended.replace(tzinfo=settings.zone or UTC)
    return ended - timedelta(seconds=seconds), flags


def _attributes(table: CsvTable, line: int, cells: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"source": "codecarbon"}
    for column, name in (("emissions", "codecarbon_emissions_kg"), ("pue", "pue")):
        value = number(cells.get(column), _place(table, line, column), low=0.0)
        if value is not None:
            found[name] = value
    if cells.get("country_iso_code"):
        found["country"] = cells["country_iso_code"]
    return found


def _environment(table: CsvTable, line: int, cells: dict[str, str]) -> dict[str, Any]:
    memory = number(cells.get("ram_total_size"), _place(table, line, "ram_total_size"), low=0.0)
    cpus = number(cells.get("cpu_count"), _place(table, line, "cpu_count"), low=0.0)
    return {
        "hardware": {
            "processor": cells.get("cpu_model") or None,
            "logical_cpus": int(cpus) if cpus else None,
            "memory_bytes": int(memory * 2**30) if memory else None,
        },
        "software": {"system": cells.get("os") or None, "python": cells.get("python_version") or None, "packages": {}},
        "git": None,
    }


def _figure(table: CsvTable, line: int, cells: dict[str, str], column: str) -> float:
    value = number(cells.get(column), _place(table, line, column), low=0.0)
    if value is not None and value > _MOST[column]:
        raise InputError(
            "is more than there is", place=_place(table, line, column), value=value, remedy="Check the unit."
        )
    if value is None:
        raise InputError("is blank", place=_place(table, line, column), remedy="The run has no such figure; remove it.")
    return value


def _place(table: CsvTable, line: int, column: str) -> str:
    return f"{table.path}, line {line}, column {column}"

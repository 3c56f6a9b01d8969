"""CodeCarbon's ``emissions.csv``: one line per run, kWh and kg; what is not known stays blank."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from setsuden.quantity import Estimate
from setsuden.report.formats.decimals import plain
from setsuden.report.formats.subject import Rendered, Subject

COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power",
    "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed",
    "country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version",
    "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude",
    "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip


def render(subject: Subject) -> Rendered:
    """All given runs as CSV with CodeCarbon's header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for each in (subject, *subject.others):
        writer.writerow({name: _cell(value) for name, value in _row(each).items() if value is not None})
    return Rendered(out.getvalue())


def _row(subject: Subject) -> dict[str, object]:
    seconds, footprint = subject.duration_s, subject.footprint
    cpu, ram = subject.component_energy("cpu"), subject.component_energy("dram")
    gpu = subject.component_energy("gpu", "accelerator")
    carbon = footprint.operational_carbon.to("kgCO2e").value if footprint else None
    ended = subject.started_at + timedelta(seconds=seconds or 0.0)
    hardware = subject.record.environment.get("hardware") or {}
    use = subject.tops[0].utilisation if subject.tops else None
    # CodeCarbon's energies include the overhead that its column pue states.
    overhead = subject.energy.value / subject.measured_energy.value if subject.measured_energy.value else 1.0
    known_pue = subject.attribute("pue")
    place = subject.place
    provider = subject.facts.infrastructure.provider or place.provider
    return {
        "timestamp": ended.strftime("%Y-%m-%dT%H:%M:%S"),
        "project_name": subject.name,
        "run_id": subject.record.id,
        "duration": seconds,
        "emissions": carbon,
        "emissions_rate": carbon / seconds if carbon is not None and seconds else None,
        "cpu_power": _watts(cpu, seconds),
        "gpu_power": _watts(gpu, seconds),
        "ram_power": _watts(ram, seconds),
        "cpu_energy": cpu.value * overhead if cpu else None,
        "gpu_energy": gpu.value * overhead if gpu else None,
        "ram_energy": ram.value * overhead if ram else None,
        "energy_consumed": subject.energy.value,
        "water_consumed": footprint.water.to("L").value if footprint and footprint.water else None,
        "country_name": subject.facts.country or (None if place.provider or place.location else place.name),
        "country_iso_code": place.iso3,
        "region": None if place.provider else place.location,
        "cloud_provider": provider,
        "cloud_region": place.region,
        "on_cloud": "Y" if provider else None,
        "pue": overhead if overhead != 1.0 else known_pue,
        "os": subject.software.get("system"),
        "python_version": subject.software.get("python"),
        "cpu_count": hardware.get("logical_cpus"),
        "cpu_model": subject.processor,
        "gpu_count": len(subject.accelerators) or None,
        "gpu_model": ", ".join(dict.fromkeys(subject.accelerators)) or None,
        "ram_total_size": subject.memory_bytes / 2**30 if subject.memory_bytes else None,
        "tracking_mode": "machine",
        "cpu_utilization_percent": _percent(use.cpu_share if use else None),
        "gpu_utilization_percent": _percent(use.gpu_sm_share if use else None),
        "ram_utilization_percent": _percent(use.memory_share if use else None),
        "ram_used_gb": use.memory_used_bytes / 2**30 if use and use.memory_used_bytes else None,
    }


def _watts(energy: Estimate | None, seconds: float | None) -> float | None:
    return energy.to("J").value / seconds if energy and seconds else None


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _cell(value: object) -> str:
    return plain(value) if isinstance(value, float) else str(value)

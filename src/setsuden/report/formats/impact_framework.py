"""Impact Framework manifest (Green Software Foundation): inputs from the ledger and a pipeline an auditor can re-run.

Only built-in plug-ins of version 1.1 are used: Sum, Coefficient, Multiply, Sci. Each step is present if and only if its
inputs are known: components add up to ``energy``; with a site, carbon follows; with a functional unit, the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from setsuden.ledger import Measurement
from setsuden.quantity import Estimate, unit
from setsuden.report.formats.subject import TOOL, Rendered, Subject, one

_COMPONENTS = {"cpu": "cpu/energy", "dram": "memory/energy", "gpu": "gpu/energy", "accelerator": "gpu/energy"}
_UNITS = {
    "energy": ("kWh", "energy of the node"),
    "energy-facility": ("kWh", "energy with the facility's overhead"),
    "grid/carbon-intensity": ("gCO2e/kWh", "location-based carbon intensity of the grid"),
    "carbon-operational": ("gCO2e", "carbon of the electricity"),
    "carbon-embodied": ("gCO2e", "share of making the hardware"),
    "carbon": ("gCO2e", "operational and embodied carbon"),
}


def render(subject: Subject) -> Rendered:
    """The manifest as YAML."""
    import yaml

    text = yaml.safe_dump(_manifest(one(subject, "if")), sort_keys=False, allow_unicode=True, width=120)
    return Rendered(text)


def _manifest(subject: Subject) -> dict[str, Any]:
    windows = [window for window in subject.tops if window.energy is not None]
    inputs = [_input(subject, window, windows) for window in windows]
    plugins = _plugins(subject, inputs)
    last = "sci" if "sci" in plugins else "carbon" if "carbon" in plugins else None
    return {
        "name": subject.name,
        "description": subject.facts.description or f"Run {subject.record.id}, written by {TOOL}.",
        "tags": {"kind": "measurement", "complexity": "simple", "category": "machine-learning"},
        **({"aggregation": {"metrics": [last], "type": "both"}} if last == "carbon" else {}),
        "initialize": {"plugins": plugins},
        "tree": {
            "children": {
                "run": {
                    "pipeline": {"compute": list(plugins)},
                    "defaults": _defaults(subject),
                    "inputs": inputs,
                }
            }
        },
    }


def _input(subject: Subject, window: Measurement, windows: list[Measurement]) -> dict[str, Any]:
    started = datetime.fromisoformat(window.started_at).astimezone(UTC)
    found: dict[str, Any] = {
        "timestamp": started.strftime("%Y-%m-%dT%H:%M:%S.") + f"{started.microsecond // 1000:03d}Z",
        "duration": window.duration_s,
    }
    parts: dict[str, float] = {}
    for part in window.channels:
        if part.counted:
            name = _COMPONENTS.get(part.component, f"{part.component}/energy")
            parts[name] = parts.get(name, 0.0) + part.gross.to("kWh").value
    found |= parts or {"energy": _kwh(window.energy)}
    share = window.duration_s / total if (total := sum(each.duration_s for each in windows)) else 1.0 / len(windows)
    footprint, units = subject.footprint, subject.facts.functional_unit
    if footprint and footprint.embodied_carbon:
        found["carbon-embodied"] = footprint.embodied_carbon.to("gCO2e").value * share
    if units:
        found[units.unit] = units.count * share
    return found


def _kwh(energy: Estimate | None) -> float:
    assert energy is not None
    return energy.to("kWh").value


def _defaults(subject: Subject) -> dict[str, float]:
    if subject.footprint is None:
        return {}
    return {"grid/carbon-intensity": subject.footprint.intensity.estimate.value}


def _plugins(subject: Subject, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """In the order of the pipeline."""
    plugins: dict[str, Any] = {}
    if any("energy" not in each for each in inputs):
        names = list(dict.fromkeys(name for each in inputs for name in each if name.endswith("/energy")))
        plugins["energy"] = _plugin("Sum", {"input-parameters": names, "output-parameter": "energy"})
    footprint = subject.footprint
    if footprint is None:
        return plugins
    energy, overhead = "energy", subject.energy.value / measured if (measured := subject.measured_energy.value) else 1.0
    if overhead != 1.0:
        plugins["pue"] = _plugin(
            "Coefficient",
            {"input-parameter": "energy", "coefficient": overhead, "output-parameter": "energy-facility"},
        )
        energy = "energy-facility"
    carbon = "carbon-operational" if footprint.embodied_carbon else "carbon"
    plugins["operational-carbon"] = _plugin(
        "Multiply", {"input-parameters": [energy, "grid/carbon-intensity"], "output-parameter": carbon}
    )
    if footprint.embodied_carbon:
        config = {"input-parameters": ["carbon-operational", "carbon-embodied"], "output-parameter": "carbon"}
        plugins["carbon"] = _plugin("Sum", config)
    if subject.facts.functional_unit:
        unit(subject.facts.functional_unit.unit)
        plugins["sci"] = _plugin("Sci", {"functional-unit": subject.facts.functional_unit.unit})
    return plugins


def _plugin(method: str, config: Mapping[str, Any]) -> dict[str, Any]:
    inputs = [str(name) for name in config.get("input-parameters", [config.get("input-parameter", "carbon")])]
    output = str(config.get("output-parameter", "sci"))
    return {
        "path": "builtin",
        "method": method,
        "config": dict(config),
        "parameter-metadata": {
            "inputs": {name: _metadata(name) for name in inputs},
            "outputs": {output: _metadata(output)},
        },
    }


def _metadata(name: str) -> dict[str, Any]:
    symbol, text = _UNITS.get(name, ("kWh", f"energy of {name.partition('/')[0]}"))
    if name == "sci":
        symbol, text = "gCO2e per functional unit", "software carbon intensity"
    way = "none" if name == "grid/carbon-intensity" else "sum"
    return {
        "unit": symbol,
        "description": text,
        "aggregation-method": {"time": way, "component": way},
    }

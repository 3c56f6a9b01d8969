"""What a discovery means for its reader: as plain data, in one language, schema ``doctor``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from setsuden.language import Language
from setsuden.quantity import DEVICE, Estimate, Factor, Provenance, merged_factors, total
from setsuden.sensors.cpu_part import CpuPart
from setsuden.sensors.discovery import Discovery
from setsuden.sensors.modelled import ModelDramSensor
from setsuden.sensors.protocol import Channel, Finding, Method


def diagnosis(found: Discovery, language: Language = "en") -> dict[str, Any]:
    """The document of ``setsuden doctor --json``."""
    return {
        "machine": _machine(found),
        "processor": _processor(found.cpu, language) if found.cpu else None,
        "findings": [_finding(item, language) for item in found.findings],
        "channels": [_channel(channel, channel.id in found.counted) for channel in found.channels],
        "basis": basis(found),
        "estimated_power": _estimated(found),
        "factors": [factor.to_json() for factor in _factors(found)],
    }


def basis(found: Discovery) -> str:
    """What the total rests on: ``measured``, ``partly estimated``, ``estimated`` or ``nothing``."""
    methods = {channel.method for channel in found.channels if channel.id in found.counted}
    if not methods:
        return "nothing"
    if Method.MODEL not in methods:
        return "measured"
    return "estimated" if methods == {Method.MODEL} else "partly estimated"


def cpu_watts(part: CpuPart, utilisation: float) -> Estimate:
    """Modelled package watts of our share, with the joined interval."""
    value, spread = part.watts(utilisation), math.exp(part.error_log)
    return Estimate(value, value / spread, value * spread, "W", Provenance.ESTIMATED, DEVICE, part.factors)


def modelled_watts(found: Discovery, utilisation: float) -> Estimate | None:
    """What the modelled CPU and DRAM would be said to draw at a utilisation; None where neither is modelled."""
    parts = [cpu_watts(found.cpu, utilisation)] if found.cpu else []
    parts += [_around(s.power_w, s.channels[0]) for s in found.sensors if isinstance(s, ModelDramSensor)]
    return total(parts) if parts else None


def _around(power_w: float, channel: Channel) -> Estimate:
    below = channel.relative_error if channel.relative_error_below is None else channel.relative_error_below
    low, high = power_w * max(0.0, 1 - below), power_w * (1 + channel.relative_error)
    return Estimate(power_w, low, high, "W", Provenance.ESTIMATED, DEVICE)


def _machine(found: Discovery) -> dict[str, Any]:
    machine, limits = found.machine, found.limits
    return {
        "processor_name": machine.cpu_name,
        "vendor": machine.vendor,
        "sockets": machine.sockets,
        "cores": machine.cores,
        "threads": machine.threads,
        "virtual": machine.virtual,
        "memory_bytes": machine.memory_bytes,
        "container": {"cpus": limits.cpus, "memory_bytes": limits.memory_bytes} if limits.limited else None,
    }


def _processor(part: CpuPart, language: Language) -> dict[str, Any]:
    return {
        "seen": part.match.seen,
        "row": part.match.row.id,
        "name": part.match.row.name,
        "how": part.match.how,
        "design_power": part.share.design_w.to_json(),
        "idle_power": cpu_watts(part, 0.0).to_json(),
        "full_power": cpu_watts(part, 1.0).to_json(),
        "rule": part.share.rule(language),
    }


def _finding(item: Finding, language: Language) -> dict[str, Any]:
    return {
        "source": item.source,
        "status": item.status.value,
        "code": item.key,
        "detail": item.worded("detail", language),
        "accuracy": item.worded("accuracy", language),
        "remedy": item.worded("remedy", language),
    }


def _channel(channel: Channel, counted: bool) -> dict[str, Any]:
    return {
        "id": channel.id,
        "component": channel.component.value,
        "label": channel.label,
        "method": channel.method.value,
        "provenance": channel.provenance.value,
        "counted": counted,
        "contained_in": channel.contained_in,
        "relative_error": channel.relative_error,
        "relative_error_below": channel.relative_error_below,
        "error_source": channel.error_source,
        "resolution_j": channel.resolution_j,
        "update_interval_s": channel.update_interval_s,
    }


def _estimated(found: Discovery) -> dict[str, Any] | None:
    idle, full = modelled_watts(found, 0.0), modelled_watts(found, 1.0)
    return {"idle": idle.to_json(), "full": full.to_json()} if idle and full else None


def _factors(found: Discovery) -> Sequence[Factor]:
    return merged_factors(*(channel.factors for channel in found.channels))

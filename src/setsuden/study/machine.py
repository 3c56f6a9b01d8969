"""The machine a study ran on, as the pilot document tells it: no host name, no user."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.ledger import ChannelRecord, Measurement
from setsuden.ledger.channel import gain_errors
from setsuden.quantity import Provenance
from setsuden.sensors import Discovery, Host

_TOLD = ("numpy", "psutil", "pynvml", "pydantic", "scikit-learn", "sklearn", "setsuden", "torch")


def machine_facts(
    discovery: Discovery,
    channels: Sequence[ChannelRecord],
    whole: Measurement,
    environment: Mapping[str, Any],
    settings: Mapping[str, str | None],
) -> dict[str, Any]:
    """The ``machine`` part of the pilot document.

    settings   see ``power_settings``
    """
    machine, software = discovery.machine, environment.get("software", {})
    part = discovery.cpu
    return {
        "cpu": {
            "name": machine.cpu_name,
            "match": part.match.row.name if part is not None else None,
            "logical_cores": machine.threads,
        },
        "memory_bytes": machine.memory_bytes,
        "gpus": [channel.label for channel in channels if channel.component == "gpu"],
        "os": " ".join(str(software[key]) for key in ("system", "kernel") if software.get(key)) or None,
        "python": software.get("python"),
        "packages": told_packages(environment),
        "virtualised": machine.virtual,
        "power_settings": dict(settings),
        "sensors": [
            {
                "channel": channel.id,
                "component": channel.component,
                "label": channel.label,
                "method": channel.method,
                "provenance": channel.provenance.value,
                "relative_error": channel.relative_error,
                "relative_error_below": gain_errors(channel)[0],
                "error_source": channel.error_source,
                "counted": channel.counted,
            }
            for channel in channels
        ],
        "measured_share": measured_share(whole),
    }


def power_settings(host: Host) -> dict[str, str | None]:
    """How the processor is allowed to run: governor, driver, boost; None where the machine does not say (a guest)."""
    cpu = host.sysfs / "devices/system/cpu"
    no_turbo, boost = host.text(cpu / "intel_pstate/no_turbo"), host.text(cpu / "cpufreq/boost")
    boosting = {"0": "on", "1": "off"}.get(no_turbo or "") or {"0": "off", "1": "on"}.get(boost or "")
    return {
        "governor": host.text(cpu / "cpu0/cpufreq/scaling_governor"),
        "driver": host.text(cpu / "cpu0/cpufreq/scaling_driver"),
        "boost": boosting,
    }


def measured_share(whole: Measurement) -> float | None:
    """Share of the node's joules that a sensor measured; None when nothing was drawn or known."""
    counted = [part.gross for part in whole.channels if part.counted]
    drawn = math.fsum(gross.value for gross in counted)
    if drawn <= 0:
        return None
    return math.fsum(gross.value for gross in counted if gross.provenance is Provenance.MEASURED) / drawn


def told_packages(environment: Mapping[str, Any]) -> dict[str, str]:
    """Versions of the packages that can move a figure."""
    found: Mapping[str, str] = environment.get("software", {}).get("packages", {})
    return {name: found[name] for name in _TOLD if name in found}

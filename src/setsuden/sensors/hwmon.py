"""Energy and power that the kernel shows through hwmon: AMD sockets, NVIDIA Grace, AMD Radeon and Instinct cards.

Sources: kernel Documentation/hwmon/amd_energy.rst (uJ since boot, kept in 64 bits; the register below has 32),
drivers/hwmon/acpi_power_meter.c (Grace: uW, averaged), Documentation/gpu/amdgpu/thermal.rst (uW of the whole card).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors.counter_files import CounterFile, CounterFileSensor
from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sensor, Status, finding
from setsuden.sensors.rails import Rail, RailSensor, scaled

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

_CONVENTION = (0.10, "convention: no accuracy is published")
_AMD_RANGE_J = 2.0**32 * 2.0**-16  # variants that show the bare register: 32 bits of 15.3 uJ
_SOCKET_W = 1000.0
_MODULE_W = 3000.0


def probe_hwmon(host: Host) -> tuple[list[Sensor], list[Finding]]:
    """Open what the known hwmon drivers offer."""
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    for name, sensor, labels in (_amd_energy(host), _grace(host), _amdgpu(host)):
        if sensor is not None:
            sensors.append(sensor)
            findings.append(finding(name, Status.AVAILABLE, name.replace("_", "-"), labels=labels, error="10%"))
    findings += _denied(host)
    return sensors, findings


def _chips(host: Host, driver: str) -> Iterator[Place]:
    base = host.sysfs / "class" / "hwmon"
    for name in host.names(base):
        if host.text(base / name / "name") == driver:
            yield base / name


def _channel(
    source: str,
    name: str,
    label: str,
    component: Component,
    method: Method,
    *,
    inside: str | None = None,
    update_s: float = 0.1,
) -> Channel:
    return Channel(
        id=f"{source}/{name}",
        component=component,
        label=label,
        method=method,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=_CONVENTION[0],
        error_source=_CONVENTION[1],
        update_interval_s=update_s,
        contained_in=f"{source}/{inside}" if inside else None,
    )


# -- AMD sockets


def _amd_energy(host: Host) -> tuple[str, Sensor | None, str]:
    counters = []
    for chip in _chips(host, "amd_energy"):
        for name in host.names(chip):
            match = re.fullmatch(r"energy(\d+)_input", name)
            label = host.text(chip / f"energy{match[1]}_label") if match else None
            socket = re.fullmatch(r"Esocket0*(\d+)", label or "")
            if socket:
                counters.append(_socket(host, chip / name, socket[1]))
    usable = [counter for counter in counters if counter is not None]
    if not usable:
        return "amd_energy", None, ""
    labels = ", ".join(counter.channel.label for counter in usable)
    return "amd_energy", CounterFileSensor("amd_energy", host, usable), labels


def _socket(host: Host, path: Place, number: str) -> CounterFile | None:
    first_uj = host.number(path)
    if first_uj is None:
        return None
    channel = _channel("amd_energy", f"socket-{number}", f"CPU socket {number}", Component.CPU, Method.COUNTER)
    range_j = _AMD_RANGE_J if first_uj / 1e6 <= _AMD_RANGE_J else None
    return CounterFile(channel, OpenFile(host.files, path), 1e-6, _SOCKET_W, range_j)


# -- NVIDIA Grace

_GRACE = {
    "Module Power": ("module", Component.BOARD, None),
    "Grace Power": ("grace", Component.CPU, "module"),
    "CPU Power": ("cpu", Component.CPU, "grace"),
    "SysIO Power": ("sysio", Component.OTHER, "grace"),
}


def _grace(host: Host) -> tuple[str, Sensor | None, str]:
    rails = []
    base = host.sysfs / "class" / "hwmon"
    for name in host.names(base):
        folder = base / name / "device"
        match = re.fullmatch(r"(\w+ Power) Socket (\d+)", host.text(folder / "power1_oem_info") or "")
        if match is None or match[1] not in _GRACE or host.number(folder / "power1_average") is None:
            continue
        kind, component, outer = _GRACE[match[1]]
        interval_ms = host.number(folder / "power1_average_interval") or 1000
        channel = _channel(
            "grace",
            f"{kind}-{match[2]}",
            match[0],
            component,
            Method.POWER,
            inside=f"{outer}-{match[2]}" if outer else None,
            update_s=interval_ms / 1000,
        )
        file = OpenFile(host.files, folder / "power1_average")
        rails.append(Rail(channel, scaled(file, 1e-6), (file,), _MODULE_W if kind == "module" else _SOCKET_W))
    labels = ", ".join(rail.channel.label for rail in rails)
    return "grace", RailSensor("grace", host, rails) if rails else None, labels


# -- AMD cards


def _amdgpu(host: Host) -> tuple[str, Sensor | None, str]:
    rails = []
    for chip in _chips(host, "amdgpu"):
        cap_uw = host.number(chip / "power1_cap_max") or host.number(chip / "power1_cap")
        file = next((n for n in ("power1_average", "power1_input") if host.number(chip / n) is not None), None)
        # Graphics inside a processor show no cap, and their power is the processor's own.
        if not cap_uw or file is None:
            continue
        model = host.text(chip / "device" / "product_name") or "AMD GPU"
        place = os.path.basename(os.path.realpath(chip / "device")) if (chip / "device").exists() else chip.name
        channel = _channel("amdgpu", place, f"{model} ({place})", Component.GPU, Method.POWER, update_s=1.0)
        power = OpenFile(host.files, chip / file)
        rails.append(Rail(channel, scaled(power, 1e-6), (power,), max(1.5 * cap_uw / 1e6, 100.0)))
    labels = ", ".join(rail.channel.label for rail in rails)
    return "amdgpu", RailSensor("amdgpu", host, rails) if rails else None, labels


def _denied(host: Host) -> list[Finding]:
    """Counters of AMD sockets that exist but may not be read."""
    denied = [
        str(chip / name)
        for chip in _chips(host, "amd_energy")
        for name in host.names(chip)
        if re.fullmatch(r"energy\d+_input", name) and _is_denied(host, chip / name)
    ]
    if not denied:
        return []
    return [finding("amd_energy", Status.DENIED, "amd-energy-denied", path=denied[0], count=len(denied))]


def _is_denied(host: Host, path: Place) -> bool:
    try:
        host.files.text(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return False

"""What a zone of the powercap tree is as a channel: its error, its limits, what is known about its counter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors.host import Host
from setsuden.sensors.machine import Machine
from setsuden.sensors.plausible import CounterTraits
from setsuden.sensors.protocol import Channel, Component, Method
from setsuden.sensors.rapl_zones import Zone

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

# Beyond what any such part draws: twice the largest socket of the catalogue (500 W), a two-socket platform. Memory: the
# highest published figure is 0.6 W/GB (catalogue, dram-teads).
_LIMIT_W = {Component.CPU: 1000.0, Component.BOARD: 3000.0}
_DRAM_LIMIT_W_PER_GB = 1.0
_DRAM_LIMIT_W = 50.0
# A part may exceed its rated power for a while (Intel's short-term and peak limits); measured turbo stays below this.
_TURBO = 2.5
# Firmware writes "no limit" as a very large one.
_NO_LIMIT_W = 2000.0
# One count of the most common energy unit, 2^-14 J; refreshed about every millisecond (Intel SDM vol. 3B, 15.10).
_RESOLUTION_J = 2.0**-14
_UPDATE_S = 0.001
# 32 bits of the finest unit known, 15.3 uJ: DRAM of Haswell to Skylake servers (drivers/powercap/intel_rapl_common.c).
_LEAST_RANGE_J = 2.0**16
# Nobody publishes a figure that holds for all parts: a reasoned convention, see docs/sensors.md.
_ERROR = {
    "intel": (0.05, "convention: linear against references, offsets uncorrected (Fahad et al. 2019, Energies 12:2204)"),
    "amd": (0.10, "convention: AMD computes the figure from activity instead of measuring current"),
    "dram": (0.20, "convention: follows the trend with a constant offset (Desrochers et al. 2016, MEMSYS)"),
    "psys": (0.20, "convention: scaled by the board's maker"),
}


def channel_of(zone: Zone, ids: set[str], machine: Machine, twin: Zone | None) -> Channel:
    """How a zone presents itself.

    ids    of all zones that are read
    twin   the zone whose counter it shows
    """
    inside = zone.parent if zone.component is not Component.DRAM else None
    psys = next((name for name in ("psys", "platform") if name in ids and zone.domain != name), None)
    outer = twin.domain if twin else inside or psys
    kind = {Component.DRAM: "dram", Component.BOARD: "psys"}.get(zone.component)
    error, source = _ERROR[kind or ("amd" if machine.vendor == "AuthenticAMD" else "intel")]
    label = f"{zone.label} (shows the counter of {twin.label})" if twin else zone.label
    return Channel(
        id=f"rapl/{zone.domain}",
        component=zone.component,
        label=label,
        method=Method.COUNTER,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=error,
        error_source=source,
        resolution_j=_RESOLUTION_J,
        update_interval_s=_UPDATE_S,
        contained_in=f"rapl/{outer}" if outer else None,
    )


def limit_w(zone: Zone, machine: Machine) -> float:
    """More than this no such part draws, W."""
    if zone.component is Component.DRAM:
        return max(_DRAM_LIMIT_W, _DRAM_LIMIT_W_PER_GB * (machine.memory_bytes or 0) / 1e9)
    return _LIMIT_W[zone.component]


def traits_of(host: Host, zone: Zone, channel: Channel, machine: Machine) -> CounterTraits:
    """What is known about a zone's counter."""
    span_uj = host.number(zone.folder / "max_energy_range_uj")
    rated_w = _rated_w(host, zone.folder)
    return CounterTraits(
        limit_w=max(_TURBO * rated_w, 100.0) if rated_w else limit_w(zone, machine),
        nominal_w=rated_w,
        range_j=span_uj / 1e6 if span_uj and span_uj > 0 else None,
        resolution_j=channel.resolution_j,
        update_interval_s=channel.update_interval_s,
        always_draws=zone.name != "uncore",
        ceiling_w=limit_w(zone, machine),
        least_range_j=_LEAST_RANGE_J,
    )


def _rated_w(host: Host, folder: Place) -> float | None:
    """The largest power that the zone's constraints speak of, W; None when they say nothing believable."""
    values = [
        host.number(folder / f"constraint_{i}_{what}_uw")
        for i in range(3)
        for what in ("max_power", "power_limit")
        if (folder / f"constraint_{i}_name").exists() or i == 0
    ]
    watts = [value / 1e6 for value in values if value and 0 < value / 1e6 <= _NO_LIMIT_W]
    return max(watts, default=None)

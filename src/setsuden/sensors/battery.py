"""A laptop's battery: the power of the whole machine, screen and all, and only while it runs on it.

Source: kernel Documentation/ABI/testing/sysfs-class-power (uW, uA, uV).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from setsuden.quantity import NODE, Provenance
from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Status, finding
from setsuden.sensors.rails import Rail, RailSensor, leading_number, product, scaled

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

_LIMIT_W = 300.0
# Embedded controllers refresh the figure every one to several seconds.
_UPDATE_S = 5.0
_ERROR = (0.05, "convention: fuel gauges of laptops; slow, and blind to what a mains adapter delivers")


def probe_battery(host: Host) -> tuple[RailSensor | None, list[Finding]]:
    """Open the batteries that are being discharged; on mains they tell nothing."""
    base = host.sysfs / "class" / "power_supply"
    folders = [base / name for name in host.names(base) if _is_battery(host, base / name)]
    if not folders:
        return None, []
    states = [OpenFile(host.files, folder / "status") for folder in folders]
    rails = [rail for folder in folders if (rail := _rail(host, folder, states))]
    if not rails:
        return None, [finding("battery", Status.ABSENT, "battery-silent", path=folders[0])]
    if not any(_discharging(host, folder) for folder in folders):
        return None, [finding("battery", Status.ABSENT, "battery-on-mains")]
    error = f"{_ERROR[0]:.0%}"
    return RailSensor("battery", host, rails), [
        finding("battery", Status.AVAILABLE, "battery", error=error, basis=_ERROR[1])
    ]


def _is_battery(host: Host, folder: Place) -> bool:
    # A mouse or a headset has a battery too; its scope says "Device".
    return host.text(folder / "type") == "Battery" and host.text(folder / "scope") != "Device"


def _discharging(host: Host, folder: Place) -> bool:
    return host.text(folder / "status") == "Discharging"


def _rail(host: Host, folder: Place, states: list[OpenFile]) -> Rail | None:
    status = next(state for state in states if state.path.parent == folder)
    if host.number(folder / "power_now") is not None:
        files: tuple[OpenFile, ...] = (OpenFile(host.files, folder / "power_now"),)
        watts = scaled(files[0], 1e-6)
    elif host.number(folder / "current_now") is not None and host.number(folder / "voltage_now") is not None:
        files = (OpenFile(host.files, folder / "voltage_now"), _Magnitude(host.files, folder / "current_now"))
        watts = product(files[0], files[1], 1e-12)
    else:
        return None
    channel = Channel(
        id=f"battery/{folder.name}",
        component=Component.BATTERY,
        label=f"battery {folder.name}, whole machine",
        method=Method.POWER,
        provenance=Provenance.MEASURED,
        boundary=NODE,
        relative_error=_ERROR[0],
        error_source=_ERROR[1],
        update_interval_s=_UPDATE_S,
    )
    return Rail(channel, _while_discharging(status, states, watts), (*states, *files), _LIMIT_W)


class _Magnitude(OpenFile):
    """Some drivers show a discharging current as negative."""

    def read(self, *, sure: bool = False) -> bytes:
        """As ``OpenFile.read``, without the sign."""
        return str(abs(leading_number(super().read(sure=sure)))).encode()


def _while_discharging(status: OpenFile, states: list[OpenFile], watts: Callable[[], float]) -> Callable[[], float]:
    def read() -> float:
        if status.read().strip() == b"Discharging":
            return abs(watts())
        if any(state.read().strip() == b"Discharging" for state in states):
            return 0.0  # of two batteries one rests while the other works
        raise ValueError("on mains: the battery does not see what the machine draws")

    return read

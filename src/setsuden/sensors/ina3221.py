"""Jetson power monitors: INA3221 (JetPack 4 through iio, JetPack 5 and newer through hwmon) and INA238 (Thor).

Sources: kernel Documentation/hwmon/ina3221.rst; Jetson Linux developer guide, "Power monitor". Current times voltage is
formed here. The input rail (``VDD_IN``, ``POM_5V_IN``) already holds all others; the carrier board is outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Status, finding
from setsuden.sensors.rails import Rail, RailSensor, leading_number, product, scaled

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

_DRIVERS = ("ina3221", "ina3221x", "ina238", "ina2xx")
_TOTALS = ("VDD_IN", "POM_5V_IN", "VIN")
# The largest module, Thor, is allowed 130 W.
_LIMIT_W = 200.0
# A current register at its end: 0x7ff8 x 40 uV over a shunt of 5 mOhm, shown where a rail is not connected.
_SATURATED_MA = 32760.0
_UPDATE_S = 0.1
_ERROR = (0.05, "convention: 13-bit converter, steps of 8 mV and 40 uV (kernel ina3221 driver); shunts within 1 %")


def probe_ina3221(host: Host) -> tuple[RailSensor | None, list[Finding]]:
    """Open all connected rails; none on machines that are no Jetson."""
    found: dict[str, _Source] = {}
    for folder in _folders(host):
        for label, source in _sources(host, folder):
            found.setdefault(label, source)
    if not found:
        return None, []
    total = next((label for label in _TOTALS if label in found), None)
    rails = [_rail(label, total, source) for label, source in found.items()]
    sensor = RailSensor("ina3221", host, rails)
    labels = ", ".join(found)
    key = "ina-total" if total else "ina-parts"
    error = f"{_ERROR[0]:.0%}"
    said = finding("ina3221", Status.AVAILABLE, key, rails=labels, total=total, error=error, basis=_ERROR[1])
    return sensor, [said]


def _folders(host: Host) -> Iterator[Place]:
    """Folders that hold the files of one monitor."""
    for driver in _DRIVERS:
        base = host.sysfs / "bus" / "i2c" / "drivers" / driver
        for device in host.names(base):
            if not re.fullmatch(r"\d+-[0-9a-f]{4}", device):
                continue
            for name in host.names(base / device / "hwmon"):
                yield base / device / "hwmon" / name
            for name in host.names(base / device):
                if name.startswith("iio"):
                    yield base / device / name
    for name in host.names(host.sysfs / "class" / "hwmon"):
        folder = host.sysfs / "class" / "hwmon" / name
        if (host.text(folder / "name") or "") in _DRIVERS:
            yield folder


_Source = tuple[Callable[[], float], tuple[OpenFile, ...]]


def _sources(host: Host, folder: Place) -> Iterator[tuple[str, _Source]]:
    """Label, how to read the watts, and the files that keeps open."""
    names = set(host.names(folder))
    for i in range(1, 4):
        label = host.text(folder / f"in{i}_label")
        if label and _connected(label) and f"curr{i}_input" in names:
            volts = OpenFile(host.files, folder / f"in{i}_input")
            amperes = _Current(host.files, folder / f"curr{i}_input")
            yield label, (product(volts, amperes, 1e-6), (volts, amperes))
    for i in range(3):
        label = host.text(folder / f"rail_name_{i}")
        if label and _connected(label) and f"in_power{i}_input" in names:
            power = OpenFile(host.files, folder / f"in_power{i}_input")
            yield label, (scaled(power, 1e-3), (power,))
    if "power1_input" in names:
        label = host.text(folder / "power1_label") or host.text(folder / "label") or "VIN"
        power = OpenFile(host.files, folder / "power1_input")
        yield label, (scaled(power, 1e-6), (power,))


class _Current(OpenFile):
    """A current that refuses the register's end value, which means a rail that is not connected."""

    def read(self, *, sure: bool = False) -> bytes:
        """As ``OpenFile.read``; ValueError at the end of the range."""
        content = super().read(sure=sure)
        if leading_number(content) >= _SATURATED_MA:
            raise ValueError("the current register is at its end")
        return content


def _connected(label: str) -> bool:
    return label.upper() != "NC" and "sum of shunt" not in label.lower()


def _rail(label: str, total: str | None, source: _Source) -> Rail:
    component = Component.BOARD if label == total else _component(label)
    channel = Channel(
        id=f"ina3221/{label}",
        component=component,
        label=f"rail {label}",
        method=Method.POWER,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=_ERROR[0],
        error_source=_ERROR[1],
        update_interval_s=_UPDATE_S,
        contained_in=f"ina3221/{total}" if total and label != total else None,
    )
    return Rail(channel, source[0], source[1], _LIMIT_W)


def _component(label: str) -> Component:
    """What a rail feeds, as far as its name says; a rail that feeds several is OTHER."""
    words = set(re.split(r"[_\W]+", label.upper()))
    feeds = {
        part
        for part, names in {
            Component.CPU: {"CPU"},
            Component.GPU: {"GPU"},
            Component.DRAM: {"DDR", "DDRQ", "VDDRQ", "VDDQ"},
        }.items()
        if words & names
    }
    return feeds.pop() if len(feeds) == 1 else Component.OTHER

"""The powercap tree: which zones exist, what each covers, which are the same silicon seen twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setsuden.sensors.host import Host
from setsuden.sensors.protocol import Component
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

_ZONE = re.compile(r"(?P<control>[a-z]+-rapl(?:-[a-z]+)?)(?P<path>(?::\d+)*)")
_PACKAGE = re.compile(r"package-(\d+)(?:-die-(\d+))?")


class Zone(NamedTuple):
    """One folder with an ``energy_uj``.

    entry     ``intel-rapl:0:1``; ``control`` is the driver, ``intel-rapl`` (MSR) or ``intel-rapl-mmio``
    folder    where it lies
    name      the kernel's name: ``package-0``, ``package-0-die-1``, ``core``, ``uncore``, ``dram``, ``psys``
    parent    the zone it is inside, as a domain, else None
    """

    entry: str
    control: str
    folder: Place
    name: str
    parent: str | None

    @property
    def domain(self) -> str:
        """What it covers, the same for two views of the same silicon: ``package-0``, ``package-0/dram``, ``psys``."""
        return f"{self.parent}/{self.name}" if self.parent else self.name

    @property
    def component(self) -> Component:
        """CPU for packages and what is inside them, DRAM, BOARD for the platform."""
        if self.name.startswith("dram"):
            return Component.DRAM
        return Component.BOARD if self.name.startswith(("psys", "platform")) else Component.CPU

    @property
    def label(self) -> str:
        """For people."""
        match = _PACKAGE.fullmatch(self.parent or self.name)
        where = f"CPU package {match[1]}" + (f" die {match[2]}" if match[2] else "") if match else (self.parent or "")
        part = {"dram": "DRAM", "core": "cores", "uncore": "uncore", "psys": "platform", "platform": "platform"}
        if self.parent:
            return f"{where} {part.get(self.name, self.name)}".strip()
        return where or part.get(self.name, self.name)

    @property
    def package(self) -> tuple[str, str | None] | None:
        """(package, die) numbers of a package zone."""
        match = _PACKAGE.fullmatch(self.name)
        return (match[1], match[2]) if match and not self.parent else None


def powercap_root(host: Host) -> Place:
    """``/sys/class/powercap``, or the device tree behind it where the class folder is missing."""
    root = host.sysfs / "class" / "powercap"
    return root if root.exists() else host.sysfs / "devices" / "virtual" / "powercap"


def find_zones(host: Host) -> list[Zone]:
    """All zones, MSR before MMIO, packages before their parts; a domain seen through two drivers appears twice."""
    folders: dict[str, Place] = {}
    _walk(host, powercap_root(host), folders, depth=0)
    names = {entry: host.text(folder / "name") or entry for entry, folder in folders.items()}
    zones: list[Zone] = []
    for entry in sorted(folders, key=_order):
        match = _ZONE.fullmatch(entry)
        assert match is not None
        outer = entry.rpartition(":")[0]
        parent = names.get(outer)
        zone = Zone(entry, match["control"], folders[entry], names[entry], parent)
        if any(known.domain == zone.domain and known.control == zone.control for known in zones):
            # One driver names two zones alike: two parts, not two views of one.
            zone = zone._replace(name=f"{zone.name}-{entry.rpartition(':')[2]}")
        zones.append(zone)
    return zones


def _walk(host: Host, folder: Place, found: dict[str, Place], depth: int) -> None:
    """The flat links of the class folder first, then zones that only lie inside others."""
    matches = [match for name in host.names(folder) if (match := _ZONE.fullmatch(name))]
    for match in matches:
        if match["path"]:
            found.setdefault(match[0], folder / match[0])
    for match in matches:
        if depth < 3:
            _walk(host, folder / match[0], found, depth + 1)


def _order(entry: str) -> tuple[bool, str, list[int]]:
    control, *numbers = entry.split(":")
    return control != "intel-rapl", control, [int(number) for number in numbers]

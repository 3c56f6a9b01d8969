"""The powercap tree: which zones exist, what each covers, which are the same silicon seen twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setsuden.sensors.host import Host
from setsuden.sensors.protocol import Component
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


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
        numbers = _package(self.parent or self.name)
        if numbers:
            where = f"CPU package {numbers[0]}" + (f" die {numbers[1]}" if numbers[1] else "")
        else:
            where = self.parent or ""
        part = {"dram": "DRAM", "core": "cores", "uncore": "uncore", "psys": "platform", "platform": "platform"}
        if self.parent:
            return f"{where} {part.get(self.name, self.name)}".strip()
        return where or part.get(self.name, self.name)

    @property
    def package(self) -> tuple[str, str | None] | None:
        """(package, die) numbers of a package zone."""
        return None if self.parent else _package(self.name)


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
        outer = entry.rpartition(":")[0]
        parent = names.get(outer)
        zone = Zone(entry, entry.partition(":")[0], folders[entry], names[entry], parent)
        if any(known.domain == zone.domain and known.control == zone.control for known in zones):
            # One driver names two zones alike: two parts, not two views of one.
            zone = zone._replace(name=f"{zone.name}-{entry.rpartition(':')[2]}")
        zones.append(zone)
    return zones


def _walk(host: Host, folder: Place, found: dict[str, Place], depth: int) -> None:
    """The flat links of the class folder first, then zones that only lie inside others."""
    entries = [name for name in host.names(folder) if _is_entry(name)]
    for entry in entries:
        if ":" in entry:
            found.setdefault(entry, folder / entry)
    for entry in entries:
        if depth < 3:
            _walk(host, folder / entry, found, depth + 1)


def _is_entry(name: str) -> bool:
    """``intel-rapl``, ``intel-rapl:0:1``, ``intel-rapl-mmio:0``; no pattern, which takes longer to make than to use."""
    control, *numbers = name.split(":")
    parts = control.split("-")
    if len(parts) not in (2, 3) or parts[1] != "rapl":
        return False
    return all(part.isalpha() and part.islower() for part in parts) and all(number.isdecimal() for number in numbers)


def _package(name: str) -> tuple[str, str | None] | None:
    """Numbers of package and die in ``package-0`` and ``package-0-die-1``; None for another name."""
    parts = name.split("-")
    if parts[0] != "package" or not all(number.isdecimal() for number in parts[1::2]):
        return None
    if len(parts) == 2:
        return parts[1], None
    return (parts[1], parts[3]) if len(parts) == 4 and parts[2] == "die" else None


def _order(entry: str) -> tuple[bool, str, list[int]]:
    control, *numbers = entry.split(":")
    return control != "intel-rapl", control, [int(number) for number in numbers]

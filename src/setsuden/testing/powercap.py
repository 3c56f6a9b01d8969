"""A fake powercap tree at known watts, with its own truth that never wraps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from setsuden.testing.clock import FakeClock

RANGE_UJ = 262_143_328_850  # 2^32 counts of 2^-14 J, what most machines show
SMALL_RANGE_UJ = 65_712_999_613  # 2^32 counts of 15.3 uJ: DRAM of Haswell to Skylake servers


@dataclass(slots=True)
class FakeZone:
    """One zone: what its file shows and what was really drawn.

    watts      drawn from now on
    truth_j    really drawn since the tree was made
    count_uj   what the counter stands at
    frozen     the counter stands still while the energy goes on
    refresh_s  the counter shows the energy up to the last multiple of this; 0: always the newest
    """

    folder: Path
    watts: float
    range_uj: int
    count_uj: float
    truth_j: float = 0.0
    frozen: bool = False
    present: bool = True
    follows: FakeZone | None = None
    refresh_s: float = 0.0
    hidden_uj: float = 0.0
    hidden_s: float = 0.0

    @property
    def energy(self) -> Path:
        """The file ``energy_uj``."""
        return self.folder / "energy_uj"

    def write(self) -> None:
        """Show the count: fixed width, in place, as a reader with an open descriptor would see it change."""
        if not self.present:
            return
        count = (self.follows or self).count_uj
        descriptor = os.open(self.energy, os.O_WRONLY | os.O_CREAT, 0o444)
        try:
            os.pwrite(descriptor, b"%020d\n" % int(count), 0)
        finally:
            os.close(descriptor)

    def draw(self, seconds: float) -> None:
        """Let it draw its watts."""
        self.truth_j += self.watts * seconds
        if self.frozen:
            return
        self.hidden_uj += self.watts * seconds * 1e6
        self.hidden_s += seconds
        whole = int(self.hidden_s / self.refresh_s + 1e-9) * self.refresh_s if self.refresh_s else self.hidden_s
        if whole:
            self.hidden_s -= whole
            newer_uj = self.watts * self.hidden_s * 1e6
            self.count_uj = (self.count_uj + self.hidden_uj - newer_uj) % self.range_uj
            self.hidden_uj = newer_uj

    def remove(self) -> None:
        """The file vanishes; the hardware goes on counting."""
        self.present = False
        self.energy.unlink(missing_ok=True)

    def restore(self, count_j: float | None = None) -> None:
        """The file is back, with the count the hardware reached or with ``count_j``."""
        self.present = True
        if count_j is not None:
            self.count_uj = count_j * 1e6
        self.write()

    def reset(self, count_j: float = 0.0) -> None:
        """The counter starts again."""
        self.count_uj = count_j * 1e6
        self.write()

    def say(self, text: str) -> None:
        """The file holds ``text``, whatever was drawn."""
        self.energy.write_text(text)


class FakePowercap:
    """``<root>/devices/virtual/powercap`` with the flat links in ``<root>/class/powercap``.

    root    stands for ``/sys``
    clock   advanced by ``advance``, together with the energy
    """

    def __init__(self, root: Path, clock: FakeClock) -> None:
        self.root = root
        self.clock = clock
        self.zones: dict[str, FakeZone] = {}
        (root / "class" / "powercap").mkdir(parents=True, exist_ok=True)

    def __getitem__(self, entry: str) -> FakeZone:
        return self.zones[entry]

    def zone(
        self,
        entry: str,
        name: str,
        watts: float,
        *,
        start_j: float = 1000.0,
        range_uj: int | None = RANGE_UJ,
        max_power_w: float | None = None,
        follows: str | None = None,
    ) -> FakeZone:
        """Add a zone such as ``intel-rapl:0:1``; ``follows`` names a zone whose counter it shows."""
        control, *numbers = entry.split(":")
        steps = [":".join([control, *numbers[: i + 1]]) for i in range(len(numbers))]
        folder = self.root.joinpath("devices", "virtual", "powercap", control, *steps)
        folder.mkdir(parents=True)
        (folder / "name").write_text(name + "\n")
        (folder / "enabled").write_text("1\n")
        if range_uj is not None:
            (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
        if max_power_w is not None:
            (folder / "constraint_0_name").write_text("long_term\n")
            (folder / "constraint_0_max_power_uw").write_text(f"{round(max_power_w * 1e6)}\n")
        (self.root / "class" / "powercap" / entry).symlink_to(folder)
        kind = self.root / "class" / "powercap" / control
        if not kind.is_symlink():
            kind.symlink_to(self.root / "devices" / "virtual" / "powercap" / control)
            (kind / "subsystem").symlink_to(self.root / "class" / "powercap")
        zone = FakeZone(folder, watts, range_uj or RANGE_UJ, start_j * 1e6)
        zone.follows = self.zones[follows] if follows else None
        self.zones[entry] = zone
        zone.write()
        return zone

    def advance(self, seconds: float) -> None:
        """Let time pass and every zone draw its watts."""
        self.clock.advance(seconds)
        for zone in self.zones.values():
            zone.draw(seconds)
        for zone in self.zones.values():
            zone.write()

    # -- layouts seen in the field

    def client(self, package_w: float = 40.0, *, psys: bool = True, **options: float) -> FakePowercap:
        """A laptop: package with core and uncore inside, the platform beside it."""
        self.zone("intel-rapl:0", "package-0", package_w, **options)  # type: ignore[arg-type]
        self.zone("intel-rapl:0:0", "core", package_w * 0.6)
        self.zone("intel-rapl:0:1", "uncore", package_w * 0.1)
        if psys:
            self.zone("intel-rapl:1", "psys", package_w * 1.6)
        return self

    def server(self, sockets: int = 1, package_w: float = 150.0, dram_w: float = 20.0) -> FakePowercap:
        """Packages with DRAM as a child, each with its own counts."""
        for i in range(sockets):
            self.zone(f"intel-rapl:{i}", f"package-{i}", package_w, start_j=1000.0 + 777.0 * i)
            self.zone(f"intel-rapl:{i}:0", "dram", dram_w, start_j=500.0 + 77.0 * i, range_uj=SMALL_RANGE_UJ)
        return self

    def dies(self, watts: float = 60.0, *, mirrored: bool) -> FakePowercap:
        """One package of two dies, with a counter each or one counter shown twice."""
        self.zone("intel-rapl:0", "package-0-die-0", watts, start_j=1000.0)
        self.zone(
            "intel-rapl:1", "package-0-die-1", watts, start_j=4321.0, follows="intel-rapl:0" if mirrored else None
        )
        return self

    def twice(self, watts: float = 60.0) -> FakePowercap:
        """One package, through MSR and through MMIO."""
        self.zone("intel-rapl:0", "package-0", watts)
        self.zone("intel-rapl-mmio:0", "package-0", watts, start_j=1000.5, follows="intel-rapl:0")
        return self

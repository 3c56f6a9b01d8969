"""RAPL through Linux powercap, Intel and AMD: one channel per domain, each energy file kept open, one read each.

Source: kernel Documentation/power/powercap/powercap.rst and drivers/powercap/intel_rapl_common.c. The package holds
core and uncore but not DRAM; ``psys`` is a superset of it; the counter is 32 bits wide inside and wraps at
``max_energy_range_uj``.
"""

from __future__ import annotations

import errno
from itertools import repeat
from typing import TYPE_CHECKING

from setsuden.sensors import flags
from setsuden.sensors.counter import CounterTally
from setsuden.sensors.host import Host
from setsuden.sensors.machine import Machine
from setsuden.sensors.open_file import OpenFile, OpenFiles
from setsuden.sensors.plausible import SLOWEST_S, CounterTraits
from setsuden.sensors.protocol import Channel, Component, Finding, Sample, Status, finding
from setsuden.sensors.rapl_domain import channel_of, limit_w, traits_of
from setsuden.sensors.rapl_zones import Zone, find_zones, powercap_root
from setsuden.sensors.stand_in import StandIn, stand_in_channel
from setsuden.sensors.tally import Moment, Moments

if TYPE_CHECKING:
    from collections.abc import Sequence


# How long counters are watched when they are opened, and how often each has to move meanwhile to be believed.
_WATCHED_S = 0.004
_MOVES = 2
# Where two looks lie further apart, the processor was busy with others: once that is no reason to doubt a counter.
_AWAY_S = 0.001
# A part draws at least this, so one step of its counter tells for how long at most it had stood still.
_LEAST_W = 2.0
# Two views of one counter differ by no more than what is drawn while they are read.
_APART_S = 0.02


class RaplSensor:
    """Energy counters of the packages, their parts, DRAM and the platform.

    unread   packages and memories that are there but cannot be read, with the reason; their siblings stand in
    """

    name = "rapl"

    def __init__(
        self, host: Host, zones: list[Zone], machine: Machine, unread: Sequence[tuple[Zone, OSError]] = ()
    ) -> None:
        self._moments = Moments(host.clock)
        now = self._moments.now()
        files = [OpenFile(host.files, zone.folder / "energy_uj") for zone in zones]
        firsts = [_first(file) for file in files]
        mirrors = _mirrors(zones, files, firsts, machine)
        ids = {zone.domain for zone in zones}
        twins = [zones[mirrors[i]] if i in mirrors else None for i in range(len(zones))]
        channels = [channel_of(zone, ids, machine, twin) for zone, twin in zip(zones, twins, strict=True)]
        self._tallies = [
            CounterTally(traits_of(host, zone, channel, machine), first, now)
            for zone, channel, first in zip(zones, channels, firsts, strict=True)
        ]
        outer = [i for i, channel in enumerate(channels) if channel.contained_in is None]
        for i, steps_j in _watched(outer, files, host).items():
            if len(steps_j) < _MOVES:
                self._tallies[i].doubt_pace(min(SLOWEST_S, steps_j[0] / _LEAST_W if steps_j else SLOWEST_S))
        self._mirrors = tuple(mirrors.items())
        self.files = OpenFiles(host.files, files)
        self._stand_ins = _stand_ins(unread, zones, machine, now)
        self.channels: tuple[Channel, ...] = (*channels, *(part.channel for part in self._stand_ins))

    def read(self) -> tuple[Sample, ...]:
        """One sample per domain."""
        t_s, boot_s = self._moments.clocks()
        return self.settle(t_s, boot_s, self.take(t_s, boot_s))

    def take(self, t_s: float, boot_s: float) -> Sequence[bytes | OSError]:
        """What the energy files hold."""
        return self.files.looked_after(t_s)

    def settle(self, t_s: float, boot_s: float, taken: Sequence[bytes | OSError]) -> tuple[Sample, ...]:
        """One sample per domain."""
        now = self._moments.at(t_s, boot_s)
        samples = list(map(_sample, self._tallies, taken, repeat(now)))
        for i, original in self._mirrors:
            samples[original] = _checked(samples[original], samples[i], self._tallies[i].traits)
        if self._stand_ins:
            samples += [part.sample(samples, now) for part in self._stand_ins]
        return tuple(samples)

    def close(self) -> None:
        """Release the files."""
        self.files.close()


def _sample(tally: CounterTally, content: bytes | OSError, now: Moment) -> Sample:
    try:
        reading_j = int(content) / 1e6  # type: ignore[arg-type]  # an error is no number either
    except (TypeError, ValueError):
        return tally.failed(flags.PERMISSION_LOST if isinstance(content, PermissionError) else flags.ENERGY_GAP, now)
    return tally.good(reading_j, now)


def _first(file: OpenFile) -> float | None:
    try:
        return file.number() / 1e6
    except (OSError, ValueError):
        return None


def _watched(places: Sequence[int], files: list[OpenFile], host: Host) -> dict[int, list[float]]:
    """By how much these counters moved within a few of the milliseconds that they say, ``_MOVES`` times being enough.

    Nothing where the clock stands still, so that nothing can be seen; begun anew where nobody looked for a while.
    """
    begun_s = now_s = host.clock.elapsed()
    last = [_first(files[place]) or 0.0 for place in places]
    steps_j: dict[int, list[float]] = {place: [] for place in places}
    away = False
    while min(map(len, steps_j.values()), default=_MOVES) < _MOVES and now_s - begun_s < _WATCHED_S:
        for k, place in enumerate(places):
            before_j, last[k] = last[k], _first(files[place]) or 0.0
            if last[k] > before_j:
                steps_j[place].append(last[k] - before_j)
        before_s, now_s = now_s, host.clock.elapsed()
        if now_s == before_s:
            return {}
        if now_s - before_s > _AWAY_S and not away:
            away, begun_s, steps_j = True, now_s, {place: [] for place in places}
    return steps_j


def _stand_ins(
    unread: Sequence[tuple[Zone, OSError]], zones: list[Zone], machine: Machine, now: Moment
) -> list[StandIn]:
    """For parts that count (packages, memories) and have a sibling that can be read."""
    found = []
    ids = {zone.domain for zone in zones}
    for zone, error in unread:
        siblings = tuple(i for i, other in enumerate(zones) if _alike(other, zone))
        if siblings:
            channel = stand_in_channel(channel_of(zone, ids, machine, None), "unreadable, taken as the others are")
            cause = flags.PERMISSION_LOST if isinstance(error, PermissionError) else flags.CHANNEL_LOST
            found.append(StandIn(channel, siblings, limit_w(zone, machine), cause, now))
    return found


def _alike(zone: Zone, other: Zone) -> bool:
    if Component.DRAM in (zone.component, other.component):
        return zone.component is other.component
    return zone.package is not None and other.package is not None


def _mirrors(zones: list[Zone], files: list[OpenFile], firsts: list[float | None], machine: Machine) -> dict[int, int]:
    """Dies that show the counter of another die of their package: index -> index of that die.

    Old AMD multi-die parts have one counter per package that every die shows. Read twice, a mirror lies between the two
    readings of its original. Counters that all stand at zero prove nothing, so there the maker decides.
    """
    found: dict[int, int] = {}
    originals: dict[str, int] = {}
    for i, zone in enumerate(zones):
        if zone.package is None or zone.package[1] is None:
            continue
        first = originals.setdefault(zone.package[0], i)
        if first == i:
            continue
        before, value, after = firsts[first], _first(files[i]), _first(files[first])
        if before is None or value is None or after is None or not before <= value <= after:
            continue
        if value > 0.0 or machine.vendor == "AuthenticAMD":
            found[i] = first
    return found


def _checked(original: Sample, mirror: Sample, traits: CounterTraits) -> Sample:
    """The original's sample, doubted by its mirror's energy once the two have gone apart."""
    if original.flags or mirror.flags or abs(original.energy_j - mirror.energy_j) <= _APART_S * traits.limit_w:
        return original
    high_j = original.high_j + mirror.high_j
    return original._replace(high_j=high_j, flags=(*original.flags, flags.MIRROR_DIVERGED))


def probe_rapl(host: Host, machine: Machine) -> tuple[RaplSensor | None, list[Finding]]:
    """Open every readable domain once; say what is denied, doubled or broken."""
    root = powercap_root(host)
    try:
        host.files.names(root)
    except FileNotFoundError:
        return None, [finding("rapl", Status.ABSENT, "rapl-absent")]
    except OSError:
        return None, [finding("rapl", Status.DENIED, "rapl-unlistable", path=root)]
    zones = find_zones(host)
    if not zones:
        return None, [finding("rapl", Status.ABSENT, "rapl-absent-virtual" if machine.virtual else "rapl-absent")]
    states = {zone.entry: _state(host, zone) for zone in zones}
    chosen: dict[str, Zone] = {}
    doubles = []
    for zone in sorted(zones, key=lambda zone: states[zone.entry] is not None):
        if zone.domain in chosen:
            doubles.append(zone)
        else:
            chosen[zone.domain] = zone
    usable = [zone for zone in zones if chosen.get(zone.domain) is zone and states[zone.entry] is None]
    unread = [
        (zone, state) for zone in zones if (state := states[zone.entry]) is not None and chosen.get(zone.domain) is zone
    ]
    findings = _merged([_unusable(zone, state) for zone, state in unread])
    if not usable:
        return None, findings
    sensor = RaplSensor(host, usable, machine, unread)
    return sensor, [_available(sensor), *_notes(host, usable, doubles, sensor), *findings]


def _state(host: Host, zone: Zone) -> OSError | None:
    try:
        host.files.text(zone.folder / "energy_uj")
    except OSError as error:
        return error
    return None


def _unusable(zone: Zone, error: OSError) -> Finding:
    path = zone.folder / "energy_uj"
    if error.errno in (errno.EACCES, errno.EPERM):
        return finding("rapl", Status.DENIED, "rapl-denied", path=path, domains=zone.label)
    return finding("rapl", Status.BROKEN, "rapl-broken", path=path, domains=zone.label, error=error.strerror)


def _merged(findings: list[Finding]) -> list[Finding]:
    """One line per reason, naming all domains it holds for."""
    merged: dict[str, Finding] = {}
    for item in findings:
        known = merged.get(item.key)
        if known is None:
            merged[item.key] = item
        else:
            values = dict(known.values)
            values["domains"] += ", " + dict(item.values)["domains"]
            merged[item.key] = known._replace(values=tuple(values.items()))
    return list(merged.values())


def _available(sensor: RaplSensor) -> Finding:
    domains = ", ".join(channel.label for channel in sensor.channels)
    package = max((channel for channel in sensor.channels), key=lambda channel: channel.component is Component.CPU)
    return finding(
        "rapl",
        Status.AVAILABLE,
        "rapl-available",
        domains=domains,
        error=f"{package.relative_error:.0%}",
        basis=package.error_source,
    )


def _notes(host: Host, zones: list[Zone], doubles: list[Zone], sensor: RaplSensor) -> list[Finding]:
    notes = []
    if doubles:
        names = ", ".join(zone.entry for zone in doubles)
        notes.append(finding("rapl", Status.AVAILABLE, "rapl-doubles", zones=names))
    mirrored = [channel.label for channel in sensor.channels if "shows the counter" in channel.label]
    if mirrored:
        notes.append(finding("rapl", Status.AVAILABLE, "rapl-mirrors", zones=", ".join(mirrored)))
    blind = [str(z.folder / "max_energy_range_uj") for z in zones if not host.number(z.folder / "max_energy_range_uj")]
    if blind:
        notes.append(finding("rapl", Status.AVAILABLE, "rapl-no-range", path=", ".join(blind)))
    return notes

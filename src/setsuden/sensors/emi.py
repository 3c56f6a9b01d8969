"""Windows' Energy Metering Interface: the RAPL counters of the processor, as Windows 10 1809 and newer show them.

Each meter has channels that count picowatt-hours (emi.h: EMI_METADATA_V2, EMI_CHANNEL_MEASUREMENT_DATA); one question
reads them all. Windows names them ``RAPL_Package0_PKG``, ``_PP0`` (cores), ``_PP1`` (graphics) and ``_DRAM``. Channels
of other names are not read: nothing says what they contain. Tested on stand-ins; never run on Windows.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors import flags
from setsuden.sensors.counter import CounterTally
from setsuden.sensors.host import Host
from setsuden.sensors.plausible import CounterTraits
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sample, Status, finding
from setsuden.sensors.tally import Moment, Moments

# CTL_CODE(FILE_DEVICE_UNKNOWN, n, METHOD_BUFFERED, FILE_READ_ACCESS) for n = 0, 1, 2, 3
VERSION, METADATA_SIZE, METADATA, MEASUREMENT = (0x224000 | number << 2 for number in range(4))
_PICOWATT_HOURS = 0
_J_PER_PWH = 3600e-12
_RECORD = struct.Struct("<QQ")  # energy, time in 100 ns
_HEAD = struct.Struct("<32s32sHH")  # maker, model, revision, how many channels
_CHANNEL = struct.Struct("<iH")  # unit, bytes of the name that follows
_MOST_BYTES = 1 << 20
_NAME = re.compile(r"RAPL_Package(\d+)_(PKG|PP0|PP1|DRAM)")
# Nobody says how often Windows asks the processor; ten times a second is supposed.
_UPDATE_S = 0.1
_ERROR = {
    Component.CPU: (0.05, "convention: RAPL through Windows, as on Linux (Fahad et al. 2019, Energies 12:2204)"),
    Component.DRAM: (0.20, "convention: RAPL of DRAM through Windows, as on Linux (Desrochers et al. 2016, MEMSYS)"),
}
_LIMIT_W = {Component.CPU: 1000.0, Component.DRAM: 200.0}
_PARTS = {"PKG": "CPU package", "PP0": "CPU cores of package", "PP1": "graphics of package", "DRAM": "DRAM of package"}


class Meter(Protocol):
    """``setsuden.sensors.emi_device.EmiDevice``, or a stand-in."""

    def ask(self, code: int, size: int) -> bytes:
        """The answer to a control code, at most ``size`` bytes; raises OSError."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


def channel_names(metadata: bytes) -> list[str]:
    """Names of all channels in the metadata of version 2; raises ValueError for anything else."""
    try:
        *_, count = _HEAD.unpack_from(metadata)
        at, names = _HEAD.size, []
        for _ in range(count):
            at += -at % 4  # each begins with a whole number of four bytes
            unit, size = _CHANNEL.unpack_from(metadata, at)
            at += _CHANNEL.size
            if unit != _PICOWATT_HOURS or at + size > len(metadata):
                raise ValueError("an unknown unit, or a name beyond the end")
            names.append(metadata[at : at + size].decode("utf-16-le").rstrip("\0"))
            at += size
    except struct.error as error:
        raise ValueError(str(error)) from None
    return names


class _Place(NamedTuple):
    """One channel that is read: the place of its record in the answer of its meter."""

    meter: int
    record: int
    channel: Channel
    tally: CounterTally


class EmiSensor:
    """All channels with a known name, of all meters."""

    name = "emi"

    def __init__(self, host: Host, meters: Sequence[Meter], names: Sequence[Sequence[str]]) -> None:
        self._meters = tuple(meters)
        self._counts = [len(each) for each in names]
        self._moments = Moments(host.clock)
        now = self._moments.now()
        firsts = [self._answer(i) for i in range(len(self._meters))]
        self._places: list[_Place] = []
        for i, each in enumerate(names):
            for record, name in enumerate(each):
                channel = _channel(name)
                if channel is None or channel.id in {place.channel.id for place in self._places}:
                    continue
                traits = CounterTraits(
                    _LIMIT_W[channel.component], resolution_j=channel.resolution_j, update_interval_s=_UPDATE_S,
                    always_draws=not name.endswith("PP1"),
                )  # fmt: skip
                first = firsts[i]
                tally = CounterTally(traits, None if isinstance(first, OSError) else _joules(first, record), now)
                self._places.append(_Place(i, record, channel, tally))
        self.channels = tuple(place.channel for place in self._places)

    def read(self) -> tuple[Sample, ...]:
        """One sample per channel; one question per meter."""
        now = self._moments.now()
        answers = [self._answer(i) for i in range(len(self._meters))]
        return tuple(_sample(place, answers[place.meter], now) for place in self._places)

    def close(self) -> None:
        """Release the meters."""
        for meter in self._meters:
            meter.close()
        self._meters = ()

    def _answer(self, i: int) -> bytes | OSError:
        size = self._counts[i] * _RECORD.size
        try:
            answer = self._meters[i].ask(MEASUREMENT, size)
        except OSError as error:
            return error
        return answer if len(answer) == size else OSError("a shorter answer than it has channels")


def probe_emi(host: Host) -> tuple[EmiSensor | None, list[Finding]]:
    """Open the meters of the processor that Windows shows."""
    try:
        meters: list[Meter] = list(host.energy_meters())
    except OSError as error:
        return None, [finding("emi", Status.DENIED, "emi-denied", error=error)]
    opened, names, others = [], [], []
    for meter in meters:
        try:
            found = _names(meter)
        except (OSError, ValueError) as error:
            meter.close()
            others.append(str(error))
            continue
        others += [name for name in found if _channel(name) is None]
        if all(_channel(name) is None for name in found):
            meter.close()
            continue
        opened.append(meter)
        names.append(found)
    notes = [finding("emi", Status.BROKEN, "emi-others", names=", ".join(others))] if others else []
    if not opened:
        return None, [finding("emi", Status.ABSENT, "emi-absent"), *notes]
    sensor = EmiSensor(host, opened, names)
    labels = ", ".join(channel.label for channel in sensor.channels)
    error_, basis = _ERROR[Component.CPU]
    return sensor, [finding("emi", Status.AVAILABLE, "emi", domains=labels, error=f"{error_:.0%}", basis=basis), *notes]


def _names(meter: Meter) -> list[str]:
    (version,) = struct.unpack("<H", meter.ask(VERSION, 2))
    if version != 2:
        raise ValueError(f"a meter of version {version}, which names no channels")
    (size,) = struct.unpack("<I", meter.ask(METADATA_SIZE, 4))
    return channel_names(meter.ask(METADATA, min(size, _MOST_BYTES)))


def _channel(name: str) -> Channel | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    number, part = match.groups()
    package = f"emi/package-{number}"
    component = Component.DRAM if part == "DRAM" else Component.CPU
    error, source = _ERROR[component]
    return Channel(
        id=package if part == "PKG" else f"{package}-{part.lower()}",
        component=component,
        label=f"{_PARTS[part]} {number}",
        method=Method.COUNTER,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=error,
        error_source=source,
        resolution_j=2.0**-14,
        update_interval_s=_UPDATE_S,
        contained_in=package if part in ("PP0", "PP1") else None,
    )


def _joules(answer: bytes, record: int) -> float:
    return float(_RECORD.unpack_from(answer, record * _RECORD.size)[0]) * _J_PER_PWH


def _sample(place: _Place, answer: bytes | OSError, now: Moment) -> Sample:
    if isinstance(answer, OSError):
        cause = flags.PERMISSION_LOST if isinstance(answer, PermissionError) else flags.ENERGY_GAP
        return place.tally.failed(cause, now)
    return place.tally.good(_joules(answer, place.record), now)

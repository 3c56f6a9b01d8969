"""A run as a foreign file tells it, ready to be written into a ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from setsuden.ledger import ChannelEnergy, ChannelRecord, Flag, Ledger, Measurement, Utilisation
from setsuden.ledger.codec import Row
from setsuden.quantity import DEVICE, FACILITY, NODE, Boundary, Estimate, total

GAP = "SET-IMPORT-GAP"
ZERO = "SET-IMPORT-ZERO"
SUM = "SET-IMPORT-SUM"
ZONE = "SET-IMPORT-ZONE"
CLOCK = "SET-IMPORT-CLOCK"
REPEATED = "SET-IMPORT-REPEATED"
DISORDER = "SET-IMPORT-DISORDER"
JUMPED = "SET-IMPORT-JUMP"

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file does not say and the user does.

    zone        of times without one; None reads them as UTC and flags it
    start       when a file with relative times began; None: the moment of the import, flagged
    component   which part of the machine a plain power series is of; ``board`` is the whole node
    measured    True or False where the user knows whether the watts come from a sensor; None: as the source is known
    relative_error   5-95 half-width of the energy, a share; None: the source's own
    now         moment of the import
    """

    zone: tzinfo | None = None
    start: datetime | None = None
    component: str | None = None
    measured: bool | None = None
    relative_error: float | None = None
    time_column: str | None = None
    power_column: str | None = None
    energy_column: str | None = None
    name: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Part:
    """Joules of one channel; ``rows`` are its samples, seconds since the run's start; empty if only a sum is known."""

    channel: ChannelRecord
    gross: Estimate
    rows: Sequence[Row] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """One run.

    boundary     of the total: a device where only parts were seen, the node, or the facility
    source       raw content worth keeping, stored as the run's document ``imported``
    """

    kind: str
    name: str
    started_at: datetime
    duration_s: float
    parts: tuple[Part, ...]
    boundary: Boundary
    flags: tuple[Flag, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def energy(self) -> Estimate | None:
        """Sum of the counted parts, J; None for none."""
        counted = [part.gross.within(self.boundary) for part in self.parts if part.channel.counted]
        return total(counted) if counted else None

    def measurement(self) -> Measurement:
        """The run as one window."""
        return Measurement(
            window_id=1,
            name=self.name,
            parent_id=None,
            started_at=self.started_at.astimezone(UTC).isoformat(timespec="milliseconds"),
            start_s=0.0,
            duration_s=self.duration_s,
            energy=self.energy,
            dynamic=None,
            channels=tuple(
                ChannelEnergy(
                    part.channel.id, part.channel.component, part.channel.label, part.channel.method, part.gross,
                    None, None, part.channel.counted, part.flags,
                )
                for part in self.parts
            ),
            utilisation=Utilisation(),
            flags=self.flags,
            attributes=dict(self.attributes),
        )  # fmt: skip


def write(ledger: Ledger, run: Imported, *, tags: Sequence[str] = ()) -> str:
    """Write a run in one transaction; returns its id. Nothing is left when anything fails."""
    with ledger.transaction():
        writer = ledger.start_run(
            "import",
            run.name,
            {"imported": run.kind},
            tags,
            environment=dict(run.environment),
            started_at=run.started_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        )
        first = writer.add_channels([part.channel for part in run.parts])
        for position, part in enumerate(run.parts, first):
            for start in range(0, len(part.rows), _BLOCK):
                writer.write_samples(position, part.rows[start : start + _BLOCK], part.flags if start == 0 else ())
        found = run.measurement()
        writer.close_window(found)
        if run.source:
            writer.put_document("imported", dict(run.source))
        for flag in run.flags:
            writer.event(flag.code, flag.detail)
        writer.finish(summary=found)
    return writer.id


def boundary_of(parts: Sequence[Part], pue: float = 1.0) -> Boundary:
    """What the counted parts make: the node where the processor or the whole board is among them, else devices."""
    if pue > 1.0:
        return FACILITY
    seen = {part.channel.component for part in parts if part.channel.counted}
    return NODE if seen & {"cpu", "board"} else DEVICE


def nested(parts: Sequence[Part]) -> tuple[Part, ...]:
    """A part that covers the whole board contains all others, which then do not count."""
    whole = next((part for part in parts if part.channel.component == "board"), None)
    if whole is None:
        return tuple(parts)
    return tuple(
        part
        if part is whole
        else replace(part, channel=part.channel._replace(counted=False, contained_in=whole.channel.id))
        for part in parts
    )

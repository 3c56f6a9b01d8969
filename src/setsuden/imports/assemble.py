"""Series of several parts -> one imported run: common clock, channels, flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from setsuden.errors import InputError
from setsuden.imports.imported import CLOCK, DISORDER, GAP, JUMPED, ZONE, Imported, Part, Settings, boundary_of, nested
from setsuden.imports.integrate import Trace, from_counter, from_power
from setsuden.imports.times import Clock
from setsuden.ledger import ChannelRecord, Count, Flag, energy_between
from setsuden.quantity import DEVICE, NODE, Provenance

NVML = (0.10, "convention: 5 % of the sensor, and 25 % of the time sampled on A100/H100 (arXiv:2312.02741)")
COUNTER = (0.05, "convention: 5 %, as for counters of the same kind read here")
WALL = (0.05, "convention: 5 % for a meter without a stated class; state yours with --relative-error")
MODEL = (0.41, "catalogue default e_cpu_tdp: one sigma of 25 %, widened to 5-95 %")


@dataclass(frozen=True, slots=True)
class Series:
    """One part's samples as the file gives them.

    id         stable name such as ``wandb/gpu-0``
    component  cpu, gpu, dram, board (the whole node), accelerator or other
    values     watts, or joules counted where ``counter``
    error      5-95 half-width of the energy as a share, and what it rests on
    """

    id: str
    component: str
    label: str
    times_s: Sequence[float]
    values: Sequence[float]
    provenance: Provenance = Provenance.MEASURED
    error: tuple[float, str] = NVML
    counter: bool = False


def run_of(kind: str, default_name: str, series: Sequence[Series], clock: Clock, settings: Settings) -> Imported:
    """All series of one machine as one run, from the first sample of any to the last of any."""
    if not series:
        raise InputError(
            "no power or energy was found in it", place=default_name,
            remedy="docs/formats.md lists which columns and metrics are read.",
        )  # fmt: skip
    traces = [_trace(each) for each in series]
    begin = min(float(trace.t_s[0]) for trace in traces)
    end = max(float(trace.t_s[-1]) for trace in traces)
    parts = nested([_part(each, trace, begin, settings) for each, trace in zip(series, traces, strict=True)])
    flags = [*_clock_flags(clock, settings), *_sample_flags(parts, traces)]
    return Imported(
        kind=kind,
        name=settings.name or default_name,
        started_at=_start(begin, clock, settings),
        duration_s=end - begin,
        parts=parts,
        boundary=boundary_of(parts),
        flags=tuple(flags),
        attributes={"source": kind},
    )


def _trace(series: Series) -> Trace:
    integrate = from_counter if series.counter else from_power
    return integrate(series.times_s, series.values, series.id)


def _part(series: Series, trace: Trace, begin_s: float, settings: Settings) -> Part:
    provenance, (error, why) = series.provenance, series.error
    if settings.measured is not None:
        provenance = Provenance.MEASURED if settings.measured else Provenance.ESTIMATED
    if settings.relative_error is not None:
        error, why = settings.relative_error, "stated at the import"
    method = "model" if provenance is not Provenance.MEASURED else "counter" if series.counter else "power"
    channel = ChannelRecord(
        id=series.id,
        component=series.component,
        label=series.label,
        method=method,
        provenance=provenance,
        boundary=NODE if series.component == "board" else DEVICE,
        relative_error=error,
        error_source=why,
        resolution_j=trace.step_j,
    )
    rows = trace.rows(begin_s)
    gross = energy_between(channel, Count(*rows[0][:4]), Count(*rows[-1][:4]))
    return Part(channel, gross, rows, trace.flags)


def _start(begin_s: float, clock: Clock, settings: Settings) -> datetime:
    if clock.relative:
        return (settings.start or settings.now) + timedelta(seconds=begin_s)
    return datetime.fromtimestamp(begin_s, UTC)


def _clock_flags(clock: Clock, settings: Settings) -> list[Flag]:
    if clock.relative and settings.start is None:
        return [
            Flag(CLOCK, "The file's times are relative; the run is dated to the moment of the import. See --start.")
        ]
    if clock.without_zone and settings.zone is None:
        return [Flag(ZONE, "The file's times carry no zone and were read as UTC. See --timezone.")]
    if clock.twice:
        return [Flag(ZONE, "The file begins in the hour that its zone has twice; it was read as the first of them.")]
    return []


def _sample_flags(parts: Sequence[Part], traces: Sequence[Trace]) -> list[Flag]:
    found: list[Flag] = []
    for part, trace in zip(parts, traces, strict=True):
        if GAP in trace.flags:
            detail = f"{part.channel.id}: {trace.gaps_s:.4g} s without samples were bridged and bounded."
            found.append(Flag(GAP, detail))
        if DISORDER in trace.flags:
            found.append(Flag(DISORDER, f"{part.channel.id}: samples were not in order of time and were sorted."))
        if JUMPED in trace.flags:
            detail = f"{part.channel.id}: the counter rose by far more than elsewhere; the interval allows for a jump."
            found.append(Flag(JUMPED, detail))
    return found

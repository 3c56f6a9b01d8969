"""A measured run from the ledger as the input of a footprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from setsuden.errors import InputError
from setsuden.footprint.hours import Window
from setsuden.footprint.note import Note
from setsuden.ledger import Ledger, Measurement, RunRecord
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class RunEnergy:
    """Energy of a run with its factors and boundary, when it was used, and what to say about it."""

    id: str
    name: str
    energy: Estimate
    windows: tuple[Window, ...]
    notes: tuple[Note, ...]


def run_energy(run: str) -> RunEnergy:
    """The node total of a run in the default ledger; InputError for an unknown run and for one without energy."""
    with Ledger.open(create=False) as ledger:
        return from_record(ledger.run(run))


def from_record(record: RunRecord) -> RunEnergy:
    """The same from a record that is already open."""
    energy = record.summary.energy
    if energy is None:
        raise InputError(
            "this run has no energy: nothing could be measured or modelled",
            value=record.id,
            remedy="See `setsuden doctor`, and `setsuden show` for what was flagged.",
        )
    notes = (Note("cut_off"),) if record.status == "cut off" else ()
    energy = replace(energy, factors=energy.factors or record.factors)
    return RunEnergy(record.id, record.name, energy, tuple(_windows(record)), notes)


def _windows(record: RunRecord) -> Sequence[Window]:
    """Stretches with their joules: the parts of the run, and what the whole drew beside them."""
    known = [window for window in record.windows if window.energy is not None]
    tops = [window for window in known if window.parent_id is None]
    if len(tops) != 1:
        return [_stretch(top, _joules(top)) for top in tops]
    whole = tops[0]
    parts = [window for window in known if window.parent_id == whole.window_id]
    rest = _joules(whole) - sum(_joules(part) for part in parts)
    if rest < 0:  # overlapping parts: their sum is not the whole
        return [_stretch(whole, _joules(whole))]
    return [_stretch(part, _joules(part)) for part in parts] + ([_stretch(whole, rest)] if rest > 0 else [])


def _joules(window: Measurement) -> float:
    return max(0.0, window.energy.to("J").value) if window.energy is not None else 0.0


def _stretch(window: Measurement, joules: float) -> Window:
    return Window(datetime.fromisoformat(window.started_at), window.duration_s, joules)

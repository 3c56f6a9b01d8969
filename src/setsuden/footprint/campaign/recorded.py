"""Trials that were really made: a CSV export of any tracker, or the runs of one tag in the ledger."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from setsuden.errors import InputError
from setsuden.footprint.campaign.trials import Trials
from setsuden.ledger import Ledger, RunSummary
from setsuden.quantity import NODE, Estimate, Provenance, total

_DONE = {"", "complete", "completed", "finished", "ok"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded trials.

    energy       their sum, kWh, with the intervals of the runs added up (errors of one meter are shared)
    waste_share  share of the energy in runs other than the chosen one; None when none is chosen
    chosen       name of the chosen run
    """

    name: str
    trials: Trials
    energy: Estimate
    waste_share: Estimate | None
    chosen: str | None


def from_csv(path: Path) -> Recorded:
    """Trials in a CSV file with the columns ``energy_kwh`` and, as far as known, ``quality``, ``status``, ``name``.

    Higher quality is better. A run whose status is neither blank nor complete has no quality, only a cost. Other
    columns are left alone.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if "energy_kwh" not in (reader.fieldnames or ()):
                raise InputError(
                    "the file lacks the column 'energy_kwh'",
                    place=str(path),
                    remedy="Columns: energy_kwh, and optionally quality, status, name.",
                )
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read ({error})", place=str(path)) from None
    if not rows:
        raise InputError("the file has no trials", place=str(path))
    kwh = [_number(row["energy_kwh"], "energy_kwh", path, line) for line, row in enumerate(rows, 2)]
    quality = [_quality(row, path, line) for line, row in enumerate(rows, 2)]
    trials = Trials(
        (np.array(kwh) * 3.6e6).astype(np.float32), np.array(quality, np.float32) if "quality" in rows[0] else None
    )
    energy = Estimate.exact(sum(kwh), "kWh", Provenance.ASSUMED, NODE)
    best = trials.chosen()
    name = (rows[best].get("name") or f"row {best + 2}") if best is not None else None
    share = trials.waste_share()
    waste = Estimate.exact(share, "1", Provenance.ASSUMED) if share is not None else None
    return Recorded(path.stem, trials, energy, waste, name)


def from_ledger(tag: str, chosen: str | None = None) -> Recorded:
    """All runs of one tag; ``chosen`` is the id of the one that was kept.

    Runs of which nothing could be measured are an error, because their energy is unknown and not zero.
    """
    with Ledger.open(create=False) as ledger:
        runs = ledger.runs(tag=tag, limit=None)
        kept = ledger.run(chosen).id if chosen else None
    if not runs:
        raise InputError("no run has this tag", value=tag, remedy="See `setsuden runs`.")
    blind = [run.id for run in runs if run.energy is None]
    if blind:
        raise InputError("the energy of some of these runs is unknown", value=blind[0], remedy="Leave their tag off.")
    if kept is not None and kept not in {run.id for run in runs}:
        raise InputError("the chosen run is not among those of the tag", value=chosen)
    energies = [_known(run) for run in runs]
    whole = total(energies)
    joules = np.array([energy.to("J").value for energy in energies], np.float32)
    waste = None
    if kept is not None and whole.low > 0:
        own = next(_known(run) for run in runs if run.id == kept)
        share = 1 - own.value / whole.value
        waste = Estimate(share, share, share, "1", whole.provenance)
    return Recorded(tag, Trials(joules), whole, waste, kept)


def _known(run: RunSummary) -> Estimate:
    assert run.energy is not None
    return run.energy.to("kWh")


def _number(cell: str | None, name: str, path: Path, line: int) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise InputError(f"{name} must be a number that is not negative", place=f"{path}, line {line}", value=cell)
    return value


def _quality(row: dict[str, str | None], path: Path, line: int) -> float:
    cell = (row.get("quality") or "").strip()
    if not cell or (row.get("status") or "").strip().casefold() not in _DONE:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise InputError("quality must be a number or blank", place=f"{path}, line {line}", value=cell) from None

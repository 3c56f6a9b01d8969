"""Trials as trackers note them down, added up: recorded energy where there is some, else time x stated watts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from setsuden.errors import InputError
from setsuden.footprint.campaign.trials import Trials
from setsuden.footprint.checks import number
from setsuden.ledger import Flag
from setsuden.quantity import NODE, Boundary, Estimate, Factor, Provenance

Status = Literal["complete", "stopped", "failed", "unfinished"]

# Words of Optuna, MLflow (KILLED is what a stopped run says), W&B and plain tables.
_STATUS: dict[str, Status] = {
    **dict.fromkeys(("", "complete", "completed", "finished", "ok", "success", "succeeded"), "complete"),
    **dict.fromkeys(("pruned", "stopped", "killed", "preempted", "cancelled", "canceled", "early stopped"), "stopped"),
    **dict.fromkeys(("fail", "failed", "crashed", "error"), "failed"),
    **dict.fromkeys(("running", "waiting", "scheduled", "pending", "queued"), "unfinished"),
}
# Under these names energy is looked for; the ending says the unit. CodeCarbon writes kWh as energy_consumed.
ENERGY_NAMES = ("energy_kwh", "energy_consumed", "energy_wh", "energy_j")
_PER_KWH = {"mwh": 1e-3, "kwh": 1.0, "consumed": 1.0, "wh": 1e3, "j": 3.6e6, "joules": 3.6e6}


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """One run as a tracker tells it.

    place        where it stands, for messages
    duration_s   None when the tracker does not know when it ended
    energy_kwh   as recorded with the run; None when nothing was
    quality      higher is better; None when it was not judged or did not complete
    """

    name: str
    place: str
    status: Status
    duration_s: float | None = None
    energy_kwh: float | None = None
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Which runs entered.

    by_status        (runs, kWh) by status
    recorded         runs whose energy was recorded with them
    from_watts       runs whose energy is their duration times the stated watts
    left_out         runs that had not ended: neither their energy nor their quality is known yet
    """

    by_status: Mapping[Status, tuple[int, float]]
    recorded: int
    from_watts: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded trials.

    energy       their sum, kWh; runs of the ledger bring their intervals, which are added up (errors of one meter are
                 shared); figures of other trackers are taken as they stand
    waste_share  share of the energy in runs other than the chosen one; None when none is chosen
    chosen       name of the chosen run
    tally        which runs entered, for trackers; None for the ledger
    flags        what a reader must know of the sum: joules of several runs of the ledger that were counted once
    """

    name: str
    trials: Trials
    energy: Estimate
    waste_share: Estimate | None
    chosen: str | None
    tally: Tally | None = None
    flags: tuple[Flag, ...] = ()


def status(word: str | None, place: str) -> Status:
    """What a tracker's word for the state of a run means; InputError for a word of no known tracker."""
    found = _STATUS.get((word or "").strip().casefold().replace("_", " "))
    if found is None:
        raise InputError(
            "unknown status of a run", place=place, value=word, remedy=f"Known: {', '.join(filter(None, _STATUS))}."
        )
    return found


def energy_kwh(fields: Mapping[str, object], wanted: str | None, place: str) -> float | None:
    """The energy among what was recorded with a run, under ``wanted`` or a usual name; None where there is none."""
    names = (wanted,) if wanted is not None else ENERGY_NAMES
    name = next((name for name in names if fields.get(name) not in (None, "")), None)
    if name is None:
        return None
    per_kwh = _PER_KWH.get(name.casefold().replace("/", "_").replace(".", "_").rpartition("_")[2])
    if per_kwh is None:
        raise InputError(
            "the unit of the energy is not clear from its name", value=name, remedy="End it with _kwh, _wh or _j."
        )
    return finite(fields[name], name, place, low=0.0) / per_kwh


def finite(value: object, name: str, place: str, *, low: float = -math.inf) -> float:
    """A figure of a tracker as a finite number of at least ``low``; InputError with its place otherwise."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or found < low or isinstance(value, bool):
        rule = "a number that is not negative" if low == 0.0 else "a finite number"
        raise InputError(f"{name} must be {rule}", place=place, value=value)
    return found


def add_up(
    name: str,
    runs: Sequence[TrackedRun],
    *,
    place: str,
    watts: float | None = None,
    chosen: str | None = None,
    boundary: Boundary = NODE,
) -> Recorded:
    """The campaign that ``runs`` make, in the order given.

    watts      average of a run, taken for runs without recorded energy; the sum is then assumed, not estimated
    chosen     name of the run that was kept; default the best one
    boundary   what the recorded energies and the watts include

    Raises InputError when a run that ended has neither energy nor, with ``watts``, a duration: unknown is not zero.
    """
    if watts is not None:
        number("the watts of a run", watts)
    ended = [run for run in runs if run.status != "unfinished"]
    if not ended:
        what = "no run in it has ended" if runs else "there are no trials in it"
        raise InputError(what, place=place)
    kwh = [_kwh(run, watts) for run in ended]
    recorded = sum(run.energy_kwh is not None for run in ended)
    quality = None
    if any(run.quality is not None for run in ended):
        quality = np.array([math.nan if run.quality is None else run.quality for run in ended], np.float32)
    trials = Trials((np.array(kwh) * 3.6e6).astype(np.float32), quality)
    whole = math.fsum(kwh)
    provenance = Provenance.ESTIMATED if recorded == len(ended) else Provenance.ASSUMED
    factors: tuple[Factor, ...] = ()
    if watts is not None and recorded < len(ended):
        said = "stated by the user"
        factors = (Factor(f"average power of a run, {said}", watts, watts, watts, "W", said),)
    energy = Estimate(whole, whole, whole, "kWh", provenance, boundary, factors)
    best = _position(ended, chosen, place) if chosen is not None else trials.chosen()
    waste = None
    if best is not None and whole > 0:
        waste = Estimate.exact(1 - kwh[best] / whole, "1", provenance)
    counts = Counter(run.status for run in ended)
    spent = {state: math.fsum(e for e, run in zip(kwh, ended, strict=True) if run.status == state) for state in counts}
    tally = Tally(
        {state: (counts[state], spent[state]) for state in sorted(counts)},
        recorded,
        len(ended) - recorded,
        len(runs) - len(ended),
    )
    return Recorded(name, trials, energy, waste, ended[best].name if best is not None else None, tally)


def _kwh(run: TrackedRun, watts: float | None) -> float:
    if run.energy_kwh is not None:
        return run.energy_kwh
    if watts is None:
        raise InputError(
            "no energy was recorded with this run",
            place=run.place,
            remedy="State the average power of a run with --watts W, or the name of the energy with --energy NAME.",
        )
    if run.duration_s is None:
        raise InputError("neither the energy nor the duration of this run is known", place=run.place)
    if run.duration_s < 0:
        raise InputError("this run ends before it starts", place=run.place, value=run.duration_s)
    return run.duration_s * watts / 3.6e6


def _position(runs: Sequence[TrackedRun], chosen: str, place: str) -> int:
    found = [at for at, run in enumerate(runs) if run.name == chosen]
    if len(found) != 1:
        what = "is not among those that ended" if not found else "has the same name as another"
        raise InputError(f"the chosen run {what}", place=place, value=chosen)
    return found[0]

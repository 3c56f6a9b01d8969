"""Runs of one tag in the ledger as a campaign."""

from __future__ import annotations

import numpy as np

from setsuden.errors import InputError
from setsuden.footprint.campaign.tracked import Recorded
from setsuden.footprint.campaign.trials import Trials
from setsuden.ledger import Ledger, RunSummary
from setsuden.ledger.nesting import outermost
from setsuden.quantity import Estimate, total


def from_ledger(tag: str, chosen: str | None = None) -> Recorded:
    """All runs of one tag; ``chosen`` is the id of the one that was kept.

    A run within another one of them is left out: its joules are in that one.
    Runs of which nothing could be measured are an error, because their energy is unknown and not zero.
    """
    with Ledger.open(create=False) as ledger:
        tagged = {run.id: run for run in ledger.runs(tag=tag, limit=None)}
        runs = [tagged[name] for name in outermost({name: run.tags for name, run in tagged.items()})]
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

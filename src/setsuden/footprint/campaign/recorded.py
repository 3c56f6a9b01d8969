"""Runs of one tag in the ledger as a campaign."""

from __future__ import annotations

import numpy as np

from setsuden.errors import InputError
from setsuden.footprint.campaign.tracked import Recorded
from setsuden.footprint.campaign.trials import Trials
from setsuden.ledger import Ledger
from setsuden.quantity import Estimate, total


def from_ledger(tag: str, chosen: str | None = None) -> Recorded:
    """All runs of one tag; ``chosen`` is the id of the one that was kept.

    Time in which several of them watched one machine is counted once; see ``Ledger.total``.
    Runs of which nothing could be measured are an error, because their energy is unknown and not zero.
    """
    with Ledger.open(create=False) as ledger:
        found = ledger.total(tag=tag)
        kept = ledger.run(chosen).id if chosen else None
    runs = [run for run in found.runs if run.id not in found.inner]
    if not runs:
        raise InputError("no run has this tag", value=tag, remedy="See `setsuden runs`.")
    if found.unknown:
        raise InputError(
            "the energy of some of these runs is unknown", value=found.unknown[0], remedy="Leave their tag off."
        )
    if kept is not None and kept not in {run.id for run in runs}:
        raise InputError("the chosen run is not among those of the tag", value=chosen)
    shares = {name: share.to("kWh") for name, share in found.shares.items()}
    whole = total(shares.values())
    joules = [shares[run.id].to("J").value if run.id in shares else 0.0 for run in runs]
    waste = None
    if kept is not None and whole.low > 0:
        # All that it drew, also what is counted with another run.
        own = next(run.energy.to("kWh").value for run in runs if run.id == kept and run.energy is not None)
        share = max(0.0, 1 - own / whole.value)
        waste = Estimate(share, share, share, "1", whole.provenance)
    return Recorded(tag, Trials(np.array(joules, np.float32)), whole, waste, kept, flags=found.flags)

"""Opening the way to the ledger for a meter, whatever state the ledger is in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.errors import LedgerError
from setsuden.ledger.channel import ChannelRecord
from setsuden.ledger.store import Ledger
from setsuden.ledger.writer import RunWriter
from setsuden.meter.journal import Journal
from setsuden.tuples import NamedTuple

# While another process writes the ledger, the sampler waits no longer than this; what it has is written a little later.
_BUSY_S = 1.0


class Recording(NamedTuple):
    """Where a meter writes.

    ledger     opened here and to be closed with the meter; None when the caller's is used, or none
    first_id   number of the meter's first window
    fault      why nothing is recorded although it was asked for
    """

    journal: Journal
    ledger: Ledger | None = None
    first_id: int = 1
    fault: str | None = None


def open_recording(
    target: Ledger | str | os.PathLike[str] | bool | None,
    run: RunWriter | None,
    channels: Sequence[ChannelRecord],
    *,
    kind: str,
    name: str,
    config: Mapping[str, Any],
    tags: Sequence[str],
) -> Recording:
    """A journal into ``run``, else into a new run of ``target`` (None or True: the user's ledger; False: nowhere)."""
    if run is None and target is False:
        return Recording(Journal(None))
    own: Ledger | None = None
    try:
        if run is None:
            if isinstance(target, Ledger):
                ledger = target
            else:
                ledger = own = Ledger.open(None if isinstance(target, bool) else target, busy_s=_BUSY_S, patient=False)
            with ledger.transaction():
                run = ledger.start_run(kind, name, config, tags)
                first_channel = run.add_channels(channels)
            return Recording(Journal(run, first_channel), own)
        with run.transaction():
            return Recording(Journal(run, run.add_channels(channels)), None, run.next_window_id())
    except LedgerError as error:
        if own is not None:
            own.close()
        return Recording(Journal(None), fault=str(error))

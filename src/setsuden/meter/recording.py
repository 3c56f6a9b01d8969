"""Opening: the way from a meter to a run in a ledger, whatever state the ledger is in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from setsuden.errors import LedgerError
from setsuden.ledger.channel import ChannelRecord
from setsuden.ledger.store import Ledger
from setsuden.ledger.writer import RunWriter

# While another process writes the ledger, the sampler waits no longer than this; what it has is written a little later.
_BUSY_S = 1.0


class Opening:
    """A new run of ``target`` (None or True: the user's ledger); it can be tried again until it succeeds.

    channels   what the meter reads, declared with the run
    """

    def __init__(
        self,
        target: Ledger | str | os.PathLike[str] | bool | None,
        channels: Sequence[ChannelRecord],
        *,
        kind: str,
        name: str,
        config: Mapping[str, Any],
        tags: Sequence[str],
    ) -> None:
        self._target = target
        self._channels = channels
        self._about = (kind, name, config, tags)
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._own: Ledger | None = None

    def __call__(self) -> RunWriter:
        """The run, begun; raises LedgerError, and leaves nothing half-written, where that cannot be now."""
        if isinstance(self._target, Ledger):
            return self._begun(self._target)
        path = None if isinstance(self._target, bool) else self._target
        ledger = Ledger.open(path, busy_s=_BUSY_S, patient=False)
        try:
            run = self._begun(ledger)
        except LedgerError:
            ledger.close()
            raise
        self._own = ledger
        return run

    def close(self) -> None:
        """Close a ledger that was opened here."""
        if self._own is not None:
            self._own.close()

    def _begun(self, ledger: Ledger) -> RunWriter:
        with ledger.transaction():
            run = ledger.start_run(*self._about, started_at=self._started_at)
            run.add_channels(self._channels)
        return run

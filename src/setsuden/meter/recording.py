"""Opening: the way from a meter to a run in a ledger, whatever state the ledger is in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, LedgerError
from setsuden.ledger.location import default_file
from setsuden.meter.windows import plain_attributes

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.ledger.store import Ledger
    from setsuden.ledger.writer import RunWriter

    Target = Ledger | str | os.PathLike[str] | bool | None

# While another process writes the ledger, the sampler waits no longer than this; what it has is written a little later.
_BUSY_S = 1.0


class Opening:
    """A new run of ``target`` (None or True: the user's ledger); it can be tried again until it succeeds.

    channels   what the meter reads, declared with the run
    folder     the program's working directory, from which ``target`` is looked for

    What is asked of the process is asked when this is made: it may be called a moment later and from another thread.
    """

    def __init__(
        self,
        target: Target,
        channels: Sequence[ChannelRecord],
        folder: str,
        *,
        kind: str,
        name: str,
        config: Mapping[str, Any],
        tags: Sequence[str],
    ) -> None:
        self._channels = channels
        self._folder = folder
        self._about = (kind, name, config, tuple(tags))
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._given: Ledger | None = None
        self._place: str | None = None
        self._own: Ledger | None = None
        if target is None or isinstance(target, bool | str | os.PathLike):
            self._place = _place(None if isinstance(target, bool) else target, folder)
        else:
            self._given = target

    @property
    def waits(self) -> bool:
        """Whether it may be called in a moment: nothing can be wrong but the ledger, and nobody else is using that."""
        _, name, config, tags = self._about
        texts = (name, *tags, *config)
        return self._given is None and all(isinstance(text, str) for text in texts) and _scalars(config)

    def __call__(self) -> RunWriter:
        """The run, begun; raises LedgerError, and leaves nothing half-written, where that cannot be now."""
        if self._given is not None:
            return self._begun(self._given)
        try:
            from setsuden.ledger.store import Ledger  # with SQLite: a start does without
        except ImportError as error:
            raise LedgerError(
                f"this Python cannot write a ledger ({error})", remedy="Use one that was built with SQLite."
            ) from error
        ledger = Ledger.open(self._place, busy_s=_BUSY_S, patient=False)
        try:
            run = self._begun(ledger)
        except BaseException:
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
            run = ledger.start_run(*self._about, started_at=self._started_at, folder=self._folder)
            run.add_channels(self._channels)
        return run


def _place(target: str | os.PathLike[str] | None, folder: str) -> str | None:
    """The file; None where nobody says where the user's own ledger lies, as opening it then says."""
    try:
        return os.path.join(folder, default_file() if target is None else os.path.expanduser(target))
    except LedgerError:
        return None


def _scalars(config: Mapping[str, Any]) -> bool:
    try:
        plain = plain_attributes(config)
    except InputError:
        return False
    return all(plain[name] is value for name, value in config.items())

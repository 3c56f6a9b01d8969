"""When a meter learns the idle power: before the run, after it, or from an earlier run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, LedgerError
from setsuden.meter import codes

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.ledger.measurement import Flag
    from setsuden.meter.idle import IdleBaseline
    from setsuden.meter.journal import Journal
    from setsuden.meter.rig import Rig

# A baseline of the same machine and sensors may stand in for a new one for so long.
REUSE_FOR_S = 12 * 3600.0


class IdleKeeper:
    """The idle baseline of one meter.

    idle_s   seconds to measure before and after, up to an hour; None: reuse a young one of this machine; 0: none
    """

    def __init__(self, idle_s: float | None, sleep: Callable[[float], None]) -> None:
        if idle_s is not None and not 0 <= idle_s <= 3600:
            raise InputError(
                "an idle baseline takes 0 to 3600 seconds", place="idle_s", value=idle_s,
                remedy="10 is enough on a machine that rests; 0 is none.",
            )  # fmt: skip
        self._idle_s = idle_s
        self._sleep = sleep
        self._lock = threading.RLock()
        self._kept: Callable[[], IdleBaseline | None] | None = None
        self._baseline: IdleBaseline | None = None
        self._after: IdleBaseline | None = None

    @property
    def baseline(self) -> IdleBaseline | None:
        """The one in use; waits for a ledger that is being opened, as an earlier run may have left one there."""
        if self._kept is not None:
            self.fetch()
        return self._baseline

    def before(self, rig: Rig, journal: Journal) -> Flag | None:
        """Measure the baseline, if asked to; it is kept for later runs, unless others were busy: the flag says so."""
        if self._idle_s is None:
            self._kept = lambda: kept_idle(journal, rig.channels)
        elif self._idle_s > 0:
            from setsuden.meter.idle import measure_idle

            self._baseline = measured = measure_idle(rig, self._idle_s, self._sleep)
            if measured is not None and measured.disturbed:
                return _disturbed(measured)
            if measured is not None:
                body, key = measured.to_json(), machine_key(rig.channels)
                journal.note(lambda run: run.ledger.put_baseline(key, body))
        return None

    def fetch(self) -> None:
        """Take over what an earlier run left, if it is time to; once."""
        with self._lock:
            if self._kept is not None:
                self._baseline = self._kept()
                self._kept = None

    def after(self, rig: Rig) -> Flag | None:
        """Measure again where it was measured before; the baseline then holds both, a contradiction is flagged."""
        before = self.baseline
        if before is None or before.reused or not self._idle_s:
            return None
        from setsuden.ledger.measurement import Flag
        from setsuden.meter.idle import measure_idle

        self._after = measure_idle(rig, self._idle_s, self._sleep)
        if self._after is None:
            return None
        drifted = before.drifted(self._after)
        self._baseline = before.widened(self._after)
        if not drifted:
            return None
        return Flag(codes.IDLE_DRIFT, f"Idle power before and after differ: {', '.join(drifted)}.")

    def to_json(self) -> dict[str, Any]:
        """Both baselines, for the record of the run."""
        return {
            "idle": None if self._baseline is None else self._baseline.to_json(),
            "idle_after": None if self._after is None else self._after.to_json(),
        }


def _disturbed(baseline: IdleBaseline) -> Flag:
    from setsuden.ledger.measurement import Flag

    said = f"Other programs kept {baseline.busy_share:.0%} of the processor busy while the idle power was taken."
    return Flag(codes.IDLE_BUSY, said)


def kept_idle(journal: Journal, channels: Sequence[ChannelRecord]) -> IdleBaseline | None:
    """The baseline that an earlier run of this machine left in the ledger, if it is young enough."""
    run = journal.run
    if run is None:
        return None
    try:
        body = run.ledger.baseline(machine_key(channels), REUSE_FOR_S)
    except LedgerError:
        return None
    # One that was kept before gain and other errors were told apart cannot be subtracted.
    if body is None or "raw" not in body:
        return None
    from setsuden.meter.idle import IdleBaseline

    return IdleBaseline.from_json({**body, "reused": True})


def machine_key(channels: Sequence[ChannelRecord]) -> str:
    """One key per machine, set of channels and corrections, so that a baseline is never reused for another one."""
    from setsuden.ledger.codec import dumps
    from setsuden.ledger.liveness import host_name

    ids = (
        channel.id if channel.correction is None else f"{channel.id} {dumps(dict(channel.correction))}"
        for channel in channels
    )
    return "\n".join([host_name(), *ids])

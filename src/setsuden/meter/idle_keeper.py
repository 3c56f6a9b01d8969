"""When a meter learns the idle power: before the run, after it, or from an earlier run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, LedgerError
from setsuden.ledger.codec import dumps
from setsuden.ledger.liveness import host_name
from setsuden.meter import codes
from setsuden.meter.journal import Journal

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.ledger.measurement import Flag
    from setsuden.ledger.writer import RunWriter
    from setsuden.meter.idle import IdleBaseline
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
        self._after: IdleBaseline | None = None
        self.baseline: IdleBaseline | None = None

    def before(self, rig: Rig, journal: Journal) -> Flag | None:
        """Measure or fetch the baseline; a measured one is kept for later runs, unless others were busy: it says so."""
        if self._idle_s is None:
            self.baseline = kept_idle(journal.run, rig.channels)
        elif self._idle_s > 0:
            from setsuden.meter.idle import measure_idle

            self.baseline = measure_idle(rig, self._idle_s, self._sleep)
            if self.baseline is not None and self.baseline.disturbed:
                return _disturbed(self.baseline)
            if self.baseline is not None:
                body, key = self.baseline.to_json(), machine_key(rig.channels)
                journal.note(lambda run: run.ledger.put_baseline(key, body))
        return None

    def after(self, rig: Rig) -> Flag | None:
        """Measure again where it was measured before; the baseline then holds both, a contradiction is flagged."""
        if self.baseline is None or self.baseline.reused or not self._idle_s:
            return None
        from setsuden.ledger.measurement import Flag
        from setsuden.meter.idle import measure_idle

        self._after = measure_idle(rig, self._idle_s, self._sleep)
        if self._after is None:
            return None
        drifted = self.baseline.drifted(self._after)
        self.baseline = self.baseline.widened(self._after)
        if not drifted:
            return None
        return Flag(codes.IDLE_DRIFT, f"Idle power before and after differ: {', '.join(drifted)}.")

    def to_json(self) -> dict[str, Any]:
        """Both baselines, for the record of the run."""
        return {
            "idle": None if self.baseline is None else self.baseline.to_json(),
            "idle_after": None if self._after is None else self._after.to_json(),
        }


def _disturbed(baseline: IdleBaseline) -> Flag:
    from setsuden.ledger.measurement import Flag

    said = f"Other programs kept {baseline.busy_share:.0%} of the processor busy while the idle power was taken."
    return Flag(codes.IDLE_BUSY, said)


def kept_idle(run: RunWriter | None, channels: Sequence[ChannelRecord]) -> IdleBaseline | None:
    """The baseline that an earlier run of this machine left in the ledger, if it is young enough."""
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
    ids = (
        channel.id if channel.correction is None else f"{channel.id} {dumps(dict(channel.correction))}"
        for channel in channels
    )
    return "\n".join([host_name(), *ids])

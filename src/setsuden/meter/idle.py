"""The idle baseline: what the machine draws while this program does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from setsuden.errors import LedgerError
from setsuden.ledger.channel import ChannelRecord, Count, energy_between
from setsuden.ledger.liveness import writer_identity
from setsuden.ledger.writer import RunWriter
from setsuden.meter.rig import Reading, Rig
from setsuden.quantity import Estimate

# A baseline of the same machine and sensors may stand in for a new one for so long.
REUSE_FOR_S = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class IdleBaseline:
    """Idle watts per channel.

    powers        by channel id, W
    duration_s    over how long it was measured
    measured_at   UTC, ISO 8601
    reused        taken from an earlier run of this machine
    """

    powers: Mapping[str, Estimate]
    duration_s: float
    measured_at: str
    reused: bool = False

    def power(self, channel: str) -> Estimate | None:
        """W; None for a channel without a baseline."""
        return self.powers.get(channel)

    def widened(self, after: IdleBaseline) -> IdleBaseline:
        """The same watts, their intervals stretched to hold what was measured afterwards."""
        return replace(
            self,
            powers={
                name: replace(
                    power,
                    low=min(power.low, after.powers[name].value),
                    high=max(power.high, after.powers[name].value),
                )
                for name, power in self.powers.items()
                if name in after.powers
            },
        )

    def drifted(self, after: IdleBaseline) -> list[str]:
        """Channels whose intervals before and after do not even touch."""
        return [
            name
            for name, power in self.powers.items()
            if name in after.powers
            and (after.powers[name].low > power.high or after.powers[name].high < power.low)
        ]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain data, for the ledger."""
        return {
            "powers": {name: power.to_json() for name, power in self.powers.items()},
            "duration_s": self.duration_s,
            "measured_at": self.measured_at,
            "reused": self.reused,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> IdleBaseline:
        """The inverse of ``to_json``."""
        powers = {name: Estimate.from_json(power) for name, power in data["powers"].items()}
        return cls(powers, data["duration_s"], data["measured_at"], data["reused"])


def measure_idle(rig: Rig, seconds: float, sleep: Callable[[float], None]) -> IdleBaseline | None:
    """Do nothing for a while and see what is drawn; None when no time passed."""
    begin = rig.read()
    measured_at = rig.utc().isoformat(timespec="milliseconds")
    sleep(seconds)
    return baseline_between(rig.channels, begin, rig.read(), measured_at)


def kept_idle(run: RunWriter | None, channels: Sequence[ChannelRecord]) -> IdleBaseline | None:
    """The baseline that an earlier run of this machine left in the ledger, if it is young enough."""
    if run is None:
        return None
    try:
        body = run.ledger.baseline(machine_key(channels), REUSE_FOR_S)
    except LedgerError:
        return None
    return None if body is None else replace(IdleBaseline.from_json(body), reused=True)


def baseline_between(
    channels: Sequence[ChannelRecord], begin: Reading, end: Reading, measured_at: str
) -> IdleBaseline | None:
    """Watts between two readings of an idle machine; None when no time passed."""
    duration_s = end.t_s - begin.t_s
    if duration_s <= 0:
        return None
    powers = {}
    for channel, first, last in zip(channels, begin.samples, end.samples, strict=True):
        energy = energy_between(
            channel,
            Count(begin.t_s, first.energy_j, first.low_j, first.high_j),
            Count(end.t_s, last.energy_j, last.low_j, last.high_j),
        )
        powers[channel.id] = Estimate(
            energy.value / duration_s,
            energy.low / duration_s,
            energy.high / duration_s,
            "W",
            energy.provenance,
            energy.boundary,
            energy.factors,
        )
    return IdleBaseline(powers, duration_s, measured_at)


def idle_share(power: Estimate, duration_s: float) -> Estimate:
    """Joules that idle watts come to in ``duration_s``."""
    return Estimate(
        power.value * duration_s,
        power.low * duration_s,
        power.high * duration_s,
        "J",
        power.provenance,
        power.boundary,
        power.factors,
    )


def machine_key(channels: Sequence[ChannelRecord]) -> str:
    """One key per machine and set of channels, so that a baseline is never reused for another one."""
    return "\n".join([writer_identity()["host"], *(channel.id for channel in channels)])

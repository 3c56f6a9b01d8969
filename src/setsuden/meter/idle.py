"""The idle baseline: what the machine draws while this program does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from setsuden.ledger.channel import ChannelRecord, RawEnergy, raw_between
from setsuden.meter.codes import BUSY_SHARE
from setsuden.meter.load import others_share
from setsuden.meter.rig import counts_between
from setsuden.quantity import Estimate

if TYPE_CHECKING:
    from setsuden.meter.rig import Reading, Rig


@dataclass(frozen=True, slots=True)
class IdleBaseline:
    """Idle watts per channel.

    powers        by channel id, W; intervals hold the gain error of the channel
    raw           the same as joules per second without that error, see ``setsuden.ledger.channel.RawEnergy``
    duration_s    over how long it was measured
    measured_at   UTC, ISO 8601
    reused        taken from an earlier run of this machine
    busy_share    of the processor, 0-1, that other programs kept busy meanwhile; None where it could not be told
    """

    powers: Mapping[str, Estimate]
    raw: Mapping[str, RawEnergy]
    duration_s: float
    measured_at: str
    reused: bool = False
    busy_share: float | None = None

    @property
    def disturbed(self) -> bool:
        """Whether other programs worked so much that this is not the power of an idle machine."""
        return self.busy_share is not None and self.busy_share > BUSY_SHARE

    def widened(self, after: IdleBaseline) -> IdleBaseline:
        """The same watts, their intervals stretched to hold what was measured afterwards."""
        both = [name for name in self.powers if name in after.powers]
        return replace(
            self,
            powers={
                name: replace(
                    self.powers[name],
                    low=min(self.powers[name].low, after.powers[name].value),
                    high=max(self.powers[name].high, after.powers[name].value),
                )
                for name in both
            },
            raw={
                name: RawEnergy(
                    self.raw[name].value_j,
                    max(self.raw[name].below_j, self.raw[name].value_j - after.raw[name].value_j),
                    max(self.raw[name].above_j, after.raw[name].value_j - self.raw[name].value_j),
                )
                for name in both
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
            "raw": {name: [raw.value_j, raw.below_j, raw.above_j] for name, raw in self.raw.items()},
            "duration_s": self.duration_s,
            "measured_at": self.measured_at,
            "reused": self.reused,
            "busy_share": self.busy_share,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> IdleBaseline:
        """The inverse of ``to_json``."""
        powers = {name: Estimate.from_json(power) for name, power in data["powers"].items()}
        raw = {name: RawEnergy(*figures) for name, figures in data["raw"].items()}
        return cls(powers, raw, data["duration_s"], data["measured_at"], data["reused"], data.get("busy_share"))


def measure_idle(rig: Rig, seconds: float, sleep: Callable[[float], None]) -> IdleBaseline | None:
    """Do nothing for a while and see what is drawn; None when no time passed."""
    begin = rig.read()
    measured_at = rig.utc().isoformat(timespec="milliseconds")
    sleep(seconds)
    return baseline_between(rig.channels, begin, rig.read(), measured_at)


def baseline_between(
    channels: Sequence[ChannelRecord], begin: Reading, end: Reading, measured_at: str
) -> IdleBaseline | None:
    """Watts between two readings of an idle machine; None when no time passed."""
    duration_s = end.t_s - begin.t_s
    if duration_s <= 0:
        return None
    powers, per_second = {}, {}
    for position, channel in enumerate(channels):
        raw = raw_between(channel, *counts_between(begin, end, position)).scaled(1.0 / duration_s)
        per_second[channel.id] = raw
        powers[channel.id] = replace(raw.estimate(channel), unit="W")
    busy_share = others_share(begin.load, end.load)
    return IdleBaseline(powers, per_second, duration_s, measured_at, busy_share=busy_share)

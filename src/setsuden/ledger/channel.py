"""A channel as the ledger keeps it, and the one rule that turns two of its readings into joules with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from setsuden.quantity import NODE, Boundary, Estimate, Factor, Provenance, total


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """What must be known of a channel to read its samples without the sensor that wrote them.

    relative_error     5-95 half-width of its energy, a share
    relative_error_below  the same downwards where the interval is lopsided, 0-1; None where both sides are alike
    resolution_j       step of the counter, J; 0 when continuous
    update_interval_s  how often the hardware refreshes the figure, s; 0 when at every read
    counted            whether it enters the total
    """

    id: str
    component: str
    label: str
    method: str
    provenance: Provenance
    boundary: Boundary
    relative_error: float
    error_source: str
    resolution_j: float = 0.0
    update_interval_s: float = 0.0
    contained_in: str | None = None
    counted: bool = True
    factors: tuple[Factor, ...] = field(default=())
    relative_error_below: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data, schema ``run``, field ``channels``."""
        return {
            "id": self.id,
            "component": self.component,
            "label": self.label,
            "method": self.method,
            "provenance": self.provenance.value,
            "boundary": str(self.boundary),
            "relative_error": self.relative_error,
            "error_source": self.error_source,
            "resolution_j": self.resolution_j,
            "update_interval_s": self.update_interval_s,
            "contained_in": self.contained_in,
            "counted": self.counted,
            "factors": [factor.to_json() for factor in self.factors],
            "relative_error_below": self.relative_error_below,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ChannelRecord:
        """The inverse of ``to_json``."""
        fields = dict(data)
        fields["provenance"] = Provenance(data["provenance"])
        fields["boundary"] = Boundary.parse(data["boundary"])
        fields["factors"] = tuple(Factor(**factor) for factor in data["factors"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Count:
    """Joules counted so far on one channel at ``t_s``, with the bounds of what may have been missed until then."""

    t_s: float
    energy_j: float
    low_j: float
    high_j: float

    def to_list(self) -> list[float]:
        """Four numbers, for JSON."""
        return [self.t_s, self.energy_j, self.low_j, self.high_j]


def quantum_j(channel: ChannelRecord, power_w: float) -> float:
    """What a reading may lag behind the truth, J: one counter step plus what is drawn during one update interval."""
    return channel.resolution_j + channel.update_interval_s * max(power_w, 0.0)


def energy_between(channel: ChannelRecord, begin: Count, end: Count, power_w: float = 0.0) -> Estimate:
    """Joules drawn between two readings of a channel.

    power_w   a power this channel may have had near the edges, W; the mean of the window is used when it is larger

    value      end - begin, so that adjacent windows add up exactly
    interval   the channel's relative error; one quantum for what the edges may lag; and what was missed between the
               two readings. Missed energy known only as a bound counts for the window in which the bound grew.
    """
    value = max(0.0, end.energy_j - begin.energy_j)
    duration_s = end.t_s - begin.t_s
    edge = quantum_j(channel, max(power_w, value / duration_s if duration_s > 0 else 0.0))
    below = (end.energy_j - end.low_j) - (begin.energy_j - begin.low_j)
    above = (end.high_j - end.energy_j) - (begin.high_j - begin.energy_j)
    # A bound that shrinks moves the doubt to the other side: the earlier reading was the uncertain one.
    share_below = channel.relative_error if channel.relative_error_below is None else channel.relative_error_below
    down = share_below * value + edge + max(below, 0.0) + max(-above, 0.0)
    up = channel.relative_error * value + edge + max(above, 0.0) + max(-below, 0.0)
    return Estimate(
        value, max(0.0, value - down), value + up, "J", channel.provenance, channel.boundary, channel.factors
    )


def node_total(parts: Sequence[Estimate]) -> Estimate | None:
    """Sum of the counted channels as the energy of the node, J; None for no channel at all.

    Ends are added to ends: the errors of sensors in one machine are not assumed to be independent.
    """
    return total(part.within(NODE) for part in parts) if parts else None

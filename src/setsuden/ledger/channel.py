"""A channel as the ledger keeps it, and the one rule that turns two of its readings into joules with an interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.quantity.boundary import NODE, Boundary
from setsuden.quantity.factor import Factor
from setsuden.quantity.provenance import Provenance
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.quantity import Estimate

CORRECTED = "SET-CORRECTED"


class ChannelRecord(NamedTuple):
    """What must be known of a channel to read its samples without the sensor that wrote them.

    relative_error     5-95 half-width of its energy, a share
    relative_error_below  the same downwards where the interval is lopsided, 0-1; None where both sides are alike
    resolution_j       step of the counter, J; 0 when continuous
    update_interval_s  how often the hardware refreshes the figure, s; 0 when at every read
    counted            whether it enters the total
    correction         the correction that was applied to its figures, schema ``sensor-correction``; None: nothing
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
    factors: tuple[Factor, ...] = ()
    relative_error_below: float | None = None
    correction: Mapping[str, Any] | None = None

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
            "correction": None if self.correction is None else dict(self.correction),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ChannelRecord:
        """The inverse of ``to_json``."""
        fields = dict(data)
        fields["provenance"] = Provenance(data["provenance"])
        fields["boundary"] = Boundary.parse(data["boundary"])
        fields["factors"] = tuple(Factor(**factor) for factor in data["factors"])
        return cls(**fields)


def correction_notes(channels: Sequence[ChannelRecord]) -> Iterator[str]:
    """For every corrected channel a sentence: the line with its intervals, and where it was found."""
    for channel in channels:
        if channel.correction is None:
            continue
        line = channel.correction
        gain, offset, delay = (line[name] for name in ("gain", "offset", "delay"))
        yield (
            f"{channel.label}: gain {gain['value']:.4g} [{gain['low']:.4g}, {gain['high']:.4g}], offset "
            f"{offset['value']:.3g} W [{offset['low']:.3g}, {offset['high']:.3g}], delay {delay['value']:.2g} s, "
            f"found in run {line['run']} against {line['reference']} of run {line['reference_run']}."
        )


class Count(NamedTuple):
    """Joules counted so far on one channel at ``t_s``, with the bounds of what may have been missed until then.

    open_below_j, open_above_j  the part of the bounds that hangs on a gap which is still open
    still_s   how long the counter has stood still, where that is all the gap there is

    The ledger keeps the first four.
    """

    t_s: float
    energy_j: float
    low_j: float
    high_j: float
    open_below_j: float = 0.0
    open_above_j: float = 0.0
    still_s: float = 0.0

    def to_list(self) -> list[float]:
        """Four numbers, for JSON."""
        return [self.t_s, self.energy_j, self.low_j, self.high_j]


class OpenedWindow(NamedTuple):
    """A window that began, so that a cut-off run can still be summed up.

    opening         the reading at its edge, one count per channel from position ``first_channel`` on
    """

    window_id: int
    name: str
    parent_id: int | None
    started_at: str
    start_s: float
    opening: Sequence[Count]
    attributes: Mapping[str, Any]
    first_channel: int


def quantum_j(channel: ChannelRecord, power_w: float) -> float:
    """What a reading may lag behind the truth, J: one counter step plus what is drawn during one update interval."""
    return channel.resolution_j + channel.update_interval_s * max(power_w, 0.0)


# Two sums of the same constant watts differ by so much at most, as a share: nothing that a sensor could tell.
_ROUNDING = 1e-9


# What a counter that stood still may have left out, as a multiple of the power near it.
_UNSEEN = 2.0


class RawEnergy(NamedTuple):
    """Joules as a channel counted them between two readings, and what they may be off for other reasons than its gain.

    value_j            end - begin, so that adjacent windows add up exactly
    below_j, above_j   what the edges may lag, and what was missed in between: errors of this window alone

    The channel's relative error is a gain that it has all the time; it is applied once, by ``estimate`` or ``above``.
    """

    value_j: float
    below_j: float
    above_j: float

    def scaled(self, k: float) -> RawEnergy:
        """``k`` times as much, ``k`` >= 0: idle watts held for another duration."""
        return RawEnergy(self.value_j * k, self.below_j * k, self.above_j * k)

    def estimate(self, channel: ChannelRecord) -> Estimate:
        """With the channel's gain error; energy is never below zero."""
        down, up = gain_errors(channel)
        low = max(0.0, self.value_j * (1 - down) - self.below_j)
        return _joules(channel, self.value_j, low, self.value_j * (1 + up) + self.above_j)

    def above(self, idle: RawEnergy, channel: ChannelRecord) -> Estimate:
        """What was drawn above ``idle`` joules of the same channel.

        Both carry the same gain, so it acts on the difference; only the errors that each has of its own add up.
        """
        down, up = gain_errors(channel)
        value = self.value_j - idle.value_j
        if abs(value) <= _ROUNDING * self.value_j:
            value = 0.0
        ends = sorted((value * (1 - down), value * (1 + up)))
        return _joules(channel, value, ends[0] - self.below_j - idle.above_j, ends[1] + self.above_j + idle.below_j)


def gain_errors(channel: ChannelRecord) -> tuple[float, float]:
    """5-95 error of the channel's gain downwards and upwards, shares."""
    down = channel.relative_error if channel.relative_error_below is None else channel.relative_error_below
    return down, channel.relative_error


def raw_between(channel: ChannelRecord, begin: Count, end: Count, power_w: float = 0.0) -> RawEnergy:
    """Joules counted between two readings of a channel.

    power_w   a power this channel may have had near the edges, W; the mean of the window is used when it is larger

    Missed energy that is known only as a bound counts for the window in which the bound grew.
    """
    value = max(0.0, end.energy_j - begin.energy_j)
    duration_s = end.t_s - begin.t_s
    power_w = max(power_w, value / duration_s if duration_s > 0 else 0.0)
    edge = quantum_j(channel, power_w)
    below = (end.energy_j - end.low_j) - (begin.energy_j - begin.low_j)
    above = (end.high_j - end.energy_j) - (begin.high_j - begin.energy_j)
    # A gap that was open at the begin and was closed by what the counter showed: some of that was before the window.
    open_below = open_above = 0.0
    if end.low_j > begin.low_j:
        open_below, open_above = begin.open_below_j, begin.open_above_j
    below += open_below
    above += open_above
    if begin.still_s > 0.0 and power_w > 0.0:
        # More is known of its power by now, which may be more than it had been seen to draw by then.
        open_above = _UNSEEN * power_w * begin.still_s
    # A bound that shrinks moves the doubt to the other side: the earlier reading was the uncertain one.
    return RawEnergy(
        value,
        edge + max(below, 0.0) + max(-above, 0.0) + open_above,
        edge + max(above, 0.0) + max(-below, 0.0) + open_below,
    )


def energy_between(channel: ChannelRecord, begin: Count, end: Count, power_w: float = 0.0) -> Estimate:
    """Joules drawn between two readings of a channel, with the error of its gain; see ``raw_between``."""
    return raw_between(channel, begin, end, power_w).estimate(channel)


def _joules(channel: ChannelRecord, value: float, low: float, high: float) -> Estimate:
    from setsuden.quantity.estimate import Estimate  # the first window's end pays for it, not the start

    # Rounding must not push an end past the value.
    return Estimate(
        value, min(low, value), max(high, value), "J", channel.provenance, channel.boundary, channel.factors
    )


def node_total(parts: Sequence[Estimate]) -> Estimate | None:
    """Sum of the counted channels as the energy of the node, J; None for no channel at all.

    Ends are added to ends: the errors of sensors in one machine are not assumed to be independent.
    """
    if not parts:
        return None
    from setsuden.quantity.estimate import Estimate, merged_factors
    from setsuden.quantity.provenance import weakest

    unit = parts[0].unit
    value = low = high = 0.0
    # In one go: at the end of every window, a sum of Estimates would make three of each.
    for part in parts:
        same = part if part.unit == unit else part.to(unit)
        value, low, high = value + same.value, low + same.low, high + same.high
    provenance = weakest(part.provenance for part in parts)
    return Estimate(value, low, high, unit, provenance, NODE, merged_factors(*(part.factors for part in parts)))

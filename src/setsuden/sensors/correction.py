"""A correction found by comparing a channel with one that is trusted more, and the sensor that applies it.

    trusted watts = gain x watts + offset

A correction moves a figure and never narrows its interval: what a line says of one workload on one day does not make
the channel itself more exact, so the channel's own error stays, and those of the line and of the trusted channel join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.errors import InputError
from setsuden.quantity import Factor
from setsuden.quantity.estimate import Estimate
from setsuden.quantity.provenance import weakest
from setsuden.sensors import flags
from setsuden.sensors.protocol import Channel, Sample, Sensor

# Whether the power lies where the line was fitted is judged over at least so long, and so many updates of the channel.
_JUDGED_OVER_S = 0.1
_JUDGED_UPDATES = 10


@dataclass(frozen=True, slots=True)
class Correction:
    """What to do with watts of ``channel`` so that they agree with ``reference``: gain x watts + offset.

    gain, offset, delay, update_interval   1, W, s, s; the delay holds the difference of the clocks too, where the
                                           channels were recorded by different ones
    reference_error                        5-95 relative error that the reference has itself; not in the intervals above
    from_w, to_w                           bin means of the channel's power that were seen: it says nothing beyond
    ambiguous                              another delay fits nearly as well
    """

    run: str
    channel: str
    reference_run: str
    reference: str
    gain: Estimate
    offset: Estimate
    delay: Estimate
    update_interval: Estimate
    reference_error: float
    from_w: float
    to_w: float
    bins: int
    correlation: float
    ambiguous: bool

    @property
    def lag_s(self) -> float:
        """How far the channel may lag, s; 0 where the delay may be nothing but the difference of two clocks."""
        return max(abs(self.delay.low), abs(self.delay.high)) if self.run == self.reference_run else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data, schema ``sensor-correction``."""
        return {
            name: value.to_json() if isinstance(value, Estimate) else value
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }

    @classmethod
    def from_json(cls, data: Any, place: str | None = None) -> Correction:
        """The inverse of ``to_json``; raises InputError for anything else, and for a line that turns watts over."""
        try:
            gain, offset, delay, interval = (
                Estimate.from_json(data[name]) for name in ("gain", "offset", "delay", "update_interval")
            )
            found = cls(
                str(data["run"]), str(data["channel"]), str(data["reference_run"]), str(data["reference"]),
                gain, offset, delay, interval, float(data["reference_error"]),
                float(data["from_w"]), float(data["to_w"]), int(data["bins"]), float(data["correlation"]),
                bool(data["ambiguous"]),
            )  # fmt: skip
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"this is not the correction of a sensor ({error})", place=place,
                remedy="Make one: setsuden calibrate --sensor CHANNEL --against CHANNEL --json.",
            ) from None  # fmt: skip
        if not (gain.low > 0 and found.from_w <= found.to_w and 0 <= found.reference_error < 1):
            raise InputError(
                "this correction cannot be applied: its gain may be zero, or its range and errors make no sense",
                place=place, value=f"gain {gain.low:g} to {gain.high:g}",
                remedy="Compare the two again over a stretch in which the power changes more.",
            )  # fmt: skip
        return found


class CorrectedSensor:
    """A sensor some of whose channels are corrected; the others pass unchanged.

    inner   freshly opened; it is closed with this one

    Where the power leaves the range in which the line was fitted, the interval covers both the corrected and the
    uncorrected joules of that stretch, and a flag says so.
    """

    def __init__(self, inner: Sensor, corrections: Sequence[Correction]) -> None:
        self.inner = inner
        self.name = inner.name
        by_channel = {correction.channel: correction for correction in corrections}
        found = [by_channel.get(channel.id) for channel in inner.channels]
        self.channels: tuple[Channel, ...] = tuple(
            channel if line is None else corrected_channel(channel, line)
            for channel, line in zip(inner.channels, found, strict=True)
        )
        self._lines = tuple(
            None if line is None else _Line(line, channel, first)
            for line, channel, first in zip(found, inner.channels, inner.read(), strict=True)
        )

    def read(self) -> tuple[Sample, ...]:
        """One sample per channel."""
        return tuple(
            sample if line is None else line.applied(sample)
            for line, sample in zip(self._lines, self.inner.read(), strict=True)
        )

    def close(self) -> None:
        """Close the sensor inside."""
        self.inner.close()


class _Line:
    """One correction at work, from the channel's first sample on."""

    def __init__(self, line: Correction, channel: Channel, first: Sample) -> None:
        self._line = line
        self._first = self._judged = first
        self._stretch_s = max(_JUDGED_OVER_S, _JUDGED_UPDATES * channel.update_interval_s)
        self._shown_j = 0.0
        self._doubt_low_j = self._doubt_high_j = 0.0

    def applied(self, raw: Sample) -> Sample:
        """The corrected sample; the shown energy never falls, however far below zero the offset takes the power."""
        gain, offset = self._line.gain, self._line.offset
        seconds = raw.t_s - self._first.t_s
        notes = raw.flags if self._judge(raw) else (*raw.flags, flags.CORRECTION_RANGE)
        value = self._corrected(self._first, raw)
        self._shown_j = max(self._shown_j, value)
        missed_low = gain.value * ((raw.energy_j - raw.low_j) - (self._first.energy_j - self._first.low_j))
        missed_high = gain.value * ((raw.high_j - raw.energy_j) - (self._first.high_j - self._first.energy_j))
        low = value - missed_low - (offset.value - offset.low) * seconds - self._doubt_low_j
        high = value + missed_high + (offset.high - offset.value) * seconds + self._doubt_high_j
        return Sample(
            raw.t_s,
            self._shown_j,
            max(0.0, min(low, value)),
            max(high, self._shown_j),
            None if raw.power_w is None else max(0.0, gain.value * raw.power_w + offset.value),
            notes,
            raw.lag_s,
            gain.value * raw.open_below_j,
            gain.value * raw.open_above_j,
            raw.still_s,
        )

    def _corrected(self, begin: Sample, end: Sample) -> float:
        joules = self._line.gain.value * (end.energy_j - begin.energy_j)
        return joules + self._line.offset.value * (end.t_s - begin.t_s)

    def _judge(self, raw: Sample) -> bool:
        """Whether the power since the last judgement lay in the range of the line; True until enough time has gone."""
        seconds = raw.t_s - self._judged.t_s
        if seconds < self._stretch_s:
            return True
        drawn, moved = raw.energy_j - self._judged.energy_j, self._corrected(self._judged, raw)
        self._judged = raw
        if self._line.from_w <= drawn / seconds <= self._line.to_w:
            return True
        self._doubt_low_j += max(0.0, moved - drawn)
        self._doubt_high_j += max(0.0, drawn - moved)
        return False


def corrected(sensors: Sequence[Sensor], corrections: Sequence[Correction]) -> tuple[Sensor, ...]:
    """The sensors, those with a channel that is to be corrected inside a ``CorrectedSensor``.

    Raises InputError for a channel that no sensor has, and for two corrections of one channel.
    """
    wanted = [correction.channel for correction in corrections]
    known = [channel.id for sensor in sensors for channel in sensor.channels]
    for channel in wanted:
        if channel not in known:
            raise InputError(
                "there is no such channel here to correct", place="correction", value=channel,
                remedy=f"This machine has: {', '.join(known) or 'none'}.",
            )  # fmt: skip
        if wanted.count(channel) > 1:
            raise InputError(
                "two corrections are for one channel", place="correction", value=channel, remedy="Choose one of them."
            )
    return tuple(
        CorrectedSensor(sensor, corrections)
        if any(channel.id in wanted for channel in sensor.channels)
        else sensor
        for sensor in sensors
    )  # fmt: skip


def uncorrected(sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """The sensors themselves, for who asks them for more than joules."""
    return tuple(sensor.inner if isinstance(sensor, CorrectedSensor) else sensor for sensor in sensors)


def corrected_channel(channel: Channel, line: Correction) -> Channel:
    """How a channel describes itself once ``line`` is applied to it."""
    own_below = channel.relative_error if channel.relative_error_below is None else channel.relative_error_below
    up = (1 + channel.relative_error) * (1 + line.reference_error) * line.gain.high / line.gain.value - 1
    below = 1 - (1 - own_below) * (1 - line.reference_error) * line.gain.low / line.gain.value
    source = f"setsuden calibrate --sensor, run {line.run} against {line.reference} of run {line.reference_run}"
    return channel._replace(
        label=f"{channel.label}, corrected",
        provenance=weakest([channel.provenance, line.gain.provenance]),
        relative_error=up,
        relative_error_below=min(1.0, below),
        error_source=f"{channel.error_source}; joined with the error of {line.reference} "
        f"({line.reference_error:.0%}) and of the correction ({source})",
        update_interval_s=channel.update_interval_s + line.lag_s,
        factors=(
            *channel.factors,
            *(
                Factor(f"{what} of {channel.id}", each.value, each.low, each.high, each.unit, source)
                for what, each in (("gain", line.gain), ("offset", line.offset), ("delay", line.delay))
            ),
        ),
        correction=line,
    )

"""Windows: two readings at their edges, and what happened in between; closing one gives a Measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.errors import InputError
from setsuden.ledger.channel import ChannelRecord, Count, node_total, raw_between
from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement
from setsuden.meter.idle import IdleBaseline
from setsuden.meter.judge import judge
from setsuden.meter.load import LoadSpan
from setsuden.meter.rig import Reading


class PowerSpread:
    """Mean and variation of the total power inside a window, from samples, in constant memory (Welford)."""

    __slots__ = ("_mean", "_sum", "samples")

    def __init__(self) -> None:
        self.samples = 0
        self._mean = 0.0
        self._sum = 0.0

    def add(self, power_w: float) -> None:
        """One more sample."""
        self.samples += 1
        away = power_w - self._mean
        self._mean += away / self.samples
        self._sum += away * (power_w - self._mean)

    @property
    def variation(self) -> float | None:
        """Standard deviation over mean; None for fewer than two samples or no power."""
        if self.samples < 2 or self._mean <= 0:
            return None
        return math.sqrt(self._sum / (self.samples - 1)) / self._mean


class OpenWindow:
    """A window that has begun."""

    __slots__ = (
        "attributes",
        "begin",
        "cpu_s",
        "flags",
        "load",
        "name",
        "parent_id",
        "spread",
        "started_at",
        "window_id",
    )

    def __init__(
        self, window_id: int, name: str, parent_id: int | None, started_at: str, begin: Reading, cpu_s: float,
        attributes: dict[str, Any],
    ) -> None:  # fmt: skip
        self.window_id = window_id
        self.name = name
        self.parent_id = parent_id
        self.started_at = started_at
        self.begin = begin
        self.cpu_s = cpu_s
        self.attributes = attributes
        self.spread = PowerSpread()
        self.load = LoadSpan(begin.load)
        self.flags: dict[int, dict[str, None]] = {}

    def note(self, reading: Reading) -> None:
        """Take over what the sensors reported at a reading inside this window."""
        for position, sample in enumerate(reading.samples):
            if sample.flags:
                self.flags.setdefault(position, {}).update(dict.fromkeys(sample.flags))
        if reading.load is not None:
            self.load.add(reading.load)

    def close(
        self,
        channels: Sequence[ChannelRecord],
        end: Reading,
        usual_w: Sequence[float],
        idle: IdleBaseline | None,
        cpu_s: float,
        extra: Sequence[Flag] = (),
    ) -> Measurement:
        """The measurement between the two edges; ``end`` has been noted like every reading before it.

        usual_w   per channel, a power it has been seen to have, W: bounds what a slow sensor may hide at the edges
        """
        duration_s = end.t_s - self.begin.t_s
        parts = tuple(
            self._channel(position, channel, end, usual_w[position], duration_s, idle)
            for position, channel in enumerate(channels)
        )
        counted = [part for part in parts if part.counted]
        utilisation = self.load.utilisation(end.load)
        dynamic = [part.dynamic for part in counted if part.dynamic is not None]
        return Measurement(
            window_id=self.window_id,
            name=self.name,
            parent_id=self.parent_id,
            started_at=self.started_at,
            start_s=self.begin.t_s,
            duration_s=duration_s,
            energy=node_total([part.gross for part in counted]),
            dynamic=node_total(dynamic) if len(dynamic) == len(counted) else None,
            channels=parts,
            utilisation=utilisation,
            flags=(
                *judge(channels, parts, duration_s, usual_w, self.spread.samples, self.spread.variation, utilisation,
                       self.load.held_back, self.attributes),
                *extra,
            ),
            attributes=dict(self.attributes),
            meter_cpu_s=cpu_s - self.cpu_s,
        )  # fmt: skip

    def _channel(
        self, position: int, channel: ChannelRecord, end: Reading, usual_w: float, duration_s: float,
        idle: IdleBaseline | None,
    ) -> ChannelEnergy:  # fmt: skip
        first, last = self.begin.samples[position], end.samples[position]
        near_w = max(usual_w, first.power_w or 0.0, last.power_w or 0.0)
        gross = raw_between(
            channel,
            Count(self.begin.t_s, first.energy_j, first.low_j, first.high_j),
            Count(end.t_s, last.energy_j, last.low_j, last.high_j),
            near_w,
        )
        power = None if idle is None else idle.raw.get(channel.id)
        idle_raw = None if power is None else power.scaled(duration_s)
        return ChannelEnergy(
            channel.id,
            channel.component,
            channel.label,
            channel.method,
            gross.estimate(channel),
            None if idle_raw is None else idle_raw.estimate(channel),
            None if idle_raw is None else gross.above(idle_raw, channel),
            channel.counted,
            tuple(self.flags.get(position, ())),
        )


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Check that attributes are JSON scalars; raises InputError naming the one that is not."""
    for name, value in attributes.items():
        if not (
            value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))
        ):
            raise InputError(
                f"attribute {name!r} must be text, a finite number, true, false or None", value=value,
                remedy="Convert it first, for example with float(...) or .item().",
            )  # fmt: skip
    return dict(attributes)

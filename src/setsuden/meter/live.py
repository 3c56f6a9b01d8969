"""What is drawn right now: one tick after another, without a run and without a ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from setsuden.ledger.channel import ChannelRecord, energy_between, node_total
from setsuden.ledger.measurement import Utilisation
from setsuden.meter.attribution import attributed
from setsuden.meter.load import LoadSpan
from setsuden.meter.rig import Reading, Rig, counts_between
from setsuden.meter.setup import Setup
from setsuden.quantity import Estimate
from setsuden.sensors.container import Container


@dataclass(frozen=True, slots=True)
class Tick:
    """One look.

    elapsed_s     since the first reading
    power         node total since the tick before, W; None when nothing counts
    energy        node total since the first reading, J
    channels      each channel with its mean power since the tick before, W
    energies      joules of each of them since the first reading
    utilisation   since the tick before
    container     W of the container that is watched, by component, see ``setsuden.meter.attribution``
    flags         codes of the last reading, per channel in the order of ``channels``
    """

    elapsed_s: float
    power: Estimate | None
    energy: Estimate | None
    channels: tuple[tuple[ChannelRecord, Estimate], ...]
    energies: tuple[Estimate, ...]
    utilisation: Utilisation
    container: dict[str, Estimate] | None = None
    flags: tuple[tuple[str, ...], ...] = ()

    def flagged(self) -> Iterator[tuple[ChannelRecord, str]]:
        """Counted channels whose last reading carried a code, and the code."""
        for (channel, _), codes in zip(self.channels, self.flags, strict=True):
            if channel.counted:
                for code in codes:
                    yield channel, code


def watch(
    setup: Setup,
    interval_s: float,
    count: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    container: Container | None = None,
) -> Iterator[Tick]:
    """A tick every ``interval_s`` on schedule, ``count`` of them or for ever; closes the sensors at its end."""
    rig = Rig(setup)
    try:
        first = before = rig.read()
        used = container.read() if container is not None else None
        number = 0
        while count is None or number < count:
            number += 1
            sleep(max(0.0, first.t_s + number * interval_s - setup.clock.elapsed()))
            now = rig.read()
            tick = tick_between(rig.channels, first, before, now)
            if container is not None and used is not None:
                last, used = used, container.read()
                if before.load is not None and now.load is not None:
                    parts = attributed(tick.channels, (last, used), (before.load, now.load))
                    tick = replace(tick, container=parts)
            yield tick
            before = now
    finally:
        if container is not None:
            container.close()
        rig.close()


def tick_between(channels: Sequence[ChannelRecord], first: Reading, before: Reading, now: Reading) -> Tick:
    """What three readings of the same channels tell: power since ``before``, energy since ``first``."""
    seconds = now.t_s - before.t_s
    powers = tuple(
        (channel, _power(_energy(channel, position, before, now), seconds)) for position, channel in enumerate(channels)
    )
    load = LoadSpan(before.load)
    if now.load is not None:
        load.add(now.load)
    energies = tuple(_energy(channel, position, first, now) for position, channel in enumerate(channels))
    return Tick(
        now.t_s - first.t_s,
        node_total([power for channel, power in powers if channel.counted]),
        node_total([energy for channel, energy in zip(channels, energies, strict=True) if channel.counted]),
        powers,
        energies,
        load.utilisation(now.load),
        flags=tuple(sample.flags for sample in now.samples),
    )


def _energy(channel: ChannelRecord, position: int, begin: Reading, end: Reading) -> Estimate:
    a, b = begin.samples[position], end.samples[position]
    near_w = max(a.power_w or 0.0, b.power_w or 0.0)
    return energy_between(channel, *counts_between(begin, end, position), near_w)


def _power(energy: Estimate, seconds: float) -> Estimate:
    k = 1.0 / seconds if seconds > 0 else 0.0
    return Estimate(
        energy.value * k, energy.low * k, energy.high * k, "W", energy.provenance, energy.boundary, energy.factors
    )

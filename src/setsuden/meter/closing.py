"""Closing a window: two readings at its edges and what happened in between give a Measurement."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.ledger.channel import ChannelRecord, node_total, raw_between
from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement
from setsuden.meter.attribution import program_gpu
from setsuden.meter.idle import IdleBaseline
from setsuden.meter.judge import judge
from setsuden.meter.rig import Reading, counts_between
from setsuden.meter.windows import OpenWindow
from setsuden.sensors.protocol import Sample


def close_window(
    window: OpenWindow,
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
    duration_s = end.t_s - window.begin.t_s
    edges = list(zip(channels, window.begin.samples, end.samples, strict=True))
    channels = [_refreshed(channel, last.lag_s) for channel, _, last in edges]
    parts = tuple(
        _channel(window, position, channel, end, usual_w[position], idle) for position, channel in enumerate(channels)
    )
    # What stood still at an edge is in the bounds already; the reader is told of it as of a refresh that is as long.
    told = [_refreshed(channel, max(last.lag_s, first.still_s, last.still_s)) for channel, first, last in edges]
    counted = [part for part in parts if part.counted]
    utilisation = window.load.utilisation(end.load)
    dynamic = [part.dynamic for part in counted if part.dynamic is not None]
    return Measurement(
        window_id=window.window_id,
        name=window.name,
        parent_id=window.parent_id,
        started_at=window.started_at,
        start_s=window.begin.t_s,
        duration_s=duration_s,
        energy=node_total([part.gross for part in counted]),
        dynamic=node_total(dynamic) if len(dynamic) == len(counted) else None,
        channels=parts,
        utilisation=utilisation,
        flags=(
            *judge(told, parts, duration_s, usual_w, window.spread.samples, window.spread.variation, utilisation,
                   window.load.held_back, window.attributes),
            *extra,
        ),
        attributes=dict(window.attributes),
        meter_cpu_s=cpu_s - window.cpu_s,
        process_gpu_energy=program_gpu(channels, parts, window.load.begin, end.load),
    )  # fmt: skip


def _refreshed(channel: ChannelRecord, lag_s: float) -> ChannelRecord:
    """The channel as it was seen to be: refreshed less often than it says, where ``lag_s`` is longer than that."""
    return channel if lag_s <= channel.update_interval_s else channel._replace(update_interval_s=lag_s)


def _channel(
    window: OpenWindow, position: int, channel: ChannelRecord, end: Reading, usual_w: float, idle: IdleBaseline | None
) -> ChannelEnergy:
    first, last = window.begin.samples[position], end.samples[position]
    near_w = max(usual_w, first.power_w or 0.0, last.power_w or 0.0)
    gross = raw_between(channel, *counts_between(window.begin, end, position), near_w)
    power = None if idle is None else idle.raw.get(channel.id)
    idling = None if power is None else power.scaled(end.t_s - window.begin.t_s)
    return ChannelEnergy(
        channel.id,
        channel.component,
        channel.label,
        channel.method,
        gross.estimate(channel),
        None if idling is None else idling.estimate(channel),
        None if idling is None else gross.above(idling, channel),
        channel.counted,
        tuple(window.flags.get(position, ())) or _left_open(first, last),
    )


def _left_open(first: Sample, last: Sample) -> tuple[str, ...]:
    """What the reading at the begin was flagged for, where its doubt was settled inside the window and so is in it."""
    begin_above, begin_below = first.high_j - first.energy_j, first.energy_j - first.low_j
    settled = last.high_j - last.energy_j < begin_above or last.energy_j - last.low_j < begin_below
    return first.flags if settled else ()

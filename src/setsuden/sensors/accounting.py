"""Which channels make up the node total, so that no joule is counted twice.

1. A channel inside another (core in package, CPU rail in the board's input rail) is not counted; the outer one is.
2. Except where the outer one is a total that stands aside: the platform counter ``psys`` (calibrated by the board's
   maker or not at all), the module power of Grace (it overlaps the GPU) and the battery (it holds the screen, and only
   counts while discharging). These are recorded beside the parts for comparison, and counted where nothing inside
   them is measured, or when asked for with ``prefer``.
3. Of two sources of the same component only the first in ``PRECEDENCE`` counts, because they watch the same silicon.
   GPUs are apart: sources of different makers watch different cards, except on a Jetson, whose rails feed its GPU, and
   AMD's, which are told by their place on the bus.
4. A board or battery total that counts covers CPU and DRAM, so nothing else is counted or modelled for them.
5. A modelled channel counts only where no measured channel covers its component, or where it stands in for a sibling
   of channels that count: one socket of several that cannot be read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from setsuden.sensors.protocol import Channel, Component, Method

PRECEDENCE = (
    "rapl",
    "emi",
    "powermetrics",
    "amd_energy",
    "grace",
    "ina3221",
    "nvml",
    "amdsmi",
    "amdgpu",
    "battery",
    "model",
)
_ASIDE = ("rapl/psys", "rapl/platform", "grace/module", "battery/")
_WHOLE = (Component.BOARD, Component.BATTERY)


def source_of(channel_id: str) -> str:
    """The part of a channel's id before the first slash."""
    return channel_id.partition("/")[0]


def counted_channels(channels: Sequence[Channel], prefer: Collection[str] = ()) -> frozenset[str]:
    """Ids of the channels that enter the node total.

    prefer   ids or sources (``battery``, ``rapl/psys``) that count before all others
    """
    by_id = {channel.id: channel for channel in channels}
    wanted = {c.id for c in channels if c.id in prefer or source_of(c.id) in prefer}
    measured = [c for c in channels if c.method is not Method.MODEL]
    aside = {c.id for c in measured if c.id.startswith(_ASIDE) and c.id not in wanted and _has_parts(c, measured)}
    roots = [c for c in measured if not _inside(c, by_id, aside) and c.id not in aside]
    # A total that does not stand aside comes first: what it covers must not be counted before it.
    roots.sort(key=lambda c: (c.id not in wanted, c.component not in _WHOLE, _rank(c), c.id))
    counted: list[Channel] = []
    for channel in roots:
        if not _covered(channel, counted):
            counted.append(channel)
    models = [c for c in channels if c.method is Method.MODEL]
    whole = any(c.component is Component.BATTERY or _whole_module(c) for c in counted)
    covered = {component for c in counted for component in components_covered(c)}
    siblings = {(source_of(c.id), c.component) for c in counted}
    for channel in models:
        apart = (channel.component is Component.GPU and not whole) or (
            (source_of(channel.id), channel.component) in siblings
        )
        if channel.component not in covered or apart:
            counted.append(channel)
    return frozenset(c.id for c in counted)


def components_covered(channel: Channel) -> tuple[Component, ...]:
    """Components whose energy is inside a counted channel."""
    if channel.component in _WHOLE:
        return (channel.component, Component.CPU, Component.DRAM)
    return (channel.component,)


def _rank(channel: Channel) -> int:
    source = source_of(channel.id)
    return PRECEDENCE.index(source) if source in PRECEDENCE else len(PRECEDENCE)


def _inside(channel: Channel, by_id: dict[str, Channel], aside: set[str]) -> bool:
    outer = channel.contained_in
    while outer is not None and outer in by_id:
        if outer not in aside:
            return True
        outer = by_id[outer].contained_in
    return False


def _has_parts(total: Channel, measured: Sequence[Channel]) -> bool:
    """Whether anything finer than this total is measured, so that it can stand aside."""
    finer = {Component.CPU, Component.BOARD}
    if total.id.startswith("grace/"):
        finer.add(Component.GPU)
    parts = (c for c in measured if c.id != total.id and not c.id.startswith(_ASIDE))
    return any(c.component in finer for c in parts)


def _covered(channel: Channel, counted: Sequence[Channel]) -> bool:
    """Whether a source that came first already watches this channel's component."""
    if channel.component is Component.GPU:
        if source_of(channel.id) == "ina3221":
            return any(c.component is Component.BATTERY for c in counted)
        twin = channel.id.replace("amdgpu/", "amdsmi/", 1)
        return any(
            c.component is Component.BATTERY or _whole_module(c) or (c.id == twin and c is not channel) for c in counted
        )
    return any(_watches(c, channel) for c in counted)


def _whole_module(channel: Channel) -> bool:
    """On a Jetson the GPU is on the module whose rails are measured."""
    return source_of(channel.id) == "ina3221" and channel.component in (Component.BOARD, Component.GPU)


def _watches(first: Channel, channel: Channel) -> bool:
    if first.component in _WHOLE and channel.component is Component.OTHER:
        return True
    shared = set(components_covered(first)) & set(components_covered(channel))
    return bool(shared) and source_of(first.id) != source_of(channel.id)

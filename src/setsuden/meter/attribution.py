"""Whose joules: the part of the machine's energy that falls to one container, or of its GPUs' to one program.

Each component is divided by one rule, and the interval holds another one that a reader may prefer:

| component | value: by what anybody used | lower end: by what there was |
| --- | --- | --- |
| cpu | CPU seconds of the container over all CPU seconds used | over the CPU seconds there were: idle falls to nobody |
| dram | bytes held over all bytes in use | over the bytes installed |
| gpu | time of its processes on the card over that of all processes | over the time there was |

Other components (board, battery) are not divided: nothing says who used them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from setsuden.quantity import Estimate, Provenance, total

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.ledger.measurement import ChannelEnergy
    from setsuden.sensors.container import Use
    from setsuden.sensors.gpu_time import CardTime
    from setsuden.sensors.utilisation import Load


def attributed(
    parts: Iterable[tuple[ChannelRecord, Estimate]], use: tuple[Use, Use], load: tuple[Load, Load]
) -> dict[str, Estimate]:
    """Joules or watts of the counted channels that fall to the container between two readings, by component.

    A component whose use cannot be read is absent, not zero.
    """
    found: dict[str, Estimate] = {}
    for channel, figure in parts:
        if not channel.counted:
            continue
        shares = _shares(channel, use, load)
        if shares is None:
            continue
        part = _divided(figure, *shares)
        found[channel.component] = found[channel.component] + part if channel.component in found else part
    return found


def _shares(channel: ChannelRecord, use: tuple[Use, Use], load: tuple[Load, Load]) -> tuple[float, float] | None:
    """By what anybody used, by what there was."""
    (first, last), (begin, end) = use, load
    if channel.component == "cpu":
        ours = _grown(first.cpu_s, last.cpu_s)
        return _both(ours, _grown(begin.cpu_busy_s, end.cpu_busy_s), _grown(begin.cpu_capacity_s, end.cpu_capacity_s))
    if channel.component == "dram":
        return _both(last.memory_bytes, end.memory_used_bytes, end.memory_bytes)
    if channel.component == "gpu":
        return _ran(first.gpu.get(channel.id), last.gpu.get(channel.id))
    return None


def program_gpu(
    channels: Sequence[ChannelRecord], parts: Sequence[ChannelEnergy], begin: Load | None, end: Load | None
) -> Estimate | None:
    """Joules of the counted cards that fall to this process and its children between two readings.

    None without a card, and where one that counts does not tell who ran on it.
    """
    if begin is None or end is None:
        return None
    found: list[Estimate] = []
    for channel, part in zip(channels, parts, strict=True):
        if channel.component != "gpu" or not channel.counted:
            continue
        shares = _ran(begin.gpu_time.get(channel.id), end.gpu_time.get(channel.id))
        if shares is None:
            return None
        found.append(_divided(part.gross, *shares))
    return total(found) if found else None


def _ran(first: CardTime | None, last: CardTime | None) -> tuple[float, float] | None:
    """By the time that anybody ran on a card, by the time there was; None while the driver has told nothing new."""
    if first is None or last is None:
        return None
    ours_s, anybody_s, there_s = last.since(first)
    if there_s <= 0:
        return None
    return _both(ours_s, anybody_s, there_s) or (0.0, 0.0)


def _divided(figure: Estimate, used: float, there: float) -> Estimate:
    """The part of a figure by both rules."""
    value = figure.value * used
    return Estimate(
        value, min(figure.low * min(there, used), value), figure.high * used, figure.unit, figure.provenance,
        figure.boundary, figure.factors,
    ).weakened(Provenance.ESTIMATED)  # fmt: skip


def _grown(first: float | None, last: float | None) -> float | None:
    return None if first is None or last is None else max(0.0, last - first)


def _both(ours: float | None, used: float | None, there: float | None) -> tuple[float, float] | None:
    if ours is None or not used or not there:
        return None
    return min(1.0, ours / used), min(1.0, ours / there)

"""What a reader must know about a window: thresholds turned into flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from setsuden.ledger.channel import ChannelRecord, correction_notes, quantum_j
from setsuden.ledger.measurement import ChannelEnergy, Flag, Utilisation
from setsuden.meter import codes


def judge(
    channels: Sequence[ChannelRecord],
    parts: Sequence[ChannelEnergy],
    duration_s: float,
    usual_w: Sequence[float],
    samples: int,
    variation: float | None,
    utilisation: Utilisation,
    held_back: Sequence[str],
    attributes: Mapping[str, Any],
) -> Iterator[Flag]:
    """Flags of one window, sensors' own first; thresholds in ``setsuden.meter.codes``.

    samples, variation   of the total power inside the window
    held_back            what slowed the hardware down, see ``setsuden.sensors.utilisation``
    attributes           ``loader_s``: seconds spent waiting for data
    """
    seen: dict[str, list[str]] = {}
    for part in parts:
        for code in part.flags:
            seen.setdefault(code, []).append(part.label)
    for code, labels in seen.items():
        yield Flag(code, ", ".join(labels))

    for note in correction_notes(channels):
        yield Flag(codes.CORRECTED, note)

    counted = [position for position, channel in enumerate(channels) if channel.counted]
    if not counted:
        yield Flag(codes.NO_SENSOR, "No sensor and no model for this machine: the energy is unknown.")
    elif all(channels[position].method == "model" for position in counted):
        yield Flag(codes.NO_SENSOR, "Nothing here was measured: every joule is modelled.")
    yield from _edges(channels, parts, counted, duration_s, usual_w)

    if samples >= codes.NOISY_AFTER_SAMPLES and variation is not None and variation > codes.NOISY_VARIATION:
        yield Flag(codes.NOISY, f"Power varied by {variation:.0%} of its mean over {samples} samples.")
    slowed = [reason for reason in held_back if reason not in codes.NORMAL_LIMITS]
    if slowed:
        yield Flag(codes.THROTTLED, ", ".join(slowed))
    loader_s = attributes.get("loader_s")
    if isinstance(loader_s, int | float) and duration_s > 0 and loader_s / duration_s > codes.INPUT_BOUND_SHARE:
        yield Flag(codes.INPUT_BOUND, f"{loader_s / duration_s:.0%} of the time went into waiting for data.")
    yield from _saturation(channels, counted, duration_s, utilisation)


def _edges(
    channels: Sequence[ChannelRecord],
    parts: Sequence[ChannelEnergy],
    counted: Sequence[int],
    duration_s: float,
    usual_w: Sequence[float],
) -> Iterator[Flag]:
    below, slowest_s = [], 0.0
    for position in counted:
        channel, gross = channels[position], parts[position].gross
        power_w = max(usual_w[position], gross.value / duration_s if duration_s > 0 else 0.0)
        edge_j = quantum_j(channel, power_w)
        if duration_s < channel.update_interval_s or edge_j > codes.BELOW_RESOLUTION_SHARE * gross.value:
            below.append(channel.label)
        slowest_s = max(slowest_s, channel.update_interval_s)
    if below:
        yield Flag(codes.BELOW_RESOLUTION, f"Shorter or smaller than the sensor can tell apart: {', '.join(below)}.")
    elif duration_s < codes.TOO_SHORT_REFRESHES * slowest_s:
        yield Flag(
            codes.TOO_SHORT,
            f"{duration_s:.3g} s is less than {codes.TOO_SHORT_REFRESHES} refreshes of {slowest_s:.3g} s.",
        )


def _saturation(
    channels: Sequence[ChannelRecord], counted: Sequence[int], duration_s: float, utilisation: Utilisation
) -> Iterator[Flag]:
    if duration_s < codes.UNSATURATED_AFTER_S:
        return
    has_gpu = any(channels[position].component == "gpu" for position in counted)
    share = utilisation.gpu_sm_share if has_gpu else utilisation.cpu_share
    if share is not None and share < codes.UNSATURATED_SHARE:
        yield Flag(codes.UNSATURATED, f"The {'GPU' if has_gpu else 'CPU'} was busy for {share:.0%} of the time.")

"""Runs that one machine measured through the same channels: the error that they share cancels.

Draw each channel of a run as a rectangle, mean power by duration. What the rectangles of two runs have in common, the
smaller power for the shorter time, was measured with one and the same error and cancels in the difference. What only
one of them has (it drew more, or for longer) carries the channel's error for itself, as do the errors at the edges.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from setsuden.ledger.channel import gain_errors
from setsuden.ledger.measurement import Measurement
from setsuden.ledger.record import RunRecord
from setsuden.quantity import Estimate, total


@dataclass(frozen=True, slots=True)
class _Part:
    """One channel of two runs, J: what they have in common and what each has alone, its gain and other errors.

    off   what each may be off besides the gain: run below, run above, baseline below, baseline above
    """

    common_j: float
    run_only_j: float
    baseline_only_j: float
    down: float
    up: float
    off: tuple[float, float, float, float]


def shared_parts(runs: Sequence[RunRecord], baselines: Sequence[RunRecord]) -> tuple[_Part, ...] | None:
    """The counted channels of a run and its baseline side by side, or of the means of several of each.

    None where they do not share their errors. They do when all were taken on one machine, by their outermost window,
    through the same counted channels with the same stated error. What was imported says nothing about the instrument
    behind it, so it never shares.
    """
    every = (*runs, *baselines)
    host, channels = every[0].identity.get("host"), _counted(every[0])
    if not host or not channels:
        return None
    for run in every:
        if run.identity.get("host") != host or run.kind == "import" or _counted(run) != channels:
            return None
    mine, theirs = _mean_whole(runs, channels), _mean_whole(baselines, channels)
    if mine is None or theirs is None:
        return None
    (gross, run_s), (before, baseline_s) = mine, theirs
    return tuple(_part(channels[name], gross[name], run_s, before[name], baseline_s) for name in channels)


def mean(energies: Sequence[Estimate]) -> Estimate:
    """Of runs that one meter measured: what it is off is in all of them alike, so the ends are averaged as they are."""
    return total(energies) * (1.0 / len(energies))


def difference(energy: Estimate, baseline: Estimate, parts: tuple[_Part, ...] | None) -> Estimate:
    """``energy - baseline``, J; never wider than without shared errors, for which ``parts`` is None."""
    apart = energy - baseline
    if parts is None:
        return apart
    low = high = 0.0
    for part in parts:
        low += part.run_only_j * (1 - part.down) - part.baseline_only_j * (1 + part.up) - part.off[0] - part.off[3]
        high += part.run_only_j * (1 + part.up) - part.baseline_only_j * (1 - part.down) + part.off[1] + part.off[2]
    return _within(apart, low, high)


def ratio(energy: Estimate, baseline: Estimate, parts: tuple[_Part, ...] | None) -> Estimate | None:
    """``energy / baseline``; None when the baseline's interval reaches zero."""
    if baseline.low <= 0:
        return None
    apart = energy / baseline
    if parts is None:
        return apart
    lows, highs = [], []
    # What is common stands above and below the line: it pulls towards 1, most so at one end of its own error.
    for least in (True, False):
        common = sum(p.common_j * (1 - p.down if least else 1 + p.up) for p in parts)
        least_run = common + sum(p.run_only_j * (1 - p.down) - p.off[0] for p in parts)
        most_run = common + sum(p.run_only_j * (1 + p.up) + p.off[1] for p in parts)
        least_base = common + sum(p.baseline_only_j * (1 - p.down) - p.off[2] for p in parts)
        most_base = common + sum(p.baseline_only_j * (1 + p.up) + p.off[3] for p in parts)
        lows.append(max(0.0, least_run) / most_base if most_base > 0 else apart.low)
        highs.append(most_run / least_base if least_base > 0 else apart.high)
    return _within(apart, min(lows), max(highs))


def _within(apart: Estimate, low: float, high: float) -> Estimate:
    low, high = max(apart.low, min(low, apart.value)), min(apart.high, max(high, apart.value))
    return Estimate(apart.value, low, high, apart.unit, apart.provenance, apart.boundary, apart.factors)


def _whole(run: RunRecord) -> Measurement | None:
    """The outermost window, where it alone makes up the run's total."""
    roots = [window for window in run.windows if window.parent_id is None]
    if len(roots) != 1 or roots[0].energy is None or run.summary.energy is None:
        return None
    return roots[0] if roots[0].energy.value == run.summary.energy.value else None


def _mean_whole(runs: Sequence[RunRecord], channels: Collection[str]) -> tuple[dict[str, Estimate], float] | None:
    """Of each counted channel its joules, and the seconds; None where a run has others."""
    found = [_whole(run) for run in runs]
    wholes = [whole for whole in found if whole is not None]
    parts = [{part.channel: part.gross for part in whole.channels if part.counted} for whole in wholes]
    if len(wholes) < len(runs) or any(part.keys() != set(channels) for part in parts):
        return None
    seconds = sum(whole.duration_s for whole in wholes) / len(wholes)
    return {name: mean([part[name] for part in parts]) for name in channels}, seconds


def _counted(run: RunRecord) -> dict[str, tuple[str, str, float, float]]:
    return {c.id: (c.method, c.error_source, *gain_errors(c)) for c in run.channels if c.counted}


def _part(
    told: tuple[str, str, float, float], run: Estimate, run_s: float, baseline: Estimate, baseline_s: float
) -> _Part:
    _, _, down, up = told
    power_w = min(_over(run.value, run_s), _over(baseline.value, baseline_s))
    common_j = min(power_w * min(run_s, baseline_s), run.value, baseline.value)
    off = (*_off(run, down, up), *_off(baseline, down, up))
    return _Part(common_j, run.value - common_j, baseline.value - common_j, down, up, off)


def _over(energy_j: float, duration_s: float) -> float:
    return energy_j / duration_s if duration_s > 0 else 0.0


def _off(energy: Estimate, down: float, up: float) -> tuple[float, float]:
    """What an interval holds besides the gain. An end cut off at zero hides how far it went: then all of it."""
    below = energy.value * (1 - down) - energy.low if energy.low > 0 else energy.value * (1 + up)
    return max(0.0, below), max(0.0, energy.high - energy.value * (1 + up))

"""A foreign power series laid beside a run measured here: the same stretch of time, on the run's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.imports.align import Offset, clock_offset
from setsuden.imports.imported import CLOCK, GAP, Imported, Part
from setsuden.ledger import Count, Flag, RunRecord, energy_between
from setsuden.ledger.codec import Row

ALIGN = "SET-IMPORT-ALIGN"

Array = NDArray[np.float64]


def beside(run: RunRecord, foreign: Imported, *, most_s: float = 600.0) -> Imported:
    """``foreign`` cut to the span of ``run``, with the clock offset found by correlation and recorded.

    Raises InputError for a run without samples, a series that does not cover it, and clocks that cannot be aligned.
    """
    times, watts = _trace_of(run)
    part = next((part for part in foreign.parts if part.channel.counted and part.rows), None)
    if part is None:
        raise InputError(
            "this file has no samples to align", value=foreign.name,
            remedy="Import it without --align, or export samples from where it comes.",
        )  # fmt: skip
    origin = foreign.started_at.timestamp()
    other_t, other_w = _watts(part, origin)
    offset = clock_offset(
        times.tolist(), watts.tolist(), other_t.tolist(), other_w.tolist(), most_s=most_s, place=run.id
    )
    first, last = _span_of(run, times)
    begin, end = max(first, float(other_t[0]) - offset.seconds), min(last, float(other_t[-1]) - offset.seconds)
    uncovered = (last - first) - (end - begin)
    parts = tuple(
        _cut(each, begin + offset.seconds - origin, end + offset.seconds - origin, offset) for each in foreign.parts
    )
    return replace(
        foreign,
        started_at=datetime.fromtimestamp(begin, foreign.started_at.tzinfo),
        duration_s=end - begin,
        parts=parts,
        flags=(
            *(flag for flag in foreign.flags if flag.code != CLOCK),
            *_flags(offset),
            *([_partly(end - begin, last - first)] if uncovered > 2 * offset.uncertainty_s else []),
        ),
        attributes={
            **foreign.attributes,
            "aligned_with": run.id,
            "clock_offset_s": offset.seconds,
            "clock_correlation": offset.correlation,
        },
    )


def _watts(part: Part, origin_s: float) -> tuple[Array, Array]:
    """Seconds since 1970 and watts; of a counter the mean between two samples, at their middle."""
    rows = np.asarray([row[:2] for row in part.rows], float)
    times, watts = rows[:, 0] + origin_s, [row[4] for row in part.rows]
    if None not in watts:
        return times, np.asarray(watts, float)
    return 0.5 * (times[1:] + times[:-1]), np.diff(rows[:, 1]) / np.diff(times)


def _trace_of(run: RunRecord) -> tuple[Array, Array]:
    """Seconds since 1970 and the watts of all counted channels together, at the times of the first of them."""
    root = run.root
    series = [run.samples(channel.id) for channel in run.channels if channel.counted]
    series = [each for each in series if len(each.power_t_s) > 1]
    if root is None or not series:
        raise InputError("this run has no samples to align with", value=run.id, remedy="Record it with --rate above 0.")
    at = series[0].power_t_s
    watts = np.sum([np.interp(at, each.power_t_s, each.power_w) for each in series], axis=0)
    return at - root.start_s + datetime.fromisoformat(root.started_at).timestamp(), watts


def _span_of(run: RunRecord, times: Array) -> tuple[float, float]:
    """Begin and end of a run, seconds since 1970; samples lie inside, the first a moment after the begin."""
    assert run.root is not None
    begin_s = datetime.fromisoformat(run.root.started_at).timestamp()
    return begin_s, max(float(times[-1]), begin_s + (run.summary.duration_s or 0.0))


def _cut(part: Part, begin_s: float, end_s: float, offset: Offset) -> Part:
    """Samples from ``begin_s`` to ``end_s``, counted anew from zero; both edges are interpolated."""
    columns = np.asarray([row[:4] for row in part.rows], float)
    t = columns[:, 0]
    edges = np.concatenate([[begin_s], t[(t > begin_s) & (t < end_s)], [end_s]])
    energy, low, high = (np.interp(edges, t, columns[:, column]) for column in (1, 2, 3))
    powers = [row[4] for row in part.rows]
    known = None if None in powers else np.interp(edges, t, np.asarray(powers, float))
    rows: list[Row] = [
        (
            float(edges[k] - begin_s),
            float(energy[k] - energy[0]),
            float(low[k] - low[0]),
            float(high[k] - high[0]),
            None if known is None else float(known[k]),
        )
        for k in range(len(edges))
    ]
    # The edges are known to the offset's uncertainty only.
    channel = part.channel._replace(update_interval_s=max(part.channel.update_interval_s, 2 * offset.uncertainty_s))
    gross = energy_between(channel, Count(*rows[0][:4]), Count(*rows[-1][:4]))
    return replace(part, channel=channel, rows=rows, gross=gross)


def _partly(covered_s: float, run_s: float) -> Flag:
    return Flag(GAP, f"The file covers {covered_s:.1f} s of the run's {run_s:.1f} s; the rest is not in its joules.")


def _flags(offset: Offset) -> list[Flag]:
    detail = f"Its clock is {offset.seconds:+.2f} s off the run's (correlation {offset.correlation:.2f})."
    found = [Flag(ALIGN, detail)]
    if offset.ambiguous:
        found.append(Flag(ALIGN, f"Another offset fits nearly as well (correlation {offset.runner_up:.2f})."))
    return found

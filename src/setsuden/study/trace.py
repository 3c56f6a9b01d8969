"""Power over time for the report: by component, thinned to what a chart can show."""

from __future__ import annotations

from typing import Any

import numpy as np

from setsuden.ledger import RunRecord

MOST_POINTS = 600


def power_trace(record: RunRecord, marks: list[tuple[float, str]]) -> dict[str, Any] | None:
    """The ``trace`` part of the pilot document; None when fewer than two samples were kept.

    marks   (moment on the elapsed clock, label)
    """
    root = record.root
    counted = [channel for channel in record.channels if channel.counted]
    if root is None or not counted:
        return None
    series = {channel.id: record.samples(channel.id) for channel in counted}
    ends = [float(found.t_s[-1]) for found in series.values() if len(found.t_s) > 1]
    if not ends:
        return None
    start_s, end_s = root.start_s, min(max(ends), root.start_s + root.duration_s)
    if end_s <= start_s:
        return None
    longest = max(len(found.t_s) for found in series.values())
    edges = np.linspace(start_s, end_s, min(MOST_POINTS, max(1, longest - 1)) + 1)
    power: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for channel in counted:
        found = series[channel.id]
        if len(found.t_s) < 2:
            continue
        # Watts of a bin are its joules over its length, read off the counter, so thinning loses no energy.
        joules = np.interp(edges, found.t_s, found.energy_j)
        watts = np.diff(joules) / np.diff(edges)
        power[channel.component] = power.get(channel.component, 0.0) + watts
    middles = (edges[:-1] + edges[1:]) / 2 - start_s
    return {
        "t_s": [round(float(t), 3) for t in middles],
        "power_w": {component: [round(float(w), 4) for w in watts] for component, watts in power.items()},
        "marks": [
            {"t_s": round(moment - start_s, 3), "label": label} for moment, label in marks if start_s <= moment <= end_s
        ],
    }

"""Where two straight lines meet, by best figures and over draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from setsuden.lifecycle.plan import Array

Verdict = Literal["below", "above", "always", "never", "equal"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The first line is the lower one ``below`` or ``above`` n, ``always`` or ``never``; ``equal``: they are one.

    n      by best figures, None where they never meet; ``low`` and ``high`` 5-95 % of the draws, high None where open
    """

    verdict: Verdict
    n: float | None
    low: float | None
    high: float | None


def meeting(start: float, slope: float, starts: Array, slopes: Array) -> Meeting:
    """Where n = start / slope, for n >= 0.

    start    second minus first at n = 0: above 0 the first is lower there
    slope    first minus second per n: above 0 the first rises faster
    starts, slopes   the same, draw by draw; draws that never meet count as infinite
    """
    if start * slope <= 0:
        lead = start if start != 0 else -slope
        return Meeting("equal" if lead == 0 else "always" if lead > 0 else "never", None, None, None)
    sign = 1.0 if start > 0 else -1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.where(sign * starts <= 0, 0.0, np.where(sign * slopes > 0, starts / slopes, np.inf))
    point = start / slope
    # the nearest draw is taken, since between an open end and a number nothing can be interpolated
    ends = np.quantile(points, (0.05, 0.95), method="nearest")
    return Meeting(
        "below" if start > 0 else "above",
        point,
        min(float(ends[0]), point),
        max(float(ends[1]), point) if np.isfinite(ends[1]) else None,
    )

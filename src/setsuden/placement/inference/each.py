"""Many situations at once: one set of draws, priced under every payload and rate."""

from __future__ import annotations

from collections.abc import Iterable

from setsuden.decision import DRAWS, Constraint, Decision, Objective, recommend_each
from setsuden.placement.inference.answer import intensities
from setsuden.placement.inference.options import placements
from setsuden.placement.inference.study import Study
from setsuden.placement.inference.term import scenario
from setsuden.placement.network import View
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED


def decide_each(
    study: Study,
    view: View,
    situations: Iterable[tuple[Estimate, Estimate]],
    *,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
) -> list[Decision]:
    """One decision per (payload in kB/request, rate in request/s), all else as in ``study``; no latency limit.

    Every figure is drawn once for all situations, so two of them differ only by what differs between them.
    """
    grid = intensities(study)
    options = [item.option(grid) for item in placements(study, view)]
    scenarios = [
        (
            scenario(payload, study.down_kb, rate, study.cloud.pue),
            [Constraint("busy_time", 1 / rate.value, "at_most", "request_rate")],
        )
        for payload, rate in situations
    ]
    return recommend_each(options, Objective(study.objective), scenarios, n=n, seed=seed)

"""What one option saves against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.decision.choice import Table
from setsuden.decision.draws import DRAWS, Draws
from setsuden.decision.option import Option, unique
from setsuden.errors import InputError
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED


def saving(
    options: Sequence[Option],
    chosen: str,
    reference: str,
    metric: str,
    *,
    weights: Mapping[str, Estimate] | None = None,
    shared_relative_error: Mapping[str, float] | None = None,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
) -> Estimate:
    """What ``chosen`` saves against ``reference`` in a metric; drawn in the same worlds, so what they share cancels."""
    pair = [option for option in unique(options) if option.id in (chosen, reference)]
    scenario = dict(weights or {})
    table = Table(pair, [metric], scenario)
    figures = {option.id: figure for option, figure in zip(pair, table.figures[metric], strict=True)}
    ours, theirs = figures.get(chosen), figures.get(reference)
    if ours is None or theirs is None:
        raise InputError(f"{metric} is unknown for one side of the comparison", value=(chosen, reference))
    rows = Draws(pair, shared_relative_error, n=n, seed=seed).metric(metric, scenario, table.units[metric], np.inf)
    by_id = dict(zip((option.id for option in pair), rows, strict=True))
    return spread_of(theirs - ours, by_id[reference] - by_id[chosen], (theirs - ours).value)


def spread_of(like: Estimate, drawn: NDArray[np.float64], value: float) -> Estimate:
    """``value`` with the 5-95 % range of ``drawn``, widened to contain it; the rest as in ``like``."""
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Estimate(
        value, min(float(low), value), max(float(high), value), like.unit, like.provenance, like.boundary, like.factors
    )

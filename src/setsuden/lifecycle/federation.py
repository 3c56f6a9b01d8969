"""Centralised or federated: the same training on one machine, or on many clients that exchange the model.

centralised   T PUE + D k                      T kWh of the machines, D data brought there, k network per byte
federated     R (C (e + B k) + S PUE)          R rounds, C clients, e kWh of one, B bytes of one, S kWh of the server
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from setsuden.decision.draws import DRAWS
from setsuden.lifecycle.meeting import Meeting, meeting
from setsuden.lifecycle.plan import Array, drawn
from setsuden.placement.network import View
from setsuden.quantity import Boundary, Estimate, Provenance, Scope
from setsuden.quantity.draws import DEFAULT_SEED

Factor = Literal["rounds", "exchanged_mb", "central_data_gb", "network_kwh_per_gb"]
_WITHIN = Boundary(Scope.FACILITY, network=True)
_J_PER_KWH = 3.6e6
_MB_PER_GB = 1e3


@dataclass(frozen=True, slots=True)
class Federated:
    """Inputs by name: rounds, clients, client (J per client and round), exchanged (MB up and down per client and
    round), server (J per round), data (GB), network (kWh/GB), training (kWh), pue, and the grids of both and of the
    network (g/kWh): ``grid here``, ``grid there``, ``grid between``.
    """

    inputs: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One view of the network.

    central, federated   kWh; ``central_carbon``, ``federated_carbon`` kgCO2e
    probability          share of draws in which the federated one takes less energy
    points               by factor: where both take the same energy; the federated one takes less ``below`` or ``above``
    """

    view: View
    central: Estimate
    federated: Estimate
    central_carbon: Estimate
    federated_carbon: Estimate
    probability: float
    points: Mapping[Factor, Meeting]


def compare(question: Federated, view: View, *, n: int = DRAWS, seed: int = DEFAULT_SEED) -> Comparison:
    """Both ways under one view, and what would turn the choice."""
    best = {name: np.array([figure.value]) for name, figure in question.inputs.items()}
    rows = {name: drawn(name, figure, n, seed) for name, figure in question.inputs.items()}
    central, federated = _central(rows), _federated(rows)
    return Comparison(
        view,
        _estimate(_central(best), central, "kWh"),
        _estimate(_federated(best), federated, "kWh"),
        _estimate(_central_g(best), _central_g(rows), "gCO2e").to("kgCO2e"),
        _estimate(_federated_g(best), _federated_g(rows), "gCO2e").to("kgCO2e"),
        float((federated < central).mean()),
        {factor: _meeting(line, best, rows) for factor, line in _LINES.items()},
    )


def _compute(values: Mapping[str, Array]) -> Array:
    """kWh of all clients."""
    return values["rounds"] * values["clients"] * values["client"] / _J_PER_KWH


def _aggregate(values: Mapping[str, Array]) -> Array:
    return values["rounds"] * values["server"] * values["pue"] / _J_PER_KWH


def _exchanged_gb(values: Mapping[str, Array]) -> Array:
    return values["rounds"] * values["clients"] * values["exchanged"] / _MB_PER_GB


def _trained(values: Mapping[str, Array]) -> Array:
    return values["training"] * values["pue"]


def _central(values: Mapping[str, Array]) -> Array:
    return _trained(values) + values["data"] * values["network"]


def _federated(values: Mapping[str, Array]) -> Array:
    return _compute(values) + _aggregate(values) + _exchanged_gb(values) * values["network"]


def _central_g(values: Mapping[str, Array]) -> Array:
    moved = values["data"] * values["network"] * values["grid between"]
    return _trained(values) * values["grid here"] + moved


def _federated_g(values: Mapping[str, Array]) -> Array:
    moved = _exchanged_gb(values) * values["network"] * values["grid between"]
    return _compute(values) * values["grid there"] + _aggregate(values) * values["grid here"] + moved


Line = Callable[[Mapping[str, Array]], tuple[Array, Array]]

# per factor: (central minus federated where the factor is zero, federated minus central per unit of it)


def _over_rounds(values: Mapping[str, Array]) -> tuple[Array, Array]:
    return _central(values), _federated(values) / values["rounds"]


def _over_exchanged(values: Mapping[str, Array]) -> tuple[Array, Array]:
    still = _compute(values) + _aggregate(values)
    return _central(values) - still, values["rounds"] * values["clients"] * values["network"] / _MB_PER_GB


def _over_data(values: Mapping[str, Array]) -> tuple[Array, Array]:
    return _trained(values) - _federated(values), -values["network"]


def _over_network(values: Mapping[str, Array]) -> tuple[Array, Array]:
    still = _compute(values) + _aggregate(values)
    return _trained(values) - still, _exchanged_gb(values) - values["data"]


_LINES: Mapping[Factor, Line] = {
    "rounds": _over_rounds,
    "exchanged_mb": _over_exchanged,
    "central_data_gb": _over_data,
    "network_kwh_per_gb": _over_network,
}


def _meeting(line: Line, best: Mapping[str, Array], rows: Mapping[str, Array]) -> Meeting:
    start, slope = line(best)
    return meeting(float(start[0]), float(slope[0]), *line(rows))


def _estimate(best: Array, rows: Array, unit: str) -> Estimate:
    value = float(best[0])
    low, high = np.quantile(rows, (0.05, 0.95))
    return Estimate(value, min(float(low), value), max(float(high), value), unit, Provenance.ASSUMED, _WITHIN)

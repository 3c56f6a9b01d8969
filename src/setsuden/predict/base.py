"""The physical part: time and energy as sums of non-negative terms, each one a resource that is used up.

    seconds   arithmetic at the peak rate, memory traffic of activations and of weights, a start-up cost per batch, and
              arithmetic that the design power pays for (small cards cannot hold their peak); transformers also the
              arithmetic of attention, traffic of its scores and a cost of each layer, decoding also the prompt, for a
              mixture of experts how much less its arithmetic and its reading are packed, and what several devices
              exchange a step
    joules    the same terms times the design power of what runs
    watts     the smaller of design power and power limit; in training, what is drawn while busy and idle in between,
              as far as the limit lets it

Every term is a work divided by a data-sheet rate, so a prediction grows with work and falls with speed; coefficients
are at least zero and say how far from the data sheet real software stays (one is the roofline itself).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from setsuden.predict import domain as kinds
from setsuden.predict.frame import Floats, Rows
from setsuden.predict.sheet import is_cpu
from setsuden.predict.shipped import Knowledge
from setsuden.predict.terms import TERMS, power_limits, terms
from setsuden.predict.work import demand_gain, limited_power

# Where the tables cannot tell terms apart, their shares are drawn to these, with the weight of a twentieth of the rows.
_PLAIN_COEFFICIENTS = (1.5, 3.0, 1.0, 1.0, 0.5, 1.5, 1.0, 0.5, 1.0, 0.95, 0.2, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0)
PLAIN_WEIGHT = 0.05
# Training that fills its card shows little of the idle draw in between, which is therefore held to what cards idle at.
_MOST_IDLE = {"idle": 0.3, "known_idle": 1.3}
_REWEIGHTED, _OUTLIER = 6, 0.2  # Huber weights on logarithmic errors
_GROUNDS = ("networks", "infer", "gpu")  # what a kind of work that was never fitted is taken for


def strata(rows: Rows, domains: tuple[str, ...]) -> tuple[str, ...]:
    """Rows that share coefficients: kind of work, phase, processor or accelerator; decoding also by device.

    Few transformer steps are public, so their training is taken as three times the work under one law. A device
    that decodes and was never measured takes the law of all.
    """
    w = rows.words
    return tuple(
        "/".join(
            (
                kind,
                "infer" if kind == kinds.SEQUENCES else mode or "infer",
                "cpu" if is_cpu(device, device_class) else "gpu",
                *((name,) if kind == kinds.TOKENS else ()),
            )
        )
        for kind, mode, device, device_class, name in zip(
            domains, w["mode"], w["device"], w["device_class"], kinds.devices(rows), strict=True
        )
    )


def log_base(rows: Rows, domains: tuple[str, ...], target: str, knowledge: Knowledge) -> Floats:
    """Natural logarithm of the physical prediction of every row."""
    demand = _demand(rows, domains, target, knowledge)
    limit = power_limits(rows, domains, target)
    return np.asarray(np.log(np.maximum(limited_power(demand, limit), 1e-15)), dtype=np.float64)


def gains(rows: Rows, domains: tuple[str, ...], target: str, knowledge: Knowledge) -> Floats:
    """What is left of an error in what a row demands, 0-1: little where a power limit holds it, else all."""
    limit = power_limits(rows, domains, target)
    if np.isinf(limit).all():
        return np.ones(len(rows))
    return demand_gain(_demand(rows, domains, target, knowledge), limit)


def _demand(rows: Rows, domains: tuple[str, ...], target: str, knowledge: Knowledge) -> Floats:
    """The sum of the terms of every row, before any limit, above zero."""
    used = terms(rows, domains, target, knowledge.typical)
    theta = np.array([_coefficients(stratum, knowledge.coefficients) for stratum in strata(rows, domains)])
    return np.asarray(np.maximum((used * theta.reshape(-1, len(TERMS))).sum(axis=1), 1e-15), dtype=np.float64)


def _coefficients(stratum: str, coefficients: Mapping[str, tuple[float, ...]]) -> tuple[float, ...]:
    kind, mode, device_class = stratum.split("/")[:3]
    for name in (
        stratum,
        f"{kind}/{mode}/{device_class}",
        f"{kind}/{mode}/gpu",
        f"{kind}/{mode}/cpu",
        f"{kind}/infer/{device_class}",
        f"{kind}/train/{device_class}",
        "/".join(_GROUNDS),
    ):
        if name in coefficients:
            return coefficients[name]
    return (1.0,) * len(TERMS)


def fit_terms(
    used: Floats,
    measured: Floats,
    weight: Floats | None = None,
    limit: Floats | None = None,
    plain_weight: float = PLAIN_WEIGHT,
) -> tuple[float, ...]:
    """Coefficients >= 0 with the least relative error, outliers held at ``_OUTLIER``, centred on the median ratio.

    used           shape (rows, terms)
    weight         what each row counts for, 1 where None; rows below 1 do not move the centre
    limit          watts that a row cannot pass, inf or None: none; rows under a limit are fitted to first order around
                   the last fit and are not centred, as what they show of their demand is little
    plain_weight   how strongly shares are drawn to those of plain coefficients, as a share of the weight of all rows
    """
    counts = np.ones(len(measured)) if weight is None else weight
    limit = np.full(len(measured), np.inf) if limit is None else limit
    relative = used / measured[:, None]
    keep = relative.max(axis=0) > 0
    scale = np.where(keep, np.sqrt(counts @ relative**2 / counts.sum()), 1.0)
    plain = np.where(keep, np.minimum(np.array(_PLAIN_COEFFICIENTS) * scale, 1.0), 0.0)
    drawn = np.sqrt(plain_weight * counts.sum()) * np.eye(len(plain))
    trusted, slope, offset = np.ones(len(measured)), np.ones(len(measured)), np.zeros(len(measured))
    for _ in range(_REWEIGHTED):
        each = trusted * np.sqrt(counts)
        rows = np.vstack([relative / scale * (slope * each)[:, None], drawn])
        theta = non_negative(rows, np.concatenate([(1 - offset) * each, drawn @ plain])) / scale
        demand = np.maximum(used @ theta, 1e-15)
        said = limited_power(demand, limit)
        trusted = np.sqrt(_OUTLIER / np.maximum(np.abs(np.log(np.maximum(said / measured, 1e-9))), _OUTLIER))
        gain = demand_gain(demand, limit)
        slope, offset = gain * said / demand, (1 - gain) * said / measured
    for name, most in _MOST_IDLE.items():
        theta[TERMS.index(name)] = min(theta[TERMS.index(name)], most)
    predicted = used @ theta
    if not (predicted > 0).all():
        return tuple(np.where(keep, 1.0, 0.0).tolist())
    centre = (counts >= 1) & np.isinf(limit)
    factor = np.exp(np.median(np.log(measured[centre] / predicted[centre]))) if centre.any() else 1.0
    return tuple((theta * factor).tolist())


def non_negative(matrix: Floats, wanted: Floats, rounds: int = 4000) -> Floats:
    """Least squares under x >= 0 by coordinate descent."""
    gram, right = matrix.T @ matrix, matrix.T @ wanted
    x = np.zeros(matrix.shape[1])
    for _ in range(rounds):
        before = x.copy()
        for k in range(len(x)):
            if gram[k, k] > 0:
                x[k] = max(0.0, x[k] + (right[k] - gram[k] @ x) / gram[k, k])
        if np.abs(x - before).max() <= 1e-10 * max(1.0, float(np.abs(x).max())):
            break
    return x

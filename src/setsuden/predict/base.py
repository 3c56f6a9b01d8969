"""The physical part: time and energy as sums of non-negative terms, each one a resource that is used up.

    seconds   arithmetic at the peak rate, memory traffic of activations and of weights, a start-up cost per batch, and
              arithmetic that the design power pays for (small cards cannot hold their peak)
    joules    the same terms times the design power of what runs
    watts     the smaller of design power and power limit

Every term is a work divided by a data-sheet rate, so a prediction grows with work and falls with speed; coefficients
are at least zero and say how far from the data sheet real software stays (one is the roofline itself).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from setsuden.predict import domain as kinds
from setsuden.predict.frame import Floats, Rows
from setsuden.predict.sheet import is_cpu, sheet, stated

TERMS = ("arithmetic", "activations", "weights", "start", "power")
_BYTES = {"amp": 2, "amp_bf16": 2, "bf16": 2, "bfloat16": 2, "fp16": 2, "float16": 2, "fp8": 1, "int8": 1, "mxfp4": 0.5}
_BACKWARD = 3.0  # work of a training step in forward passes: each contraction again for its input and its weights
_START_S = 1e-3
# Operations a joule buys double about every 2.6 years (Koomey and Naffziger 2016); their level is fitted.
_OPERATIONS_PER_JOULE, _LEVEL_YEAR, _DOUBLING_YEARS = 1e11, 2018, 2.6
# Where the tables cannot tell terms apart, their shares are drawn to these, with the weight of a twentieth of the rows.
_PLAIN_COEFFICIENTS, _PLAIN_WEIGHT = (1.5, 3.0, 1.0, 1.0, 0.5), 0.05
_REWEIGHTED, _OUTLIER = 6, 0.2  # Huber weights on logarithmic errors
_GROUNDS = ("networks", "infer", "gpu")  # what a kind of work that was never fitted is taken for


def strata(rows: Rows, domains: tuple[str, ...]) -> tuple[str, ...]:
    """Rows that share coefficients: kind of work, phase, processor or accelerator.

    Few transformer steps are public, so their training is taken as ``_BACKWARD`` times the work under one law.
    """
    w = rows.words
    return tuple(
        "/".join(
            (
                kind,
                "infer" if kind == kinds.SEQUENCES else mode or "infer",
                "cpu" if is_cpu(device, device_class) else "gpu",
            )
        )
        for kind, mode, device, device_class in zip(domains, w["mode"], w["device"], w["device_class"], strict=True)
    )


def terms(rows: Rows, domains: tuple[str, ...], target: str, typical: Mapping[str, Mapping[str, float]]) -> Floats:
    """What each row uses up, shape (rows, 5), in s, J or W a unit of work.

    typical   kind of work -> column -> value that stands in for a size the row does not state
    """
    n = {name: _filled(rows, domains, name, typical) for name in _SIZES}
    w = rows.words
    flops, bandwidth, power, year = (np.empty(len(rows)) for _ in range(4))
    tdp = rows.numbers["device_tdp_w"]
    for i in range(len(rows)):
        found = sheet(w["device"][i], w["device_class"][i], w["precision"][i], stated(tdp[i]))
        flops[i], bandwidth[i], power[i] = found.flops, found.bandwidth, found.power_w
        year[i] = found.year or _LEVEL_YEAR
    own_flops, own_bandwidth = rows.numbers["device_flops"], rows.numbers["device_bytes_per_s"]
    flops = np.where(np.isnan(own_flops), flops, own_flops)
    bandwidth = np.where(np.isnan(own_bandwidth), bandwidth, own_bandwidth)
    count = n["device_count"]
    limit = rows.numbers["power_limit_w"]
    ceiling = np.where(np.isnan(limit), power, np.minimum(limit, power))
    if target == "power_w":
        zero = np.zeros(len(rows))
        return np.column_stack([ceiling * count, zero, zero, zero, zero])
    flops = flops * (ceiling / power) ** (1 / 3) * count
    bandwidth = bandwidth * count
    width = np.array([_BYTES.get(precision, 4) for precision in w["precision"]], dtype=np.float64)
    batch = n["batch_size"]
    share = np.clip(n["active_params_m"] / n["params_m"], 1e-6, 1.0)
    is_token = np.array([kind == kinds.TOKENS for kind in domains])
    passes = np.where(np.array(w["mode"]) == "train", _BACKWARD, 1.0)
    macs = passes * np.where(is_token, n["active_params_m"] * 1e6, n["gmacs"] * 1e9)
    touched = n["params_m"] * 1e6 * np.where(is_token, 1 - (1 - share) ** batch, 1.0)
    context = passes * np.where(is_token, n["input_0"] * np.sqrt(n["active_params_m"] * 1e6), n["macts_m"] * 1e6)
    units = np.array([_units(extra, unit) for extra, unit in zip(w["extra"], w["unit"], strict=True)])
    used = np.column_stack(
        [
            2 * macs / flops,
            width * context / bandwidth,
            width * touched / bandwidth / batch,
            _START_S / batch,
            2 * macs / (_OPERATIONS_PER_JOULE * 2 ** ((year - _LEVEL_YEAR) / _DOUBLING_YEARS) * ceiling * count),
        ]
    )
    used *= units[:, None]
    return used * (ceiling * count)[:, None] if target == "energy_j" else used


def _units(extra: str, unit: str) -> float:
    """Samples in one unit of work: an epoch has many."""
    if unit != "epoch":
        return 1.0
    samples = kinds.extra_fields(extra).get("samples_per_epoch")
    return float(samples) if isinstance(samples, (int, float)) and samples > 0 else 1e5


_SIZES = ("gmacs", "macts_m", "params_m", "active_params_m", "batch_size", "device_count", "input_0")


def _filled(rows: Rows, domains: tuple[str, ...], name: str, typical: Mapping[str, Mapping[str, float]]) -> Floats:
    if name == "input_0":
        values = np.exp(kinds.features(rows)[:, kinds.FEATURES.index("input_0")])
    else:
        values = rows.numbers[name]
    if name == "active_params_m":
        values = np.where(np.isnan(values), rows.numbers["params_m"], values)
    stand_in = np.array([typical.get(kind, {}).get(name, 1.0) for kind in domains])
    return np.where(np.isnan(values), stand_in, values)


def log_base(
    rows: Rows,
    domains: tuple[str, ...],
    target: str,
    coefficients: Mapping[str, tuple[float, ...]],
    typical: Mapping[str, Mapping[str, float]],
) -> Floats:
    """Natural logarithm of the physical prediction of every row."""
    used = terms(rows, domains, target, typical)
    theta = np.array([_coefficients(stratum, coefficients) for stratum in strata(rows, domains)]).reshape(
        -1, len(TERMS)
    )
    return np.asarray(np.log(np.maximum((used * theta).sum(axis=1), 1e-15)), dtype=np.float64)


def _coefficients(stratum: str, coefficients: Mapping[str, tuple[float, ...]]) -> tuple[float, ...]:
    kind, mode, device = stratum.split("/")
    for name in (
        stratum,
        f"{kind}/{mode}/gpu",
        f"{kind}/{mode}/cpu",
        f"{kind}/infer/{device}",
        f"{kind}/train/{device}",
        "/".join(_GROUNDS),
    ):
        if name in coefficients:
            return coefficients[name]
    return (1.0,) * len(TERMS)


def fit_terms(used: Floats, measured: Floats) -> tuple[float, ...]:
    """Coefficients >= 0 with the least relative error, outliers held at ``_OUTLIER``, centred on the median ratio."""
    relative = used / measured[:, None]
    keep = relative.max(axis=0) > 0
    scale = np.where(keep, np.sqrt((relative**2).mean(axis=0)), 1.0)
    matrix = relative / scale
    weight = np.ones(len(measured))
    plain = np.minimum(np.array(_PLAIN_COEFFICIENTS) * scale, 1.0)
    drawn = np.sqrt(_PLAIN_WEIGHT * len(measured)) * np.eye(len(plain))
    for _ in range(_REWEIGHTED):
        rows = np.vstack([matrix * weight[:, None], drawn])
        theta = non_negative(rows, np.concatenate([weight, drawn @ plain]))
        weight = np.sqrt(_OUTLIER / np.maximum(np.abs(np.log(np.maximum(matrix @ theta, 1e-9))), _OUTLIER))
    theta = theta / scale
    predicted = used @ theta
    if not (predicted > 0).all():
        return tuple(np.where(keep, 1.0, 0.0).tolist())
    return tuple((theta * np.exp(np.median(np.log(measured / predicted)))).tolist())


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

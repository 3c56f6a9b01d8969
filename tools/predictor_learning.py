"""What measured rows teach: coefficients of the physical laws, lengths and strengths of the residual covariance."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from setsuden.predict import domain as kinds
from setsuden.predict.base import PLAIN_WEIGHT, fit_terms, log_base, strata
from setsuden.predict.domain import FEATURES, devices, domains_of, features
from setsuden.predict.frame import Rows
from setsuden.predict.kernel import LEVELS, Points, likeness
from setsuden.predict.posterior import Posterior, below, blocks
from setsuden.predict.seen import points_of, ranges_of
from setsuden.predict.shipped import parse, parse_kernel
from setsuden.predict.sizes import borrowed_sizes
from setsuden.predict.terms import power_limits, terms

PARTS = 6  # of a level of the covariance
SAMPLE = 500  # rows the covariance is fitted on
# What a training of unknown size counts for in the law of training power: it does not say whether it fills its card.
UNSIZED = 0.1
SUPPORT = 0.5  # what single matrix products count for in the law of transformers, all of them against all of those
# How strongly the law of transformers may be drawn to plain coefficients: chosen within every fit, on held-out devices.
PLAIN_WEIGHTS = (PLAIN_WEIGHT, 0.2, 0.8, 3.2)
# Kinds of work with few models, of which some have many rows: what stands in for a size not told is that of a model.
ONE_A_MODEL = (kinds.SEQUENCES, kinds.EPOCHS)
# Levels of the covariance, by number, and parts of it that a kind of work uses: chosen on held-out groups and devices.
# Boards and cards on which few runs were made learn most from like software, others from the same software.
LEVELS_USED = (0, 1, 2, 4)
LEVELS_OF: dict[str, tuple[int, ...]] = {
    kinds.BOARDS: (0, 1, 2, 3),
    kinds.MICROCONTROLLERS: (0, 1, 2, 3),
    kinds.EPOCHS: (0, 1, 2, 3),
    kinds.SEQUENCES: (0, 2),
    kinds.TOKENS: (0, 1, 4),
}
SIBLINGS = (kinds.BOARDS,)  # kinds of work whose devices are alike as far as their names are
# How much of what like software on other boards tells is believed, and how far a board's own level through one software
# may lie off: likelihood, which few boards shape, believes too much. Chosen within every fit, on held-out boards.
BELIEFS = tuple((software, own) for software in (1.0, 0.1) for own in (1.0, 2.0))
RUNS, TRIES, OTHERS = 5, 3, 400  # runs of a held-out board, draws of them, rows of the other boards
LEFT_OUT: dict[str, tuple[int, ...]] = {kinds.TOKENS: (1, 3), kinds.SYSTEMS: (1,)}
SEED = 7


def learn(
    rows: Rows, target: str, kernels: dict[str, Any] | None = None, wanted: Container[str] = kinds.DOMAINS
) -> dict[str, Any]:
    """The knowledge in measured rows, as the shipped file holds it; ``kernels`` are taken as they are where given.

    wanted   kinds of work whose covariance is fitted
    """
    measured = rows.measured(target)
    rows = rows.take(np.flatnonzero(np.isfinite(measured)))
    measured = measured[np.isfinite(measured)]
    rows = borrowed_sizes(rows, rows)
    own = domains_of(rows)
    typical, ranges = {}, {}
    for kind in sorted(set(own)):
        part = rows.take(np.array([i for i, name in enumerate(own) if name == kind]))
        models = dict(zip(part.words["model"], range(len(part)), strict=True))
        logs = features(part)
        ranges[kind] = {name: [float(f"{v:.4g}") for v in ends] for name, ends in ranges_of(part).items()}
        if kind in ONE_A_MODEL:
            logs = logs[list(models.values())]
        known = np.isfinite(logs).any(axis=0)
        typical[kind] = {
            name: float(f"{np.exp(np.nanmedian(logs[:, k])):.4g}") for k, name in enumerate(FEATURES) if known[k]
        }
    used, where = terms(rows, own, target, typical), np.array(strata(rows, own))
    limits = power_limits(rows, own, target)
    coefficients = {}
    for name in sorted(set(where) | {"/".join(stratum.split("/")[:3]) for stratum in where}):
        counts = np.array([(f"{stratum}/").startswith(f"{name}/") for stratum in where], dtype=np.float64)
        if counts.sum() < 5:
            continue
        if name.startswith(kinds.SEQUENCES):
            support = where == name.replace(kinds.SEQUENCES, kinds.KERNELS)
            counts[support] = SUPPORT * counts.sum() / max(support.sum(), 1)
        if name.startswith(kinds.EPOCHS) and target == "power_w":
            counts *= np.where(np.isnan(rows.numbers["gmacs"]), UNSIZED, 1.0)
        part = counts > 0
        known = used[part], measured[part], counts[part], limits[part]
        drawn = PLAIN_WEIGHT
        if name.startswith(kinds.SEQUENCES):
            drawn = best_plain_weight(*known, np.array(devices(rows))[part])
        theta = [float(f"{c:.4g}") for c in fit_terms(*known, plain_weight=drawn)]
        coefficients[name] = theta[: max(k + 1 for k, c in enumerate(theta) if c > 0)]
    found: dict[str, Any] = {
        "coefficients": coefficients,
        "typical": typical,
        "ranges": ranges,
        "kernels": {},
        "widths": {},
    }
    if kernels is not None:
        return {**found, "kernels": kernels}
    prior = parse(found)
    for kind in sorted(set(own)):
        if kind not in wanted:
            continue
        index = np.array([i for i, name in enumerate(own) if name == kind])
        part = rows.take(index)
        residual = np.log(measured[index]) - log_base(part, (kind,) * len(index), target, prior)
        points = points_of(part, kind, target, prior)
        kernel = learn_kernel(
            points, residual, LEVELS_OF.get(kind, LEVELS_USED), LEFT_OUT.get(kind, ()), kind in SIBLINGS
        )
        found["kernels"][kind] = believed(kernel, points, residual) if kind == kinds.BOARDS else kernel
    return found


def believed(kernel: dict[str, Any], points: Points, residual: np.ndarray) -> dict[str, Any]:
    """The covariance with the one of ``BELIEFS`` that errs least on boards held out but for a few runs."""
    names = sorted(name for name in set(points.devices) if points.devices.count(name) > RUNS)
    if len(names) < 3:
        return kernel

    def error(belief: tuple[float, float]) -> float:
        tried = parse_kernel(with_belief(kernel, belief))
        random = np.random.default_rng(SEED)
        found = []
        for name in names:
            own = np.array([i for i, device in enumerate(points.devices) if device == name])
            others = np.setdiff1d(np.arange(len(points)), own)
            for _ in range(TRIES):
                runs = random.permutation(own)[:RUNS]
                known = np.concatenate([random.permutation(others)[:OTHERS], runs]).tolist()
                asked = np.setdiff1d(own, runs)
                posterior = Posterior.given(tried, points.take(known), residual[known])
                mean, doubt = posterior.mean_and_deviation(points.take(asked.tolist()))
                found.append(np.abs(np.expm1(below(mean, doubt) - residual[asked])).mean())
        return float(np.mean(found))

    return with_belief(kernel, min(BELIEFS, key=error))


def with_belief(kernel: dict[str, Any], belief: tuple[float, float]) -> dict[str, Any]:
    """A covariance with the strengths of like software, and of the level of software on a device, times two factors."""
    strengths = np.array(kernel["strengths"])
    strengths[LEVELS.index("software")] *= belief[0]
    strengths[LEVELS.index("both"), 0] *= belief[1]
    return {**kernel, "strengths": [[float(f"{s:.4g}") for s in level] for level in strengths]}


def best_plain_weight(
    used: np.ndarray, measured: np.ndarray, counts: np.ndarray, limits: np.ndarray, labels: np.ndarray
) -> float:
    """The one of ``PLAIN_WEIGHTS`` whose laws err least on the rows of labels they were fitted without."""

    def error(weight: float) -> float:
        found: list[float] = []
        for label in sorted(set(labels[counts >= 1])):
            left, asked = labels != label, (labels == label) & (counts >= 1)
            theta = fit_terms(used[left], measured[left], counts[left], limits[left], weight)
            found += np.abs(used[asked] @ np.array(theta) / measured[asked] - 1).tolist()
        return float(np.mean(found))

    return min(PLAIN_WEIGHTS, key=error)


def learn_kernel(
    points: Points,
    residual: np.ndarray,
    used: Sequence[int],
    left_out: Container[int] = (),
    siblings: bool = False,
) -> dict[str, Any]:
    """Strengths, lengths and noise of most probable covariance, under wide log-normal priors (maximum a posteriori).

    used       numbers of the levels of the covariance that take part
    left_out   numbers of the parts that do not
    siblings   whether devices of like names are alike
    """
    index = _sample(points.groups)
    points, residual = points.take(index.tolist()), residual[index]
    sizes = points.sizes
    varied = _varied(sizes)
    x = sizes[:, varied]
    spread = np.maximum(x.std(axis=0), 0.3)
    name, group, *alike = likeness(points, points, siblings)
    count, number = len(points), len(varied)
    squared = (x[:, None, :] - x[None, :, :]) ** 2
    product = x[:, None, :] * x[None, :, :]
    gain = np.outer(points.gains, points.gains)
    levels = tuple(gain * (1.0, *alike)[k] for k in used)
    wide = PARTS * len(levels)

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        strengths, inverse, noise = np.exp(z[:wide]), np.exp(-2 * z[wide : wide + number]), np.exp(z[-1])
        inner = product @ inverse
        near = np.exp(-0.5 * (squared @ inverse))
        parts = (levels[0], inner, near, near * name, name, group)
        each = [levels[j // PARTS] * parts[j % PARTS] * strengths[j] for j in range(wide)]
        matrix = sum(each) + (noise + 1e-8) * np.eye(count)
        try:
            root = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            return 1e7, np.zeros_like(z)
        back = np.linalg.inv(matrix)
        weight = back @ residual
        slope = 0.5 * (back - np.outer(weight, weight))
        gradient = np.zeros_like(z)
        gradient[:wide] = [float((slope * part).sum()) for part in each]
        by_distance = slope * sum(each[j] for j in range(wide) if j % PARTS in (2, 3))
        by_inner = slope * sum(levels[level] * strengths[PARTS * level + 1] for level in range(len(levels)))
        for d in range(number):
            pull = (by_distance * squared[:, :, d]).sum() - 2 * (by_inner * product[:, :, d]).sum()
            gradient[wide + d] = pull * inverse[d]
        gradient[-1] = noise * np.trace(slope)
        far, long = z[:wide] + 5, z[wide : wide + number] - np.log(spread) - 0.7
        gradient[:wide] += far / 9
        gradient[wide : wide + number] += long
        value = 0.5 * residual @ weight + np.log(np.diag(root)).sum() + (far**2).sum() / 18 + (long**2).sum() / 2
        return float(value), gradient

    start = np.concatenate([np.full(wide, -4.5), np.log(spread) + 0.7, [-5.0]])
    start[:wide][[j % PARTS in left_out for j in range(wide)]] = -14
    bounds = [(-14, -14 if j % PARTS in left_out else 2) for j in range(wide)] + [(-2, 4)] * number + [(-10, -1)]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}).x
    strengths = np.exp(best[:wide])
    strengths[strengths < 1e-5] = 0.0
    return {
        "strengths": [
            [float(f"{s:.4g}") for s in strengths.reshape(-1, PARTS)[used.index(k)]] if k in used else [0.0] * PARTS
            for k in range(len(LEVELS))
        ],
        "lengths": {FEATURES[k]: float(f"{np.exp(best[wide + d]):.4g}") for d, k in enumerate(varied)},
        "noise": float(f"{np.exp(best[-1]):.4g}"),
        **({"siblings": True} if siblings else {}),
    }


def _varied(sizes: np.ndarray) -> list[int]:
    """Sizes that vary and say something that no earlier size says."""
    chosen: list[int] = []
    for k in range(sizes.shape[1]):
        if sizes[:, k].std() < 0.05:
            continue
        if all(abs(np.corrcoef(sizes[:, k], sizes[:, j])[0, 1]) < 0.999 for j in chosen):
            chosen.append(k)
    return chosen


def _sample(groups: Sequence[str]) -> np.ndarray:
    """Up to ``SAMPLE`` rows, spread evenly over the groups."""
    if len(groups) <= SAMPLE:
        return np.arange(len(groups))
    random = np.random.default_rng(SEED)
    queues = [random.permutation(block) for block in blocks(groups)]
    random.shuffle(queues)  # type: ignore[arg-type]
    per = max(6, -(-SAMPLE // len(queues)))
    return np.sort(np.concatenate([queue[:per] for queue in queues])[:SAMPLE])

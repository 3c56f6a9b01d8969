"""Fit the shipped device models: ``python tools/fit_predictors.py RAW_FOLDER``.

RAW_FOLDER holds the measured tables. Coefficients of the physical laws and lengths and strengths of the residual
covariance are fitted per kind of work; no row leaves the folder. Scores are cross-validated by model group and by
device, everything refitted on what is left, never by row. Needs scipy (it comes with the extra ``data``).
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from setsuden.predict import domain as kinds
from setsuden.predict.base import fit_terms, log_base, strata
from setsuden.predict.domain import FEATURES, devices, domains_of, features
from setsuden.predict.frame import Rows, rows_of
from setsuden.predict.kernel import LEVELS, Points, likeness, variance
from setsuden.predict.posterior import blocks
from setsuden.predict.shipped import FILE, TARGETS, parse
from setsuden.predict.sizes import borrowed_sizes
from setsuden.predict.table import fit_with, points_of, ranges_of
from setsuden.predict.terms import terms

OUT = Path(__file__).parent.parent / "src/setsuden/predict" / FILE
TABLES = {
    "seconds_per_unit": ("timm_throughput", "neusight_transformer_times", "neusight_gemm_times", "mlenergy_inference",
                         "edge_conv2d_energy", "zeus_training_power", "mlperf_tiny_energy", "mlperf_inference_power"),
    "energy_j": ("mlperf_inference_power", "edge_conv2d_energy", "zeus_training_power", "mlperf_tiny_energy",
                 "mlenergy_inference", "cpu_layer_energy"),
    "power_w": ("mlperf_inference_power", "edge_conv2d_energy", "zeus_training_power", "mlenergy_inference",
                "cpu_layer_energy", "mlperf_tiny_energy"),
}  # fmt: skip
SUPPORTING = {"neusight_transformer_times": "neusight_gemm_times"}  # measured on the same devices
SOURCES = [
    "huggingface/pytorch-image-models, results/benchmark-*.csv (Apache-2.0)",
    "ml-energy/zeus, NSDI '23 trace (Apache-2.0)",
    "mlcommons/cm4mlperf-results (Apache-2.0)",
    "mlcommons/tiny_results_v0.7 to v1.3 (Apache-2.0)",
    "NEUSoftGreenAI/NeurstrucEnergy, conv2d (MIT)",
    "sitar-lab/NeuSight, labels and test sets (MIT)",
    "ml-energy/leaderboard, task results (no licence stated: coefficients only)",
    "JohannesGetzner/dl-energy-estimator (no licence stated: coefficients only)",
]
PARTS = 6  # of a level of the covariance
SAMPLE = 500  # rows the covariance is fitted on
FOLDS = 5
SUPPORT = 0.5  # what single matrix products count for in the law of transformers, all of them against all of those
# Kinds of work with few models, of which some have many rows: what stands in for a size not told is that of a model.
ONE_A_MODEL = (kinds.SEQUENCES, kinds.EPOCHS)
# Levels of the covariance that a kind of work uses, where not all four: chosen on held-out groups and devices.
LEFT_OUT: dict[str, tuple[int, ...]] = {kinds.TOKENS: (1, 3, 4), kinds.SYSTEMS: (1,)}  # parts of it, likewise
LEVELS_OF: dict[str, tuple[int, ...]] = {kinds.SEQUENCES: (0, 2), kinds.TOKENS: (0, 1)}
SEED = 7


def load(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one table; tables without a stated licence lie one folder deeper."""
    path = folder / f"{name}.csv"
    with (path if path.exists() else folder / "no_licence_stated" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


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
    coefficients = {}
    for name in sorted(set(where) | {"/".join(stratum.split("/")[:3]) for stratum in where}):
        counts = np.array([(f"{stratum}/").startswith(f"{name}/") for stratum in where], dtype=np.float64)
        if counts.sum() < 5:
            continue
        if name.startswith(kinds.SEQUENCES):
            support = where == name.replace(kinds.SEQUENCES, kinds.KERNELS)
            counts[support] = SUPPORT * counts.sum() / max(support.sum(), 1)
        part = counts > 0
        theta = [float(f"{c:.4g}") for c in fit_terms(used[part], measured[part], counts[part])]
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
        residual = np.log(measured[index]) - log_base(part, (kind,) * len(index), target,
                                                      prior.coefficients, prior.typical)  # fmt: skip
        points = points_of(part, kind, prior)
        found["kernels"][kind] = learn_kernel(
            points, residual, LEVELS_OF.get(kind, (0, 1, 2, 3)), LEFT_OUT.get(kind, ())
        )
    return found


def learn_kernel(
    points: Points, residual: np.ndarray, used: Sequence[int], left_out: Container[int] = ()
) -> dict[str, Any]:
    """Strengths, lengths and noise of most probable covariance, under wide log-normal priors (maximum a posteriori).

    used       numbers of the levels of the covariance that take part
    left_out   numbers of the parts that do not
    """
    index = _sample(points.groups)
    points, residual = points.take(index.tolist()), residual[index]
    sizes = points.sizes
    varied = _varied(sizes)
    x = sizes[:, varied]
    spread = np.maximum(x.std(axis=0), 0.3)
    name, group, software, device, same = likeness(points, points)
    count, number = len(points), len(varied)
    squared = (x[:, None, :] - x[None, :, :]) ** 2
    product = x[:, None, :] * x[None, :, :]
    levels = tuple((np.ones((count, count)), software, device, same)[k] for k in used)
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


def joined(first: Rows, second: Rows) -> Rows:
    """The rows of two tables as one."""
    numbers = {name: np.concatenate([column, second.numbers[name]]) for name, column in first.numbers.items()}
    words = {name: (*column, *second.words[name]) for name, column in first.words.items()}
    return Rows(numbers, words, len(first) + len(second))


def folds(labels: Sequence[str], count: int) -> list[np.ndarray]:
    """Indices of held-out rows, label by label, in ``count`` parts (or one a label where there are fewer)."""
    names = sorted(set(labels))
    np.random.default_rng(SEED).shuffle(names)
    part = {name: k % count for k, name in enumerate(names)}
    return [np.array([i for i, label in enumerate(labels) if part[label] == k]) for k in range(min(count, len(names)))]


def score(
    rows: Rows, target: str, labels: Sequence[str], count: int, runs: int = 0, support: Rows | None = None
) -> dict[str, Any]:
    """Errors and coverage on held-out labels; ``runs`` rows of each fold are given back as calibration.

    support   rows of other work that may shape the laws, without the devices that are held out
    """
    error: list[float] = []
    inside: list[bool] = []
    plain: list[float] = []
    random = np.random.default_rng(SEED)
    for held in folds(labels, count):
        back = random.permutation(held)[:runs]
        left = np.setdiff1d(np.arange(len(rows)), np.setdiff1d(held, back))
        asked = rows.take(np.setdiff1d(held, back))
        known = rows.take(np.setdiff1d(np.arange(len(rows)), held))
        wanted = set(domains_of(known))
        if support is not None:
            new = set(devices(asked)) - set(devices(known))
            known = joined(known, support.take(np.array([i for i, d in enumerate(devices(support)) if d not in new])))
        knowledge = parse(learn(known, target, wanted=wanted))
        truth = asked.measured(target)
        columns = {**asked.numbers, **asked.words}
        predictor = fit_with({**rows.take(left).numbers, **rows.take(left).words}, target, knowledge)
        said = predictor.predict(columns)
        low, high = predictor.interval(columns)
        error += np.abs(said / truth - 1).tolist()
        inside += ((low <= truth) & (truth <= high)).tolist()
        plain += np.abs(fit_with(None, target, knowledge).predict(columns) / truth - 1).tolist()
    return {
        "rows": len(error),
        "held_out": len(set(labels)),
        "mape": round(float(np.mean(error)), 4),
        "median": round(float(np.median(error)), 4),
        "coverage_90": round(float(np.mean(inside)), 4),
        "mape_shipped_alone": round(float(np.mean(plain)), 4),
    }


def widths(rows: Rows, target: str, own: tuple[str, ...], kernels: dict[str, Any]) -> dict[str, float]:
    """Deviations that cover 90 % of rows of held-out groups and devices, physical part alone, laws refitted."""
    scores: dict[str, list[float]] = {}
    by = [f"{group} {device}" for group, device in zip(rows.words["group"], rows.words["device"], strict=True)]
    for held in folds(by, FOLDS):
        knowledge = parse(learn(rows.take(np.setdiff1d(np.arange(len(rows)), held)), target, kernels))
        asked = rows.take(held)
        for kind in sorted(set(own)):
            index = np.array([k for k, i in enumerate(held) if own[i] == kind], dtype=np.intp)
            if not len(index) or kind not in knowledge.kernels:
                continue
            part = asked.take(index)
            base = log_base(part, (kind,) * len(index), target, knowledge.coefficients, knowledge.typical)
            points = points_of(part, kind, knowledge)
            spread = np.sqrt(variance(knowledge.kernels[kind], points) + knowledge.kernels[kind].noise)
            scores.setdefault(kind, []).extend((np.abs(np.log(part.measured(target)) - base) / spread).tolist())
    return {kind: float(f"{np.quantile(found, 0.9):.4g}") for kind, found in scores.items()}


QUESTIONS: tuple[tuple[str, str, str, Callable[[Rows, int], bool], str, int, int], ...] = (
    # name, table, target, rows, held out by, folds, calibration rows given back
    ("timm RTX 3090 inference, unseen models", "timm_throughput", "seconds_per_unit",
     lambda r, i: "3090" in r.words["device"][i] and r.words["mode"][i] == "infer", "group", 5, 0),
    ("timm RTX 3090 training, unseen models", "timm_throughput", "seconds_per_unit",
     lambda r, i: "3090" in r.words["device"][i] and r.words["mode"][i] == "train", "group", 5, 0),
    ("timm RTX 3090 inference, unseen families", "timm_throughput", "seconds_per_unit",
     lambda r, i: "3090" in r.words["device"][i] and r.words["mode"][i] == "infer", "family", 5, 0),
    ("timm, unseen GPU from its data sheet", "timm_throughput", "seconds_per_unit",
     lambda r, i: r.words["device_class"][i] == "gpu" and r.words["mode"][i] == "infer", "device", 9, 0),
    ("edge boards, unseen models", "mlperf_inference_power", "energy_j",
     lambda r, i: bool(np.isfinite(r.numbers["gmacs"][i])), "group", 5, 0),
    ("edge boards, unseen board, five runs", "mlperf_inference_power", "energy_j",
     lambda r, i: bool(np.isfinite(r.numbers["gmacs"][i])), "device", 9, 5),
    ("edge boards, unseen platform, five runs", "mlperf_inference_power", "energy_j",
     lambda r, i: bool(np.isfinite(r.numbers["gmacs"][i])), "platform", 60, 5),
    ("LLM serving, unseen models", "mlenergy_inference", "energy_j",
     lambda r, i: r.words["unit"][i] == "output token", "group", 20, 0),
    ("GPU training power, unseen network on a GPU", "zeus_training_power", "power_w", lambda r, i: True, "pair", 12, 0),
    ("GPU training power, unseen network on a GPU, five runs", "zeus_training_power", "power_w",
     lambda r, i: True, "pair", 12, 5),
    ("GPU training power, unseen network", "zeus_training_power", "power_w", lambda r, i: True, "group", 9, 0),
    ("GPU training power, unseen GPU", "zeus_training_power", "power_w", lambda r, i: True, "device", 9, 0),
    ("GPU training power, unseen batch size", "zeus_training_power", "power_w", lambda r, i: True, "batch", 10, 0),
    ("transformer steps, unseen GPU", "neusight_transformer_times", "seconds_per_unit",
     lambda r, i: True, "device", 20, 0),
    ("transformer steps, unseen models", "neusight_transformer_times", "seconds_per_unit",
     lambda r, i: True, "group", 9, 0),
    ("microcontrollers, unseen board, five runs", "mlperf_tiny_energy", "energy_j",
     lambda r, i: r.words["unit"][i] == "inference", "group", 9, 5),
    ("single convolutions, unseen shapes", "edge_conv2d_energy", "energy_j", lambda r, i: True, "group", 5, 0),
    ("layers on a CPU, unseen shapes", "cpu_layer_energy", "energy_j", lambda r, i: True, "group", 5, 0),
)  # fmt: skip


def published(rows: Rows) -> str:
    """How far off the predictions are that NeuSight's authors print beside their own measurements."""
    pairs = [
        (float(kinds.extra_fields(extra)["neusight_predicted_ms"]), latency)  # type: ignore[arg-type]
        for extra, latency in zip(rows.words["extra"], rows.numbers["latency_ms"].tolist(), strict=True)
        if "neusight_predicted_ms" in kinds.extra_fields(extra)
    ]
    error = np.mean([abs(said / latency - 1) for said, latency in pairs])
    return f"published predictions of {len(pairs)} of these rows: mape {error:.4f}"


def labels_of(rows: Rows, by: str) -> list[str]:
    """What a split holds out together."""
    w = rows.words
    if by == "family":
        return [name.split("_")[0].rstrip("0123456789") for name in w["model"]]
    if by == "pair":
        return [f"{group} {device}" for group, device in zip(w["group"], w["device"], strict=True)]
    if by == "batch":
        return [f"{g} {d} {b:g}" for g, d, b in zip(w["group"], w["device"], rows.numbers["batch_size"], strict=True)]
    if by == "platform":
        return [
            f"{d} {kinds.extra_fields(e).get('platform', '')}" for d, e in zip(w["device"], w["extra"], strict=True)
        ]
    return list(w[by])


def main() -> None:
    """Fit, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-scores", action="store_true", help="keep the scores that are in the file")
    parser.add_argument("--keep-models", action="store_true", help="score only, keep the models that are in the file")
    parser.add_argument(
        "--only", default="", help="score questions whose name contains this; with --keep-models into the file"
    )
    options = parser.parse_args()
    scores: dict[str, Any] = {}
    for name, table, target, wanted, by, count, runs in QUESTIONS:
        if options.no_scores or options.only not in name:
            continue
        start = time.perf_counter()
        rows = rows_of(load(options.folder, table))
        measured = rows.measured(target)
        rows = rows.take(np.array([i for i in range(len(rows)) if wanted(rows, i) and np.isfinite(measured[i])]))
        support = rows_of(load(options.folder, SUPPORTING[table])) if table in SUPPORTING else None
        scores[name] = score(rows, target, labels_of(rows, by), count, runs, support)
        if table in SUPPORTING:
            print(published(rows))
        print(f"{name}: {scores[name]} {time.perf_counter() - start:.0f} s", flush=True)
    if options.only and not options.keep_models:
        return
    if options.keep_models:
        document = json.loads(OUT.read_text(encoding="utf-8"))
        kept = document["scores"] if options.only else {}
        document |= {"sources": SOURCES, "scores": {**kept, **scores}}
        OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return
    document = {}
    for target in TARGETS:
        rows = rows_of([row for table in TABLES[target] for row in load(options.folder, table)])
        rows = rows.take(np.flatnonzero(np.isfinite(rows.measured(target))))
        document[target] = learn(rows, target)
        print(target, "fitted", flush=True)
        document[target]["widths"] = widths(rows, target, domains_of(rows), document[target]["kernels"])
    if options.no_scores and OUT.exists():
        scores = json.loads(OUT.read_text(encoding="utf-8"))["scores"]
    document |= {"sources": SOURCES, "scores": scores}
    OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

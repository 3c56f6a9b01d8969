"""Fit the shipped device models: ``python tools/fit_predictors.py RAW_FOLDER``.

RAW_FOLDER holds the measured tables. Coefficients of the physical laws and lengths and strengths of the residual
covariance are fitted per kind of work; no row leaves the folder. Scores are cross-validated by model group and by
device, everything refitted on what is left, never by row. Needs scipy (it comes with the extra ``data``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from predictor_learning import learn
from predictor_scores import QUESTIONS, SUPPORTING, TIMED, folds, labels_of, load, published, score

from setsuden.predict.base import log_base
from setsuden.predict.domain import DOMAINS, domains_of
from setsuden.predict.frame import Rows, rows_of
from setsuden.predict.kernel import variance
from setsuden.predict.seen import points_of
from setsuden.predict.shipped import FILE, TARGETS, parse

OUT = Path(__file__).parent.parent / "src/setsuden/predict" / FILE
TABLES = {
    "seconds_per_unit": ("timm_throughput", "neusight_transformer_times", "neusight_gemm_times", "mlenergy_inference",
                         "edge_conv2d_energy", "zeus_training_power", "mlperf_tiny_energy", "mlperf_inference_power",
                         "cpu_layer_energy"),
    "energy_j": ("mlperf_inference_power", "edge_conv2d_energy", "zeus_training_power", "mlperf_tiny_energy",
                 "mlenergy_inference", "cpu_layer_energy"),
    "power_w": ("mlperf_inference_power", "edge_conv2d_energy", "zeus_training_power", "mlenergy_inference",
                "cpu_layer_energy", "mlperf_tiny_energy"),
}  # fmt: skip
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
FOLDS = 5


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
            base = log_base(part, (kind,) * len(index), target, knowledge)
            points = points_of(part, kind, target, knowledge)
            spread = np.sqrt(variance(knowledge.kernels[kind], points) + knowledge.kernels[kind].noise)
            scores.setdefault(kind, []).extend((np.abs(np.log(part.measured(target)) - base) / spread).tolist())
    return {kind: float(f"{np.quantile(found, 0.9):.4g}") for kind, found in scores.items()}


def main() -> None:
    """Fit, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-scores", action="store_true", help="keep the scores that are in the file")
    parser.add_argument("--keep-models", action="store_true", help="score only, keep the models that are in the file")
    parser.add_argument(
        "--only", default="", help="score questions whose name contains this; with --keep-models into the file"
    )
    parser.add_argument(
        "--kinds", nargs="+", default=[], choices=DOMAINS, help="fit these kinds of work only, no scores"
    )
    options = parser.parse_args()
    scores: dict[str, Any] = {}
    for name, table, target, wanted, by, count, runs in QUESTIONS:
        if options.no_scores or options.kinds or options.only not in name:
            continue
        start = time.perf_counter()
        rows = rows_of(load(options.folder, table))
        measured = rows.measured(target)
        rows = rows.take(np.array([i for i in range(len(rows)) if wanted(rows, i) and np.isfinite(measured[i])]))
        support = rows_of(load(options.folder, SUPPORTING[table])) if table in SUPPORTING else None
        scores[name] = score(rows, target, labels_of(rows, by), count, runs, support, name.endswith(TIMED))
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
    known: dict[str, Any] = {}
    for target in TARGETS:
        rows = rows_of([row for table in TABLES[target] for row in load(options.folder, table)])
        rows = rows.take(np.flatnonzero(np.isfinite(rows.measured(target))))
        if options.kinds:
            rows = rows.take(np.flatnonzero(np.isin(domains_of(rows), options.kinds)))
        if not len(rows):
            continue
        known[target] = learn(rows, target)
        print(target, "fitted", flush=True)
        known[target]["widths"] = widths(rows, target, domains_of(rows), known[target]["kernels"])
    # Read only now, so that two runs that fit different kinds of work at the same time keep each other's.
    document = json.loads(OUT.read_text(encoding="utf-8")) if options.no_scores or options.kinds else {"scores": scores}
    for target, found in known.items():
        document[target] = merged(document[target], found, options.kinds) if options.kinds else found
    document |= {"sources": SOURCES}
    OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def merged(old: dict[str, Any], new: dict[str, Any], fitted: Container[str]) -> dict[str, Any]:
    """The knowledge of a target with what was fitted anew in place of what was known of these kinds of work."""
    return {
        part: {name: known for name, known in old[part].items() if name in told or name.split("/")[0] not in fitted}
        | told
        for part, told in new.items()
    }


if __name__ == "__main__":
    main()

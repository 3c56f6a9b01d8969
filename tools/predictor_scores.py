"""How far off predictions are where a model, a device or both were held out of everything: never by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from predictor_learning import SEED, learn

from setsuden.predict import domain as kinds
from setsuden.predict.domain import devices, domains_of
from setsuden.predict.frame import Rows
from setsuden.predict.shipped import parse
from setsuden.predict.table import Predictor, fit_with

SUPPORTING = {"neusight_transformer_times": "neusight_gemm_times"}  # measured on the same devices
# What of one network on one card is held out together.
_VARIED = {"batch": ("batch_size",), "limit": ("power_limit_w",), "setting": ("batch_size", "power_limit_w")}
TIMED = ", timed"  # how the name of a question ends whose rows state their speed
DRAWS = 60  # of the rows that are given back as calibration, shared among the folds


def load(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one table; tables without a stated licence lie one folder deeper."""
    path = folder / f"{name}.csv"
    with (path if path.exists() else folder / "no_licence_stated" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


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
    rows: Rows,
    target: str,
    labels: Sequence[str],
    count: int,
    runs: int = 0,
    support: Rows | None = None,
    timed: bool = False,
) -> dict[str, Any]:
    """Errors and coverage on held-out labels.

    runs      rows of each fold given back as calibration, drawn again where folds are few; means over draws are told
    support   rows of other work that may shape the laws, without the devices that are held out
    timed     whether asked rows state their speed
    """
    parts = folds(labels, count)
    draws: list[_Draw] = [_Draw(timed) for _ in range(max(DRAWS // len(parts), 1) if runs else 1)]
    plain: list[float] = []
    random = np.random.default_rng(SEED)
    everything = np.arange(len(rows))
    for held in parts:
        known = rows.take(np.setdiff1d(everything, held))
        wanted = set(domains_of(known))
        if support is not None:
            new = set(devices(rows.take(held))) - set(devices(known))
            known = joined(known, support.take(np.array([i for i, d in enumerate(devices(support)) if d not in new])))
        knowledge = parse(learn(known, target, wanted=wanted))
        for draw in draws:
            back = random.permutation(held)[:runs]
            asked = rows.take(np.setdiff1d(held, back))
            left = rows.take(np.setdiff1d(everything, np.setdiff1d(held, back)))
            draw.add(fit_with(_columns(left), target, knowledge), asked)
        plain += _errors(fit_with(None, target, knowledge), rows.take(held), timed)
    error = [float(np.mean(draw.error)) for draw in draws]
    return {
        "rows": len(draws[0].error),
        "held_out": len(set(labels)),
        "mape": round(float(np.mean(error)), 4),
        "median": round(float(np.median(np.concatenate([draw.error for draw in draws]))), 4),
        "coverage_90": round(float(np.mean([np.mean(draw.inside) for draw in draws])), 4),
        "mape_shipped_alone": round(float(np.mean(plain)), 4),
        **({"mape_of_draws": [round(min(error), 4), round(max(error), 4)]} if len(draws) > 1 else {}),
    }


@dataclass(slots=True)
class _Draw:
    """Errors of every row asked and whether its interval held it, for one draw of calibration rows."""

    timed: bool
    error: list[float] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)

    def add(self, predictor: Predictor, asked: Rows) -> None:
        truth = asked.measured(predictor.target)
        low, high = predictor.interval(_asked(asked, self.timed))
        self.error += _errors(predictor, asked, self.timed)
        self.inside += ((low <= truth) & (truth <= high)).tolist()


def _errors(predictor: Predictor, asked: Rows, timed: bool) -> list[float]:
    said, truth = predictor.predict(_asked(asked, timed)), asked.measured(predictor.target)
    return [float(error) for error in np.abs(said / truth - 1)]


def _asked(rows: Rows, timed: bool) -> dict[str, Any]:
    """What a row says before it was measured, but for its speed where that was timed."""
    unknown = {"energy_j", "power_w", "latency_ms", *(() if timed else ("units_per_s",))}
    return {name: column for name, column in _columns(rows).items() if name not in unknown}


def _columns(rows: Rows) -> dict[str, Any]:
    return {**rows.numbers, **rows.words}


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
    ("systems without stated sizes, unseen platform", "mlperf_inference_power", "energy_j",
     lambda r, i: not np.isfinite(r.numbers["gmacs"][i]), "platform", 20, 0),
    ("LLM serving, unseen models", "mlenergy_inference", "energy_j",
     lambda r, i: r.words["unit"][i] == "output token", "group", 20, 0),
    ("GPU training power, unseen network on a GPU", "zeus_training_power", "power_w", lambda r, i: True, "pair", 12, 0),
    ("GPU training power, unseen network on a GPU, five runs", "zeus_training_power", "power_w",
     lambda r, i: True, "pair", 12, 5),
    ("GPU training power, unseen network", "zeus_training_power", "power_w", lambda r, i: True, "group", 9, 0),
    ("GPU training power, unseen GPU", "zeus_training_power", "power_w", lambda r, i: True, "device", 9, 0),
    ("GPU training power, unseen batch size", "zeus_training_power", "power_w", lambda r, i: True, "batch", 10, 0),
    ("GPU training power, unseen power limit", "zeus_training_power", "power_w", lambda r, i: True, "limit", 10, 0),
    ("GPU training power, unseen setting", "zeus_training_power", "power_w", lambda r, i: True, "setting", 10, 0),
    ("transformer steps, unseen GPU", "neusight_transformer_times", "seconds_per_unit",
     lambda r, i: True, "device", 20, 0),
    ("transformer steps, unseen models", "neusight_transformer_times", "seconds_per_unit",
     lambda r, i: True, "group", 9, 0),
    # Joules over a known speed are watts: a timed row is off by as much in either.
    ("edge boards, unseen models, timed", "mlperf_inference_power", "power_w",
     lambda r, i: bool(np.isfinite(r.numbers["gmacs"][i])), "group", 5, 0),
    ("edge boards, unseen board, five runs, timed", "mlperf_inference_power", "power_w",
     lambda r, i: bool(np.isfinite(r.numbers["gmacs"][i])), "device", 9, 5),
    ("LLM serving, unseen models, timed", "mlenergy_inference", "power_w",
     lambda r, i: r.words["unit"][i] == "output token", "group", 20, 0),
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
    if by in _VARIED:
        columns = [rows.numbers[name] for name in _VARIED[by]]
        pairs = zip(w["group"], w["device"], *columns, strict=True)
        return [" ".join(str(cell) for cell in cells) for cells in pairs]
    if by == "platform":
        return [
            f"{d} {kinds.extra_fields(e).get('platform', '')}" for d, e in zip(w["device"], w["extra"], strict=True)
        ]
    return list(w[by])

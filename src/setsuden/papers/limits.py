"""Mavromatis et al. 2024, "Computing Within Limits" (arXiv 2406.14328), recomputed from its digitised figures.

No measured data set was published. Energies are read off the drawings; parameters and multiply-accumulates come from
the authors' model files. Correlations are compared with those printed in the follow-up (arXiv 2503.23934, Table 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from setsuden.papers.cell import Cell, Claim, Replay, Table
from setsuden.papers.published import rows
from setsuden.papers.statistics import (
    Array,
    left_out_mean_factor,
    left_out_median_rate,
    left_out_power_law,
    pearson,
    spearman,
)

PAPER = "Mavromatis, Katsaros, Khan 2024, Computing Within Limits (arXiv 2406.14328), read off its figures"
FORMULA = "energy = mean power x duration; rank and linear correlations; leave one model out"
HARDWARE = ("HC-3", "HC-2")
PHASES = ("train", "infer")
_READING = 0.01  # a correlation of digitised values may differ by this much from that of the true ones


@dataclass(frozen=True, slots=True)
class _Data:
    """One array entry per model, by (hardware, phase)."""

    models: tuple[str, ...]
    params: Array
    macs: Array
    duration_s: dict[tuple[str, str], Array]
    energy_wh: dict[tuple[str, str], Array]

    def without(self, model: str) -> Array:
        """Mask of all models but one."""
        return np.array([name != model for name in self.models])


def _data() -> _Data:
    models = {row["model"]: row for row in rows("cwl_models")}
    names = tuple(models)
    durations = {
        (row["hardware"], row["phase"], row["model"]): float(row["duration_s"]) for row in rows("cwl_durations")
    }
    hc3 = {(row["phase"], row["model"]): float(row["total_energy_wh"]) for row in rows("cwl_energy_hc3")}
    hc2_w = {(row["phase"], row["model"]): float(row["total_w"]) for row in rows("cwl_power_hc2")}
    duration = {(hw, ph): np.array([durations[hw, ph, name] for name in names]) for hw in HARDWARE for ph in PHASES}
    energy = {("HC-3", ph): np.array([hc3[ph, name] for name in names]) for ph in PHASES}
    for ph in PHASES:
        energy["HC-2", ph] = np.array([hc2_w[ph, name] for name in names]) * duration["HC-2", ph] / 3600.0
    params, macs = (np.array([float(models[name][column]) for name in names]) for column in ("params", "macs"))
    return _Data(names, params, macs, duration, energy)


def replay() -> Replay:
    """Correlations, leave-one-out errors, ratios, batch and epoch curves, and which claims hold."""
    data = _data()
    tables = (_correlations(data), _prediction(data), _ratios(data), _batches(), _epochs())
    return Replay("computing-within-limits", PAPER, FORMULA, tables, (), _claims(data, tables))


def _correlations(data: _Data) -> Table:
    printed = {
        ("MACs per parameter", "HC-3"): 0.852587,
        ("MACs per parameter", "HC-2"): 0.915271,
        ("parameters", "HC-3"): 0.142314,
        ("parameters", "HC-2"): 0.212926,
    }
    predictors = {"MACs per parameter": data.macs / data.params, "MACs": data.macs, "parameters": data.params}
    cells = []
    for hw in HARDWARE:
        for ph in PHASES:
            for name, x in predictors.items():
                value = printed.get((name, hw)) if ph == "infer" else None
                tolerance = _READING / value if value else 0.0
                rho = spearman(x, data.energy_wh[hw, ph])
                cells.append(Cell(f"{name}, {hw}, {ph}", "rank correlation with energy", "1", value, rho, tolerance))
            r = pearson(data.duration_s[hw, ph], data.energy_wh[hw, ph])
            cells.append(Cell(f"duration, {hw}, {ph}", "correlation with energy", "1", 0.99, r, 0.015, "built_in"))
        r = pearson(data.energy_wh[hw, "train"], data.energy_wh[hw, "infer"])
        cells.append(Cell(f"training energy, {hw}", "correlation with inference energy", "1", None, r))
    return Table("Correlations", tuple(cells))


def _prediction(data: _Data) -> Table:
    cells = []
    known = data.without("LeNet")
    for hw in HARDWARE:
        for ph in PHASES:
            energy, duration = data.energy_wh[hw, ph], data.duration_s[hw, ph]
            for name, x in (("MACs", data.macs), ("MACs per parameter", data.macs / data.params)):
                errors = left_out_power_law(x, energy)
                cells.append(
                    Cell(f"{name}, {hw}, {ph}", "mean error, one model left out", "1", None, float(errors.mean()))
                )
            errors = left_out_median_rate(duration, energy)
            cells += [
                Cell(f"measured time, {hw}, {ph}", "mean error, one model left out", "1", None, float(errors.mean())),
                Cell(f"measured time, {hw}, {ph}", "the same without LeNet", "1", None, float(errors[known].mean())),
            ]
    for ph in PHASES:
        slow, fast = data.energy_wh["HC-3", ph], data.energy_wh["HC-2", ph]
        error = float(left_out_mean_factor(slow, fast).mean())
        cells += [
            Cell(f"HC-3 to HC-2, {ph}", "rank correlation", "1", None, spearman(slow, fast)),
            Cell(f"HC-3 to HC-2, {ph}", "mean error of one scale factor", "1", None, error),
        ]
    return Table("Prediction", tuple(cells))


def _ratios(data: _Data) -> Table:
    cells = []
    at = data.models.index
    for hw, printed in (("HC-3", 26.0), ("HC-2", 5.0)):
        train, infer = data.duration_s[hw, "train"], data.duration_s[hw, "infer"]
        energy = data.energy_wh[hw, "train"] / data.energy_wh[hw, "infer"]
        slow = float(train[at("PreActResNet")] / train[at("LeNet")])
        cells += [
            Cell(
                hw,
                "training over inference, time, median",
                "1",
                3,
                float(np.median(train / infer)),
                0.17,
                "rule_of_thumb",
            ),
            Cell(hw, "training over inference, energy, lowest", "1", None, float(energy.min())),
            Cell(hw, "training over inference, energy, median", "1", None, float(np.median(energy))),
            Cell(hw, "training over inference, energy, highest", "1", None, float(energy.max())),
            Cell(hw, "slowest over fastest in training", "1", None, float(train.max() / train.min())),
            Cell(hw, "PreActResNet over LeNet in training", "1", printed, slow, 0.02, "preact"),
        ]
    return Table("Ratios", tuple(cells))


def _batches() -> Table:
    curves: dict[str, dict[int, float]] = {}
    for row in rows("cwl_batch_size_hc2"):
        curves.setdefault(row["model"], {})[int(row["batch_size"])] = float(row["total_energy_wh"])
    cells = []
    for model, curve in curves.items():
        flat = [energy for batch, energy in curve.items() if batch >= 128]
        cells += [
            Cell(model, "energy at batch 4 over the least", "1", None, curve[4] / min(curve.values())),
            Cell(model, "most over least from batch 128 on", "1", None, max(flat) / min(flat)),
        ]
    return Table("Batch size, HC-2", tuple(cells))


def _epochs() -> Table:
    total = np.array([float(row["mean_cumulative_energy_wh"]) for row in rows("cwl_epochs_hc3")])
    cells = [
        Cell(
            _from(k),
            "error of the forecast for 100",
            "1",
            None,
            float(total[k - 1] * 100 / k / total[-1] - 1),
        )
        for k in (1, 2, 5)
    ]
    return Table("Energy of training, HC-3, mean over models", tuple(cells))


def _from(epochs: int) -> str:
    return "from 1 epoch" if epochs == 1 else f"from {epochs} epochs"


def _claims(data: _Data, tables: tuple[Table, ...]) -> tuple[Claim, ...]:
    """The papers' claims, judged by thresholds that are stated with each."""
    found = {(cell.row, cell.quantity): cell.computed or 0.0 for table in tables for cell in table.cells}
    both = [(hw, ph) for hw in HARDWARE for ph in PHASES]

    def each(name: str, quantity: str) -> list[float]:
        return [found[f"{name}, {hw}, {ph}", quantity] for hw, ph in both]

    left_out = "mean error, one model left out"
    one, five = (abs(found[_from(k), "error of the forecast for 100"]) for k in (1, 5))
    macs, per = (each(name, "rank correlation with energy") for name in ("MACs", "MACs per parameter"))
    macs_error, per_error = each("MACs", left_out), each("MACs per parameter", left_out)
    ranks_better = all(p > m for p, m in zip(per, macs, strict=True))
    predicts_better = all(p < m for p, m in zip(per_error, macs_error, strict=True))
    timed, timed_rest = each("measured time", left_out), each("measured time", "the same without LeNet")
    phases = [found[f"training energy, {hw}", "correlation with inference energy"] for hw in HARDWARE]
    transfer = [found[f"HC-3 to HC-2, {ph}", "rank correlation"] for ph in PHASES]
    scale = [found[f"HC-3 to HC-2, {ph}", "mean error of one scale factor"] for ph in PHASES]
    small = [value for (_, what), value in found.items() if what == "energy at batch 4 over the least"]
    flat = [value for (_, what), value in found.items() if what == "most over least from batch 128 on"]
    at = data.models.index
    trained = data.energy_wh["HC-3", "train"]
    google = float(trained[at("GoogLeNet")] / trained[at("ResNet")])
    return (
        Claim(
            1, "holds" if one <= 0.02 else "partly" if five <= 0.02 else "no", {"one": _pct(one), "five": _pct(five)}
        ),
        Claim(
            2,
            "holds" if ranks_better and predicts_better else "partly" if ranks_better else "no",
            {"per": _span(per), "macs": _span(macs), "per_error": _pcts(per_error), "macs_error": _pcts(macs_error)},
        ),
        Claim(3, "holds" if max(per_error) <= 0.1 else "no", {"error": _pcts(per_error)}),
        Claim(
            4,
            "holds" if max(timed) <= 0.05 else "partly" if min(timed_rest) <= 0.05 else "no",
            {"all": _pcts(timed), "rest": _pcts(timed_rest)},
        ),
        Claim(5, "no" if min(phases) >= 0.9 else "holds", {"r": _span(phases)}),
        Claim(
            6,
            "holds" if max(transfer) < 0.9 else "partly" if min(scale) > 0.1 else "no",
            {"rho": _span(transfer), "error": _pcts(scale)},
        ),
        Claim(
            7, "holds" if min(small) > 1.2 and max(flat) < 1.1 else "no", {"small": _span(small), "flat": _span(flat)}
        ),
        Claim(8, "untested", {"ratio": f"{google:.1f}"}),
        Claim(9, "untested", {}),
        Claim(10, "untested", {}),
    )


def _pct(value: float) -> str:
    return f"{value:.1%}"


def _pcts(values: list[float]) -> str:
    return f"{min(values):.1%}-{max(values):.1%}"


def _span(values: list[float]) -> str:
    return f"{min(values):.2f}-{max(values):.2f}"

"""Published measurements of fourteen networks on two machines, and statistics of them worked out elsewhere."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def study(hardware: str, phase: str) -> tuple[list[str], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Model names, indicators by name, energy in Wh."""
    found = [row for row in rows("published_study") if (row["hardware"], row["phase"]) == (hardware, phase)]
    macs = np.array([float(row["macs"]) for row in found])
    params = np.array([float(row["params"]) for row in found])
    indicators = {"macs": macs, "params": params, "macs_param": macs / params}
    return [row["model"] for row in found], indicators, np.array([float(row["energy_wh"]) for row in found])


def batch_curves() -> dict[str, list[tuple[int, float]]]:
    curves: dict[str, list[tuple[int, float]]] = {}
    for row in rows("published_batch_curves"):
        curves.setdefault(row["model"], []).append((int(row["batch_size"]), float(row["total_energy_wh"])))
    return curves

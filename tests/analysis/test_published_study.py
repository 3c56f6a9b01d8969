"""The published study of fourteen networks, put through the whole analysis as if it were a pilot of ours."""

from __future__ import annotations

from typing import Any

import pytest

from setsuden.study.analysis import analyse
from tests.analysis import published
from tests.analysis.documents import energy, plain
from tests.schemas_support import validate

SAMPLES = 50_000


def as_pilot(hardware: str) -> dict[str, Any]:
    """Joules and seconds per sample at the study's one batch size, 128; HC-3 energies are of 100 passes."""
    found = [row for row in published.rows("published_study") if row["hardware"] == hardware]
    passes = 100 if hardware == "HC-3" else 1
    models = {row["model"]: (float(row["params"]), float(row["macs"])) for row in found}
    document = analyse(
        [
            {
                "id": f"{row['model']}/{row['phase']}/b128",
                "model": row["model"],
                "phase": row["phase"],
                "batch_size": 128,
                "energy_per_sample": energy(float(row["energy_wh"]) * 3600 / passes / SAMPLES, "J/sample", 0.05),
                "time_per_sample": plain(float(row["duration_s_per_50k"]) / SAMPLES, "s/sample"),
            }
            for row in found
        ],
        [
            {"name": name, "parameters": params, "macs_per_sample": macs, "macs_per_parameter": macs / params}
            for name, (params, macs) in models.items()
        ],
    )
    validate("analysis", document)
    return document


def entry(document: dict[str, Any], phase: str, indicator: str) -> dict[str, Any]:
    return next(item for item in document["indicators"][phase] if item["indicator"] == indicator)


@pytest.mark.parametrize(
    ("hardware", "phase", "mape"), [("HC-3", "train", 0.616), ("HC-3", "infer", 0.428), ("HC-2", "infer", 0.250)]
)
def test_macs_per_parameter_ranks_well_and_predicts_badly(hardware: str, phase: str, mape: float) -> None:
    found = entry(as_pilot(hardware), phase, "macs_per_parameter")
    assert found["n"] == 14
    assert found["spearman"]["value"] > 0.85
    assert found["leave_one_model_out_mape"]["value"] == pytest.approx(mape, abs=0.002)
    assert found["trust"] == ("no" if mape > 0.4 else "rough")


def test_parameters_do_not_tell_the_energy() -> None:
    found = entry(as_pilot("HC-3"), "train", "parameters")
    assert found["spearman"]["value"] == pytest.approx(0.156, abs=6e-4)
    assert found["spearman"]["low"] < 0 < found["spearman"]["high"]
    assert found["trust"] == "no"


def test_time_tells_the_energy_best() -> None:
    document = as_pilot("HC-3")
    errors = {
        item["indicator"]: item["leave_one_model_out_mape"]["value"]
        for item in document["indicators"]["train"]
        if item["leave_one_model_out_mape"]
    }
    assert min(errors, key=lambda name: errors[name]) == "time_per_sample"
    assert entry(document, "train", "time_per_sample")["trust"] == "good"


def test_activations_nobody_published_are_unknown() -> None:
    found = entry(as_pilot("HC-3"), "train", "activation_bytes_per_sample")
    assert found["n"] == 0
    assert found["pearson"] is None
    assert found["trust"] == "no"


@pytest.mark.parametrize(
    ("hardware", "low", "middle", "high"), [("HC-3", 1.73, 3.52, 5.48), ("HC-2", 1.59, 3.13, 5.14)]
)
def test_training_over_inference_has_the_published_spread(
    hardware: str, low: float, middle: float, high: float
) -> None:
    ratio = as_pilot(hardware)["train_infer_ratio"]
    # Energies of HC-3 are written to 0.1 Wh, 3 % of the smallest.
    assert (ratio["low"], ratio["median"], ratio["high"]) == pytest.approx((low, middle, high), rel=0.02)

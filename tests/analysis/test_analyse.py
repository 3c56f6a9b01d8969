"""The analysis part of a pilot document."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from setsuden.quantity import Estimate, Provenance
from setsuden.study.analysis import INDICATORS, analyse, shared_relative_error, trust
from tests.analysis.documents import BATCHES, MODELS, energy_per_sample_j, pilot_document
from tests.schemas_support import validate


def analysed(document: dict[str, Any]) -> dict[str, Any]:
    found = analyse(document["configurations"], document["models"], machine=document["machine"])
    validate("analysis", found)
    return found


def test_every_indicator_is_judged_in_both_phases_and_at_every_batch_size() -> None:
    found = analysed(pilot_document())
    for phase in ("train", "infer"):
        assert [entry["indicator"] for entry in found["indicators"][phase]] == list(INDICATORS)
        assert [part["batch_size"] for part in found["indicators_by_batch_size"][phase]] == list(BATCHES)


def test_energy_proportional_to_time_is_found_out() -> None:
    """In the document energy is time x 20 W, whereas MACs leave out the cost per batch."""
    entries = {entry["indicator"]: entry for entry in analysed(pilot_document())["indicators"]["infer"]}
    assert entries["time_per_sample"]["leave_one_model_out_mape"]["value"] < 1e-9
    assert entries["time_per_sample"]["trust"] == "rough"  # five models are too few for more
    assert entries["macs_per_sample"]["trust"] == "no"


def test_three_models_give_no_correlation_but_a_ratio_and_curves() -> None:
    found = analysed(pilot_document(models=("tiny", "small", "large")))
    for entry in found["indicators"]["train"]:
        assert entry["n"] == 3
        assert entry["pearson"] is entry["spearman"] is entry["leave_one_model_out_mape"] is None
        assert entry["trust"] == "no"
    assert found["train_infer_ratio"]["median"] == pytest.approx(3.0)
    assert len(found["batch_curves"]) == 6


def test_a_study_of_one_phase_has_no_ratio() -> None:
    found = analysed(pilot_document(phases=("train",)))
    assert found["train_infer_ratio"] == {
        "per_model": [],
        "median": None,
        "low": None,
        "high": None,
        "left_out": [],
    }
    assert found["indicators"]["infer"] == []


def test_a_shared_sensor_error_cancels_in_the_ratio_and_in_the_knee() -> None:
    wide = analysed(pilot_document(spread=0.2))
    shared = analysed(pilot_document(spread=0.2, sensor_error=0.2))
    ratio, tighter = (
        Estimate.from_json(found["train_infer_ratio"]["per_model"][0]["ratio"]) for found in (wide, shared)
    )
    assert ratio.value == pytest.approx(3.0)
    assert tighter.half_width < 0.6 * ratio.half_width
    knees = [sum(c["knee_batch_size"] is not None for c in found["batch_curves"]) for found in (wide, shared)]
    assert knees[0] < knees[1]


def test_the_shared_error_is_never_larger_than_any_figures_own_spread() -> None:
    document = pilot_document(spread=0.05, sensor_error=0.5)
    assert shared_relative_error(document["machine"], document["configurations"]) <= 0.05 + 1e-12


def test_only_part_of_a_models_error_is_shared() -> None:
    document = pilot_document(spread=0.3, sensor_error=0.2)
    assert shared_relative_error(document["machine"], document["configurations"]) == 0.2
    for error, expected in ((0.2, 0.2), (1.6, 0.3)):  # capped by the figures' own 30 %
        document["machine"]["sensors"] = [{"provenance": "estimated", "relative_error": error, "counted": True}]
        found = shared_relative_error(document["machine"], document["configurations"])
        assert math.atanh(found) == pytest.approx(0.9 * math.atanh(expected))


def test_a_ratio_to_something_that_may_be_zero_is_left_out_and_said_so() -> None:
    document = pilot_document(models=("tiny", "small"), batches=(8,))
    served = next(c for c in document["configurations"] if c["id"].startswith("tiny/infer"))
    served["energy_per_sample"]["low"] = 0.0
    ratio = analysed(document)["train_infer_ratio"]
    assert [row["model"] for row in ratio["per_model"]] == ["small"]
    assert ratio["left_out"] == [{"model": "tiny", "batch_size": 8}]


def test_sensors_that_state_no_error_share_none() -> None:
    document = pilot_document()
    assert shared_relative_error(document["machine"], document["configurations"]) == 0.0


def test_configurations_fed_at_a_rate_are_left_out() -> None:
    document = pilot_document()
    before = analysed(document)
    idle = json.loads(json.dumps(document["configurations"][-1]))
    idle.update(id="huge/infer/r1", request_rate_per_s=1.0, batch_size=1)
    idle["energy_per_sample"].update(value=1e3, low=1e3, high=1e3)
    document["configurations"].append(idle)
    assert analysed(document) == before


def test_the_batch_curve_carries_the_measured_points() -> None:
    curve = analysed(pilot_document())["batch_curves"][0]
    assert (curve["model"], curve["phase"]) == ("tiny", "train")
    values = [point["energy_per_sample"]["value"] for point in curve["points"]]
    assert values == [energy_per_sample_j("tiny", "train", batch) for batch in BATCHES]
    assert curve["minimum_at_largest"]


@pytest.mark.parametrize(
    ("value", "high", "models", "word"),
    [
        (0.10, 0.20, 8, "good"),
        (0.10, 0.20, 5, "rough"),
        (0.10, 0.31, 8, "rough"),
        (0.30, 0.60, 8, "rough"),
        (0.41, 0.50, 14, "no"),
    ],
)
def test_words_of_trust_follow_their_thresholds(value: float, high: float, models: int, word: str) -> None:
    assert trust(Estimate(value, value / 2, high, "1", Provenance.MEASURED), models) == word


def test_nothing_known_is_not_trusted() -> None:
    assert trust(None, len(MODELS)) == "no"

"""The decision part of a pilot document, against totals worked out by hand from the document's closed forms."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from setsuden.study.decide import decide
from tests.analysis.documents import BATCHES, MODELS, SAMPLES_PER_TRAINING, energy_per_sample_j, pilot_document
from tests.schemas_support import validate


def decided(document: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(document)
    found = decide(document)
    assert found is not None
    assert document == before
    validate("decision", found)
    return found


def limits(**given: Any) -> dict[str, Any]:
    return {
        "accuracy_floor": None,
        "accuracy_floor_rule": "given",
        "latency_ceiling_ms": None,
        "energy_budget_j": None,
        **given,
    }


def option(found: dict[str, Any], option_id: str) -> dict[str, Any]:
    return next(item for item in found["options"] if item["id"] == option_id)


def total_j(model: str, batch: int, serving: int, requests: float) -> float:
    training = SAMPLES_PER_TRAINING * energy_per_sample_j(model, "train", batch)
    return training + requests * energy_per_sample_j(model, "infer", serving)


def test_totals_are_training_plus_requests_times_serving() -> None:
    found = decided(pilot_document(expected_requests=1e6))
    for model in MODELS:
        for batch in BATCHES:
            item = option(found, f"{model}/b{batch}/sgd/fp32/t2")
            assert item["serving_batch_size"] == 128
            assert item["total_energy"]["value"] == pytest.approx(total_j(model, batch, 128, 1e6))
            assert item["total_energy"]["provenance"] == "measured"


def test_the_cheapest_accurate_enough_model_is_recommended() -> None:
    found = decided(pilot_document())
    assert found["recommended"] == "middle/b128/sgd/fp32/t2"
    assert found["confidence"] == "clear"
    assert found["runner_up"] == "large/b128/sgd/fp32/t2"
    assert found["saving_against"]["id"] == "huge/b128/sgd/fp32/t2"
    expected = total_j("huge", 128, 128, 1e5) - total_j("middle", 128, 128, 1e5)
    assert found["saving_against"]["saving"]["value"] == pytest.approx(expected)


def test_the_floor_one_point_below_the_best_is_worked_out() -> None:
    found = decided(pilot_document(constraints=limits(accuracy_floor_rule="best minus one point")))
    floor = next(c for c in found["constraints"] if c["name"] == "accuracy_floor")
    assert floor["limit"] == pytest.approx(0.962)
    assert found["recommended"] == "middle/b128/sgd/fp32/t2"


def test_moving_the_floor_flips_at_the_next_models_accuracy() -> None:
    flips = {(f["factor"], f["direction"]): f for f in decided(pilot_document())["flips"]}
    down, up = flips["accuracy_floor", "down"], flips["accuracy_floor", "up"]
    assert (down["to"], down["becomes"]) == (0.93, "small/b128/sgd/fp32/t2")
    assert (up["to"], up["becomes"]) == (0.965, "large/b128/sgd/fp32/t2")


def test_the_latency_ceiling_limits_the_serving_batch_and_its_relaxation_is_a_flip() -> None:
    """middle serves b8 in 1.84 ms, b32 in 4.36 ms, b128 in 14.44 ms."""
    found = decided(pilot_document(constraints=limits(accuracy_floor=0.96, latency_ceiling_ms=5.0)))
    assert found["recommended"] == "middle/b128/sgd/fp32/t2"
    assert option(found, found["recommended"])["serving_batch_size"] == 32
    up = next(f for f in found["flips"] if (f["factor"], f["direction"]) == ("latency_ceiling_ms", "up"))
    assert up["to"] == pytest.approx(1000 * 128 * energy_per_sample_j("middle", "infer", 128) / 20)
    assert (up["becomes"], up["serving_batch_size"]) == ("middle/b128/sgd/fp32/t2", 128)


def test_a_cheap_training_loses_to_a_cheap_service_once_requests_are_many() -> None:
    """Make the small model dear to train: the number of requests at which it pays must be found and must flip."""
    document = pilot_document(models=("small", "middle"), constraints=limits(accuracy_floor=0.9), expected_requests=1e3)
    for item in document["configurations"]:
        if item["model"] == "small" and item["phase"] == "train":
            for end in ("value", "low", "high"):
                item["forecast"]["energy"][end] *= 50
    found = decided(document)
    assert found["recommended"] == "middle/b128/sgd/fp32/t2"
    serve = {model: energy_per_sample_j(model, "infer", 128) for model in MODELS}
    train = {model: SAMPLES_PER_TRAINING * energy_per_sample_j(model, "train", 128) for model in MODELS}
    expected = (50 * train["small"] - train["middle"]) / (serve["middle"] - serve["small"])
    flip = next(f for f in found["flips"] if f["factor"] == "expected_requests")
    assert flip["to"] == pytest.approx(expected)
    assert flip["becomes"] == "small/b128/sgd/fp32/t2"
    row = next(row for row in found["break_even"] if row["b"] == "small/b128/sgd/fp32/t2")
    assert row["verdict"] == "a-below"
    assert row["requests_value"] == pytest.approx(expected)
    assert row["requests"]["low"] < expected < row["requests"]["high"]
    document["study"]["expected_requests"] = expected * 1.01
    assert decided(document)["recommended"] == "small/b128/sgd/fp32/t2"
    document["study"]["expected_requests"] = expected * 0.99
    below = decided(document)
    assert below["recommended"] == "middle/b128/sgd/fp32/t2"
    assert "trainings" not in {f["factor"] for f in below["flips"]}  # 0.99 of a training is none


def test_nothing_feasible_says_so_and_what_would_help() -> None:
    found = decided(pilot_document(constraints=limits(accuracy_floor=0.99)))
    assert found["recommended"] is None
    assert found["confidence"] == "none-feasible"
    assert found["break_even"] == []
    assert found["saving_against"] is None
    assert [(f["to"], f["becomes"]) for f in found["flips"] if f["factor"] == "accuracy_floor"] == [
        (0.972, "huge/b128/sgd/fp32/t2")
    ]
    assert all(item["violations"] and item["expected_regret"] is None for item in found["options"])


def test_unknown_accuracy_meets_no_floor() -> None:
    document = pilot_document()
    document["quality"] = [quality for quality in document["quality"] if quality["model"] != "middle"]
    found = decided(document)
    assert found["recommended"] == "large/b128/sgd/fp32/t2"
    item = option(found, "middle/b128/sgd/fp32/t2")
    assert item["accuracy"] is None
    assert item["violations"] == [{"constraint": "accuracy_floor", "value": None, "limit": 0.96}]


def test_a_diverged_training_has_no_accuracy() -> None:
    document = pilot_document()
    next(q for q in document["quality"] if q["model"] == "middle")["diverged"] = True
    assert decided(document)["recommended"] == "large/b128/sgd/fp32/t2"


def test_two_near_twins_are_too_close_to_call_and_the_one_to_measure_is_named() -> None:
    document = pilot_document(
        models=("middle", "large"), spread=0.1, batches=(32,), constraints=limits(accuracy_floor=0.9)
    )
    twins = {item["id"]: item for item in document["configurations"]}
    for phase in ("train", "infer"):
        ours, theirs = (next(v for k, v in twins.items() if k.startswith(f"{m}/{phase}")) for m in ("middle", "large"))
        theirs["energy_per_sample"] = {
            k: v * 1.01 if isinstance(v, float) else v for k, v in ours["energy_per_sample"].items()
        }
        theirs["forecast"] = json.loads(json.dumps(ours["forecast"]))
    found = decided(document)
    assert found["confidence"] == "too-close"
    assert found["measure_next"]["factor"] in twins
    assert found["measure_next"]["gain"]["value"] > 0


def test_an_error_of_the_one_sensor_does_not_make_options_look_alike() -> None:
    """+-15 % on everything: independent, two models 8 % apart are close; shared by one sensor, they are not."""
    document = pilot_document(
        models=("middle", "large"), spread=0.15, batches=(32,), constraints=limits(accuracy_floor=0.9)
    )
    ours = {item["phase"]: item for item in document["configurations"] if item["model"] == "middle"}
    for item in document["configurations"]:
        if item["model"] == "large":
            for figure, source in (
                (item["energy_per_sample"], ours[item["phase"]]["energy_per_sample"]),
                (item["forecast"]["energy"], ours[item["phase"]]["forecast"]["energy"]),
            ):
                figure.update({end: 1.08 * source[end] for end in ("value", "low", "high")})
    alone = decided(document)
    document["machine"]["sensors"] = [{"provenance": "measured", "relative_error": 0.15, "counted": True}]
    together = decided(document)
    assert alone["recommended"] == together["recommended"] == "middle/b32/sgd/fp32/t2"
    assert alone["confidence"] != "clear"
    assert together["confidence"] == "clear"


def test_an_accuracy_too_uncertain_for_the_floor_is_what_to_measure_next() -> None:
    document = pilot_document(constraints=limits(accuracy_floor=0.9645))
    found = decided(document)
    assert found["confidence"] == "likely"
    assert found["measure_next"] == {"factor": "accuracy", "of": "middle/b128/sgd/fp32/t2", "gain": None}


@pytest.mark.parametrize("phase", ["train", "infer"])
def test_a_study_of_one_phase_still_decides(phase: str) -> None:
    found = decided(pilot_document(phases=(phase,)))
    assert found["recommended"].startswith("middle/b128")
    assert found["objective"] == f"total energy of {'training' if phase == 'train' else 'serving'}"
    assert found["break_even"] == []
    missing = "serving_energy_per_request" if phase == "train" else "training_energy"
    assert all(item[missing] is None for item in found["options"])


def test_a_document_without_configurations_has_no_decision() -> None:
    document = pilot_document()
    document["configurations"] = []
    assert decide(document) is None


def test_the_same_document_gives_the_same_bytes_in_any_order() -> None:
    document = pilot_document(sensor_error=0.01)
    first = json.dumps(decided(document))
    for part in ("configurations", "quality", "models"):
        document[part].reverse()
    assert json.dumps(decided(document)) == first


def test_the_energy_budget_is_a_constraint_on_the_total() -> None:
    found = decided(pilot_document(constraints=limits(accuracy_floor=0.96, energy_budget_j=500.0)))
    assert found["recommended"] is None
    up = next(f for f in found["flips"] if f["factor"] == "energy_budget_j")
    assert up["to"] == pytest.approx(total_j("middle", 128, 128, 1e5))
    fewer = next(f for f in found["flips"] if f["factor"] == "expected_requests")
    assert fewer["direction"] == "down"
    assert fewer["becomes"] == "middle/b128/sgd/fp32/t2"


def test_accuracy_is_that_of_the_nearest_learning_rate() -> None:
    document = pilot_document(models=("middle",), batches=(32,), constraints=limits(accuracy_floor=0.5))
    (quality,) = document["quality"]
    slow, fast = copy.deepcopy(quality), copy.deepcopy(quality)
    slow |= {"learning_rate": 0.001, "batch_size": 32}
    fast |= {"learning_rate": 0.1, "batch_size": 64}
    slow["accuracy"] |= {"value": 0.6, "low": 0.6, "high": 0.6}
    document["quality"] = [slow, fast]
    for item in document["configurations"]:
        if item["phase"] == "train":
            item["learning_rate"] = 0.08
    (only,) = decided(document)["options"]
    assert only["accuracy"]["value"] == fast["accuracy"]["value"]


def test_a_diverged_training_sets_no_floor() -> None:
    rule = limits() | {"accuracy_floor_rule": "best minus one point"}
    document = pilot_document(constraints=rule)
    for quality in document["quality"]:
        if quality["model"] == "huge":
            quality["diverged"] = True
    (floor,) = decided(document)["constraints"]
    assert floor["limit"] == pytest.approx(MODELS["large"][2] - 0.01)

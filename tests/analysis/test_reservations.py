"""What no interval holds is said, and holds the confidence back: missing, meaningless and unfinished accuracies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analysis.documents import pilot_document
from tests.analysis.test_decide import decided, limits, option

DERIVED = limits(accuracy_floor_rule="best minus one point")


def without_accuracy(document: dict[str, Any], model: str) -> dict[str, Any]:
    document["quality"] = [quality for quality in document["quality"] if quality["model"] != model]
    return document


def at_chance(document: dict[str, Any], model: str) -> dict[str, Any]:
    document["data"] = {"num_classes": 10}
    found = next(quality for quality in document["quality"] if quality["model"] == model)
    found["accuracy"] |= {"value": 0.102, "low": 0.092, "high": 0.113}
    return document


def codes(found: dict[str, Any]) -> dict[str, list[str]]:
    return {item["code"]: item["models"] for item in found["reservations"]}


def test_with_every_accuracy_known_nothing_is_held_back() -> None:
    found = decided(pilot_document(constraints=DERIVED))
    assert (found["confidence"], found["reservations"]) == ("clear", [])


@pytest.mark.parametrize(
    ("spoil", "code"), [(without_accuracy, "accuracy-unknown"), (at_chance, "no-better-than-guessing")]
)
def test_a_floor_that_follows_from_the_best_decides_nothing_while_a_model_has_not_shown_what_it_can(
    spoil: Any, code: str
) -> None:
    found = decided(spoil(pilot_document(constraints=DERIVED), "huge"))
    assert found["recommended"] is not None
    assert found["confidence"] == "too-close"
    assert codes(found) == {code: ["huge"]}


def test_where_no_model_has_an_accuracy_the_least_energy_alone_is_no_choice() -> None:
    """No floor follows from the best then; a study that wants no accuracy (time_share 0) is taken at its word."""
    document = pilot_document(constraints=limits()) | {"quality": []}
    found = decided(document)
    models = {option["model"] for option in document["configurations"]}
    assert found["confidence"] == "too-close"
    assert set(codes(found)["accuracy-unknown"]) == models
    document["study"]["config"] = {"quality": {"time_share": 0.0}}
    assert decided(document)["reservations"] == []


def test_a_given_floor_leaves_only_cheaper_models_in_doubt() -> None:
    """middle keeps the floor; small is cheaper and might keep it too, huge is dearer whatever it learns."""
    assert decided(without_accuracy(pilot_document(), "huge"))["reservations"] == []
    found = decided(without_accuracy(pilot_document(), "small"))
    assert (found["confidence"], codes(found)) == ("too-close", {"accuracy-unknown": ["small"]})


def test_a_model_of_which_one_setting_has_learnt_is_not_called_guessing() -> None:
    document = at_chance(pilot_document(constraints=DERIVED), "huge")
    learnt = next(quality for quality in document["quality"] if quality["model"] == "middle")
    document["quality"].append({**learnt, "model": "huge", "batch_size": 128})
    assert codes(decided(document)) == {}


def test_a_diverged_training_is_known_to_have_failed() -> None:
    document = pilot_document(constraints=DERIVED)
    next(quality for quality in document["quality"] if quality["model"] == "huge")["diverged"] = True
    assert decided(document)["reservations"] == []


def test_after_a_shortened_training_no_choice_is_called_clear() -> None:
    document = pilot_document(constraints=DERIVED)
    document["study"]["epochs_asked"] = 20
    for quality in document["quality"]:
        quality["epochs_trained"] = 0.15
    found = decided(document)
    assert found["confidence"] == "likely"
    assert found["reservations"] == [
        {"code": "short-training", "models": [], "epochs_trained": 0.15, "epochs_asked": 20}
    ]
    for quality in document["quality"]:
        quality["epochs_trained"] = 20
    assert decided(document)["confidence"] == "clear"


def test_that_no_option_keeps_a_higher_floor_is_not_claimed_while_an_accuracy_is_unknown() -> None:
    floor = limits(accuracy_floor=0.971)
    known = {(f["factor"], f["direction"]): f for f in decided(pilot_document(constraints=floor))["flips"]}
    assert known["accuracy_floor", "up"]["becomes"] is None
    doubtful = decided(without_accuracy(pilot_document(constraints=floor), "small"))
    assert ("accuracy_floor", "up") not in {(f["factor"], f["direction"]) for f in doubtful["flips"]}


def test_an_accuracy_taken_from_another_setting_is_an_estimate_and_says_from_which() -> None:
    """The models were trained at batch 32."""
    found = decided(pilot_document())
    own, lent = (option(found, f"middle/b{batch}/sgd/fp32/t2") for batch in (32, 128))
    assert (own["accuracy_of"], own["accuracy"]["provenance"]) == (None, "measured")
    assert (lent["accuracy_of"]["batch_size"], lent["accuracy"]["provenance"]) == (32, "estimated")

"""Software Carbon Intensity and everyday equivalents."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError, UnitError
from setsuden.footprint import equivalents, footprint, sci, sci_for_ai
from setsuden.quantity import NODE, Estimate, Provenance


def kwh(value: float) -> Estimate:
    return Estimate.exact(value, "kWh", Provenance.MEASURED, NODE)


def test_sci_is_operational_plus_embodied_per_functional_unit() -> None:
    result = footprint(kwh(10), intensity=400, embodied=1.0)
    score = sci(result, 1000, "inference")
    assert score.unit == "gCO2e/inference"
    assert score.value == pytest.approx((10 * 400 + 1000) / 1000)


def test_sci_without_embodied_carbon_is_not_a_score() -> None:
    with pytest.raises(InputError, match="SCI includes"):
        sci(footprint(kwh(10), intensity=400), 1000, "inference")


@pytest.mark.parametrize("units", [0, -1, float("nan"), float("inf")])
def test_sci_needs_a_real_number_of_units(units: float) -> None:
    with pytest.raises(InputError):
        sci(footprint(kwh(10), intensity=400, embodied=1.0), units, "inference")


def test_sci_per_something_unheard_of_is_refused() -> None:
    with pytest.raises(UnitError):
        sci(footprint(kwh(10), intensity=400, embodied=1.0), 10, "unicorn")


def test_the_two_scores_for_ai_stay_apart() -> None:
    serving = footprint(kwh(1), intensity=400, embodied=0.1)
    training = footprint(kwh(1000), intensity=400, embodied=50.0)
    scores = sci_for_ai(serving, 1e6, "token", training, 7e9, "parameter")
    assert scores.consumer.unit == "gCO2e/token"
    assert scores.provider.unit == "gCO2e/parameter"
    with pytest.raises(UnitError):
        scores.consumer + scores.provider


def test_equivalents_divide_and_are_sorted_for_reading() -> None:
    result = footprint(kwh(110.88), intensity=400)
    found = {item.thing.id: item for item in equivalents(result)}
    assert found["home_electricity_day_jp"].amount.value == pytest.approx(10)
    assert found["tree_year"].amount.value == pytest.approx(110.88 * 0.4 / 11)
    assert equivalents(result)[0].amount.value == pytest.approx(10, rel=0.6)
    assert found["gpt3_training"].by == "energy"


def test_an_everyday_thing_is_named_in_the_language_that_was_asked_for() -> None:
    tree = next(item.thing for item in equivalents(footprint(kwh(1), intensity=400)) if item.thing.id == "tree_year")
    assert tree.label("en").isascii()
    assert not tree.label("ja").isascii()


def test_equivalents_of_nothing_are_zero_and_do_not_fail() -> None:
    assert all(item.amount.value == 0 for item in equivalents(footprint(kwh(0), intensity=400)))

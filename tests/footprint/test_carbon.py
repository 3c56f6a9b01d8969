"""Published cases and closed forms of the arithmetic."""

from __future__ import annotations

import math

import pytest

from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.footprint import footprint, ratio, share
from setsuden.quantity import DEVICE, FACILITY, NODE, Boundary, Estimate, Provenance

LB = 0.45359237


def kwh(value: float, boundary: object = NODE) -> Estimate:
    return Estimate.exact(value, "kWh", Provenance.ASSUMED, boundary)  # type: ignore[arg-type]


@pytest.mark.parametrize(("site", "kg"), [("SE", 53), ("FR", 62), ("US", 579), ("JP", 719), ("PL", 887), ("IN", 1010)])
def test_bert_base_on_the_grids_of_2025(site: str, kg: float) -> None:
    result = footprint(kwh(1507), site=site, year=2025)
    assert result.operational_carbon.value == pytest.approx(kg, abs=0.6)
    assert result.basis == "lifecycle_generation"
    factor = next(factor for factor in result.factors if factor.name.startswith("grid"))
    assert (factor.year, factor.licence) == (2025, "CC-BY-4.0")
    assert "2026-04-29" in factor.source


@pytest.mark.parametrize(
    ("watts", "hours", "printed_kwh", "printed_lb", "tolerance"),
    [
        (1415.78, 12, 27, 26, 0.02),
        (1515.43, 84, 201, 192, 0.003),
        (517.66, 336, 275, 262, 0.003),
        (12041.51, 79, 1507, 1438, 0.003),
        (1515.43, 274120, 656347, 626155, 0.003),
    ],
    ids=["transformer-base", "transformer-big", "elmo", "bert-base", "architecture-search"],
)
def test_strubell_2019_table_3(
    watts: float, hours: float, printed_kwh: float, printed_lb: float, tolerance: float
) -> None:
    result = footprint(kwh(watts * hours / 1000), intensity=954 * LB, pue=1.58)
    assert result.energy.value == pytest.approx(printed_kwh, rel=tolerance)
    assert result.operational_carbon.to("lbCO2e").value == pytest.approx(printed_lb, rel=tolerance)


@pytest.mark.parametrize(
    ("watts", "chips", "days", "pue", "gross", "mwh", "tonnes"),
    [
        (208, 200, 6.8, 1.10, 0.431, 7.5, 3.2),
        (310, 512, 20, 1.12, 0.545, 85.7, 46.7),
        (289, 1024, 30, 1.09, 0.415, 232, 96.4),
        (288, 1024, 3.1, 1.09, 0.201, 24.1, 4.8),
        (245, 1024, 27, 1.10, 0.403, 179, 72.2),
        (330, 10_000, 14.8, 1.10, 0.429, 1287, 552.1),
    ],
    ids=["nas", "t5", "meena", "gshard", "switch", "gpt-3"],
)
def test_patterson_2021_table_4(
    watts: float, chips: int, days: float, pue: float, gross: float, mwh: float, tonnes: float
) -> None:
    result = footprint(kwh(watts * chips * days * 24 / 1000), intensity=gross * 1000, pue=pue)
    assert result.energy.to("MWh").value == pytest.approx(mwh, rel=0.02)
    assert result.operational_carbon.to("tCO2e").value == pytest.approx(tonnes, rel=0.02)


def test_the_market_based_figure_stands_beside_and_changes_nothing() -> None:
    plain = footprint(kwh(1000), intensity=403, pue=1.1)
    beside = footprint(kwh(1000), intensity=403, pue=1.1, market_intensity=330)
    assert beside.operational_carbon == plain.operational_carbon
    assert beside.total_carbon == plain.total_carbon
    assert beside.market_based_carbon is not None
    assert beside.market_based_carbon.value == pytest.approx(363)
    assert plain.market_based_carbon is None


def test_overhead_is_applied_once() -> None:
    once = footprint(kwh(100), intensity=500, pue=1.5)
    assert once.energy.value == pytest.approx(150)
    assert str(once.boundary) == "node+PUE"
    again = footprint(once.energy, intensity=500)
    assert again.energy.value == pytest.approx(150)
    with pytest.raises(BoundaryError, match="applied once"):
        footprint(once.energy, intensity=500, pue=1.5)
    with pytest.raises(BoundaryError, match="device alone"):
        footprint(kwh(100, DEVICE), intensity=500, pue=1.5)
    with pytest.raises(BoundaryError, match="data networks"):
        footprint(kwh(100, Boundary.parse("node+network")), intensity=500, pue=1.5)


def test_a_device_alone_is_said_to_miss_the_rest() -> None:
    result = footprint(kwh(1, DEVICE), site="SE")
    assert str(result.boundary) == "device"
    assert "device_only" in {note.key for note in result.notes}
    assert "no_pue" not in {note.key for note in result.notes}


def test_water_follows_it_energy_and_not_the_facility() -> None:
    result = footprint(kwh(100), intensity=500, pue=2.0, wue=0.5)
    assert result.water is not None
    assert result.water.value == pytest.approx(50)
    inside = footprint(kwh(100, FACILITY), intensity=500, wue=0.5)
    assert inside.water is None
    assert inside.missing["water"].key == "water_needs_it_energy"


def test_cost_follows_facility_energy_in_its_own_currency() -> None:
    price = Estimate.exact(25.0, "JPY/kWh", Provenance.ASSUMED)
    result = footprint(kwh(100), site="JP", pue=1.2, price=price)
    assert result.cost is not None
    assert (result.cost.value, result.cost.unit) == (pytest.approx(3000), "JPY")
    german = footprint(kwh(100), site="DE")
    assert german.cost is not None
    assert german.cost.unit == "EUR"
    assert footprint(kwh(100), site="DEU").cost == german.cost


def test_what_is_unknown_is_none_with_a_reason_and_never_zero() -> None:
    result = footprint(kwh(10), site="JP")
    assert result.water is None
    assert result.cost is None
    assert result.embodied_carbon is None
    assert set(result.missing) == {"water", "cost", "embodied_carbon"}
    assert result.total_carbon == result.operational_carbon


def test_no_place_is_the_world_assumed_and_said() -> None:
    result = footprint(kwh(1))
    assert "site_unknown" in {note.key for note in result.notes}
    assert result.operational_carbon.high / result.operational_carbon.low > 10
    assert result.operational_carbon.provenance is Provenance.ASSUMED


def test_total_is_operational_plus_embodied_and_says_so() -> None:
    result = footprint(kwh(10), intensity=400, embodied=6.0)
    assert result.total_carbon.value == pytest.approx(10.0)
    assert str(result.total_carbon.boundary) == "node+embodied"
    assert str(result.operational_carbon.boundary) == "node"


def test_embodied_share_is_the_standards_formula() -> None:
    year = Estimate.exact(1.0, "yr", Provenance.ASSUMED)
    four = Estimate.exact(4.0, "yr", Provenance.ASSUMED)
    assert share(1000.0, year, lifetime=four).value == pytest.approx(250)
    assert share(1000.0, year, lifetime=four, reserved=0.5).value == pytest.approx(125)
    busy = Estimate.exact(0.5, "1", Provenance.ASSUMED)
    assert share(1000.0, year, lifetime=four, utilisation=busy).value == pytest.approx(500)
    assert share(1000.0, year, lifetime=four, reserved=0.25, utilisation=busy).value == pytest.approx(125)
    spread = share(1000.0, year)
    assert spread.low < 250 < spread.high


@pytest.mark.parametrize(
    "arguments",
    [
        {"pue": 0.9},
        {"pue": math.nan},
        {"pue": 11.0},
        {"intensity": -1.0},
        {"intensity": 5000.0},
        {"intensity": math.inf},
        {"embodied": -2.0},
        {"wue": -0.1},
        {"market_intensity": -1.0},
        {"site": "JP", "intensity": 400.0},
        {"price": Estimate.exact(1.0, "EUR/MWh", Provenance.ASSUMED)},
        {"site": "JP", "year": 1800},
        {"price": Estimate.exact(-1.0, "EUR/kWh", Provenance.ASSUMED)},
    ],
)
def test_a_factor_outside_its_range_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        footprint(kwh(1), **arguments)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2


def test_what_is_not_energy_or_negative_or_absurd_is_refused() -> None:
    with pytest.raises(UnitError, match="energy"):
        footprint(Estimate.exact(1, "W", Provenance.ASSUMED), site="SE")
    with pytest.raises(InputError, match="not negative"):
        footprint(kwh(-1), site="SE")
    with pytest.raises(InputError, match="world's electricity"):
        footprint(kwh(1e20), site="SE")


def test_kilograms_typed_as_grams_are_noticed() -> None:
    assert "tiny_intensity" in {note.key for note in footprint(kwh(1), intensity=0.475).notes}


def test_places_of_one_basis_compare_and_others_refuse() -> None:
    sweden, poland = (footprint(kwh(1507), site=site) for site in ("SE", "PL"))
    assert ratio(poland, sweden).value == pytest.approx(887 / 53, rel=0.02)
    california = footprint(kwh(1507), site="US-CA")
    with pytest.raises(InputError, match="conventions"):
        ratio(poland, california)
    assert ratio(poland, california, across_bases=True).value > 1
    with pytest.raises(BoundaryError):
        ratio(poland, footprint(kwh(1507), site="SE", pue=1.2))

"""Units compose, convert and refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import UnitError
from setsuden.quantity.units import unit

ENERGY = st.sampled_from(["J", "kJ", "MJ", "mJ", "Wh", "kWh", "MWh"])


@given(ENERGY, ENERGY, st.floats(1e-9, 1e12))
def test_converting_there_and_back_is_the_identity(a: str, b: str, value: float) -> None:
    there = value * unit(a).factor_to(unit(b))
    assert there * unit(b).factor_to(unit(a)) == pytest.approx(value, rel=1e-12)


def test_a_kilowatt_hour_is_three_point_six_million_joules() -> None:
    assert unit("kWh").factor_to(unit("J")) == 3.6e6


@pytest.mark.parametrize(
    ("left", "right", "product"),
    [("W", "s", "J"), ("kW", "h", "kWh"), ("gCO2e/kWh", "kWh", "gCO2e"), ("J/sample", "sample", "J"), ("1", "J", "J")],
)
def test_multiplying_units_gives_the_unit_a_reader_expects(left: str, right: str, product: str) -> None:
    assert (unit(left) * unit(right)).text == product


def test_joules_over_seconds_are_watts() -> None:
    assert (unit("J") / unit("s")).text == "W"


@pytest.mark.parametrize("pair", [("J", "W"), ("J/sample", "J/request"), ("USD", "JPY"), ("GB", "gCO2e")])
def test_units_of_different_dimension_do_not_convert(pair: tuple[str, str]) -> None:
    with pytest.raises(UnitError, match="measure different things"):
        unit(pair[0]).factor_to(unit(pair[1]))


@pytest.mark.parametrize("text", ["", "kwh", "J//s", "watt", "J/", "g", "NaN"])
def test_an_unknown_unit_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UnitError, match="Known symbols"):
        unit(text)

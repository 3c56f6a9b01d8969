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


FAMILIES = (
    ("J", "uJ", "mJ", "kJ", "MJ", "Wh", "kWh", "MWh", "GWh"),
    ("W", "mW", "kW"),
    ("s", "ms", "min", "h", "d", "yr"),
    ("gCO2e", "ugCO2e", "mgCO2e", "kgCO2e", "tCO2e", "lbCO2e"),
    ("B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "bit", "Mbit"),
    ("L", "mL", "m3"),
    ("1", "%"),
    *[(one,) for one in ("MAC", "FLOP", "sample", "token", "request", "inference", "USD", "JPY")],
)
EVERY = tuple(symbol for family in FAMILIES for symbol in family)


@pytest.mark.parametrize(
    ("one", "many", "other"),
    [
        ("kJ", 1000, "J"),
        ("MJ", 1000, "kJ"),
        ("J", 1000, "mJ"),
        ("mJ", 1000, "uJ"),
        ("Wh", 3600, "J"),
        ("kWh", 1000, "Wh"),
        ("MWh", 1000, "kWh"),
        ("GWh", 1000, "MWh"),
        ("kW", 1000, "W"),
        ("W", 1000, "mW"),
        ("s", 1000, "ms"),
        ("min", 60, "s"),
        ("h", 60, "min"),
        ("d", 24, "h"),
        ("yr", 365.25, "d"),
        ("tCO2e", 1000, "kgCO2e"),
        ("kgCO2e", 1000, "gCO2e"),
        ("gCO2e", 1000, "mgCO2e"),
        ("mgCO2e", 1000, "ugCO2e"),
        ("lbCO2e", 0.45359237, "kgCO2e"),  # the international pound, exact since 1959
        ("kB", 1000, "B"),
        ("MB", 1000, "kB"),
        ("GB", 1000, "MB"),
        ("TB", 1000, "GB"),
        ("KiB", 1024, "B"),
        ("MiB", 1024, "KiB"),
        ("GiB", 1024, "MiB"),
        ("B", 8, "bit"),
        ("Mbit", 1e6, "bit"),
        ("L", 1000, "mL"),
        ("m3", 1000, "L"),
        ("1", 100, "%"),
    ],
)
def test_a_unit_is_as_many_of_the_next_as_its_definition_says(one: str, many: float, other: str) -> None:
    assert unit(one).factor_to(unit(other)) == pytest.approx(many, rel=1e-12)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family[0]))
def test_a_unit_converts_within_its_family_and_to_nothing_else(family: tuple[str, ...]) -> None:
    for symbol in family:
        assert {other for other in EVERY if unit(symbol).same_dimension(unit(other))} == set(family)


def test_the_families_listed_here_meet_as_physics_says() -> None:
    assert unit("kW*h").same_dimension(unit("J"))
    assert unit("mW*yr").same_dimension(unit("kWh"))
    assert unit("lbCO2e/kWh*J").same_dimension(unit("gCO2e"))
    assert unit("GB/d").same_dimension(unit("Mbit/s"))
    assert not unit("J*s").same_dimension(unit("W"))


TERM = st.sampled_from(["1", "%", "J", "W", "s", "s^2", "kWh", "h", "gCO2e", "MB", "sample", "sample^3"])


@given(st.lists(st.tuples(TERM, st.booleans()), min_size=1, max_size=4))
def test_what_a_product_is_written_as_reads_back_as_the_same_unit(terms: list[tuple[str, bool]]) -> None:
    composed, scale = unit("1"), 1.0
    for text, over in terms:
        composed = composed * unit(text) if over else composed / unit(text)
        scale = scale * unit(text).scale if over else scale / unit(text).scale
    again = unit(composed.text)
    assert again.same_dimension(composed)
    assert again.scale == pytest.approx(scale, rel=1e-9)


@pytest.mark.parametrize(
    ("over", "under", "quotient"),
    [
        ("1", "s", "1/s"),
        ("J", "s^2", "J/s^2"),
        ("J*J", "s", "J^2/s"),
        ("sample/s", "sample", "1/s"),
        ("m3", "L", "m3/L"),
    ],
)
def test_a_quotient_is_written_without_ones_and_with_its_powers(over: str, under: str, quotient: str) -> None:
    assert (unit(over) / unit(under)).text == quotient


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

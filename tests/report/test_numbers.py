"""Numbers on the page: digits the interval supports, one unit per column, units in the reader's language."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.language import Messages
from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.report.numbers import common_unit, compact, count, fit, per_thousand, percent, shown, unit_text

EN, JA = Messages("report", "en"), Messages("report", "ja")


def energy(value: float, unit: str = "J", half_width: float = 0.1) -> Estimate:
    return Estimate.relative(value, half_width, unit, Provenance.ESTIMATED, NODE)


def test_the_interval_decides_the_digits() -> None:
    assert str(shown(energy(6.62e6, half_width=0.07), EN)) == "1.84\N{NO-BREAK SPACE}kWh [1.71, 1.97]"
    assert str(shown(energy(1234.5, half_width=0.4), EN)) == "1.2\N{NO-BREAK SPACE}kJ [0.74, 1.7]"
    assert shown(Estimate.exact(3, "J", Provenance.MEASURED), EN).interval == ""


def test_per_sample_figures_keep_their_denominator() -> None:
    assert fit(energy(0.0000031, "J/sample")).unit == "uJ/sample"
    assert fit(energy(4200, "J/sample")).unit == "kJ/sample"
    assert fit(energy(0.004, "s/sample")).unit == "ms/sample"
    assert fit(energy(2e-8, "J*s/sample^2")).unit == "uJ*ms/sample^2"


@given(st.floats(1e-12, 1e12))
def test_fitting_never_changes_the_figure(value: float) -> None:
    for unit in ("J", "J/sample", "s", "W", "J*s/sample^2", "gCO2e"):
        estimate = energy(value, unit)
        assert math.isclose(fit(estimate).to(unit).value, value, rel_tol=1e-12)


def test_a_column_has_the_unit_of_its_median() -> None:
    assert common_unit([energy(0.002), energy(5.0), energy(9e6)]) == "J"
    assert common_unit([]) is None


@pytest.mark.parametrize(
    ("unit", "english", "japanese"),
    [
        ("J/sample", "J/sample", "J/サンプル"),
        ("uJ*ms/sample^2", "µJ·ms/sample²", "µJ·ms/サンプル²"),
        ("JPY", "JPY", "円"),
        ("1", "", ""),
        ("%", "%", "%"),
    ],
)
def test_units_in_words(unit: str, english: str, japanese: str) -> None:
    assert unit_text(unit, EN) == english
    assert unit_text(unit, JA) == japanese


def test_shares_are_per_cent() -> None:
    assert str(percent(Estimate(0.962, 0.936, 0.981, "1", Provenance.MEASURED), EN)).startswith(
        "96.2\N{NO-BREAK SPACE}%"
    )


def test_a_thousand_requests() -> None:
    thousand = per_thousand(energy(0.0028, "J/request"))
    assert (thousand.unit, round(thousand.value, 6), thousand.boundary) == ("J", 2.8, NODE)


def test_counts() -> None:
    assert count(100_000) == "100,000"
    assert count(2.5) == "2.50"
    assert compact(11_173_962) == "11.2 M"
    assert compact(61_706) == "61.7 k"
    assert compact(12) == "12.0"

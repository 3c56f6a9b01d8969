"""Numbers read well: fitting unit, honest digits, interval beside the value."""

from __future__ import annotations

import pytest

from setsuden.quantity import NODE, Estimate, Provenance, render, significant


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.5, 3, "1,230"),
        (0.0012, 3, "0.00120"),
        (9.999, 3, "10.0"),
        (0, 3, "0"),
        (-0.05, 2, "-0.050"),
        (1e7, 2, "10,000,000"),
    ],
)
def test_significant_digits_without_exponents(value: float, digits: int, text: str) -> None:
    assert significant(value, digits) == text


def test_an_energy_is_shown_in_the_unit_that_reads_best() -> None:
    estimate = Estimate(6.624e6, 6.156e6, 7.164e6, "J", Provenance.MEASURED, NODE)
    assert render(estimate) == "1.84 kWh [1.71, 1.99]"


@pytest.mark.parametrize(
    ("grams", "text"),
    [(2.1e-6, "2.1 µgCO2e"), (2.1e-3, "2.1 mgCO2e"), (2.1, "2.1 gCO2e"), (2.1e3, "2.1 kgCO2e"), (2.1e6, "2.1 tCO2e")],
)
def test_carbon_has_a_prefix_from_micrograms_to_tonnes(grams: float, text: str) -> None:
    assert render(Estimate(grams, grams / 2, grams * 2, "gCO2e", Provenance.ASSUMED), interval=False) == text


def test_a_wide_interval_shows_fewer_digits() -> None:
    assert render(Estimate(0.8034, 0.62, 1.01, "kgCO2e", Provenance.ASSUMED)) == "800 gCO2e [620, 1,000]"


def test_an_exact_figure_shows_no_interval() -> None:
    assert render(Estimate.exact(64, "sample", Provenance.ASSUMED)) == "64 sample"


def test_a_ratio_shows_no_unit() -> None:
    assert render(Estimate(3.0, 2.8, 3.3, "1", Provenance.ESTIMATED)) == "3.00 [2.80, 3.30]"


def test_printing_an_estimate_reads_like_a_sentence() -> None:
    assert str(Estimate(29.0, 13.0, 51.0, "J", Provenance.ESTIMATED, NODE)) == "29 J [13, 51], estimated"

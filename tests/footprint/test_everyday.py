"""Everyday words for energy and carbon of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.footprint.everyday import everyday
from setsuden.quantity import Estimate, Provenance


def _energy(joules: float) -> Estimate:
    return Estimate.exact(joules, "J", Provenance.ASSUMED)


def _carbon(grams: float) -> Estimate:
    return Estimate.exact(grams, "gCO2e", Provenance.ASSUMED)


@pytest.mark.parametrize(
    ("joules", "grams", "said"),
    [
        (7560.0, 0.96, ["energy: a 10 W LED lamp, lit for 13 min", "carbon: a new car (EU, 2024), driven 9.0 m"]),
        (12.0, 0.0016, ["energy: a 10 W LED lamp, lit for 1.2 s"]),
        (1.0, None, []),
        (0.0, 0.0, []),
        (3.7224e6, None, ["energy: 10 x Boil 1 litre of water in an electric kettle"]),
    ],
)
def test_a_lamp_and_a_car_are_scaled_to_the_size_and_next_to_nothing_is_left_out(
    joules: float, grams: float | None, said: list[str]
) -> None:
    assert everyday(_energy(joules), None if grams is None else _carbon(grams), "en") == said


@given(st.floats(1e-6, 1e16), st.floats(1e-6, 1e12))
def test_no_amount_is_so_small_that_it_says_nothing(joules: float, grams: float) -> None:
    for language in ("en", "ja"):
        for line in everyday(_energy(joules), _carbon(grams), language):
            assert "0.00" not in line

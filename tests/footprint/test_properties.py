"""What holds for any energy, place and overhead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.footprint import Footprint, footprint
from setsuden.quantity import NODE, Estimate, Provenance

DRAWS = 4000
energies = st.floats(1e-6, 1e9)
intensities = st.floats(0.5, 2000)
overheads = st.floats(1.0, 3.0)
spreads = st.floats(1.0, 3.0)


def spread(value: float, by: float, unit: str) -> Estimate:
    boundary = NODE if unit == "kWh" else None
    return Estimate(value, value / by, value * by, unit, Provenance.ESTIMATED, boundary)


def carbon(energy: Estimate, intensity: Estimate | float, pue: Estimate | float | None = None) -> Footprint:
    return footprint(energy, intensity=intensity, pue=pue, draws=DRAWS)


@given(energies, overheads)
@settings(max_examples=50)
def test_no_intensity_means_no_operational_carbon(kwh: float, pue: float) -> None:
    result = carbon(spread(kwh, 1.5, "kWh"), 0.0, pue).operational_carbon
    assert (result.low, result.value, result.high) == (0, 0, 0)


@given(energies, intensities, overheads, st.floats(1e-3, 1e3))
@settings(max_examples=50)
def test_carbon_is_linear_in_energy(kwh: float, g: float, pue: float, k: float) -> None:
    one = carbon(spread(kwh, 1.2, "kWh"), spread(g, 1.1, "gCO2e/kWh"), pue).operational_carbon
    many = carbon(spread(kwh * k, 1.2, "kWh"), spread(g, 1.1, "gCO2e/kWh"), pue).operational_carbon
    assert (many.low, many.value, many.high) == pytest.approx((one.low * k, one.value * k, one.high * k), rel=1e-9)


@given(energies, intensities, overheads, overheads)
@settings(max_examples=50)
def test_carbon_never_falls_with_overhead(kwh: float, g: float, one: float, other: float) -> None:
    less, more = (carbon(spread(kwh, 1.2, "kWh"), g, pue).operational_carbon for pue in sorted((one, other)))
    assert less.value <= more.value * (1 + 1e-12)
    assert less.high <= more.high * (1 + 1e-12)


@given(energies, st.floats(0.5, 400), overheads, spreads, spreads, st.floats(1.0, 1.5), st.floats(1.0, 2.0))
@settings(max_examples=100)
def test_a_wider_input_never_narrows_the_output(
    kwh: float, g: float, pue: float, a: float, b: float, c: float, wider: float
) -> None:
    """Each input in turn is widened; the Monte Carlo may wobble by a part in a hundred, never shrink by more."""

    def width(x: float, y: float, z: float) -> float:
        ratio = Estimate(pue, max(1.0, pue / z), pue * z, "1", Provenance.ASSUMED)
        result = carbon(spread(kwh, x, "kWh"), spread(g, y, "gCO2e/kWh"), ratio).operational_carbon
        return float(np.log(result.high / result.low))

    base = width(a, b, c)
    for widened in (width(a * wider, b, c), width(a, b * wider, c), width(a, b, c * wider)):
        assert widened >= base * 0.99 - 1e-9


@given(energies, intensities)
@settings(max_examples=50)
def test_joules_and_kilowatt_hours_are_one_energy(kwh: float, g: float) -> None:
    first = spread(kwh, 1.3, "kWh")
    second = first.to("J")
    one, other = carbon(first, g), carbon(second, g)
    assert other.energy.unit == "kWh"
    assert other.energy.value == pytest.approx(one.energy.value, rel=1e-12)
    assert other.operational_carbon.high == pytest.approx(one.operational_carbon.high, rel=1e-9)


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6), intensities, overheads)
@settings(max_examples=50)
def test_the_sum_of_stages_is_the_footprint_of_the_sum(stages: list[float], g: float, pue: float) -> None:
    parts = [
        footprint(Estimate.exact(x, "kWh", Provenance.MEASURED, NODE), intensity=g, pue=pue, draws=10) for x in stages
    ]
    whole = Estimate.exact(sum(stages), "kWh", Provenance.MEASURED, NODE)
    total = footprint(whole, intensity=g, pue=pue, draws=10).operational_carbon.value
    assert sum(part.operational_carbon.value for part in parts) == pytest.approx(total)


@given(energies, intensities, overheads, spreads)
@settings(max_examples=50)
def test_every_interval_contains_its_value_and_no_carbon_is_negative(
    kwh: float, g: float, pue: float, by: float
) -> None:
    result = footprint(spread(kwh, by, "kWh"), intensity=g, pue=pue, embodied=spread(5.0, by, "kgCO2e"), draws=500)
    for figure in (result.energy, result.operational_carbon, result.total_carbon):
        assert 0 <= figure.low <= figure.value <= figure.high


def test_the_same_inputs_give_the_same_bytes() -> None:
    energy = spread(3.0, 1.4, "kWh")
    assert carbon(energy, 400.0) == carbon(energy, 400.0)
    other = footprint(energy, intensity=400.0, draws=DRAWS, seed=7)
    assert other.operational_carbon.high != carbon(energy, 400.0).operational_carbon.high
    assert other.seed == 7


def test_provenance_is_that_of_the_weaker_input() -> None:
    measured = Estimate.exact(1.0, "kWh", Provenance.MEASURED, NODE)
    assert footprint(measured, site="SE").operational_carbon.provenance is Provenance.ASSUMED
    assert footprint(measured, site="SE").energy.provenance is Provenance.MEASURED

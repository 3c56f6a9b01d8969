"""Estimates keep their interval, unit, provenance and boundary through arithmetic."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.quantity import DEVICE, FACILITY, NODE, Boundary, Estimate, Factor, Provenance, total
from tests.schemas_support import validate

NUMBER = st.floats(-1e6, 1e6)
SPREAD = st.floats(0, 1e3)
PROVENANCE = st.sampled_from(list(Provenance))


@st.composite
def energies(draw: st.DrawFn, number: st.SearchStrategy[float] = NUMBER) -> Estimate:
    value = draw(number)
    return Estimate(value, value - draw(SPREAD), value + draw(SPREAD), "J", draw(PROVENANCE), NODE)


def contains(outer: Estimate, inner: Estimate) -> bool:
    slack = 1e-9 * max(1.0, abs(outer.low), abs(outer.high))
    return outer.low <= inner.low + slack and inner.high <= outer.high + slack


def widened(estimate: Estimate, by: float) -> Estimate:
    return Estimate(estimate.value, estimate.low - by, estimate.high + by, "J", estimate.provenance, estimate.boundary)


@given(energies(), energies())
def test_addition_commutes_and_takes_the_weaker_provenance(a: Estimate, b: Estimate) -> None:
    assert (a + b).value == (b + a).value
    assert (a + b).provenance.strength == min(a.provenance.strength, b.provenance.strength)


@given(energies(), energies(), st.floats(0, 100))
def test_a_wider_input_never_narrows_the_output(a: Estimate, b: Estimate, by: float) -> None:
    assert contains(widened(a, by) + b, a + b)
    assert contains(widened(a, by) - b, a - b)
    assert contains(widened(a, by) * b, a * b)


@given(energies(), energies(st.floats(1.0, 1e6)), st.floats(0, 1), st.floats(0, 1))
def test_a_quotient_encloses_every_quotient_of_its_operands(a: Estimate, b: Estimate, s: float, t: float) -> None:
    assume(b.low > 0)
    x = a.low + s * (a.high - a.low)
    y = b.low + t * (b.high - b.low)
    ratio = a / b
    assert ratio.low - 1e-6 * abs(ratio.low) <= x / y <= ratio.high + 1e-6 * abs(ratio.high)
    assert ratio.unit == "1"


def around(value: float, low: float, high: float, boundary: Boundary | None = None) -> Estimate:
    return Estimate(value, low, high, "J", Provenance.MEASURED, boundary)


def test_a_number_scales_value_and_both_ends_and_turns_them_round_when_negative() -> None:
    assert around(4, 2, 10) * 2 == around(8, 4, 20)
    assert around(4, 2, 10) * -2 == around(-8, -20, -4)
    assert around(4, 2, 10) / 2 == around(2, 1, 5)


@pytest.mark.parametrize(
    ("value", "half_width", "low", "high"),
    [(10, 0.3, 7, 13), (10, 1.5, 0, 25), (-10, 0.3, -13, -7), (-10, 1.5, -25, 5)],
)
def test_a_relative_spread_lies_on_both_sides_but_takes_no_positive_figure_below_zero(
    value: float, half_width: float, low: float, high: float
) -> None:
    assert Estimate.relative(value, half_width, "J", Provenance.MEASURED) == around(value, low, high)


def test_a_product_keeps_the_boundary_of_the_one_operand_that_has_one() -> None:
    energy = Estimate.exact(3, "kWh", Provenance.MEASURED, NODE)
    factor = Estimate.exact(500, "gCO2e/kWh", Provenance.ASSUMED)
    assert energy * factor == factor * energy == Estimate.exact(1500, "gCO2e", Provenance.ASSUMED, NODE)


def test_figures_of_different_boundaries_are_not_multiplied_or_divided() -> None:
    gpu, node = around(1, 1, 1, DEVICE), around(1, 1, 1, NODE)
    with pytest.raises(BoundaryError, match="cannot combine figures drawn around device and node"):
        gpu * node
    with pytest.raises(BoundaryError, match="cannot combine figures drawn around node and device"):
        node / gpu


@pytest.mark.parametrize("left", list(Provenance))
@pytest.mark.parametrize("right", list(Provenance))
def test_a_sum_is_assumed_if_any_part_is_and_measured_only_if_all_are(left: Provenance, right: Provenance) -> None:
    order = [Provenance.ASSUMED, Provenance.ESTIMATED, Provenance.MEASURED]
    both = Estimate.exact(1, "J", left) + Estimate.exact(1, "J", right)
    assert both.provenance is order[min(order.index(left), order.index(right))]


@given(energies())
def test_json_keeps_everything_but_the_factors(a: Estimate) -> None:
    document = json.loads(json.dumps(a.to_json()))
    validate("estimate", document)
    assert Estimate.from_json(document) == a


def test_the_words_for_provenance_and_boundary_do_and_unknown_ones_are_refused_at_once() -> None:
    spelt = Estimate.exact(5, "J", "measured", "node+PUE")  # type: ignore[arg-type]
    assert spelt == Estimate.exact(5, "J", Provenance.MEASURED, FACILITY)
    assert (spelt + spelt).provenance is Provenance.MEASURED
    for wrong in ("guess", None, 2):
        with pytest.raises(InputError, match="Use measured, estimated or assumed"):
            Estimate.exact(5, "J", wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown provenance"):
        Estimate.from_json(spelt.to_json() | {"provenance": "guess"})
    with pytest.raises(BoundaryError, match="Use device, node or"):
        Estimate.exact(5, "J", Provenance.MEASURED, "house")  # type: ignore[arg-type]


@given(energies())
def test_joules_to_kilowatt_hours_and_back(a: Estimate) -> None:
    back = a.to("kWh").to("J")
    assert back.value == pytest.approx(a.value, rel=1e-12, abs=1e-12)
    assert back.boundary == a.boundary


def test_figures_of_different_boundaries_do_not_add_up() -> None:
    gpu = Estimate.exact(1, "J", Provenance.MEASURED, DEVICE)
    node = Estimate.exact(1, "J", Provenance.MEASURED, NODE)
    with pytest.raises(BoundaryError, match="do not add up or compare"):
        gpu + node
    assert (gpu.within(NODE) + node).value == 2


def test_joules_per_sample_and_per_request_do_not_add_up() -> None:
    with pytest.raises(UnitError):
        Estimate.exact(1, "J/sample", Provenance.MEASURED) + Estimate.exact(1, "J/request", Provenance.MEASURED)


def test_a_bare_number_does_not_add_to_an_estimate() -> None:
    with pytest.raises(UnitError, match="Give it a unit"):
        Estimate.exact(1, "J", Provenance.MEASURED) + 1  # type: ignore[operator]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused(bad: float) -> None:
    with pytest.raises(InputError, match="finite"):
        Estimate.exact(bad, "J", Provenance.MEASURED)


def test_an_interval_that_misses_its_value_is_refused() -> None:
    with pytest.raises(InputError, match="contain its value"):
        Estimate(1, 2, 3, "J", Provenance.MEASURED)


@pytest.mark.parametrize(("low", "value", "high"), [(-1, 0, 1), (0, 1, 2), (-2, -1, 0)])
def test_dividing_by_an_interval_that_touches_zero_is_refused(low: float, value: float, high: float) -> None:
    with pytest.raises(InputError, match="contains zero"):
        Estimate.exact(1, "J", Provenance.MEASURED) / Estimate(value, low, high, "s", Provenance.MEASURED)


def test_dividing_by_the_number_zero_is_refused() -> None:
    with pytest.raises(InputError, match="cannot divide an estimate by zero"):
        Estimate.exact(1, "J", Provenance.MEASURED) / 0


def test_the_sum_of_nothing_is_unknown() -> None:
    with pytest.raises(InputError, match="unknown, not zero"):
        total([])


def test_factors_are_listed_once() -> None:
    factor = Factor("grid", 500, 400, 600, "gCO2e/kWh", "a table", 2025, "CC-BY-4.0", "lifecycle_generation")
    a = Estimate(1, 1, 1, "J", Provenance.ASSUMED, NODE, (factor,))
    assert (a + a).factors == (factor,)
    validate("factor", factor.to_json())
    assert Factor.from_json(factor.to_json()) == factor


@pytest.mark.parametrize(
    "text", ["device", "node", "node+PUE", "node+PUE+network", "node+embodied", "device+network+embodied"]
)
def test_boundaries_are_written_and_read(text: str) -> None:
    assert str(Boundary.parse(text)) == text


def test_an_unknown_boundary_names_the_known_ones() -> None:
    with pytest.raises(BoundaryError, match="node\\+PUE"):
        Boundary.parse("rack")
    assert str(FACILITY) == "node+PUE"

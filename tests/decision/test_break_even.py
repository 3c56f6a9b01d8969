"""Break-even: both sides equal, swapping swaps, never is an answer, wider never narrows."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from setsuden.decision import Affine, break_even, crossings
from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.quantity import Estimate, Provenance
from tests.decision.options import joules

figures = st.floats(1e-3, 1e6)
spreads = st.floats(0, 0.9)


def cost(fixed: float, per_unit: float, spread: float = 0.0) -> Affine:
    return Affine(joules(fixed, spread), joules(per_unit, spread, "J/request"))


@given(figures, figures, figures, figures)
def test_at_the_point_both_sides_are_equal_and_never_means_never(a: float, pa: float, b: float, pb: float) -> None:
    left, right = cost(a, pa), cost(b, pb)
    found = break_even(left, right)
    if found.n is not None:
        assert left.at(found.n) == pytest.approx(right.at(found.n), rel=1e-9)
        below, above = left.at(found.n / 2) - right.at(found.n / 2), left.at(found.n * 2) - right.at(found.n * 2)
        assert (below <= 0 <= above) if found.verdict == "a-below" else (below >= 0 >= above)
    else:
        gaps = [left.at(n) - right.at(n) for n in (0, 1, 1e3, 1e6, 1e12)]
        assert all(gap <= 0 for gap in gaps) or all(gap >= 0 for gap in gaps)
        assert found.cheaper == ("a" if min(gaps) < 0 else "b" if max(gaps) > 0 else None)


@given(figures, figures, figures, figures, spreads, spreads)
def test_swapping_the_sides_swaps_the_advice(a: float, pa: float, b: float, pb: float, s: float, shared: float) -> None:
    one = break_even(cost(a, pa, s), cost(b, pb, s), shared_relative_error=shared)
    other = break_even(cost(b, pb, s), cost(a, pa, s), shared_relative_error=shared)
    assert (one.n, one.low, one.high) == (other.n, other.low, other.high)
    swapped = {"a-below": "a-above", "a-above": "a-below", "never": "never"}
    assert other.verdict == swapped[one.verdict]
    assert other.cheaper == {"a": "b", "b": "a", None: None}[one.cheaper]


@given(figures, figures, figures, figures, spreads, spreads, spreads)
def test_a_wider_input_never_narrows_the_interval(
    a: float, pa: float, b: float, pb: float, s: float, t: float, shared: float
) -> None:
    narrow, wide = sorted((s, t))
    one, other = (break_even(cost(a, pa, w), cost(b, pb, w), shared_relative_error=shared) for w in (narrow, wide))
    assert (one.n, one.verdict) == (other.n, other.verdict)
    if one.n is not None:
        assert one.low is not None
        assert other.low is not None
        assert other.low <= one.low * (1 + 1e-9) + 1e-300
        assert other.high is None or (one.high is not None and other.high >= one.high * (1 - 1e-9))


@given(figures, figures, figures, figures, st.floats(0, 0.3), st.data())
def test_the_interval_holds_every_combination(
    a: float, pa: float, b: float, pb: float, spread: float, data: st.DataObject
) -> None:
    left, right = cost(a, pa, spread), cost(b, pb, spread)
    found = break_even(left, right)
    assume(found.n is not None)
    picks = [data.draw(st.floats(f.low, f.high)) for f in (left.fixed, left.per_unit, right.fixed, right.per_unit)]
    start, slope = picks[2] - picks[0], picks[1] - picks[3]
    assume(start * slope > 0 and (start > 0) == (found.verdict == "a-below"))
    assert found.low is not None
    assert start / slope >= found.low * (1 - 1e-9)
    assert found.high is None or start / slope <= found.high * (1 + 1e-9)


def test_worked_example() -> None:
    """Training 1 MJ dearer saves 10 mJ a request: 100 million requests."""
    found = break_even(cost(1e6, 0.03), cost(2e6, 0.02))
    assert found.verdict == "a-below"
    assert found.n == pytest.approx(1e8)
    estimate = found.estimate("request")
    assert estimate is not None
    assert (estimate.unit, estimate.provenance) == ("request", Provenance.MEASURED)


def test_an_error_common_to_all_four_figures_cancels() -> None:
    exact = break_even(cost(1e6, 0.03), cost(2e6, 0.02))
    shared = break_even(cost(1e6, 0.03, 0.3), cost(2e6, 0.02, 0.3), shared_relative_error=0.3)
    assert (shared.n, shared.low, shared.high) == pytest.approx((exact.n, exact.n, exact.n))


def test_intervals_that_overlap_leave_the_end_open() -> None:
    found = break_even(cost(1e6, 0.03, 0.3), cost(2e6, 0.02, 0.3))
    assert found.n is not None
    assert found.high is None
    assert found.estimate("request") is None


@pytest.mark.parametrize(
    ("a", "b", "cheaper"),
    [((1, 1), (2, 2), "a"), ((2, 1), (1, 1), "b"), ((1, 2), (1, 1), "b"), ((1, 1), (1, 1), None)],
)
def test_never(a: tuple[float, float], b: tuple[float, float], cheaper: str | None) -> None:
    found = break_even(cost(*a), cost(*b))
    assert (found.verdict, found.n, found.low, found.high) == ("never", None, None, None)
    assert found.cheaper == cheaper
    assert found.estimate("request") is None


def test_units_are_brought_together() -> None:
    in_wh = Affine(joules(1e6 / 3600, unit="Wh"), joules(30, unit="mJ/request"))
    for pair in ((in_wh, cost(2e6, 0.02)), (cost(2e6, 0.02), in_wh)):
        found = break_even(*pair)
        assert found.n == pytest.approx(1e8)
        assert (found.low, found.high) == pytest.approx((1e8, 1e8))
    assert in_wh.at(1e8) == pytest.approx(4e6 / 3600)
    with pytest.raises(UnitError):
        found.estimate("sample")


def test_figures_that_do_not_compare_are_refused() -> None:
    seconds = Estimate.exact(1, "s", Provenance.MEASURED)
    with pytest.raises(UnitError):
        break_even(cost(1, 1), Affine(joules(1), joules(1, unit="J/sample")))
    with pytest.raises((UnitError, BoundaryError)):
        break_even(cost(1, 1), Affine(seconds, joules(1, unit="J/request")))


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_bracketing_agrees_with_the_closed_form(slope: float, start: float) -> None:
    expected = start / slope
    found = crossings(lambda x: slope * x, lambda _: start, 1e-3, 1e3, logarithmic=True)
    assert found == pytest.approx([expected], rel=1e-9)


def test_bracketing_finds_every_change_of_place() -> None:
    found = crossings(math.sin, lambda _: 0.0, 0.5, 10.0)
    assert found == pytest.approx([math.pi, 2 * math.pi, 3 * math.pi])


def test_touching_is_not_crossing_and_apart_is_never() -> None:
    assert crossings(lambda x: (x - 1) ** 2, lambda _: 0.0, 0.0, 2.0) == ()
    assert crossings(lambda x: x + 1, lambda x: x, 0.0, 1e6) == ()


def test_a_crossing_on_a_grid_point_is_found_once() -> None:
    assert crossings(lambda x: x, lambda _: 1.0, 0.0, 2.0, steps=2) == pytest.approx([1.0])


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf)])
def test_an_empty_range_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="range"):
        crossings(lambda x: x, lambda x: -x, *ends)

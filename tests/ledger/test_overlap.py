"""Which run counts which stretch of time, without a ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.ledger.overlap import Span, Tail, after, begins, clusters, raised
from setsuden.quantity import NODE, Estimate, Provenance


def span(run: int, start_s: float, end_s: float, joules: float = 100.0, error: float = 0.0) -> Span:
    return Span(run, ("c",), "cpu", start_s, end_s, Estimate.relative(joules, error, "J", Provenance.MEASURED, NODE))


@pytest.mark.parametrize(
    ("extents", "expected"),
    [
        ([(0, 10), (10, 20)], [0, 10]),  # one after the other
        ([(0, 10), (4, 14)], [0, 10]),  # the second counts what lies beyond
        ([(4, 14), (0, 10)], [10, 0]),  # whatever the order
        ([(0, 10), (2, 8)], [0, None]),  # one inside the other
        ([(0, 10), (0, 10)], [0, None]),  # the same time: the older run
        ([(0, 10), (0, 12)], [None, 0]),  # the same begin: the longer one
        ([(0, 10), (5, 12), (8, 20), (30, 40)], [0, 10, 12, 30]),
    ],
)
def test_every_stretch_is_counted_by_one_run(extents: list[tuple[float, float]], expected: list[float | None]) -> None:
    assert begins([span(number, *extent) for number, extent in enumerate(extents)]) == expected


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), min_size=1, max_size=8))
def test_the_stretches_that_count_are_the_union_of_all_and_do_not_overlap(found: list[tuple[int, int]]) -> None:
    spans = [span(number, begin, begin + length) for number, (begin, length) in enumerate(found)]
    seconds = [
        (second, span.run)
        for span, begin in zip(spans, begins(spans), strict=True)
        if begin is not None
        for second in range(round(begin), round(span.end_s))
    ]
    assert len({second for second, _ in seconds}) == len(seconds)
    assert {second for second, _ in seconds} == {
        second for begin, length in found for second in range(begin, begin + length)
    }


def test_what_only_touches_is_a_group_of_its_own() -> None:
    groups = clusters([(10, 20), (0, 10), (12, 13), (18, 30), (30, 31)], lambda extent: extent)
    assert list(groups) == [[(0, 10)], [(10, 20), (12, 13), (18, 30)], [(30, 31)]]


def test_a_tail_has_the_error_of_its_channel_and_what_the_cut_may_be_off() -> None:
    tail = after(span(1, 0, 10, 100.0, error=0.1), Tail(60.0, 59.0, 62.0))
    assert (tail.value, tail.low, tail.high) == pytest.approx((60.0, 90.0 * 0.59, 110.0 * 0.62))
    assert tail.boundary == NODE
    nothing = after(span(1, 0, 10, 0.0), Tail(0.0, 0.0, 0.0))
    assert (nothing.value, nothing.low, nothing.high) == (0.0, 0.0, 0.0)


def test_together_they_are_no_less_than_the_largest() -> None:
    spans = [span(1, 0, 10, 50.0), span(2, 1, 10.5, 60.0)]
    kept = [spans[0].gross, after(spans[1], Tail(3.0, 3.0, 3.0))]
    assert raised(kept, spans) == (1, pytest.approx(7.0))
    assert raised([spans[0].gross, spans[1].gross], spans) == (1, 0.0)

"""The knee of the batch curve: closed forms, published curves, and honesty about wide intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.quantity import Estimate, Provenance
from setsuden.study.analysis import knee
from setsuden.study.analysis.batch_curve import TOLERANCE
from tests.analysis import published

SIZES = tuple(2**k for k in range(11))


def curve(values: dict[int, float], spread: float = 0.0) -> list[tuple[int, Estimate]]:
    return [(size, Estimate.relative(value, spread, "J/sample", Provenance.MEASURED)) for size, value in values.items()]


@given(st.floats(0.01, 1000), st.floats(0.01, 10))
def test_a_falling_curve_has_its_knee_where_the_closed_form_says(per_batch: float, per_sample: float) -> None:
    """a/b + c <= (1 + t)(a/B + c)  <=>  b >= a / ((1 + t)(a/B + c) - c), B the largest batch size."""
    floor = (1 + TOLERANCE) * (per_batch / SIZES[-1] + per_sample)
    least = per_batch / (floor - per_sample)
    expected = next(size for size in SIZES if size >= least * (1 - 1e-12))
    found = knee(curve({size: per_batch / size + per_sample for size in SIZES}))
    assert (found.minimum, found.batch_size, found.reason) == (SIZES[-1], expected, None)


def test_order_of_the_points_does_not_matter() -> None:
    points = curve({size: 5 / size + 1 for size in SIZES})
    assert knee(points) == knee(points[::-1])


def test_a_flat_curve_has_its_knee_at_the_first_point() -> None:
    assert knee(curve(dict.fromkeys(SIZES, 2.0))).batch_size == SIZES[0]


def test_a_single_batch_size_has_no_knee() -> None:
    found = knee(curve({32: 1.0}))
    assert (found.minimum, found.batch_size, found.reason) == (32, None, "one batch size")


def test_no_knee_is_claimed_where_intervals_do_not_tell_it_from_a_smaller_batch() -> None:
    values = {8: 1.30, 32: 1.10, 128: 1.02, 512: 1.00}
    assert knee(curve(values, spread=0.01)).batch_size == 128
    wide = knee(curve(values, spread=0.06))
    assert (wide.minimum, wide.batch_size, wide.reason) == (512, None, "intervals overlap")


@pytest.mark.parametrize(
    ("model", "minimum"),
    [("DPN", 128), ("DenseNet", 160), ("VGG", 256)],
)
def test_published_curves_flatten_where_the_paper_shows_it(model: str, minimum: int) -> None:
    values = dict(published.batch_curves()[model])
    within = [size for size in sorted(values) if values[size] <= 1.05 * min(values.values())]
    result = knee(curve(values))
    assert result.minimum == minimum
    assert result.batch_size == within[0]
    assert result.batch_size is not None
    assert 64 <= result.batch_size <= 192

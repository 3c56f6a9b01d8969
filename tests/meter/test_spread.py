"""How much the power of a window varies, from samples that are not kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.meter.windows import PowerSpread


def variation(*powers_w: float) -> float | None:
    spread = PowerSpread()
    for power_w in powers_w:
        spread.add(power_w)
    return spread.variation


@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=50))
def test_the_variation_is_the_standard_deviation_over_the_mean(powers_w: list[float]) -> None:
    mean = sum(powers_w) / len(powers_w)
    deviation = (sum((power_w - mean) ** 2 for power_w in powers_w) / (len(powers_w) - 1)) ** 0.5
    assert variation(*powers_w) == pytest.approx(deviation / mean, rel=1e-6, abs=1e-9)


def test_one_sample_or_no_power_has_no_variation() -> None:
    assert variation(5.0) is None
    assert variation(0.0, 0.0) is None
    assert variation(0.4, 0.6) == pytest.approx(0.2 * 2**0.5)

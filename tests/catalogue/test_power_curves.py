"""Modelled CPU power: published points, published error."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.catalogue.memory import dram_w_per_gb
from setsuden.catalogue.power_curves import TABLE, cpu_curve
from setsuden.catalogue.processors import match_cpu
from setsuden.errors import InputError

NAMED = "AMD EPYC 7502P 32-Core Processor"  # 180 W


@pytest.mark.parametrize(("utilisation", "ratio"), [(0.0, 0.12), (0.1, 0.32), (0.3, 0.535), (0.5, 0.75), (1.0, 1.02)])
def test_the_curve_passes_through_the_published_points(utilisation: float, ratio: float) -> None:
    assert cpu_curve(match_cpu(NAMED)).watts(utilisation).value == pytest.approx(180 * ratio)


def test_the_interval_is_the_published_model_error() -> None:
    watts = cpu_curve(match_cpu(NAMED)).watts(0.5)
    spread = math.exp(1.6448536269514722 * 0.25)
    assert watts.high / watts.value == pytest.approx(spread)
    assert watts.value / watts.low == pytest.approx(spread)
    assert watts.provenance == "estimated"
    assert str(watts.boundary) == "device"
    assert any("SPECpower" in factor.source or "Teads" in factor.source for factor in watts.factors)


def test_a_generic_name_gives_a_wider_interval_than_a_named_one() -> None:
    generic, named = (cpu_curve(match_cpu(name)).watts(0.5) for name in ("AMD EPYC", NAMED))
    assert generic.high / generic.low > named.high / named.low


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_utilisation_never_draws_less(one: float, other: float) -> None:
    curve = cpu_curve(match_cpu(NAMED))
    less, more = sorted((one, other))
    assert curve.watts(less).value <= curve.watts(more).value + 1e-9
    for row in TABLE:
        assert row.at(less) <= row.at(more) + 1e-9


@pytest.mark.parametrize("utilisation", [-0.1, 1.1, math.nan])
def test_utilisation_outside_its_range_is_refused(utilisation: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        cpu_curve(match_cpu(NAMED)).watts(utilisation)


def test_no_design_power_means_no_curve() -> None:
    with pytest.raises(InputError, match="Graviton3"):
        cpu_curve(match_cpu("AWS Graviton3"))


def test_memory_draws_the_published_range() -> None:
    dram = dram_w_per_gb()
    assert (dram.value, dram.low, dram.high, dram.unit) == (0.375, 0.2, 0.41, "W/GB")
    assert dram.factors

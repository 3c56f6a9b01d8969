"""Tornado and Sobol shares, against closed forms."""

from __future__ import annotations

import pytest

from setsuden.decision import sobol, tornado
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Provenance


def figure(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, "1", Provenance.ASSUMED)


INPUTS = {"a": figure(0, 1), "b": figure(0, 2), "c": figure(0, 0)}


def test_bars_are_ordered_by_how_far_they_move_the_result() -> None:
    bars = tornado(lambda x: 10 + 3 * x["a"] - 2 * x["b"] + x["c"], INPUTS)
    assert [(bar.name, bar.at_low, bar.at_high) for bar in bars] == [("b", 14, 6), ("a", 7, 13), ("c", 10, 10)]
    assert [bar.swing for bar in bars] == [8, 6, 0]


def test_variance_shares_of_a_sum_are_those_of_its_terms() -> None:
    shares = {s.name: s for s in sobol(lambda x: 3 * x["a"] + 2 * x["b"] + x["c"], INPUTS, n=50_000)}
    assert shares["a"].alone == pytest.approx(9 / 25, abs=0.02)
    assert shares["b"].alone == pytest.approx(16 / 25, abs=0.02)
    assert shares["b"].total == pytest.approx(16 / 25, abs=0.02)
    assert shares["c"].total == 0


def test_a_product_of_centred_inputs_is_all_interplay() -> None:
    shares = sobol(lambda x: x["a"] * x["b"], {name: INPUTS[name] for name in "ab"}, n=50_000)
    assert all(share.alone == pytest.approx(0, abs=0.03) for share in shares)
    assert all(share.total == pytest.approx(1, abs=0.03) for share in shares)


def test_a_constant_has_no_shares() -> None:
    assert [(s.alone, s.total) for s in sobol(lambda x: 0 * x["a"] + 1.0, INPUTS, n=100)] == [(0.0, 0.0)] * 3


def test_no_inputs_are_refused() -> None:
    with pytest.raises(InputError, match="at least one input"):
        sobol(lambda _: __import__("numpy").ones(3), {})

"""Counts of answers against brute force, and the fit of carbon to rounds x concurrency."""

from __future__ import annotations

from math import comb, lgamma

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.federated.simulate import fit
from setsuden.federated.simulate.order import Answers, log_gamma


def thinned(m: int, n: int, inside: int, keep: float) -> np.ndarray:
    """P(X = x): m of n drawn, ``inside`` of which would finish, each of those keeping with probability ``keep``."""
    found = np.zeros(m + 1)
    for h in range(m + 1):
        p = comb(inside, h) * comb(n - inside, m - h) / comb(n, m)
        for x in range(h + 1):
            found[x] += p * comb(h, x) * keep**x * (1 - keep) ** (h - x)
    return found


def test_log_gamma_is_that_of_the_standard_library():
    x = np.array([1e-3, 0.5, 1.0, 2.0, 7.7, 100.0, 1e6, 3.3e8])
    assert log_gamma(x) == pytest.approx([lgamma(value) for value in x], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("m", "n", "inside", "keep"), [(5, 12, 7, 1.0), (6, 9, 9, 0.8), (10, 40, 25, 0.9), (3, 3, 2, 0.5)]
)
def test_few_answers_are_counted_exactly(m, n, inside, keep):
    p = thinned(m, n, inside, keep)
    answers = Answers(m, float(n), np.array([inside / n]), np.array([keep * inside / n]))
    for k in range(1, m + 1):
        assert answers.at_least(k)[0] == pytest.approx(p[k:].sum(), abs=1e-9)
        if p[:k].sum() > 1e-9:
            assert answers.mean_below(k)[0] == pytest.approx(p[:k] @ np.arange(k) / p[:k].sum(), rel=1e-7)


@pytest.mark.parametrize(
    ("m", "n", "inside", "keep"), [(130, 1000, 800, 1.0), (130, 400, 320, 0.9), (90, 100, 75, 0.95)]
)
def test_many_answers_are_counted_closely(m, n, inside, keep):
    p = thinned(m, n, inside, keep)
    answers = Answers(m, float(n), np.array([inside / n]), np.array([keep * inside / n]))
    mean = int(p @ np.arange(m + 1))
    for k in range(mean - 8, mean + 9, 4):
        assert answers.at_least(k)[0] == pytest.approx(p[k:].sum(), abs=4e-3)
    assert answers.mean_below(mean)[0] == pytest.approx(p[:mean] @ np.arange(mean) / p[:mean].sum(), rel=2e-3)


def test_everybody_or_nobody_answers_for_certain():
    answers = Answers(200, 1e6, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert answers.at_least(200).tolist() == pytest.approx([0.0, 1.0])


def test_a_straight_line_is_found_and_judged():
    found = fit([100, 200, 300], [10.0, 20.0, 30.0], judged_size=[1000], judged_g=[110.0])
    assert found.k.value == pytest.approx(0.1)
    assert found.r_squared == pytest.approx(1.0)
    assert found.worst == pytest.approx(1 - 100 / 110)
    assert found.predict(10, 20).value == pytest.approx(20.0)
    with pytest.raises(InputError, match="positive"):
        fit([1.0], [0.0])

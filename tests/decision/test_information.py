"""The worth of knowing more, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from setsuden.decision import Composite, Option, Part, recommend, value_of_information
from tests.decision.options import ENERGY, joules, requests

N = 200_000


def unit_normal_loss(d: float, s: float) -> float:
    """E[max(0, X)] for X normal with mean -d and standard deviation s."""
    density = math.exp(-((d / s) ** 2) / 2) / math.sqrt(2 * math.pi)
    return s * density - d * 0.5 * (1 - math.erf(d / s / math.sqrt(2)))


def test_perfect_and_partial_information_agree_with_the_closed_form() -> None:
    """Costs 3 z1 + 4 z2 and 5: knowing z1 alone is worth the loss integral with s = 3, both with s = 5."""
    rng = np.random.default_rng(1)
    z1, z2 = rng.standard_normal((2, N))
    costs = np.stack([4.0 + 3 * z1 + 4 * z2, np.full(N, 5.0)])
    found = value_of_information(costs, {"z1": z1, "z2": z2})
    assert found.everything == pytest.approx(unit_normal_loss(1, 5), rel=0.02)
    assert dict(found.factors)["z1"] == pytest.approx(unit_normal_loss(1, 3), rel=0.03)
    assert dict(found.factors)["z2"] == pytest.approx(unit_normal_loss(1, 4), rel=0.03)
    assert found.best is not None
    assert found.best[0] == "z2"


def test_knowing_what_does_not_matter_is_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    z, other = rng.standard_normal((2, N))
    found = value_of_information(np.stack([3 * z, np.ones(N)]), {"z": z, "other": other})
    assert dict(found.factors)["other"] == 0.0


def test_knowing_what_moves_all_options_alike_is_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    z, other = rng.standard_normal((2, N))
    found = value_of_information(np.stack([10 * z, 10 * z + other]), {"z": z})
    assert found.best is None
    assert found.everything > 0


def test_one_option_leaves_nothing_to_decide() -> None:
    z = np.random.default_rng(1).standard_normal(100)
    assert value_of_information(z[None, :], {"z": z}).everything == 0.0


def test_knowing_one_thing_is_never_worth_more_than_knowing_all() -> None:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((4, 5000))
    costs = np.exp(0.3 * z[:3]) * (1 + 0.2 * z[3])
    found = value_of_information(costs, {str(i): row for i, row in enumerate(z)})
    assert all(gain <= found.everything for _, gain in found.factors)


def test_the_figure_that_would_settle_the_choice_is_named() -> None:
    """Training energies are known; the two serving energies differ in how well they are known."""
    vague, sharp = (joules(1.0, spread, "J/request") for spread in (0.5, 0.05))
    options = [
        Option("a", {"energy": Composite((Part(joules(10)), Part(vague, "requests", "serving of a")))}),
        Option("b", {"energy": Composite((Part(joules(10)), Part(sharp, "requests", "serving of b")))}),
    ]
    found = recommend(options, ENERGY, weights=requests(1e3))
    information = found.information
    assert information is not None
    assert found.to_json()["measure_next"] == {"factor": "serving of a", "gain": information.factors[0][1]}
    assert recommend(options, ENERGY, weights=requests(1e3), information=False).to_json()["measure_next"] is None
    assert [name for name, _ in information.factors] == ["serving of a", "serving of b"]
    assert information.factors[0][1] > 5 * information.factors[1][1]


def test_a_settled_choice_needs_no_measurement() -> None:
    options = [Option(name, {"energy": joules(value, 0.05)}) for name, value in (("a", 1.0), ("b", 9.0))]
    found = recommend(options, ENERGY)
    assert found.confidence == "clear"
    assert found.to_json()["measure_next"] is None

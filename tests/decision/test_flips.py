"""Flips against brute force: walk each assumption in small steps and watch the recommendation."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.decision import Composite, Constraint, Flip, Option, Part, recommend
from setsuden.errors import InputError
from tests.decision.options import ENERGY, floor, joules, option, option_lists, requests, serving, share


def chosen(options: list[Option], limits: list[Constraint], n: float = 0.0) -> str | None:
    return recommend(options, ENERGY, limits, weights=requests(n), n=2, information=False).recommended


def flips(options: list[Option], limits: list[Constraint], n: float = 0.0) -> dict[tuple[str, str], Flip]:
    found = recommend(options, ENERGY, limits, weights=requests(n), n=2, information=False).flips
    assert len({(flip.factor, flip.direction) for flip in found}) == len(found)
    return {(flip.factor, flip.direction): flip for flip in found}


@given(option_lists(), st.integers(0, 14))
def test_the_nearest_turning_of_a_limit_is_found(options: list[Option], half_tenths: int) -> None:
    limit = half_tenths / 20
    now = chosen(options, [floor(limit)])
    found = flips(options, [floor(limit)])
    for direction, steps in (("up", range(1, 20)), ("down", range(1, 20))):
        sign = 1 if direction == "up" else -1
        walk = [(half_tenths + sign * k) / 20 for k in steps]
        brute = next(((x, c) for x in walk if (c := chosen(options, [floor(x)])) != now), None)
        flip = found.get(("accuracy_floor", direction))
        if brute is None:
            assert flip is None
        else:
            assert flip is not None
            assert flip.becomes == brute[1]
            before = half_tenths / 20 if brute[0] == walk[0] else brute[0] - sign / 20
            assert min(before, brute[0]) - 1e-9 <= flip.turns_at <= max(before, brute[0]) + 1e-9


lines = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6).map(
    lambda pairs: [serving(f"o{i}", float(f), float(p)) for i, (f, p) in enumerate(pairs)]
)


@given(lines, st.integers(0, 40))
def test_the_nearest_turning_of_a_weight_is_found(options: list[Option], quarter_requests: int) -> None:
    n = quarter_requests / 4 + 1 / 137  # no two lines cross here
    now = chosen(options, [], n)
    found = flips(options, [], n)
    for direction in ("up", "down"):
        flip = found.get(("requests", direction))
        far = 1e6 if direction == "up" else 1e-6
        if flip is None:
            assert chosen(options, [], far) == now
            continue
        assert (flip.turns_at >= n) == (direction == "up")
        step = 1e-6 * (1 if direction == "up" else -1)
        assert chosen(options, [], flip.turns_at + step) == flip.becomes
        between = [n + (flip.turns_at - n) * k / 10 for k in range(10)]
        assert {chosen(options, [], x) for x in between} == {now}


def test_both_sides_cost_the_same_at_the_turning_point() -> None:
    found = flips([serving("a", 1000, 2), serving("b", 4000, 1)], [], 100)
    assert found == {("requests", "up"): Flip("requests", 100, 3000.0, "up", "b")}


def test_a_weight_turns_at_the_same_place_whatever_prefix_its_figures_have() -> None:
    part = Part(joules(0.002, unit="kJ/request"), "requests")
    prefixed = Option("a", {"energy": Composite((Part(joules(1000)), part)), "accuracy": share(0.9)})
    found = flips([prefixed, serving("b", 4000, 1)], [], 100)
    assert found["requests", "up"].turns_at == pytest.approx(3000.0)
    assert found["requests", "up"].becomes == "b"


def test_an_option_that_sits_on_a_limit_stays_in_the_choice_as_a_weight_moves() -> None:
    options = [serving("a", 1000, 2, accuracy=0.9), serving("b", 4000, 1, accuracy=0.95)]
    assert flips(options, [floor(0.9)], 100)["requests", "up"] == Flip("requests", 100, 3000.0, "up", "b")
    assert ("requests", "down") not in flips(options, [floor(0.9)], 100)


def test_swapping_the_options_swaps_the_flip() -> None:
    one = flips([serving("a", 1000, 2), serving("b", 4000, 1)], [], 100)["requests", "up"]
    other = flips([serving("b", 1000, 2), serving("a", 4000, 1)], [], 100)["requests", "up"]
    assert (one.turns_at, one.becomes, other.becomes) == (other.turns_at, "b", "a")


def test_requests_can_use_up_a_budget() -> None:
    budget = Constraint("energy", 2000, "at_most", "energy_budget_j")
    found = flips([serving("a", 1000, 2)], [budget], 100)
    assert found["requests", "up"] == Flip("requests", 100, 500.0, "up", None)
    assert found["energy_budget_j", "down"] == Flip("energy_budget_j", 2000, 1200.0, "down", None)


def test_a_limit_that_sits_on_the_chosen_figure_turns_there() -> None:
    found = flips([option("a", 1, 0.9), option("b", 2, 0.95)], [floor(0.9)])
    assert found["accuracy_floor", "up"] == Flip("accuracy_floor", 0.9, 0.9, "up", "b")


def test_a_scenario_exactly_at_a_tie_turns_where_it_stands() -> None:
    found = flips([serving("a", 1000, 2), serving("b", 2000, 1)], [], 1000)
    assert found == {("requests", "up"): Flip("requests", 1000, 1000, "up", "b")}


def test_loosening_far_enough_makes_an_infeasible_choice_feasible() -> None:
    found = flips([option("a", 1, 0.8), option("b", 2, 0.85)], [floor(0.9)])
    assert found == {("accuracy_floor", "down"): Flip("accuracy_floor", 0.9, 0.85, "down", "b")}


@pytest.mark.parametrize("limit", [-math.inf, math.inf, math.nan])
def test_a_limit_that_is_no_number_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="finite"):
        floor(limit)

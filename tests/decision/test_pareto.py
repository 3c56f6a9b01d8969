"""The Pareto front against its definition written out, and under uncertainty."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from setsuden.decision import front, front_probability, recommend
from tests.decision.options import ENERGY, floor, option, option_lists

rows = st.integers(1, 3).flatmap(
    lambda metrics: st.lists(
        st.lists(st.integers(0, 4).map(float) | st.just(math.inf), min_size=metrics, max_size=metrics),
        min_size=1,
        max_size=9,
    )
)


def brute_force(points: list[list[float]]) -> list[bool]:
    def dominates(p: list[float], q: list[float]) -> bool:
        return all(a <= b for a, b in zip(p, q, strict=True)) and any(a < b for a, b in zip(p, q, strict=True))

    return [not any(dominates(p, q) for p in points) for q in points]


@given(rows)
def test_the_front_is_what_the_definition_says(points: list[list[float]]) -> None:
    assert front(np.array(points)).tolist() == brute_force(points)


@given(rows, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(points: list[list[float]], random: object) -> None:
    members = {tuple(p) for p, on in zip(points, front(np.array(points)), strict=True) if on}
    shuffled = points + points[: len(points) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {tuple(p) for p, on in zip(shuffled, front(np.array(shuffled)), strict=True) if on} == members


@given(rows, st.data())
def test_adding_a_dominated_point_changes_nothing(points: list[list[float]], data: st.DataObject) -> None:
    worse = [value + 1 for value in data.draw(st.sampled_from(points))]
    assert front(np.array([*points, worse]))[:-1].tolist() == front(np.array(points)).tolist()


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_front_probability_counts_the_worlds(count: int, metrics: int, seed: int) -> None:
    draws = np.random.default_rng(seed).integers(0, 4, (metrics, count, 20)).astype(float)
    worlds = [brute_force(draws[:, :, k].T.tolist()) for k in range(20)]
    assert front_probability(draws).tolist() == [1 - (20 - sum(w[i] for w in worlds)) / 20 for i in range(count)]


def test_an_option_dominated_in_every_world_is_never_on_the_front() -> None:
    draws = np.array([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert front_probability(draws).tolist() == [1.0, 0.0]


@given(option_lists(spread=0.2), st.randoms(use_true_random=False))
def test_a_decision_ignores_order_and_repetition(options: list[object], random: object) -> None:
    first = recommend(options, ENERGY, [floor(0.3)], n=200).to_json()  # type: ignore[arg-type]
    shuffled = options * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert recommend(shuffled, ENERGY, [floor(0.3)], n=200).to_json() == first  # type: ignore[arg-type]


def test_equal_uncertain_options_share_the_front() -> None:
    found = recommend([option("a", 10, spread=0.1), option("b", 10, spread=0.1)], ENERGY)
    probabilities = [item.front_probability for item in found.assessments]
    assert abs(probabilities[0] - 0.5) < 0.03
    assert abs(sum(probabilities) - 1) < 1e-9

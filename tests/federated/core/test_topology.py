from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.topology import (
    Edges,
    Full,
    Gossip,
    Peers,
    Regular,
    Ring,
    Torus,
    mix,
    mixing_gap,
    mixing_matrix,
    spectral_gap,
)

GRAPHS: list[Peers] = [
    Ring(),
    Torus(),
    Regular(degree=4),
    Gossip(degree=2),
    Full(),
    Edges(pairs=((0, 1), (1, 0), (1, 2))),
]


@given(st.sampled_from(GRAPHS), st.integers(3, 40), st.integers(1, 5))
def test_every_mixing_is_symmetric_doubly_stochastic_and_keeps_the_mean(graph: Peers, peers: int, round_: int) -> None:
    edges = graph.edges(peers, 0, round_)
    matrix = mixing_matrix(edges, peers).toarray()
    assert np.allclose(matrix, matrix.T)
    assert np.allclose(matrix.sum(axis=1), 1.0, atol=1e-6)
    assert matrix.min() >= -1e-7
    models = np.random.default_rng(0).normal(size=(peers, 5)).astype(np.float32)
    mixed = mix(edges, models)
    assert mixed == pytest.approx(matrix @ models, abs=1e-5)
    assert mixed.mean(axis=0) == pytest.approx(models.mean(axis=0), abs=1e-5)


def test_a_full_mesh_gives_everyone_the_mean() -> None:
    models = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    assert mix(Full().edges(9, 0, 1), models) == pytest.approx(np.tile(models.mean(axis=0), (9, 1)), abs=1e-6)


@pytest.mark.parametrize("peers", [3, 5, 10, 100, 1000])
def test_the_gap_of_a_ring_is_the_closed_form(peers: int) -> None:
    """Weights of 1/3: eigenvalues 1/3 + 2/3 cos(2 pi k / n)."""
    values = 1 / 3 + 2 / 3 * np.cos(2 * np.pi * np.arange(1, peers) / peers)
    assert spectral_gap(Ring().edges(peers, 0, 1), peers) == pytest.approx(1 - np.abs(values).max(), abs=1e-7)


def test_gaps_at_the_ends_of_the_scale() -> None:
    assert spectral_gap(Full().edges(20, 0, 1), 20) == pytest.approx(1.0)
    assert spectral_gap(Edges(pairs=((0, 1), (2, 3))).edges(4, 0, 1), 4) == pytest.approx(0.0, abs=1e-12)
    assert spectral_gap(Edges(pairs=()).edges(1, 0, 1), 1) == 1.0


def test_a_random_graph_mixes_faster_than_a_torus_and_that_faster_than_a_ring() -> None:
    gaps = [spectral_gap(graph.edges(100, 0, 1), 100) for graph in (Ring(), Torus(), Regular(degree=4))]
    assert gaps == sorted(gaps)
    assert gaps[1] == pytest.approx(0.0764, abs=1e-3)


def test_degrees_are_as_declared() -> None:
    assert set(np.bincount(Ring().edges(7, 0, 1).ravel())) == {2}
    assert set(np.bincount(Torus().edges(12, 0, 1).ravel())) == {4}
    assert np.bincount(Regular(degree=4).edges(100, 0, 1).ravel()).max() == 4


def test_gossip_draws_anew_every_round_and_a_regular_graph_once() -> None:
    assert not np.array_equal(Gossip().edges(20, 0, 1), Gossip().edges(20, 0, 2))
    assert np.array_equal(Regular().edges(20, 0, 1), Regular().edges(20, 0, 2))
    assert np.array_equal(Gossip().edges(20, 0, 1), Gossip().edges(20, 0, 1))


def test_a_given_graph_is_checked() -> None:
    for pair in ((0, 9), (-1, 0), (2, 2)):
        with pytest.raises(InputError, match="different clients"):
            Edges(pairs=(pair,)).edges(4, 0, 1)
    with pytest.raises(InputError, match="even"):
        Regular(degree=3)


def test_the_gap_of_gossip_is_that_of_the_expected_step() -> None:
    """Over all 720 circles of six peers: the root of the second eigenvalue of E[W W], by brute force."""
    peers, squares = 6, np.zeros((6, 6))
    circles = list(permutations(range(peers)))
    for order in circles:
        pairs = Edges(pairs=tuple(zip(order, (*order[1:], order[0]), strict=True)))
        matrix = mixing_matrix(pairs.edges(peers, 0, 1), peers).toarray().astype(np.float64)
        squares += matrix @ matrix / len(circles)
    second = np.linalg.eigvalsh(squares)[-2]
    assert mixing_gap(Gossip(degree=2), peers, seed=0, rounds=5) == pytest.approx(1 - np.sqrt(second), abs=1e-6)


@pytest.mark.parametrize("degree", [2, 4])
def test_gossip_shrinks_the_distance_from_the_mean_by_what_its_gap_says(degree: int) -> None:
    peers, steps, graph = 40, 200, Gossip(degree=degree)
    random = np.random.default_rng(1)
    shrunk = []
    for step in range(1, steps + 1):
        models = random.normal(size=(peers, 50))
        models -= models.mean(axis=0)
        mixed = mixing_matrix(graph.edges(peers, 0, step), peers) @ models
        shrunk.append((mixed**2).sum() / (models**2).sum())
    gap = mixing_gap(graph, peers, seed=0, rounds=steps)
    assert np.mean(shrunk) == pytest.approx((1 - gap) ** 2, rel=0.02)


@given(st.sampled_from([graph for graph in GRAPHS if not graph.redrawn]), st.integers(3, 20))
def test_where_the_graph_stays_the_gap_is_the_graphs_own(graph: Peers, peers: int) -> None:
    assert mixing_gap(graph, peers, 0, 7) == spectral_gap(graph.edges(peers, 0, 1), peers)


def test_gossip_mixes_far_better_in_expectation_than_any_one_of_its_circles() -> None:
    assert mixing_gap(Gossip(), 100, 0, 10) > 100 * spectral_gap(Gossip().edges(100, 0, 1), 100)
    assert mixing_gap(Gossip(), 1, 0, 10) == 1.0
    assert mixing_gap(Gossip(), 2, 0, 0) == pytest.approx(1.0)

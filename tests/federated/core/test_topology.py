from __future__ import annotations

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

"""Who talks to whom: a server, edge aggregators below a server, or peers on a graph; mixing and its spectral gap."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload.settings import at_least

Pairs = NDArray[np.int64]
# Above this many peers the second eigenvalue is found by iteration, not by a full decomposition.
_DENSE_PEERS = 600
_AVERAGED_GRAPHS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Base of the topologies."""

    @property
    def name(self) -> str:
        """In print."""
        raise NotImplementedError

    @property
    def peer_to_peer(self) -> bool:
        """Whether clients mix with neighbours and no server keeps the model."""
        return False

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """(edges, 2): the pairs of peers that exchange models in a round, each once, lower number first."""
        raise InputError("this topology has no graph of peers", place="topology", value=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(Topology):
    """Every client talks to one server."""

    @property
    def name(self) -> str:
        """In print."""
        return "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchical(Topology):
    """Clients talk to edge aggregators (client modulo ``aggregators``), these to the server.

    edge_rounds   rounds that an aggregator averages on its own before the server averages them, >= 1
    """

    aggregators: int = 4
    edge_rounds: int = 1

    def __post_init__(self) -> None:
        at_least("topology.aggregators", self.aggregators, 1)
        at_least("topology.edge_rounds", self.edge_rounds, 1)

    @property
    def name(self) -> str:
        """With the number of aggregators."""
        return f"hierarchical({self.aggregators}, every {self.edge_rounds})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers(Topology):
    """Base of the graphs without a server.

    steps   mixing steps in a round, >= 1; each costs the bytes of the whole graph once more
    """

    steps: int = 1

    def __post_init__(self) -> None:
        at_least("topology.steps", self.steps, 1)

    @property
    def peer_to_peer(self) -> bool:
        """Yes."""
        return True

    @property
    def redrawn(self) -> bool:
        """Whether every mixing step has a graph of its own."""
        return False

    def _stepped(self, name: str) -> str:
        return name if self.steps == 1 else f"{name} x{self.steps}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring(Peers):
    """Two neighbours each."""

    @property
    def name(self) -> str:
        """In print."""
        return self._stepped("ring")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """The same in every round."""
        return _circle(np.arange(peers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Torus(Peers):
    """Four neighbours each on the squarest grid that the number of peers divides into."""

    @property
    def name(self) -> str:
        """In print."""
        return self._stepped("torus")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """The same in every round; a prime number of peers makes a ring."""
        rows = next(rows for rows in range(isqrt(peers), 0, -1) if peers % rows == 0)
        grid = np.arange(peers).reshape(rows, -1)
        right = np.stack([grid, np.roll(grid, -1, axis=1)], axis=-1).reshape(-1, 2)
        down = np.stack([grid, np.roll(grid, -1, axis=0)], axis=-1).reshape(-1, 2)
        return _tidy(np.concatenate([right, down]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular(Peers):
    """A random graph of ``degree`` neighbours each, drawn once from the seed: half as many random circles.

    degree   even, >= 2; two circles rarely share an edge, and then two peers have a neighbour less
    """

    degree: int = 4

    def __post_init__(self) -> None:
        Peers.__post_init__(self)
        at_least("topology.degree", self.degree, 2)
        if self.degree % 2:
            raise InputError("must be even", place="topology.degree", value=self.degree, remedy="Use 2, 4, 6, ...")

    @property
    def name(self) -> str:
        """With the degree."""
        return self._stepped(f"regular({self.degree})")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """The same in every round."""
        return self._drawn(peers, np.random.default_rng([seed, 0x7091]))

    def _drawn(self, peers: int, random: np.random.Generator) -> Pairs:
        return _tidy(np.concatenate([_circle(random.permutation(peers)) for _ in range(self.degree // 2)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gossip(Regular):
    """A fresh random graph of ``degree`` neighbours in every mixing step."""

    degree: int = 2

    @property
    def redrawn(self) -> bool:
        """Yes."""
        return True

    @property
    def name(self) -> str:
        """With the degree."""
        return self._stepped(f"gossip({self.degree})")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """Another one for every number."""
        return self._drawn(peers, np.random.default_rng([seed, 0x7092, round_]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Full(Peers):
    """Everybody with everybody."""

    @property
    def name(self) -> str:
        """In print."""
        return self._stepped("full")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """All pairs."""
        return np.stack(np.triu_indices(peers, 1), axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges(Peers):
    """A given graph: pairs of client numbers."""

    pairs: tuple[tuple[int, int], ...]
    label: str = "given graph"

    @property
    def name(self) -> str:
        """With the number of edges."""
        return self._stepped(f"{self.label}({len(self.pairs)} edges)")

    def edges(self, peers: int, seed: int, round_: int) -> Pairs:
        """The same in every round; InputError for a client that does not exist or an edge to oneself."""
        pairs = np.array(self.pairs, dtype=np.int64).reshape(-1, 2)
        wrong = (pairs < 0).any(axis=1) | (pairs >= peers).any(axis=1) | (pairs[:, 0] == pairs[:, 1])
        if wrong.any():
            raise InputError(
                f"an edge joins two different clients 0 .. {peers - 1}",
                place="topology.pairs",
                value=self.pairs[int(np.flatnonzero(wrong)[0])],
            )
        return _tidy(pairs)


def mixing_weights(edges: Pairs, peers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metropolis weights: (edges,) of each edge, (peers,) of each peer to itself; rows and columns sum to 1.

    An edge weighs 1 / (1 + the larger degree of its ends) (Xiao, Boyd and Lall 2005).
    """
    degree = np.bincount(edges.ravel(), minlength=peers)
    across = 1.0 / (1.0 + np.maximum(degree[edges[:, 0]], degree[edges[:, 1]]))
    own = np.ones(peers)
    np.subtract.at(own, edges.ravel(), np.repeat(across, 2))
    return across, own


def mixing_matrix(edges: Pairs, peers: int) -> Any:
    """The Metropolis weights as a sparse (peers, peers) matrix, symmetric, float32 (scipy.sparse.csr_array)."""
    try:
        from scipy.sparse import csr_array
    except ImportError:
        raise MissingDependencyError("scipy", "Mixing between peers", "federated") from None

    across, own = mixing_weights(edges, peers)
    rows = np.concatenate([edges[:, 0], edges[:, 1], np.arange(peers)])
    columns = np.concatenate([edges[:, 1], edges[:, 0], np.arange(peers)])
    weights = np.concatenate([across, across, own]).astype(np.float32)
    return csr_array((weights, (rows, columns)), shape=(peers, peers))


def mix(edges: Pairs, models: NDArray[np.float32]) -> NDArray[np.float32]:
    """One gossip step: each row of ``models`` (peers, parameters) becomes the weighted mean with its neighbours."""
    peers = len(models)
    if len(edges) == peers * (peers - 1) // 2:  # everybody: the mean, at once
        return np.broadcast_to(models.mean(axis=0, dtype=np.float64).astype(np.float32), models.shape).copy()
    mixed: NDArray[np.float32] = mixing_matrix(edges, peers) @ models
    return mixed


def spectral_gap(edges: Pairs, peers: int) -> float:
    """1 - the second largest absolute eigenvalue of the mixing matrix: 0 never mixes, 1 mixes in one step."""
    if peers < 2:
        return 1.0
    matrix = mixing_matrix(edges, peers).astype(np.float64)
    if peers <= _DENSE_PEERS:
        values = np.linalg.eigvalsh(matrix.toarray())
        return float(max(0.0, 1.0 - max(abs(values[0]), abs(values[-2]))))
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).standard_normal(peers)
    top = np.sort(eigsh(matrix, k=2, which="LA", v0=start, return_eigenvectors=False))
    bottom = eigsh(matrix, k=1, which="SA", v0=start, return_eigenvectors=False)
    return float(max(0.0, 1.0 - max(abs(top[0]), abs(bottom[0]))))


def mixing_gap(topology: Peers, peers: int, seed: int, rounds: int) -> float:
    """1 - the factor by which a mixing step shrinks the peers' distance from their mean: the spectral gap of a graph.

    Where each step draws its own graph it is 1 - sqrt(lambda_2(E[W W])), the root of the expected square (Boyd et al.
    2006, "Randomized gossip algorithms"); for a fixed graph that is the same number. All peers are alike in such a
    draw, so E[W W] = a I + b 1 1' with a = (E[tr W W] - 1) / (peers - 1); E is taken over the graphs of the rounds, at
    most ``_AVERAGED_GRAPHS`` of them, without anybody dropping out.
    """
    if peers < 2:
        return 1.0
    if not topology.redrawn:
        return spectral_gap(topology.edges(peers, seed, 1), peers)
    drawn = range(1, 1 + min(_AVERAGED_GRAPHS, max(1, rounds * topology.steps)))
    traces = []
    for number in drawn:
        across, own = mixing_weights(topology.edges(peers, seed, number), peers)
        traces.append(float(2.0 * np.square(across).sum() + np.square(own).sum()))
    kept = (sum(traces) / len(traces) - 1.0) / (peers - 1)
    return 1.0 - sqrt(min(1.0, max(0.0, kept)))


def _circle(order: Pairs) -> Pairs:
    return _tidy(np.stack([order, np.roll(order, -1)], axis=1))


def _tidy(pairs: Pairs) -> Pairs:
    """Each pair once, lower number first, in order; no pair of a peer with itself."""
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1).astype(np.int64)
    return np.unique(pairs, axis=0) if len(pairs) else pairs.reshape(0, 2)

"""One gossip step of a thousand peers with 80 thousand parameters each, in CPU seconds: the goal is below one.

python benchmarks/federated/mixing.py
"""

from __future__ import annotations

import time

import numpy as np

from setsuden.federated.topology import Gossip, Peers, Regular, Ring, Torus, mix, mixing_gap

PEERS, PARAMETERS = 1000, 80_000


def main() -> None:
    models = np.random.default_rng(0).standard_normal((PEERS, PARAMETERS), dtype=np.float32)
    graphs: list[Peers] = [Ring(), Torus(), Regular(degree=4), Gossip(degree=2)]
    for graph in graphs:
        edges = graph.edges(PEERS, 0, 1)
        best = np.inf
        for _ in range(3):
            began = time.process_time()
            mix(edges, models)
            best = min(best, time.process_time() - began)
        gap = mixing_gap(graph, PEERS, 0, 16)
        print(
            f"{graph.name:12} {best:.2f} CPU s, {2 * len(edges) * 4 * PARAMETERS / 1e6:.0f} MB, spectral gap {gap:.5f}"
        )


if __name__ == "__main__":
    main()

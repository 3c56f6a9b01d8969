"""Random orders without a state: the order of a client's samples follows from seed, round, client and epoch alone.

A million short permutations a run are wanted, from any process in any order, so each is the sorting of hashed
counters (splitmix64, Steele, Lea and Flood 2014) and not a generator that must be seeded first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def orders(
    samples: NDArray[np.int64], seed: int, round_: int, clients: NDArray[np.int64], epoch: int
) -> NDArray[np.intp]:
    """(clients, most samples): in row k the first samples[k] entries are a permutation of 0 .. samples[k] - 1."""
    most = int(samples.max(initial=0))
    # As _base over all four parts, for all clients at once.
    bases = _mixed((clients.astype(np.uint64) ^ np.uint64(_base(seed, round_))) + np.uint64(_GOLDEN))
    bases = _mixed((bases ^ np.uint64(epoch)) + np.uint64(_GOLDEN))
    keys = _mixed(bases[:, np.newaxis] + _counters(most))
    if int(samples.min(initial=most)) < most:
        keys[np.arange(most) >= samples[:, np.newaxis]] = np.uint64(_MASK)
    return np.argsort(keys, axis=1, kind="stable")


def _base(*parts: int) -> int:
    found = 0
    for part in parts:
        found = _mixed_int((found ^ part) + _GOLDEN)
    return found


def _mixed_int(z: int) -> int:
    z &= _MASK
    z = ((z ^ (z >> 30)) * _FIRST) & _MASK
    z = ((z ^ (z >> 27)) * _SECOND) & _MASK
    return z ^ (z >> 31)


def _counters(count: int) -> NDArray[np.uint64]:
    return np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))

"""Who wins over payload and request rate, and where that is too close to call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.decision import LIKELY, Composite, Option
from setsuden.errors import InputError
from setsuden.quantity import Estimate, unit
from setsuden.quantity.draws import DEFAULT_SEED, shaped

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WinnerMap:
    """The cheapest option at every payload and rate.

    payload_kb, rate_per_s   the grid, rising
    ids                      options; ``winner[j][i]`` is an index into them at rate j and payload i, -1: none keeps up
    probability              share of draws in which that option is the cheapest, same shape
    """

    payload_kb: tuple[float, ...]
    rate_per_s: tuple[float, ...]
    ids: tuple[str, ...]
    winner: tuple[tuple[int, ...], ...]
    probability: tuple[tuple[float, ...], ...]

    def close(self, j: int, i: int) -> bool:
        """Whether the cell is too close to call."""
        return self.probability[j][i] < LIKELY


def winner_map(
    options: Sequence[Option],
    metric: str,
    weights: Mapping[str, Estimate],
    payload_kb: Sequence[float],
    rate_per_s: Sequence[float],
    *,
    busy_s: Mapping[str, float],
    n: int = 400,
    seed: int = DEFAULT_SEED,
) -> WinnerMap:
    """Winners on the grid; ``weights`` gives what is not moved (``down``, ``pue``).

    busy_s   by option: it keeps up only with rates up to 1 / busy_s
    """
    if min(payload_kb) < 0 or min(rate_per_s) <= 0:
        raise InputError("payloads are at least 0 and rates positive", value=(min(payload_kb), min(rate_per_s)))
    up = np.asarray(payload_kb, dtype=np.float64)[None, :]
    interval = 1 / np.asarray(rate_per_s, dtype=np.float64)[:, None]
    best: Array | None = None
    index = np.full((len(rate_per_s), len(payload_kb)), -1)
    drawn = np.empty((len(options), n, len(rate_per_s), len(payload_kb)))
    for number, option in enumerate(options):
        composite = option.metrics[metric]
        assert isinstance(composite, Composite)
        possible = np.where(interval >= busy_s[option.id], 0.0, np.inf)
        value, rows = (_collapsed(composite, weights, n, seed, random) for random in (False, True))
        cost = value["none"][0] + value["up"][0] * up + value["interval"][0] * interval + possible
        if best is None:
            best = np.full_like(cost, np.inf)
        index[cost < best] = number
        best = np.minimum(best, cost)
        pieces = {name: array[:, None, None] for name, array in rows.items()}
        drawn[number] = pieces["none"] + pieces["up"] * up + pieces["interval"] * interval + possible
    firsts = np.argmin(drawn, axis=0)
    probability = np.where(index >= 0, (firsts == index[None]).mean(axis=0), 0.0)
    return WinnerMap(
        tuple(map(float, payload_kb)),
        tuple(map(float, rate_per_s)),
        tuple(option.id for option in options),
        tuple(tuple(int(cell) for cell in row) for row in index),
        tuple(tuple(float(cell) for cell in row) for row in probability),
    )


def _collapsed(
    composite: Composite, weights: Mapping[str, Estimate], n: int, seed: int, random: bool
) -> dict[str, Array]:
    """Sum of the parts by what they are multiplied with: nothing that moves, payload up, or the interval."""
    size = n if random else 1
    found = {name: np.zeros(size) for name in ("none", "up", "interval")}
    for part in composite.parts:
        key = part.weight if part.weight in ("up", "interval") else "none"
        figure = _drawn(part.figure, part.source or "", size, seed, random)
        if part.weight is not None and key == "none":
            figure = figure * _drawn(weights[part.weight], part.weight, size, seed, random)
        # all terms are J or gCO2e per request once multiplied, whatever they are per before
        found[key] += figure * unit(part.figure.unit.partition("/")[0]).scale
    return found


def _drawn(figure: Estimate, source: str, n: int, seed: int, random: bool) -> Array:
    if not random or figure.low == figure.high:
        return np.full(n, figure.value)
    digest = np.frombuffer(hashlib.sha256(source.encode()).digest(), dtype=np.uint32).tolist()
    return shaped(figure, np.random.default_rng([seed, *digest]).standard_normal(n))

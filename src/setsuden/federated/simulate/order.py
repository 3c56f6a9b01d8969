"""How many of those asked have answered by a time: probabilities of the count, exact for few, by Edgeworth for many."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_EXACT = 64
_ENDLESS = 2000.0  # from this many times the sample on, a population counts as without end


def log_gamma(x: Array) -> Array:
    """ln Gamma(x), x > 0, by Stirling's series after eight steps of the recurrence; relative error below 1e-13."""
    shifted = x + 8.0
    product = np.ones_like(x)
    for step in range(8):
        product *= x + step
    inverse = 1.0 / shifted
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
    return np.asarray(
        (shifted - 0.5) * np.log(shifted) - shifted + 0.5 * math.log(2 * math.pi) + series - np.log(product)
    )


def _log_choose(n: Array, k: Array) -> Array:
    return log_gamma(n + 1.0) - log_gamma(k + 1.0) - log_gamma(n - k + 1.0)


class Answers:
    """X of ``asked`` clients, drawn without replacement from ``population`` (a real number), have answered.

    finished   share of the population that would have finished, (points,)
    arrived    the part of it that also delivers
    """

    def __init__(self, asked: int, population: float, finished: Array, arrived: Array) -> None:
        self.asked, self.population = asked, max(population, float(asked))
        self.finished, self.arrived = np.clip(finished, 0.0, 1.0), np.clip(arrived, 0.0, 1.0)

    def at_least(self, k: int) -> Array:
        """P(X >= k) at each point."""
        if self.asked <= _EXACT:
            return np.asarray(np.minimum(self._probabilities()[:, k:].sum(axis=1), 1.0))
        mean, spread, skew = self._moments()
        z = (k - 0.5 - mean) / spread
        below = _normal(z) - skew / 6.0 * (z * z - 1.0) * _density(z)
        return np.asarray(np.clip(np.where(spread > 1e-9, 1.0 - below, mean >= k - 0.5), 0.0, 1.0))

    def mean_below(self, k: int) -> Array:
        """E[X | X < k] at each point; 0 where that cannot happen."""
        if self.asked <= _EXACT:
            p = self._probabilities()[:, :k]
            whole = p.sum(axis=1)
            return np.asarray(np.where(whole > 1e-15, p @ np.arange(k) / np.where(whole > 1e-15, whole, 1.0), 0.0))
        mean, spread, _ = self._moments()
        z = (k - 0.5 - mean) / spread
        share = np.maximum(_normal(z), 1e-300)
        tail = np.where(z > -30, mean - spread * _density(z) / share, k - 1.0)
        return np.asarray(np.clip(np.where(spread > 1e-9, tail, mean), 0.0, k - 1.0))

    def _moments(self) -> tuple[Array, Array, Array]:
        m, n, phi = float(self.asked), self.population, self.finished
        kept = np.divide(self.arrived, phi, out=np.zeros_like(phi), where=phi > 0)
        drawn = m * phi * (1 - phi) * max(n - m, 0.0) / max(n - 1.0, 1.0)  # variance of those who would finish
        third = drawn * (1 - 2 * phi) * (n - 2 * m) / max(n - 2.0, 1.0)
        lost = kept * (1 - kept)
        spread = np.sqrt(np.maximum(kept**2 * drawn + lost * m * phi, 1e-20))
        third = kept**3 * third + 3 * kept * lost * drawn + lost * (1 - 2 * kept) * m * phi
        return m * self.arrived, spread, np.where(spread > 1e-9, third / spread**3, 0.0)

    def _probabilities(self) -> Array:
        """P(X = x), shape (points, asked + 1)."""
        m, x = self.asked, np.arange(self.asked + 1.0)
        if self.population > _ENDLESS * m:
            return _binomial(m, self.arrived)
        n = self.population
        inside = np.clip(self.finished * n, 0.0, n)[:, None]
        outside = n - inside
        possible = (x <= inside + 1e-9) & (m - x <= outside + 1e-9)
        have = np.minimum(x, inside)
        rest = np.minimum(m - x, outside)
        logs = _log_choose(inside, have) + _log_choose(outside, rest)
        logs = np.where(possible, logs, -np.inf)
        top = logs.max(axis=1, keepdims=True)
        finished = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
        finished /= np.maximum(finished.sum(axis=1, keepdims=True), 1e-300)
        kept = np.divide(self.arrived, self.finished, out=np.zeros_like(self.arrived), where=self.finished > 0)
        if (kept[self.finished > 0] >= 1 - 1e-12).all():
            return np.asarray(finished)
        found = np.zeros_like(finished)
        for have_finished in range(m + 1):
            found[:, : have_finished + 1] += finished[:, [have_finished]] * _binomial(have_finished, kept)
        return found


def _binomial(n: int, p: Array) -> Array:
    x = np.arange(n + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = _log_choose(np.full(n + 1, float(n)), x) + x * np.log(p)[:, None] + (n - x) * np.log1p(-p)[:, None]
    found = np.exp(np.where(np.isfinite(logs), logs, -np.inf))
    found[p <= 0] = x == 0
    found[p >= 1] = x == n
    return np.asarray(found)


def _normal(z: Array) -> Array:
    return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in z.ravel().tolist()]).reshape(z.shape)


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * np.minimum(z * z, 1400.0)) / math.sqrt(2 * math.pi))

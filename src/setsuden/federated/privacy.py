"""Differential privacy of the clients: clipped updates, Gaussian noise, and the epsilon that this buys.

The server is trusted to add the noise (central model); the guarantee is per client, not per sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.settings import in_range

_MOST_NOISE = 1e6
_ORDERS = (*range(2, 65), 80, 96, 128, 192, 256, 512)
NOISE_STREAM = 0xD9


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """Clip every update to ``clip_norm`` and add noise of deviation noise_multiplier x clip_norm to their sum.

    clip_norm          largest Euclidean norm of an update, > 0
    noise_multiplier   > 0; larger is more private
    delta              of (epsilon, delta); below one over the number of clients to mean anything
    """

    clip_norm: float = 1.0
    noise_multiplier: float = 1.0
    delta: float = 1e-5

    def __post_init__(self) -> None:
        in_range("privacy.clip_norm", self.clip_norm, above=0.0)
        in_range("privacy.noise_multiplier", self.noise_multiplier, above=0.0)
        in_range("privacy.delta", self.delta, above=0.0, below=1.0)

    @property
    def name(self) -> str:
        """In print."""
        return f"clip {self.clip_norm:g}, noise {self.noise_multiplier:g}, delta {self.delta:g}"

    def clip(self, update: NDArray[np.float32]) -> NDArray[np.float32]:
        """``update`` scaled down, where it is longer than the clip norm."""
        norm = float(np.sqrt(np.dot(update, update)))
        return update if norm <= self.clip_norm else _scaled(update, self.clip_norm / norm)

    def noise(self, size: int, clients: float, seed: int, round_: int) -> NDArray[np.float32]:
        """(size,): what is added to the mean of ``clients`` clipped updates in a round."""
        random = np.random.default_rng([seed, NOISE_STREAM, round_])
        return _scaled(random.standard_normal(size, dtype=np.float32), self.noise_multiplier * self.clip_norm / clients)

    def epsilon(self, rounds: int, share: float) -> float:
        """Epsilon after ``rounds`` rounds at which each client took part with probability ``share`` (0-1).

        The moments accountant in its Renyi form (Mironov, Talwar and Zhang 2019, arXiv:1908.10530, integer orders),
        turned into epsilon by Canonne, Kamath and Steinke 2020 (proposition 12).
        It assumes that clients are drawn independently with that probability, as ``selection.Poisson`` does; a cohort
        of fixed size, drawn without replacement, is close to that but not the same. Where clients are chosen by their
        data or place, use share 1.
        """
        if rounds == 0:
            return 0.0
        epsilons: list[float] = [
            rounds * _renyi(share, self.noise_multiplier, order)
            + log1p(-1.0 / order)
            - (log(self.delta) + log(order)) / (order - 1)
            for order in _ORDERS
        ]
        return max(0.0, min(epsilons))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyBudget:
    """The privacy wanted at the end of a training, in place of the noise that buys it.

    epsilon     at most, after all rounds, > 0
    clip_norm, delta   as in ``Privacy``
    """

    epsilon: float
    clip_norm: float = 1.0
    delta: float = 1e-5

    def __post_init__(self) -> None:
        in_range("privacy.epsilon", self.epsilon, above=0.0)
        Privacy(clip_norm=self.clip_norm, delta=self.delta)  # raises where one is out of range

    def spent(self, rounds: int, share: float) -> Privacy:
        """The least noise (to 0.1 %, never below) that keeps ``rounds`` rounds within ``epsilon``.

        share   chance (0-1) of a client to take part in a round
        Raises InputError where no noise does.
        """

        def noisy(noise_multiplier: float) -> Privacy:
            return Privacy(clip_norm=self.clip_norm, noise_multiplier=noise_multiplier, delta=self.delta)

        low, high = 1e-2, _MOST_NOISE
        if noisy(high).epsilon(rounds, share) > self.epsilon:
            raise InputError(
                "no noise keeps the training within this epsilon",
                place="privacy.epsilon",
                value=self.epsilon,
                remedy="Raise epsilon or delta.",
            )
        while high > 1.001 * low:
            middle = sqrt(low * high)
            low, high = (low, middle) if noisy(middle).epsilon(rounds, share) <= self.epsilon else (middle, high)
        return noisy(high)


def _scaled(vector: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vector * np.float32(factor)
    return scaled


def _renyi(share: float, sigma: float, order: int) -> float:
    """Renyi divergence of one subsampled Gaussian step at an integer order >= 2."""
    if share >= 1.0:
        return order / (2.0 * sigma**2)
    if share <= 0.0:
        return 0.0
    terms = [
        _log_choose(order, k) + k * log(share) + (order - k) * log1p(-share) + (k * k - k) / (2.0 * sigma**2)
        for k in range(order + 1)
    ]
    top = max(terms)
    return (top + log(sum(exp(term - top) for term in terms))) / (order - 1)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

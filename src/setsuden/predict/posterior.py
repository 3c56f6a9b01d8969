"""What measured rows say about new ones: a Gaussian process over the residuals of the physical part, and its honesty.

Leaving a whole group or device out needs no refit: with K the covariance of all rows and r their residuals, the error
of the rows b, predicted from all others, is (K^-1[b, b])^-1 (K^-1 r)[b]; its variance is the diagonal of
(K^-1[b, b])^-1 (Rasmussen and Williams 2006, 5.4.2, in blocks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from setsuden.predict.frame import Floats
from setsuden.predict.kernel import Kernel, Points, covariance, variance

_CHUNK = 256
_SMALL = 64  # rows of a triangle that is inverted as it is
_JITTER = 1e-8
# The lengths and strengths of the covariance were fitted on public rows that may be among the given ones, so errors on
# held-out groups come out a little too small; measured on groups that were held out of everything.
_OPTIMISM = 1.07
# How far a prediction is placed from its middle: deviations of a row placed by its own doubt, natural logs of others.
# Where errors go over powers of ten the mean relative error is least near zero, which is no answer.
_MOST_BELOW = 0.5
_GROSS, _FAR_OFF = float(np.log(10)), 6.0  # natural logs and deviations that a run is off that is taken for an error
_LEAST_WIDTH = 0.5  # of the normal quantile
_PRIOR_BLOCKS = 3.0  # how many held-out groups the normal quantile is worth against the measured one


@dataclass(frozen=True, slots=True)
class Posterior:
    """A Gaussian process given rows.

    half      inverse of the Cholesky factor of the covariance of the rows: half.T @ half is its inverse
    weights   that inverse times the residuals
    """

    kernel: Kernel
    points: Points
    half: Floats
    weights: Floats

    @classmethod
    def given(cls, kernel: Kernel, points: Points, residual: Floats) -> Posterior:
        """Condition on the residuals (natural logs) of measured rows."""
        matrix = covariance(kernel, points, points)
        matrix[np.diag_indices(len(points))] += kernel.noise + _JITTER
        half = _inverse_of_lower(np.asarray(np.linalg.cholesky(matrix), dtype=np.float64))
        return cls(kernel, points, half, half.T @ (half @ residual))

    @classmethod
    def trusting(cls, kernel: Kernel, points: Points, residual: Floats) -> Posterior:
        """``given`` without gross errors: runs that all others together contradict by a factor and by many deviations.

        The worst one goes first, as it makes its neighbours look wrong; what is left is judged anew. Of fewer
        than three runs of a device all stay: it may differ from all others, and two do not tell which of them is wrong.
        """
        first = cls.given(kernel, points, residual)
        _, deviation = first.held_out([str(i) for i in range(len(points))])
        weights, trusted = first.weights.copy(), np.ones(len(points), dtype=bool)
        own = np.unique(points.devices, return_inverse=True)[1]
        inverse: Floats | None = None
        while True:
            error = np.where(trusted, weights * deviation**2, 0.0)
            beside = np.bincount(own, weights=trusted)[own] > 2
            gross = beside & (np.abs(error) > _GROSS) & (np.abs(error) > _FAR_OFF * deviation)
            if not gross.any() or trusted.sum() - 1 <= len(points) / 2:
                break
            worst = int(np.argmax(np.where(gross, np.abs(error) / deviation, 0.0)))
            inverse = first.half.T @ first.half if inverse is None else inverse
            column = inverse[:, worst].copy()
            weights -= column * (weights[worst] / column[worst])
            inverse -= np.outer(column, column / column[worst])
            trusted[worst] = False
            deviation = np.where(trusted, np.maximum(np.diag(inverse), 1e-12) ** -0.5, deviation)
        if trusted.all():
            return first
        return cls.given(kernel, points.take(np.flatnonzero(trusted).tolist()), residual[trusted])

    def mean(self, points: Points) -> Floats:
        """Expected residual of new rows, natural logs."""
        found = [covariance(self.kernel, part, self.points) @ self.weights for part in _chunks(points)]
        return np.concatenate(found) if found else np.empty(0)

    def mean_and_deviation(self, points: Points, kind: npt.DTypeLike = np.float32) -> tuple[Floats, Floats]:
        """Expected residual of new rows, and standard deviation of one measurement of each before conformal scaling.

        The deviation takes the product with ``half`` in ``kind``, single precision where nothing is said: a sum of
        squares, so it loses one part in a million of the prior variance and nothing cancels.
        """
        mean, known = np.empty(len(points)), np.empty(len(points))
        half = self.half.T.astype(kind)
        start = 0
        for part in _chunks(points):
            rows = slice(start, start + len(part))
            cross = covariance(self.kernel, part, self.points)
            mean[rows] = cross @ self.weights
            whitened = cross.astype(kind) @ half
            known[rows] = np.einsum("ij,ij->i", whitened, whitened, dtype=np.float64)
            start += len(part)
        left = variance(self.kernel, points) - known
        return mean, np.asarray(np.sqrt(np.maximum(left, 0.0) + self.kernel.noise), dtype=np.float64)

    def held_out(self, labels: Sequence[str]) -> tuple[Floats, Floats]:
        """Errors (measured - predicted) and deviations of every row, predicted without the rows of its label."""
        error, deviation = np.empty(len(labels)), np.empty(len(labels))
        diagonal = np.einsum("ij,ij->j", self.half, self.half)
        for block in blocks(labels):
            if len(block) == 1:
                error[block], deviation[block] = self.weights[block] / diagonal[block], diagonal[block] ** -0.5
                continue
            own = self.half[:, block]
            part = np.linalg.inv(own.T @ own)
            error[block] = part @ self.weights[block]
            deviation[block] = np.sqrt(np.maximum(np.diag(part), 1e-12))
        return error, deviation


def _inverse_of_lower(lower: Floats) -> Floats:
    """Inverse of a lower triangular matrix, by halves, so that the work is products of matrices."""
    size = len(lower)
    if size <= _SMALL:
        return np.asarray(np.linalg.inv(lower), dtype=np.float64)
    middle = size // 2
    found = np.zeros_like(lower)
    first, last = _inverse_of_lower(lower[:middle, :middle]), _inverse_of_lower(lower[middle:, middle:])
    found[:middle, :middle], found[middle:, middle:] = first, last
    found[middle:, :middle] = -last @ (lower[middle:, :middle] @ first)
    return found


def _chunks(points: Points) -> Iterator[Points]:
    """Parts small enough for the covariance to stay in the cache."""
    for start in range(0, len(points), _CHUNK):
        yield points.take(range(start, min(start + _CHUNK, len(points))))


def blocks(labels: Sequence[str]) -> list[npt.NDArray[np.intp]]:
    """Indices of equal labels."""
    found: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        found.setdefault(label, []).append(i)
    return [np.array(block, dtype=np.intp) for block in found.values()]


def conformal(scores: Floats, held_out: int, level: float) -> float:
    """How many deviations cover ``level`` (0-1) of new rows.

    scores     absolute errors over deviations of rows predicted without their group (or device)
    held_out   how many groups those are; with few of them the answer leans to the normal distribution's

    Split conformal with scores normalised by difficulty (Lei et al. 2018), the rank corrected for a finite sample; at
    least half of the normal distribution's, as copies of a row tell each other without error.
    """
    normal = normal_quantile(level)
    if not len(scores):
        return normal
    rank = min(len(scores), ceil((len(scores) + 1) * level))
    measured = _OPTIMISM * float(np.sort(scores)[rank - 1])
    return max((held_out * measured + _PRIOR_BLOCKS * normal) / (held_out + _PRIOR_BLOCKS), _LEAST_WIDTH * normal)


def least_relative_error(error: Floats) -> float:
    """The shift of a logarithmic prediction with the smallest mean of abs(predicted / measured - 1).

    error   measured minus predicted, natural logs; the answer is their median weighted by predicted / measured, held
            within half of a logarithm
    """
    order = np.argsort(error)
    weight = np.cumsum(np.exp(-np.clip(error[order], -5, 5)))
    middle = error[order][np.searchsorted(weight, weight[-1] / 2)]
    return float(np.clip(middle, -_MOST_BELOW, _MOST_BELOW))


def below(mean: Floats, deviation: Floats) -> Floats:
    """Where the mean relative error of log-normals is smallest: the deviation squared below the middle, half at most.

    mean, deviation   natural logs; the bound keeps the answer well within intervals
    """
    return mean - deviation * np.minimum(deviation, _MOST_BELOW)


def normal_quantile(level: float) -> float:
    """Half-width of the central ``level`` of the standard normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)

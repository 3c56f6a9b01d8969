"""What has been measured of one kind of work, as the process that corrects the law sees it, and which of it answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from setsuden.predict.base import gains, log_base
from setsuden.predict.domain import FEATURES, SIZES, devices, features, software
from setsuden.predict.frame import Floats, Rows
from setsuden.predict.kernel import Kernel, Points
from setsuden.predict.posterior import Posterior
from setsuden.predict.shipped import Knowledge, Target
from setsuden.predict.words import plain_words, similarity

_MOST_ROWS = 1000  # rows one answer is conditioned on; more add seconds, not accuracy
_SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits evenly mixed: neighbours end up far apart
_BEYOND = float(np.log(10))  # how far beyond the seen range a size still tells of what the law misses


@dataclass(frozen=True, slots=True)
class Seen:
    """The measured rows of one kind of work."""

    rows: Rows
    points: Points
    residual: Floats

    @classmethod
    def of(cls, rows: Rows, logs: Floats, kind: str, target: Target, knowledge: Knowledge) -> Seen:
        """Rows of one kind; ``logs`` are natural logs of what they found, of which the law misses the residual."""
        base = log_base(rows, (kind,) * len(rows), target, knowledge)
        return cls(rows, points_of(rows, kind, target, knowledge), logs - base)

    def split(self, asked: tuple[str, ...]) -> list[tuple[tuple[str, ...], npt.NDArray[np.intp]]]:
        """Asked rows by the measured configurations that answer them: all, or the likest up to ``_MOST_ROWS`` rows."""
        if len(self.points) <= _MOST_ROWS:
            return [((), np.arange(len(asked), dtype=np.intp))]
        counted = Counter(self.points.configurations())
        own = sorted(counted)
        rows = np.array([counted[name] for name in own])
        wanted = list(dict.fromkeys(asked))
        alike = similarity(wanted, own, plain_words)
        chosen: dict[str, tuple[str, ...]] = {}
        for name, row in zip(wanted, alike, strict=True):
            order = np.argsort(-row, kind="stable")
            enough = int(np.searchsorted(np.cumsum(rows[order]), _MOST_ROWS)) + 1
            chosen[name] = tuple(sorted(own[i] for i in order[:enough]))
        return [
            (key, np.array([i for i, name in enumerate(asked) if chosen[name] == key], dtype=np.intp))
            for key in dict.fromkeys(chosen.values())
        ]

    def posterior(self, configured: tuple[str, ...], kernel: Kernel) -> Posterior:
        """The process given the rows of these configurations; () means all."""
        index = np.arange(len(self.points))
        if configured:
            wanted = set(configured)
            index = np.array([i for i, name in enumerate(self.points.configurations()) if name in wanted])
        if len(index) > _MOST_ROWS:
            index = np.sort(index[_mixed(self.residual[index])[:_MOST_ROWS]])
        return Posterior.trusting(kernel, self.points.take(index.tolist()), self.residual[index])


def _mixed(values: Floats) -> npt.NDArray[np.intp]:
    """Numbers in an order as good as random that does not depend on the one they come in."""
    return np.argsort(np.round(values, 9).view(np.uint64) * _SCRAMBLE, kind="stable")


def points_of(rows: Rows, kind: str, target: str, knowledge: Knowledge) -> Points:
    """Rows as the kernel sees them: sizes as logs around the typical ones, zero where they are not stated.

    Far beyond the measured sizes the law goes on alone: it is taken to miss as much there as at their end.
    """
    typical = knowledge.typical.get(kind, {})
    centre = np.log(np.array([typical.get(name, 1.0) for name in FEATURES]))
    ranges = knowledge.ranges.get(kind, {})
    ends = np.log(np.array([ranges.get(name, (1e-300, 1e300)) for name in FEATURES]))
    logs = np.clip(features(rows), ends[:, 0] - _BEYOND, ends[:, 1] + _BEYOND) - centre
    groups = tuple(group or name for group, name in zip(rows.words["group"], rows.words["model"], strict=True))
    gain = gains(rows, (kind,) * len(rows), target, knowledge)
    return Points(np.where(np.isnan(logs), 0.0, logs), rows.words["model"], groups, devices(rows), software(rows), gain)


def with_sizes(knowledge: Knowledge, kind: str, rows: Rows) -> Knowledge:
    """The knowledge with the sizes of these rows among the measured ones."""
    known = knowledge.ranges.get(kind, {})
    wider: dict[str, tuple[float, float]] = {}
    for name, (low, high) in ranges_of(rows).items():
        least, most = known.get(name, (low, high))
        wider[name] = (min(low, least), max(high, most))
    return replace(knowledge, ranges={**knowledge.ranges, kind: {**known, **wider}})


def ranges_of(rows: Rows) -> dict[str, tuple[float, float]]:
    """Smallest and largest size of every kind that the rows state."""
    logs = features(rows)
    found = {}
    for column, name in enumerate(SIZES):
        known = logs[np.isfinite(logs[:, column]), column]
        if len(known):
            found[name] = (float(np.exp(known.min())), float(np.exp(known.max())))
    return found

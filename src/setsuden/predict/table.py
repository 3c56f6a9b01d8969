"""Predictions for whole tables: shipped device models, corrected by whatever measured rows are given.

predictor = fit(frame, "energy_j")
predictor.predict(rows)                 joules a unit of work, one per row
predictor.interval(rows, level=0.9)     (low, high)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from setsuden.errors import InputError
from setsuden.predict.base import log_base
from setsuden.predict.domain import (
    BOARDS,
    FEATURES,
    GENERATION,
    MICROCONTROLLERS,
    NETWORKS,
    SIZES,
    domains_of,
    features,
)
from setsuden.predict.frame import Floats, Rows, rows_of
from setsuden.predict.kernel import Kernel, Points, variance
from setsuden.predict.layer import sized_layers
from setsuden.predict.likewise import Likewise
from setsuden.predict.posterior import Posterior, below, normal_quantile
from setsuden.predict.seen import Seen, points_of, with_sizes
from setsuden.predict.shipped import PLAIN, Knowledge, Target, checked_target, shipped
from setsuden.predict.situation import DEVICE, FAMILY, GROUP, PAIR, ROW, SETTING, situations
from setsuden.predict.sizes import borrowed_sizes
from setsuden.predict.terms import most_power

_FAR = float(np.log(2))  # beyond the seen range by more than this factor is outside it
_MOST_OFF = float(np.log(1000))  # how far an interval of 90 % reaches either way; on public rows none reached so far
# Heights that public rows show: of a picture or video no other was measured, so that its height tells them apart.
_HEIGHTS, _HEIGHT = {"image": 1024.0, "video": 720.0}, FEATURES.index("input_0")
# What is placed by its own doubt: rows of few runs, which tell much of some and little of others, where their model has
# been seen, and new networks beside many others; anything else as what was held out likewise.
_KNOWN, _MANY_LABELS = (ROW, SETTING, PAIR), 100
_BY_OWN_DOUBT = {BOARDS: _KNOWN, MICROCONTROLLERS: _KNOWN, NETWORKS: (GROUP, FAMILY)}


def fit(frame: Any, target: str) -> Predictor:
    """A predictor of one target from measured rows on top of the shipped device models.

    frame    measured rows on the columns of ``frame.NUMBERS`` and ``frame.WORDS``, in any shape ``rows_of`` takes;
             empty or None: shipped models alone; a few rows of a device nobody has seen are its calibration runs
    target   ``seconds_per_unit``, ``energy_j`` (a unit of work) or ``power_w``

    Rows without the target are ignored. An asked row that states ``units_per_s`` is known by it: its joules are its
    watts over that speed. Its ``energy_j`` and ``power_w`` are never read.

    Raises InputError for an unknown target or a frame that is no table.
    """
    return fit_with(frame, target, shipped(checked_target(target)))


def fit_with(frame: Any, target: str, knowledge: Knowledge) -> Predictor:
    """``fit`` on other prior knowledge than the package's: for cross-validation."""
    known = checked_target(target)
    rows = rows_of(frame)
    measured = rows.measured(known)
    keep = np.flatnonzero(np.isfinite(measured))
    return Predictor(known, knowledge, rows.take(keep), np.log(measured[keep]))


@dataclass(slots=True)
class Predictor:
    """Answers for rows of any device and model; more certain near the rows it was given."""

    target: Target
    knowledge: Knowledge
    rows: Rows
    logs: Floats
    _watts: Predictor | None = None
    _timed: tuple[Rows, npt.NDArray[np.bool_]] | None = None
    _last: tuple[Rows, list[_Asked]] | None = None
    _seen: dict[str, Seen] = field(default_factory=dict)
    _posteriors: dict[tuple[str, tuple[str, ...]], Likewise] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = domains_of(self.rows)
        for kind in sorted(set(kinds)):
            index = np.array([i for i, own in enumerate(kinds) if own == kind], dtype=np.intp)
            rows = self.rows.take(index)
            rows = borrowed_sizes(rows, rows)
            self.knowledge = with_sizes(self.knowledge, kind, rows)
            self._seen[kind] = Seen.of(rows, self.logs[index], kind, self.target, self.knowledge)

    def predict(self, frame: Any) -> Floats:
        """The target of every row, in s, J or W, shape (rows,), always above zero."""
        rows = rows_of(frame)
        logs = np.empty(len(rows))
        for asked in self._asked(rows):
            logs[asked.index] = asked.base
            if asked.likewise is not None:
                posterior = asked.likewise.posterior
                told = _mean_and_deviation(asked, posterior) if _by_own_doubt(asked, posterior) else None
                logs[asked.index] += _placed(asked, asked.likewise, *(told or (posterior.mean(asked.points), None)))
            logs[asked.index] = np.minimum(logs[asked.index], asked.most)
        return np.exp(logs)

    def interval(self, frame: Any, level: float = 0.9) -> tuple[Floats, Floats]:
        """Where the target of every row lies with probability ``level`` (0-1, exclusive): (low, high).

        Widths are conformal: the error of rows whose group, device or both were held out, in units of the model's own
        deviation. Rows outside what was seen get half as much again. What ``predict`` says is inside.
        """
        if not 0 < level < 1:
            raise InputError("a level of confidence lies between 0 and 1", place="level", value=level)
        rows = rows_of(frame)
        low, high = np.empty(len(rows)), np.empty(len(rows))
        scale = normal_quantile(level) / normal_quantile(0.9)
        for asked in self._asked(rows):
            far = np.array([1.5 if reason else 1.0 for reason in asked.outside])
            if asked.likewise is None:
                mean = said = np.zeros(len(far))
                half = scale * asked.law_doubt()
            else:
                mean, deviation = _mean_and_deviation(asked, asked.likewise.posterior)
                said = _placed(asked, asked.likewise, mean, deviation)
                half = deviation * asked.likewise.width(asked.new, level)
            half = np.minimum(far * half, scale * _MOST_OFF)
            placed = np.minimum(asked.base + said, asked.most)
            low[asked.index] = np.minimum(asked.base + mean - half, placed)
            high[asked.index] = np.maximum(np.minimum(asked.base + mean + half, asked.most), placed)
        return np.exp(low), np.exp(high)

    def outside(self, frame: Any) -> tuple[str, ...]:
        """Which size of a row lies outside everything seen so far, or ``kind of work``; '' where none does."""
        rows = rows_of(frame)
        reasons = [""] * len(rows)
        for asked in self._asked(rows):
            for i, reason in zip(asked.index, asked.outside, strict=True):
                reasons[i] = reason
        return tuple(reasons)

    def unseen(self, frame: Any) -> tuple[str, ...]:
        """What of a row no measured row shows, the largest of the words in ``setsuden.predict.situation``."""
        rows = rows_of(frame)
        found = [DEVICE] * len(rows)
        for asked in self._asked(rows):
            for i, new in zip(asked.index, asked.new, strict=True):
                found[i] = new
        return tuple(found)

    def by_speed(self, frame: Any) -> npt.NDArray[np.bool_]:
        """Which rows are answered from their speed: those of joules that state one and whose watts are known better."""
        rows, last = rows_of(frame), self._timed
        if last is None or last[0] is not rows:
            told = np.asarray((rows.numbers["units_per_s"] > 0) & (self.target == "energy_j"))
            if told.any():
                timed = rows.take(np.flatnonzero(told))
                told[told] = self.watts()._doubt(timed) < self._doubt(timed)
            last = self._timed = rows, told
        return last[1]

    def _doubt(self, rows: Rows) -> Floats:
        """How far off rows that are new in the same way are without their speed, in nine of ten cases, natural logs."""
        far = np.empty(len(rows))
        for asked in self._alike(rows):
            known = asked.likewise
            far[asked.index] = asked.law_doubt() if known is None else known.usual_error(asked.new)
        return far

    def watts(self) -> Predictor:
        """Of joules: what the same measured rows tell of watts."""
        if self._watts is None:
            drawn = self.rows.watts()
            keep = np.flatnonzero(np.isfinite(drawn))
            self._watts = Predictor("power_w", shipped("power_w"), self.rows.take(keep), np.log(drawn[keep]))
        return self._watts

    def _asked(self, rows: Rows) -> list[_Asked]:
        """Rows that share a kind of work and the measured rows that answer them; of the last table, as they were."""
        last = self._last
        if last is None or last[0] is not rows:
            last = self._last = rows, self._prepared(rows)
        return last[1]

    def _prepared(self, rows: Rows) -> list[_Asked]:
        """``_alike``, those whose speed is known and tells more by their watts."""
        told = self.by_speed(rows)
        if not told.any():
            return self._alike(rows)
        timed, others = np.flatnonzero(told), np.flatnonzero(~told)
        pace = np.log(rows.numbers["units_per_s"][timed])
        drawn = self.watts()._alike(rows.take(timed))
        found = [asked.over(pace[asked.index], timed[asked.index]) for asked in drawn]
        return found + [replace(asked, index=others[asked.index]) for asked in self._alike(rows.take(others))]

    def _alike(self, rows: Rows) -> list[_Asked]:
        """Rows that share a kind of work and the measured rows that answer them."""
        kinds = domains_of(rows)
        found = []
        for kind in sorted(set(kinds)):
            index = np.array([i for i, own in enumerate(kinds) if own == kind], dtype=np.intp)
            own = rows.take(index)
            seen = self._seen.get(kind)
            own = sized_layers(own) if seen is None else borrowed_sizes(own, seen.rows)
            base = log_base(own, (kind,) * len(own), self.target, self.knowledge)
            most = np.log(most_power(own, (kind,) * len(own), self.target))
            points = points_of(own, kind, self.target, self.knowledge)
            if kind == GENERATION:
                points = self._at_measured_heights(own, points, seen)
            outside = self._outside(own, kind)
            kernel, width = self.knowledge.kernels.get(kind, PLAIN), self.knowledge.widths.get(kind, 1.645)
            if seen is None:
                new = [DEVICE] * len(points)
                found.append(_Asked(kind, index, base, most, points, outside, new, kernel, width, None))
                continue
            for configured, part in seen.split(points.configurations()):
                likewise, own_points = self._likewise(kind, seen, configured), points.take(part.tolist())
                new = situations(own_points, likewise.posterior.points)
                reasons = tuple(outside[i] for i in part)
                found.append(
                    _Asked(kind, index[part], base[part], most[part], own_points, reasons, new, kernel, width, likewise)
                )
        return found

    def _at_measured_heights(self, rows: Rows, points: Points, seen: Seen | None) -> Points:
        """Pictures and videos as those of the nearest height that was measured."""
        centre = np.log(self.knowledge.typical.get(GENERATION, {}).get("input_0", 1.0))
        measured = {unit: [np.log(height) - centre] for unit, height in _HEIGHTS.items()}
        if seen is not None:
            for unit, height in zip(seen.rows.words["unit"], seen.points.sizes[:, _HEIGHT].tolist(), strict=True):
                measured.setdefault(unit, []).append(height)
        sizes = points.sizes.copy()
        for i, unit in enumerate(rows.words["unit"]):
            near = np.array(measured.get(unit, sizes[i : i + 1, _HEIGHT]))
            sizes[i, _HEIGHT] = near[np.abs(near - sizes[i, _HEIGHT]).argmin()]
        return replace(points, sizes=sizes)

    def _likewise(self, kind: str, seen: Seen, configured: tuple[str, ...]) -> Likewise:
        key = (kind, configured)
        if key not in self._posteriors:
            self._posteriors[key] = Likewise(seen.posterior(configured, self.knowledge.kernels.get(kind, PLAIN)))
        return self._posteriors[key]

    def _outside(self, rows: Rows, kind: str) -> tuple[str, ...]:
        ranges = self.knowledge.ranges.get(kind)
        if not ranges:
            return ("kind of work",) * len(rows)
        logs = features(rows)
        reasons = [""] * len(rows)
        for column, name in enumerate(SIZES):
            if name in ranges:
                low, high = np.log(ranges[name][0]) - _FAR, np.log(ranges[name][1]) + _FAR
                for i in np.flatnonzero((logs[:, column] < low) | (logs[:, column] > high)):
                    reasons[i] = reasons[i] or ("input" if name.startswith("input") else name)
        return tuple(reasons)


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    index: npt.NDArray[np.intp]
    base: Floats
    most: Floats
    points: Points
    outside: tuple[str, ...]
    new: list[str]
    kernel: Kernel
    width: float
    likewise: Likewise | None

    def over(self, pace: Floats, index: npt.NDArray[np.intp]) -> _Asked:
        """Watts over a known speed (natural logs of units a second) as joules of the rows ``index``."""
        return replace(self, index=index, base=self.base - pace, most=self.most - pace)

    def law_doubt(self) -> Floats:
        """How far off the law alone is in nine of ten cases, natural logs."""
        return np.asarray(self.width * np.sqrt(variance(self.kernel, self.points) + self.kernel.noise))


def _placed(asked: _Asked, likewise: Likewise, mean: Floats, deviation: Floats | None) -> Floats:
    """Where the mean relative error of each row is smallest, natural logs beside the physical part.

    deviation   None where no row is placed by its own

    Devices are too few to be held out for that: a known model on a new device is placed as on a known one.
    """
    known, own_doubt = set(likewise.posterior.points.groups), _by_own_doubt(asked, likewise.posterior)
    new = [
        PAIR if how == DEVICE and group in known else how
        for how, group in zip(asked.new, asked.points.groups, strict=True)
    ]
    doubted = np.array([how in own_doubt for how in new], dtype=bool)
    shifted = mean + likewise.shift([ROW if own else how for own, how in zip(doubted, new, strict=True)])
    return np.where(doubted, mean if deviation is None else below(mean, deviation), shifted)


def _by_own_doubt(asked: _Asked, posterior: Posterior) -> tuple[str, ...]:
    """What is new about the rows that are placed by their own deviation."""
    few = asked.kind == NETWORKS and len(set(posterior.points.groups)) < _MANY_LABELS
    return () if few else _BY_OWN_DOUBT.get(asked.kind, ())


def _mean_and_deviation(asked: _Asked, posterior: Posterior) -> tuple[Floats, Floats]:
    """What measured rows say of the asked ones, deviations in double precision where few rows decide."""
    few = asked.kind in (BOARDS, MICROCONTROLLERS)
    return posterior.mean_and_deviation(asked.points, np.float64 if few else np.float32)

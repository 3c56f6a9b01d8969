"""What each site and each way to wait comes to: decided on the forecast, judged on what the grid did, against now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.placement.training.forecasts import METHODS, Method, Score, miss
from setsuden.placement.training.replay import Replay, replayed, starts
from setsuden.placement.training.schedule import best_start, elastic, pauses, switches
from setsuden.placement.training.signal import Worlds, worlds
from setsuden.placement.training.study import Job, Site
from setsuden.quantity import FACILITY, Estimate, Provenance
from setsuden.quantity.draws import DEFAULT_SEED

Array = NDArray[np.float64]
Strategy = Literal["now", "start", "pause", "scale"]
WORTH = 0.02
"""A saving below this share is called small."""
WORLDS = 400
_BIT_PER_GB = 8e9
_J_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One site and one way to use the time, over all worlds.

    carbon         kgCO2e, the machines' energy with facility; moving the data is apart
    saving         share of the carbon of starting now at home that is saved, world by world; negative: it emits more.
                   Worlds in which starting now emits nothing have no share to save, and are in ``carbon`` and ``worse``
    worse          share of the worlds in which it emits more than starting now at home
    wait_h         hours until it is done beyond those of starting now, mean
    pauses         how often it resumes, mean
    energy_kwh     with facility and checkpoints, mean
    cost           in the job's currency; None where no price is known
    moving_g       gCO2e to move the data, in both views of the network; zero at home
    """

    site: str
    strategy: Strategy
    carbon: Estimate
    saving: Estimate
    worse: float
    wait_h: float
    pauses: float
    energy_kwh: float
    cost: float | None
    moving_average_g: float
    moving_marginal_g: float


@dataclass(frozen=True, slots=True)
class Answer:
    """All outcomes; ``best`` is the simplest that emits least, moving by the decision view included.

    worlds       drawn, or starts within the recorded series, which ``replay`` then tells of
    scores       how the forecasts fared on recorded series; empty for drawn worlds
    left_out     sites whose data arrives too late to finish before the deadline

    best         of those within 2 % of the home's carbon now above the least, the one that waits and pauses least

    best_region, best_wait   the best site when starting now, and the best way to wait at home
    bases                    conventions of the intensities, one only if sites compare
    """

    job: Job
    outcomes: tuple[Outcome, ...]
    best: Outcome
    best_region: Outcome
    best_wait: Outcome
    bases: tuple[str, ...]
    worlds: int
    seed: int
    replay: Replay | None = None
    scores: tuple[Score, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def now(self) -> Outcome:
        """Starting now at home: what all savings are measured against."""
        return self.outcomes[0]


def answer(job: Job, *, n: int = WORLDS, seed: int = DEFAULT_SEED) -> Answer:
    """Every site with every way to use the time; the same seed gives the same answer."""
    late = tuple(site.name for site in job.sites if _delay(job, site) + job.hours > job.deadline_hours)
    places = (job.home, *(site for site in job.sites if site.name not in late))
    replay = None
    if job.recorded:
        known = {site.name: site.series for site in places if site.series is not None}
        replay = starts(known, job.deadline_hours, job.month, job.utc_hour)
    drawn = {site.name: _worlds(job, site, replay, job.forecast, n, seed) for site in places}
    strategies: tuple[Strategy, ...] = ("now", "start", "pause", "scale")
    used = strategies if len(job.marginal) > 1 else strategies[:3]
    base = _run(job, job.home, drawn[job.home.name], "now")[0]
    if not base.any():
        raise InputError(
            "starting now emits nothing there, so there is nothing to save",
            place=job.home.name,
            remedy="Start now at home, or give a series that says what is emitted.",
        )
    home_g = float(drawn[job.home.name].realised.mean())
    found = [_outcome(job, site, drawn[site.name], strategy, base, home_g) for site in places for strategy in used]
    enough = min(map(_emitted, found)) + WORTH * _emitted(found[0])
    best = min(
        (item for item in found if _emitted(item) <= enough),
        key=lambda item: (used.index(item.strategy), _emitted(item)),
    )
    regions = [item for item in found if item.strategy == "now"]
    waits = [item for item in found if item.site == job.home.name and item.strategy != "now"]
    return Answer(
        job,
        tuple(found),
        best,
        min(regions, key=_emitted),
        min(waits, key=_emitted),
        tuple(dict.fromkeys(site.basis for site in places)),
        n if replay is None else len(replay.starts),
        seed,
        replay,
        () if replay is None else tuple(_scores(job, places, replay)),
        late,
    )


def _worlds(job: Job, site: Site, replay: Replay | None, method: Method, n: int, seed: int) -> Worlds:
    if replay is not None:
        if site.series is None:
            raise InputError("recorded and usual days do not compare", place=site.name, remedy="Give its series too.")
        return replayed(site.series, replay, job.deadline_hours, method)
    if site.signal is None or job.month is None or job.utc_hour is None:
        raise InputError("usual days need a profile, a month and an hour", place=site.name)
    return worlds(site.signal, job.month, job.utc_hour, job.deadline_hours, job.forecast_error, n, seed)


def _scores(job: Job, places: tuple[Site, ...], replay: Replay) -> Iterator[Score]:
    """How far every method missed at every site, and what deciding on it would have saved at home."""
    for site in places:
        for method in METHODS:
            known = _worlds(job, site, replay, method, 0, 0)
            saved: dict[str, float] = {}
            if site is job.home:
                base = _run(job, site, known, "now")[0]
                ways: tuple[Strategy, ...] = ("start", "pause")
                saved = {way: float(_saved(_run(job, site, known, way)[0], base).mean()) for way in ways}
            yield Score(site.name, method, *miss(known.forecast, known.realised), saved)


def _delay(job: Job, site: Site) -> int:
    """Hours before the data is at ``site``."""
    return 0 if site.name == job.home.name else job.move_hours or 0


def _emitted(item: Outcome) -> float:
    return item.carbon.value * 1e3 + item.moving_marginal_g


def _run(job: Job, site: Site, known: Worlds, strategy: Strategy) -> tuple[Array, Array, Array, Array]:
    """By world: gCO2e, kWh, hours until done, pauses."""
    delay = _delay(job, site)
    rows = [
        (np.concatenate([np.zeros(delay), row]), count)
        for row, count in (_SCHEDULES[strategy](job, forecast[delay:]) for forecast in known.forecast)
    ]
    load = np.array([row for row, _ in rows]) * job.power_kw * site.pue  # kWh in each hour
    resumed = np.array([count for _, count in rows], dtype=np.float64)
    if job.checkpoint_kwh:
        for index, (row, count) in enumerate(rows):
            if count:
                on = row > 0
                again = np.flatnonzero(on[1:] & ~on[:-1]) + 1
                later = again[-int(count) :]
                load[index, later] += job.checkpoint_kwh * site.pue
    grams = (load * known.realised).sum(axis=1)
    hours = np.array([np.flatnonzero(row)[-1] + 1 for row, _ in rows], dtype=np.float64)
    return grams, load.sum(axis=1), hours, resumed


def _saved(grams: Array, base: Array) -> Array:
    """By world that has something to save."""
    some = base > 0
    return np.asarray(1 - grams[some] / base[some])


def _now(job: Job, forecast: Array) -> tuple[Array, int]:
    return _stretch(job, forecast.size, 0), 0


def _start(job: Job, forecast: Array) -> tuple[Array, int]:
    return _stretch(job, forecast.size, best_start(forecast, job.hours)), 0


def _pause(job: Job, forecast: Array) -> tuple[Array, int]:
    chosen = pauses(forecast, job.hours, job.checkpoint_kwh / job.power_kw)
    return chosen.astype(np.float64), switches(chosen)


def _scale(job: Job, forecast: Array) -> tuple[Array, int]:
    row = elastic(forecast, float(job.hours), job.marginal)
    return row, switches(row > 0)


def _stretch(job: Job, window: int, start: int) -> Array:
    row = np.zeros(window)
    row[start : start + job.hours] = 1.0
    return row


_SCHEDULES: Mapping[Strategy, Callable[[Job, Array], tuple[Array, int]]] = {
    "now": _now,
    "start": _start,
    "pause": _pause,
    "scale": _scale,
}


def _outcome(job: Job, site: Site, known: Worlds, strategy: Strategy, base: Array, home_g: float) -> Outcome:
    grams, kwh, hours, resumed = _run(job, site, known, strategy)
    away = site.name != job.home.name
    bits = job.data_gb * _BIT_PER_GB if away else 0.0
    # the network lies between both grids; their mean prices it
    between = (home_g + float(known.realised.mean())) / 2 / _J_PER_KWH
    energy = float(kwh.mean())
    return Outcome(
        site.name,
        strategy,
        _spread(grams / 1e3, "kgCO2e"),
        _spread(_saved(grams, base), "1"),
        float((grams > base).mean()),
        float(hours.mean()) - job.hours,
        float(resumed.mean()),
        energy,
        None if site.price_per_kwh is None else energy * site.price_per_kwh,
        bits * job.move_average.value * between,
        bits * job.move_marginal.value * between,
    )


def _spread(rows: Array, unit: str) -> Estimate:
    low, high = np.quantile(rows, (0.05, 0.95))
    value = float(rows.mean())
    boundary = FACILITY if unit != "1" else None
    return Estimate(value, min(float(low), value), max(float(high), value), unit, Provenance.ESTIMATED, boundary)

"""How far the steps to come may be from those seen: the law of flicker noise, and what earlier runs have shown."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from setsuden.predict import earlier
from setsuden.predict.earlier import Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.progress import progress
from setsuden.predict.speed import RUNS, SPREAD
from setsuden.predict.wander import reach, usual
from setsuden.sensors import Component
from setsuden.testing.sensor import fake_channel
from tests.meter.support import Bench

COSTS = np.array([1.0, 1.1] * 4 + [1.2, 1.3] * 4)
ONES = np.ones(16)


def test_as_much_ahead_as_seen_differs_by_two_allan_variances() -> None:
    own, others = reach(COSTS, ONES, 1.0, ())
    assert others == pytest.approx(2.015 * sqrt(2 / 5) * SPREAD)
    assert own / others == pytest.approx(2 * _deviation() / SPREAD)
    assert reach(COSTS, ONES, 0.0, ()) == (0.0, 0.0)
    assert reach(COSTS, ONES, 1e12, (1.0,) * 20)[1] == log(3)


def test_what_earlier_runs_have_shown_counts_for_one_more_than_they_are_and_at_most_for_as_much_as_this_run() -> None:
    for runs, far in ((0, 2.015 * sqrt(1 / 5)), (1, 1.943 * sqrt(2 / 6)), (3, 1.860 / sqrt(2)), (20, 1.860 / sqrt(2))):
        own, others = reach(COSTS, ONES, 1.0, (SPREAD,) * runs)
        assert others == pytest.approx(far * sqrt(2) * SPREAD)
        assert own / others == pytest.approx(2 / sqrt(min(1 + runs, 4)) * _deviation() / SPREAD)


def _deviation() -> float:
    """Of a quarter and of an eighth, by hand."""
    found = []
    for size in (2, 4):
        means = [COSTS[i : i + size].mean() for i in range(17 - size)]
        pairs = zip(means, means[size:], strict=False)
        found.append(float(np.mean([(b - a) ** 2 for a, b in pairs])) / 2)
    return sqrt(max(found)) / float(COSTS.mean())


@pytest.mark.parametrize("ahead", [0.25, 1.0, 4.0, 16.0])
def test_flicker_noise_goes_as_far_as_foretold(ahead: float) -> None:
    random = np.random.default_rng(0)
    count, seen = 2**14, 128
    spectrum = random.normal(size=(600, count // 2 + 1)) + 1j * random.normal(size=(600, count // 2 + 1))
    spectrum[:, 0] = 0.0
    spectrum[:, 1:] /= np.sqrt(np.arange(1, count // 2 + 1))
    total = np.cumsum(np.fft.irfft(spectrum, count), axis=1)
    at = np.arange(0, count - round(seen * (1 + ahead)) - 1, 512)

    def mean(begin: np.ndarray, length: int) -> np.ndarray:
        return np.asarray((total[:, begin + length] - total[:, begin]) / length)

    near = np.arange(0, count - 2 * seen - 1, 512)
    allan = np.mean((mean(near + seen, seen) - mean(near, seen)) ** 2) / 2
    apart = np.mean((mean(at + seen, round(seen * ahead)) - mean(at, seen)) ** 2)
    _, far = reach(COSTS, ONES, ahead, ())
    assert (far / SPREAD) ** 2 * 5 / 2.015**2 == pytest.approx(apart / allan, rel=0.1)


def test_what_is_assumed_of_a_machine_counts_as_one_run() -> None:
    assert usual(()) == SPREAD
    assert usual((0.0,) * 3) == pytest.approx(SPREAD / 2)
    assert usual((0.3,)) == pytest.approx(sqrt((SPREAD**2 + 0.09) / 2))


def test_a_machine_that_has_wandered_makes_later_intervals_wider_and_a_steady_one_narrower() -> None:
    widths = []
    for shares in ((0.0,) * 9, (), (0.3,) * 9):
        forecast = EarlyForecast(1000, earlier=Earlier(seconds=shares))
        for step in range(40):
            forecast.observe(float(step), 2.0 * step, step)
        found = forecast.total_time()
        assert found is not None
        widths.append(found.half_width)
    assert widths[0] < 0.5 * widths[1] < 0.25 * widths[2]


def train(tmp_path: Path, component: Component = Component.CPU, steps: int = 100) -> Earlier:
    """Steps of a tenth of a second, then of two; what the next run will know."""
    channels = (fake_channel("fake/it", component=component),)
    around = Bench({"fake/it": 50.0}, channels, ledger=tmp_path / "ledger.sqlite")
    with around.meter as meter, progress(steps, meter=meter, say=lambda _: None) as run:
        for step in range(steps):
            around.clock.advance(0.1 if step < steps // 2 else 0.2)
            run.step()
    with Bench(ledger=tmp_path / "ledger.sqlite").meter as meter:
        return earlier.recall(meter, told=component is Component.CPU)


def test_a_run_leaves_how_far_its_steps_wandered_and_steps_of_a_gpu_are_kept_apart(tmp_path: Path) -> None:
    (share,) = train(tmp_path).seconds
    assert 0.2 < share < 0.5
    assert len(train(tmp_path).seconds) == 2
    for_gpu = train(tmp_path, Component.GPU)
    assert for_gpu.speed is None
    assert for_gpu.seconds == pytest.approx((share,))


def test_joules_that_wander_more_than_seconds_are_forecast_by_what_runs_have_shown_of_joules() -> None:
    forecast = EarlyForecast(1000, earlier=Earlier(seconds=(0.0,) * 9, joules=(0.3,) * 9))
    for step in range(40):
        forecast.observe(float(step), 2.0 * step, step)
    time, energy = forecast.total_time(), forecast.total_energy()
    assert time is not None
    assert energy is not None
    assert time.relative_half_width is not None
    assert energy.relative_half_width is not None
    assert energy.relative_half_width > 3 * time.relative_half_width


def test_short_runs_leave_nothing_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    assert train(tmp_path, steps=30).seconds == ()
    for _ in range(RUNS + 2):
        found = train(tmp_path)
    assert len(found.seconds) == len(found.joules) == RUNS

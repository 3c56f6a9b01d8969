"""Forecasts from the first steps, on runs whose end is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.predict.budget import EnergyBudget
from setsuden.predict.earlier import NOTHING, Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.wander import deviation
from setsuden.predict.watcher import Watcher
from setsuden.quantity import DEVICE, Estimate, Provenance


def watched(
    costs: np.ndarray, seen: int, watts: float = 40.0, total: int | None = None, earlier: Earlier = NOTHING
) -> EarlyForecast:
    forecast = EarlyForecast(total or len(costs), earlier=earlier)
    clock = 0.0
    forecast.observe(0.0, 0.0, 0)
    for step in range(seen):
        clock += float(costs[step])
        forecast.observe(clock, watts * clock, step + 1)
    return forecast


STILL = Earlier(seconds=(0.0,) * 20)
"""A machine whose runs have shown no wander."""


def counted(joules: float) -> Estimate:
    return Estimate.relative(joules, 0.05, "J", Provenance.ESTIMATED, DEVICE)


def noisy(steps: int = 5000, warm_up: int = 20, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    costs = 0.02 * random.lognormal(0, 0.1, steps)
    costs[:warm_up] *= np.linspace(15, 1, warm_up)
    return costs


@given(cost=st.floats(1e-4, 1e3), steps=st.integers(20, 5000), seen=st.integers(10, 19))
def test_equal_steps_are_foretold_exactly(cost: float, steps: int, seen: int) -> None:
    found = watched(np.full(steps, cost), seen)
    time, energy = found.total_time(), found.total_energy()
    assert time is not None
    assert energy is not None
    assert time.value == pytest.approx(cost * steps, rel=1e-6)
    assert energy.value == pytest.approx(40 * cost * steps, rel=1e-6)
    assert time.low <= time.value <= time.high


def test_warm_up_is_left_out_where_the_first_epoch_times_epochs_is_fooled() -> None:
    for seed in range(10):
        costs = noisy(seed=seed)
        truth = costs.sum()
        found = watched(costs, 100).total_time()
        assert found is not None
        by_first_epoch = costs[:100].sum() * 50
        assert abs(found.value / truth - 1) < 0.05
        assert abs(found.value / truth - 1) < abs(by_first_epoch / truth - 1)
        assert found.low <= truth <= found.high


def test_the_interval_narrows_to_nothing_at_the_end() -> None:
    costs = noisy()
    widths = []
    for seen in (50, 500, 2500, 5000):
        found = watched(costs, seen).total_time()
        assert found is not None
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0.0


def test_the_end_is_known_at_the_end() -> None:
    costs = noisy()
    found = watched(costs, len(costs)).total_time()
    assert found is not None
    assert found.value == pytest.approx(costs.sum())


def test_it_says_when_it_has_become_stable_and_not_before() -> None:
    costs = noisy()
    assert not watched(costs, 10).stable
    later = watched(costs, 1000)
    assert later.stable
    assert later.stable_at is not None
    assert 8 < later.stable_at < 1000
    assert 10 <= later.warm_up_steps <= 500


def test_too_little_gives_no_forecast_instead_of_a_guess() -> None:
    assert watched(noisy(), 5).total_time() is None
    no_joules = watched(noisy(), 100, watts=0.0)
    assert no_joules.total_energy() is None
    assert no_joules.total_time() is not None


def test_a_few_long_steps_are_enough() -> None:
    """Of 200 steps of two seconds 2 % are four: the first forecast comes after six."""
    costs = np.full(200, 2.0)
    costs[0] = 9.0
    found = watched(costs, 6)
    time = found.total_time()
    assert time is not None
    assert time.value == pytest.approx(costs.sum())


def test_one_stall_does_not_carry_the_forecast_away() -> None:
    costs = noisy(warm_up=1)
    costs[60] = 5.0
    found = watched(costs, 100).total_time()
    assert found is not None
    assert found.value == pytest.approx(costs.sum(), rel=0.1)


def test_a_changed_number_of_steps_changes_the_forecast() -> None:
    forecast = watched(np.full(1000, 0.1), 20)
    forecast.observe(2.1, 84.0, 21, steps_total=500)
    found = forecast.total_time()
    assert found is not None
    assert found.value == pytest.approx(50.0)


def test_a_forecast_is_no_stronger_than_estimated() -> None:
    forecast = EarlyForecast(100, provenance=Provenance.MEASURED)
    for step in range(20):
        forecast.observe(step * 1.0, step * 2.0, step)
    energy = forecast.total_energy()
    assert energy is not None
    assert energy.provenance is Provenance.ESTIMATED


def test_time_does_not_go_back() -> None:
    forecast = watched(np.ones(100), 10)
    with pytest.raises(InputError, match="go back"):
        forecast.observe(1.0, 1.0, 11)
    with pytest.raises(InputError, match="finite"):
        forecast.observe(float("nan"), 1.0, 11)
    with pytest.raises(InputError, match="at least one step"):
        EarlyForecast(0)


def test_a_budget_warns_early_and_stops_before_it_is_passed() -> None:
    warned: list[float] = []
    stopped: list[float] = []
    budget = EnergyBudget(500.0, on_warn=lambda e: warned.append(e.value), on_stop=stopped.append)
    forecast = EarlyForecast(1000)
    verdict, step = "within", 0
    while verdict != "stopped":
        step += 1
        forecast.observe(0.1 * step, 1.0 * step, step)
        verdict = budget.check(1.0 * step, step, forecast)
    assert warned == pytest.approx([1000.0])
    assert stopped == [500.0]
    assert budget.check(10_000.0, step + 1, forecast) == "stopped"
    assert len(stopped) == 1


def test_a_budget_without_a_hook_only_warns() -> None:
    budget = EnergyBudget(10.0)
    forecast = EarlyForecast(1000)
    for step in range(1, 30):
        forecast.observe(0.1 * step, 1.0 * step, step)
        verdict = budget.check(1.0 * step, step, forecast)
    assert verdict == "warned"
    with pytest.raises(InputError, match="above zero"):
        EnergyBudget(0.0)


def test_a_run_within_its_budget_is_left_alone() -> None:
    budget = EnergyBudget(2000.0, on_stop=lambda _: pytest.fail("stopped"))
    forecast = EarlyForecast(1000)
    for step in range(1, 1001):
        forecast.observe(0.1 * step, 1.0 * step, step)
        assert budget.check(1.0 * step, step, forecast) == "within"


def test_a_long_run_is_watched_in_bounded_memory_and_foretold_as_well() -> None:
    costs = noisy(steps=20_000)
    forecast = watched(costs, 10_000)
    assert len(forecast._steps) <= 1024
    found = forecast.total_time()
    assert found is not None
    assert found.value == pytest.approx(costs.sum(), rel=0.02)


def flicker(steps: int, seed: int, share: float = 0.05) -> np.ndarray:
    """Costs that wander as much over long as over short times: independent walks back to the mean at every scale."""
    random = np.random.default_rng(seed)
    log = np.zeros(steps)
    for scale in 2 ** np.arange(0, 14):
        points = random.normal(0, share / 3, steps // scale + 2)
        log += np.repeat(points, scale)[:steps]
    return np.asarray(0.02 * np.exp(log))


@pytest.mark.parametrize("seen", [200, 1000, 4000])
def test_nine_in_ten_intervals_hold_where_speed_wanders_over_long_times(seen: int) -> None:
    held = 0
    for seed in range(60):
        costs = flicker(10_000, seed)
        found = watched(costs, seen).total_time()
        assert found is not None
        held += found.low <= costs.sum() <= found.high
    assert held >= 54


def test_scatter_without_memory_is_averaged_away() -> None:
    widths = []
    for seen in (100, 400, 1600):
        found = watched(noisy(warm_up=1), seen, total=100_000, earlier=STILL).total_time()
        assert found is not None
        widths.append(found.relative_half_width)
    assert widths[0] is not None
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] is not None
    assert widths[-1] < 0.6 * widths[0]


def test_steps_that_take_turns_are_no_wander() -> None:
    """Accumulated gradients, a short last batch: what alternates from look to look is over within a second."""
    turns, drift = np.tile([1.0, 3.0], 8), np.linspace(1.0, 3.0, 16)
    assert deviation(turns, np.ones(16)) == pytest.approx(0.0, abs=1e-9)
    assert deviation(drift, np.ones(16)) > 0.15


def with_pauses(
    epochs_seen: int, *, first: float, later: float, marked: bool = True, epochs: int = 50
) -> EarlyForecast:
    """Ten steps of a second an epoch, then a pause; 2 J/s."""
    forecast = EarlyForecast(10 * epochs, steps_per_epoch=10)
    clock = 0.0
    forecast.observe(0.0, 0.0, 0)
    for epoch in range(epochs_seen):
        for step in range(10):
            clock += 1.0
            forecast.observe(clock, 2 * clock, 10 * epoch + step + 1)
        clock += later if epoch else first
        if marked:
            forecast.pause(clock, 2 * clock)
    return forecast


def test_evaluations_still_to_come_are_in_the_forecast() -> None:
    found = with_pauses(2, first=3.0, later=3.0)
    time, energy = found.total_time(), found.total_energy()
    assert time is not None
    assert energy is not None
    assert time.value == pytest.approx(50 * 13.0)
    assert energy.value == pytest.approx(2 * 50 * 13.0)


def test_an_evaluation_that_is_due_but_not_yet_told_is_in_the_forecast() -> None:
    forecast = with_pauses(2, first=3.0, later=3.0)
    for step in range(1, 11):
        forecast.observe(26.0 + step, 2 * (26.0 + step), 20 + step)
    found = forecast.total_time()
    assert found is not None
    assert found.value == pytest.approx(50 * 13.0)


def test_a_first_evaluation_that_is_dearer_is_not_multiplied() -> None:
    found = with_pauses(3, first=30.0, later=3.0).total_time()
    assert found is not None
    assert found.value == pytest.approx(50 * 13.0 + 27.0)


def test_pauses_without_epochs_go_on_as_often_as_seen() -> None:
    forecast = with_pauses(4, first=3.0, later=3.0)
    forecast.steps_per_epoch = None
    found = forecast.total_time()
    assert found is not None
    assert found.value == pytest.approx(50 * 13.0)


def test_a_pause_needs_an_observation_before_it() -> None:
    with pytest.raises(InputError, match="after an observation"):
        EarlyForecast(10).pause(1.0, 1.0)
    with pytest.raises(InputError, match="epoch"):
        EarlyForecast(10, steps_per_epoch=0)


def test_a_dearer_first_step_is_left_out_and_a_cheaper_beginning_is_not() -> None:
    dear = noisy(warm_up=1)
    dear[0] = 3.0
    assert watched(dear, 200).warm_up_steps < 40
    cheap = noisy(warm_up=1)
    cheap[:60] *= 0.5
    assert watched(cheap, 200).warm_up_steps == 1


def test_stalls_that_keep_coming_are_counted_in_full() -> None:
    costs = np.full(20_000, 0.01)
    costs[100::500] = 1.0
    found = watched(costs, 10_000).total_time()
    assert found is not None
    assert found.value == pytest.approx(costs.sum(), rel=0.03)


def test_a_wait_that_comes_again_is_counted_in_full_from_the_first_seconds() -> None:
    costs = np.full(10_000, 0.02)
    costs[19::20] = 0.26  # a loader that falls behind at every twentieth step: two waits in the first forty
    found = watched(costs, 40).total_time()
    assert found is not None
    assert found.value == pytest.approx(costs.sum(), rel=0.05)


def test_a_long_warm_up_is_left_out_beyond_half_of_what_was_seen() -> None:
    costs = np.full(5000, 0.02) * (1 + 4 * np.exp(-np.arange(5000) / 15))
    found = watched(costs, 90)
    total = found.total_time()
    assert total is not None
    assert found.warm_up_steps > 45
    assert total.value == pytest.approx(costs.sum(), rel=0.03)


def test_sums_that_differ_by_rounding_alone_have_not_gone_back() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        watcher = Watcher("rounding", 1000)
        elapsed_s = joules = paused_s = 0.0
        for step in range(1, 40):
            spent_s, spent_j, share = random.random(3)
            elapsed_s, joules, paused_s = elapsed_s + spent_s, joules + spent_j, paused_s + share * spent_s
            assert watcher.look(elapsed_s, counted(joules), step, paused_s)
            # A pause as long as the whole stretch: nothing is left of it but the rounding of its sums.
            spent_s, spent_j = random.random(2)
            elapsed_s, joules, paused_s = elapsed_s + spent_s, joules + spent_j, paused_s + spent_s
            assert watcher.look(elapsed_s, counted(joules), step + 1, paused_s)
            assert watcher.look(elapsed_s, counted(joules), step + 1, paused_s)


@given(st.lists(st.tuples(*[st.floats(0, 1e6)] * 2, st.floats(0, 1.5), st.integers(0, 3)), min_size=1, max_size=60))
def test_a_watcher_never_tells_the_forecast_that_something_went_back(
    stretches: list[tuple[float, float, float, int]],
) -> None:
    watcher = Watcher("rounding", 100)
    elapsed_s = joules = paused_s = 0.0
    done = 0
    for spent_s, spent_j, share, steps in stretches:
        elapsed_s, joules, paused_s = elapsed_s + spent_s, joules + spent_j, paused_s + share * spent_s
        done += steps
        watcher.look(elapsed_s, counted(joules), done, paused_s, behind_s=share * spent_s)


def test_joules_that_go_back_are_still_refused() -> None:
    forecast = EarlyForecast(10)
    forecast.observe(0.0, 0.0, 0)
    forecast.observe(1.0, 5.0, 1)
    with pytest.raises(InputError, match="cannot go back"):
        forecast.observe(2.0, 4.9, 2)

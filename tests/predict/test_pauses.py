"""Evaluations and checkpoints: told beforehand, seen, still to come."""

from __future__ import annotations

from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.predict.early import FIRST_EPOCH_SHARE, UNSEEN_SHARE, EarlyForecast
from setsuden.predict.mailbox import VARIABLE, Mailbox
from setsuden.predict.pauses import EVALUATED, UNTOLD, Pauses, Standing, as_steps
from setsuden.predict.progress import progress

EPOCHS, EACH, STEP_S = 10, 100, 0.1
STEPS_S = EPOCHS * EACH * STEP_S


def begun(**settings: Any) -> EarlyForecast:
    """Twenty equal steps of a thousand, at 40 W."""
    forecast = EarlyForecast(EPOCHS * EACH, steps_per_epoch=EACH, **settings)
    for step in range(21):
        forecast.observe(STEP_S * step, 40 * STEP_S * step, step)
    return forecast


def figures(forecast: EarlyForecast) -> tuple[float, float, float]:
    found = forecast.total_time()
    assert found is not None
    return found.low, found.value, found.high


def test_evaluations_that_were_told_are_in_the_forecast_before_one_has_been_seen() -> None:
    forecast = begun(evaluation_steps=30.0)
    expected = STEPS_S + EPOCHS * EVALUATED * 30 * STEP_S
    low, value, high = figures(forecast)
    assert value == pytest.approx(expected)
    assert low < STEPS_S + EPOCHS * 0.21 * 30 * STEP_S
    assert high > STEPS_S + EPOCHS * 0.5 * 30 * STEP_S
    energy = forecast.total_energy()
    assert energy is not None
    assert energy.value == pytest.approx(40 * expected)
    doubts = forecast.doubts()
    assert doubts is not None
    assert doubts.evaluation > 0
    assert doubts.missing == 0


def test_what_an_evaluation_really_cost_replaces_what_was_told() -> None:
    forecast = begun(evaluation_steps=30.0)
    for step in range(21, EACH + 1):
        forecast.observe(STEP_S * step, 40 * STEP_S * step, step)
    forecast.pause(STEP_S * EACH + 7.0, 40 * (STEP_S * EACH + 7.0))
    assert figures(forecast)[1] == pytest.approx(STEPS_S + EPOCHS * 7.0)
    doubts = forecast.doubts()
    assert doubts is not None
    assert doubts.evaluation == doubts.missing == 0


def test_evaluations_that_nobody_told_of_reach_into_the_upper_end_only() -> None:
    untold, none = begun(), begun(evaluation_steps=0.0)
    assert untold.first_evaluation == EACH
    assert none.first_evaluation is None
    low, value, high = figures(untold)
    assert value == pytest.approx(STEPS_S)
    assert high > 1.14 * STEPS_S
    assert figures(none)[0] == pytest.approx(low)
    assert figures(none)[2] < high
    doubts = untold.doubts()
    assert doubts is not None
    assert doubts.missing == pytest.approx(log(1 + UNTOLD))


def test_the_first_of_several_epochs_may_differ_from_the_others() -> None:
    in_first = begun(evaluation_steps=0.0).doubts()
    only = EarlyForecast(1000)
    for step in range(21):
        only.observe(STEP_S * step, 0.0, step)
    alone = only.doubts()
    assert in_first is not None
    assert alone is not None
    assert in_first.unseen == pytest.approx(log(1 + FIRST_EPOCH_SHARE))
    assert alone.unseen == pytest.approx(log(1 + UNSEEN_SHARE))


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=9))
def test_a_dear_first_evaluation_never_raises_the_others(costs: list[float]) -> None:
    pauses = Pauses()
    for epoch, cost in enumerate(costs, 1):
        pauses.add(10 * epoch, cost, 2 * cost)
    at = Standing(10 * len(costs), 1000, 10)
    left = 100 - len(costs)
    mean, others = sum(costs) / len(costs), sum(costs[1:]) / (len(costs) - 1)
    assert pauses.to_come("seconds", at, 1.0) == pytest.approx(left * min(mean, others))
    assert pauses.to_come("joules", at, 1.0) == pytest.approx(2 * left * min(mean, others))


def test_larger_batches_cost_more_but_less_than_their_size() -> None:
    assert as_steps(10, None, 32) == as_steps(10, 32, 32) == 10
    assert 10 < as_steps(10, 256, 32) < 80


@given(st.integers(5, 90), st.integers(3, 40), st.integers(1, 300))
def test_pauses_within_an_epoch_go_on_at_the_pace_seen(apart: int, seen: int, since: int) -> None:
    """Evaluated every so many steps; before, those of one epoch were taken for all there are in one."""
    pauses, each = Pauses(), 10_000
    for number in range(1, seen + 1):
        pauses.add(number * apart, 2.0, 80.0)
    done = seen * apart + min(since, apart - 1)
    to_come = pauses.to_come("seconds", Standing(done, 10 * each, each), 1.0)
    assert to_come == pytest.approx(2.0 * (10 * each // apart - seen), abs=2.0)


def test_a_pause_that_never_comes_again_is_expected_ever_more_seldom() -> None:
    pauses = Pauses()
    pauses.add(10, 1.0, 40.0)
    expected = [pauses.to_come("seconds", Standing(done, 1000, None), 1.0) for done in (10, 100, 500)]
    assert expected == pytest.approx([99.0, 18.0, 2.0])


def test_an_evaluation_that_was_told_is_still_expected_beside_checkpoints_before_it() -> None:
    pauses, at = Pauses(told=300.0), Standing(50, EPOCHS * EACH, EACH)
    foretold = pauses.to_come("seconds", at, STEP_S)
    pauses.add(40, 0.01, 0.4)
    assert pauses.to_come("seconds", at, STEP_S) == pytest.approx(foretold)
    pauses.add(EACH, 2.0, 80.0)
    after = Standing(EACH, EPOCHS * EACH, EACH)
    assert pauses.to_come("seconds", after, STEP_S) < foretold / 3


class Loader(list[None]):
    batch_size = 32


def test_an_evaluation_is_told_by_its_loader_through_the_run_around() -> None:
    around = Mailbox.make()
    environment = {VARIABLE: str(around.path)}
    try:
        for evaluation, steps in ((Loader([None] * 7), 7.0), (7, 7.0), (0, 0.0), (None, None)):
            progress(Loader([None] * 50), epochs=10, evaluation=evaluation, environment=environment).close()
            *_, note = around.read()
            assert note.evaluation_steps == steps
            assert note.steps_per_epoch == 50
        progress(500, evaluation=3, environment=environment).close()
        *_, note = around.read()
        assert note.steps_per_epoch == 500
        with pytest.raises(InputError, match="batches or none"):
            progress(500, evaluation=-1, environment=environment)
    finally:
        around.close(remove=True)

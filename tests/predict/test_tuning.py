"""The engine of tuning: what it suggests, what it believes, and that the cheapest is found for little."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.predict.tuning import (
    BATCH_SLOPE,
    Configuration,
    Factor,
    Observations,
    Pace,
    Space,
    Trial,
    recommend,
    suggest,
)
from setsuden.predict.tuning.engine import _Known
from setsuden.predict.tuning.surrogate import NOISE, Seen, believe

SIZES = (8, 16, 32, 64, 128, 256)
SPACE = Space((Factor("batch_size", SIZES, slope=BATCH_SLOPE), Factor("threads", (1, 2), learning=False)))


def at(size: int, threads: int = 2) -> Configuration:
    return Configuration((size,), (threads,))


def paced(epoch_j: dict[int, float]) -> tuple[Pace, ...]:
    """Two threads take a tenth less than one."""
    return tuple(
        Pace(at(size, threads), joules * (1.1 if threads == 1 else 1.0), 1.0, 0.01)
        for size, joules in epoch_j.items()
        for threads in (1, 2)
    )


FLAT = paced(dict.fromkeys(SIZES, 10.0))


def test_a_search_begins_at_the_start_or_in_the_middle() -> None:
    assert suggest(Observations(), SPACE, trainings=10).configuration.learning == (64,)
    begun = Space(SPACE.factors, (16,))
    first = suggest(Observations(), begun, trainings=10, paced=False)
    assert (first.step, first.configuration.learning, first.give_up_j) == ("train", (16,), None)


def test_running_settings_of_the_start_are_timed_before_it_trains_to_the_end() -> None:
    seen, asked = Observations(), []
    while (step := suggest(seen, SPACE, trainings=1)).step == "pace":
        asked.append(step.configuration)
        joules = 500.0 if step.configuration.running == (2,) else 10.0
        seen = seen.with_pace(Pace(step.configuration, joules, 1.0))
    assert asked == [at(64, 1), at(64, 2)]
    assert (step.step, step.configuration) == ("train", at(64, 1))


def test_after_the_first_training_every_pace_is_learned_before_a_second() -> None:
    seen = Observations((Pace(at(64), 10.0, 1.0),), (Trial(at(64), 8.0, True, 80.0),))
    asked = set()
    while (step := suggest(seen, SPACE, trainings=100)).step == "pace":
        asked.add(step.configuration)
        seen = seen.with_pace(Pace(step.configuration, 10.0, 1.0))
    assert asked == {at(size, threads) for size in SIZES for threads in (1, 2)} - {at(64)}
    assert step.step == "train"


def test_running_settings_that_are_far_dearer_are_timed_nowhere_else() -> None:
    seen = Observations((Pace(at(64, 1), 10.0, 1.0), Pace(at(64, 2), 25.0, 1.0)), (Trial(at(64, 1), 8.0, True, 80.0),))
    asked = set()
    while (step := suggest(seen, SPACE, trainings=100)).step == "pace":
        asked.add(step.configuration)
        seen = seen.with_pace(Pace(step.configuration, 10.0, 1.0))
    assert asked == {at(size, 1) for size in SIZES} - {at(64, 1)}


def test_running_settings_are_chosen_by_their_pace_alone() -> None:
    seen = Observations(FLAT, (Trial(at(64, 1), 8.0, True, 80.0),))
    best = recommend(seen, SPACE)
    assert best is not None
    assert best.configuration == at(64, 2)
    assert best.energy.value == pytest.approx(80.0)
    assert best.energy.low < 80.0 < best.energy.high


def test_one_training_is_not_worth_a_search() -> None:
    seen = Observations((Pace(at(64), 10.0, 1.0),), (Trial(at(64), 8.0, True, 80.0),))
    step = suggest(seen, SPACE, trainings=1)
    assert (step.step, step.reason) == ("stop", "not_worth")


@pytest.mark.parametrize("give_up", [1.0, 1.5])
def test_a_trial_is_given_up_at_the_stated_multiple_of_the_best(give_up: float) -> None:
    seen = Observations(FLAT, (Trial(at(64), 8.0, True, 80.0),))
    step = suggest(seen, SPACE, trainings=1000, give_up=give_up)
    assert step.give_up_j == pytest.approx(80.0 * give_up)


def test_settings_that_diverged_are_not_tried_again_and_none_left_is_an_error() -> None:
    hopeless = tuple(Trial(at(size), 0.1, False, 1.0, hopeless=True) for size in SIZES)
    assert suggest(Observations((), hopeless[:3]), SPACE, trainings=9).configuration.learning[0] in SIZES[3:]
    with pytest.raises(InputError, match="met the floor"):
        suggest(Observations((), hopeless), SPACE, trainings=9)


def test_while_nothing_met_the_floor_every_setting_is_tried_once() -> None:
    seen, order = Observations(FLAT), []
    for _ in SIZES:
        step = suggest(seen, SPACE, trainings=10)
        order.append(step.configuration.learning[0])
        seen = seen.with_trial(Trial(step.configuration, 20.0, False, 100.0))
    assert sorted(order) == list(SIZES)
    with pytest.raises(InputError, match="met the floor"):
        suggest(seen, SPACE, trainings=10)


def test_the_order_of_what_was_seen_does_not_matter() -> None:
    trials = (Trial(at(64), 8.0, True, 80.0), Trial(at(16), 9.0, False, 90.0), Trial(at(128), 9.0, True, 90.0))
    one = suggest(Observations(FLAT, trials), SPACE, trainings=50)
    other = suggest(Observations(FLAT[::-1], trials[::-1]), SPACE, trainings=50)
    assert one.configuration == other.configuration
    assert one.saving_j == pytest.approx(other.saving_j)


def test_the_search_is_charged_for_every_step() -> None:
    seen = Observations(FLAT, (Trial(at(64), 8.0, True, 80.0), Trial(at(16), 9.0, False, 95.0)))
    assert seen.spent_j == pytest.approx(12 * 0.01 + 175.0)


@pytest.mark.parametrize(("prior", "limit"), [(1.0, 0.0), (0.5, 0.4), (2.0, -3.0), (0.3, 1.5)])
def test_giving_up_moves_belief_as_exact_integration_says(prior: float, limit: float) -> None:
    found = believe(np.array([[prior**2]]), np.zeros(1), [Seen(0, limit, False)])
    grid = np.linspace(-12, 12, 200_001)
    above = np.array([0.5 * (1 + float(z)) for z in _erf((grid - limit) / NOISE / np.sqrt(2))])
    weight = np.exp(-0.5 * (grid / prior) ** 2) * above
    mean = float((grid * weight).sum() / weight.sum())
    deviation = float(np.sqrt(((grid - mean) ** 2 * weight).sum() / weight.sum()))
    assert found.mean[0] == pytest.approx(mean, abs=1e-3)
    assert found.deviation[0] == pytest.approx(deviation, rel=1e-3)


def _erf(x: np.ndarray) -> np.ndarray:
    """Abramowitz and Stegun 7.1.26, off by at most 1.5e-7."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(np.sign(x) * (1 - poly * np.exp(-x * x)))


def test_the_expected_saving_is_what_imagined_trainings_save_on_average() -> None:
    epoch_j = {size: 30 / size**0.3 for size in SIZES}
    seen = Observations(paced(epoch_j), (Trial(at(64), 8.0, True, 80.0), Trial(at(256), 14.0, True, 90.0)))
    known = _Known.of(seen, SPACE)
    saving_j, price_j = known.worth((16,), seen.reached, 1e9)
    own = known.points.index((16,))
    mean, deviation = known.belief.mean[own], np.hypot(known.belief.deviation[own], NOISE)
    now = min(float(np.exp(known.belief.mean[k])) * epoch_j[SIZES[k]] for k in (3, 5))
    left, cost = [], []
    for shown in np.random.default_rng(1).normal(mean, deviation, 1500):
        cost.append(exp(shown) * epoch_j[16])
        # Hyperparameters and the level stay as they are: the imagined training only adds an observation.
        moved = known.belief.mean + known.belief.covariance[:, own] * (shown - mean) / deviation**2
        left.append(min(float(np.exp(moved[k])) * epoch_j[SIZES[k]] for k in (own, 3, 5)))
    assert saving_j == pytest.approx(now - float(np.mean(left)), rel=0.15)
    assert price_j == pytest.approx(float(np.mean(cost)), rel=0.1)


def test_the_cheapest_of_a_valley_is_nearly_always_found_for_less_than_half_of_trying_everything() -> None:
    random, over = np.random.default_rng(7), []
    for _ in range(60):
        valley, steep, pace = random.uniform(0.0, 2.0), random.uniform(0.05, 0.15), random.uniform(0.3, 0.9)
        epochs = {size: 6 * exp(steep * (k - valley) ** 2) for k, size in enumerate(SIZES)}
        epoch_j = {size: 100 * size**-pace + 3 for size in SIZES}
        truth = {size: epochs[size] * epoch_j[size] for size in SIZES}
        space, seen = Space(SPACE.factors, (SIZES[random.integers(len(SIZES))],)), Observations()
        while (step := suggest(seen, space, trainings=30)).step != "stop":
            size = int(step.configuration.learning[0])
            seen = seen.with_pace(*paced({size: epoch_j[size]}))
            if step.step == "pace":
                continue
            spent = min(truth[size], step.give_up_j or np.inf)
            seen = seen.with_trial(Trial(at(size), spent / epoch_j[size], spent == truth[size], spent))
        best = recommend(seen, space)
        assert best is not None
        over.append(truth[int(best.configuration.learning[0])] / min(truth.values()))
        everything = sum(truth.values()) * (1.0 + 1.1)  # with one thread and with two
        assert seen.spent_j < everything / 2
    assert np.mean(np.array(over) <= 1.05) >= 0.95
    assert max(over) <= 1.3


def test_nonsense_is_refused_with_its_place() -> None:
    for wrong in (lambda: Factor("a", ()), lambda: Factor("a", (1, 1)), lambda: Factor("a", (0.0, 1.0))):
        with pytest.raises(InputError, match="a:"):
            wrong()
    with pytest.raises(InputError, match="nothing to tune"):
        Space((Factor("threads", (1, 2), learning=False),))
    with pytest.raises(InputError, match="start"):
        Space(SPACE.factors, (7,))
    with pytest.raises(InputError, match="trainings"):
        suggest(Observations(), SPACE, trainings=0)
    with pytest.raises(InputError, match="best's energy"):
        suggest(Observations(), SPACE, trainings=2, give_up=0.5)
    with pytest.raises(InputError, match="joules"):
        Pace(at(8), 0.0, 1.0)
    with pytest.raises(InputError, match="no epochs"):
        Trial(at(8), 0.0, True, 1.0)


def test_names_and_numbers_are_varied_together() -> None:
    space = Space((Factor("precision", ("fp32", "bf16")), Factor("batch_size", (8, 32), slope=BATCH_SLOPE)))
    joules = {("fp32", 8): 9.0, ("fp32", 32): 5.0, ("bf16", 8): 4.0, ("bf16", 32): 1.0}
    seen = Observations(tuple(Pace(Configuration(point, ()), value, 1.0) for point, value in joules.items()))
    seen = seen.with_trial(Trial(Configuration(("fp32", 8), ()), 5.0, True, 45.0))
    step = suggest(seen, space, trainings=20)
    assert (step.step, step.configuration.learning) == ("train", ("bf16", 32))
    assert dict(space.named(step.configuration)) == {"precision": "bf16", "batch_size": 32}
    assert log(step.price_j) < log(45.0)

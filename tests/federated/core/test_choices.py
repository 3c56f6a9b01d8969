"""Selection, privacy and stop rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.failures import Failures
from setsuden.federated.privacy import Privacy, PrivacyBudget
from setsuden.federated.selection import (
    Available,
    CarbonAware,
    Deadline,
    EnergyAware,
    Poisson,
    RandomChoice,
    Selection,
    Sight,
    Utility,
    inclusion,
    systematic,
)
from setsuden.federated.stop import Spent, Stop, StopWatch


def sight(clients: int = 6, **changes: Any) -> Sight:
    parts: dict[str, Any] = {
        "round": 1,
        "time_s": 0.0,
        "available": np.ones(clients, dtype=np.bool_),
        "samples": np.full(clients, 10),
        "intensity": None,
        "spare_w": None,
        "loss": np.full(clients, np.nan),
        "turn_s": np.full(clients, np.nan),
    }
    return Sight(**(parts | changes))


def frequencies(selection: Selection, seen: Sight, draws: int = 4000) -> np.ndarray:
    random = np.random.default_rng(0)
    counts = np.zeros(len(seen.samples))
    for _ in range(draws):
        counts[selection.choose(seen, random).clients] += 1
    return counts / draws


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.integers(1, 30))
def test_chances_sum_to_the_cohort_and_never_pass_one(weights: list[float], count: int) -> None:
    chance = inclusion(np.array(weights), count)
    assert chance.max() <= 1.0
    assert chance.sum() == pytest.approx(min(count, sum(weight > 0 for weight in weights)))
    drawn = systematic(chance, np.random.default_rng(0))
    assert len(drawn) == len(set(drawn.tolist())) == round(chance.sum())
    assert (chance[drawn] > 0).all()


def test_clients_are_drawn_as_often_as_their_chance_says() -> None:
    seen = sight(intensity=np.array([50.0, 100, 200, 400, 600, 800]))
    rule = CarbonAware(cohort=2, sharpness=2.0)
    chance = rule.choose(seen, np.random.default_rng(0)).chance
    assert frequencies(rule, seen) == pytest.approx(chance, abs=0.03)
    assert (np.diff(chance) <= 0).all()


def test_weights_by_one_over_chance_are_unbiased() -> None:
    """The Horvitz-Thompson mean of any figure equals the mean over all clients in expectation."""
    seen = sight(spare_w=np.array([1.0, 2, 3, 4, 5, 15]))
    figure, rule, random = (
        np.array([3.0, -1, 4, 1, -5, 9]),
        EnergyAware(cohort=3, unbiased=True),
        np.random.default_rng(1),
    )
    estimates = []
    for _ in range(6000):
        chosen = rule.choose(seen, random)
        estimates.append(float((figure[chosen.clients] / chosen.chance[chosen.clients]).sum() / 6))
    assert np.mean(estimates) == pytest.approx(figure.mean(), abs=4 * np.std(estimates) / np.sqrt(6000))


def test_nobody_asleep_empty_late_or_without_power_is_asked_where_the_rule_looks() -> None:
    awake = np.array([True, True, False, True, True, True])
    samples = np.array([10, 0, 10, 10, 10, 10])
    assert frequencies(Available(cohort=2), sight(available=awake, samples=samples), 500)[[1, 2]].sum() == 0
    assert frequencies(RandomChoice(cohort=2), sight(available=awake), 500)[2] > 0.2
    spare = np.array([0.0, 5, 5, 0, 5, 5])
    assert frequencies(EnergyAware(cohort=2), sight(spare_w=spare), 500)[[0, 3]].sum() == 0
    slow = sight(turn_s=np.array([1.0, 9, 1, 9, 1, 9]))
    assert frequencies(Deadline(cohort=2, deadline_s=5), slow, 500)[[1, 3, 5]].sum() == 0


def test_the_unlearned_are_preferred_and_the_unknown_count_as_the_worst() -> None:
    chance = (
        Utility(cohort=2)
        .choose(sight(loss=np.array([0.1, 0.1, 2.0, 0.1, 0.1, np.nan])), np.random.default_rng(0))
        .chance
    )
    assert chance[2] == chance[5] > 5 * chance[0]


def test_a_rule_whose_facts_are_not_declared_says_so() -> None:
    with pytest.raises(InputError, match="carbon intensity"):
        CarbonAware().choose(sight(), np.random.default_rng(0))
    with pytest.raises(InputError, match="unbiased weights"):
        RandomChoice(cohort=3, over_selection=1.3, unbiased=True)


def test_over_selection_rounds_up_and_stays_within_the_clients() -> None:
    assert RandomChoice(cohort=10, over_selection=1.25).asked(100) == 13
    assert RandomChoice(cohort=10, over_selection=1.25).asked(11) == 11
    assert RandomChoice().asked(7) == 7


def test_epsilon_without_sampling_is_the_gaussian_mechanisms() -> None:
    """Many rounds at share 1: within the integer grid of min over a of T a / (2 s^2) + log(1/delta)/(a-1)."""
    privacy, rounds = Privacy(noise_multiplier=8.0, delta=1e-5), 20
    orders = np.linspace(1.01, 500, 200_000)
    classic = (rounds * orders / (2 * 64) + np.log(1e5) / (orders - 1)).min()
    found = privacy.epsilon(rounds, 1.0)
    assert found < classic
    assert found > 0.7 * classic


def test_epsilon_is_the_published_accountants() -> None:
    """Abadi et al. 2016: q 0.01, sigma 4, 10,000 steps, delta 1e-5 gives 1.26 by their moments accountant."""
    found = Privacy(noise_multiplier=4.0, delta=1e-5).epsilon(10_000, 0.01)
    assert 0.9 < found < 1.26


def test_epsilon_grows_with_rounds_and_share_and_falls_with_noise() -> None:
    assert Privacy().epsilon(0, 0.5) == 0.0
    assert (
        Privacy().epsilon(10, 0.1)
        < Privacy().epsilon(100, 0.1)
        < Privacy().epsilon(100, 0.5)
        < Privacy().epsilon(100, 1.0)
    )
    assert Privacy(noise_multiplier=2.0).epsilon(10, 0.1) < Privacy(noise_multiplier=1.0).epsilon(10, 0.1)


@pytest.mark.parametrize(("epsilon", "rounds", "share"), [(3.0, 200, 0.1), (0.5, 20, 1.0), (20.0, 5, 0.01)])
def test_a_privacy_budget_buys_the_least_noise_that_keeps_within_it(epsilon: float, rounds: int, share: float) -> None:
    bought = PrivacyBudget(epsilon=epsilon, clip_norm=2.0).spent(rounds, share)
    assert bought.clip_norm == 2.0
    assert bought.epsilon(rounds, share) <= epsilon
    less = replace(bought, noise_multiplier=bought.noise_multiplier / 1.002)
    assert less.epsilon(rounds, share) > epsilon


def test_a_privacy_budget_that_no_noise_keeps_is_refused() -> None:
    with pytest.raises(InputError, match="no noise"):
        PrivacyBudget(epsilon=1e-3, delta=1e-5).spent(10, 1.0)
    with pytest.raises(InputError, match="delta"):
        PrivacyBudget(epsilon=1.0, delta=1.0)


def test_noise_on_the_mean_has_the_declared_deviation_and_is_drawn_anew_each_round() -> None:
    privacy = Privacy(clip_norm=2.0, noise_multiplier=3.0)
    noise = privacy.noise(200_000, 10, 0, 1)
    assert float(noise.std()) == pytest.approx(2.0 * 3.0 / 10, rel=0.01)
    assert abs(float(noise.mean())) < 0.01
    assert not np.array_equal(noise, privacy.noise(200_000, 10, 0, 2))


def test_a_target_must_hold_for_so_many_evaluations_in_a_row() -> None:
    watch = StopWatch(Stop(rounds=100, target=0.8, held=2))
    spent = Spent(0.0, None, None)
    assert [watch.look(n, a, spent) for n, a in enumerate([0.8, 0.7, None, 0.9, None, 0.85], 1)] == [None] * 5 + [
        "target"
    ]
    assert watch.reached_round == 6


@pytest.mark.parametrize(
    ("stop", "spent", "why"),
    [
        (Stop(time_s=10), Spent(10.0, None, None), "time"),
        (Stop(energy_j=5), Spent(0.0, 6.0, None), "energy"),
        (Stop(carbon_g=5), Spent(0.0, 6.0, 5.0), "carbon"),
        (Stop(rounds=1), Spent(0.0, None, None), "rounds"),
        (Stop(rounds=2), Spent(0.0, None, None), None),
    ],
)
def test_the_first_bound_that_is_met_ends_it(stop: Stop, spent: Spent, why: str | None) -> None:
    assert StopWatch(stop).look(1, None, spent) == why


def test_drop_outs_follow_the_seed_and_the_share() -> None:
    failures = Failures(drop_share=0.25)
    lots = [failures.dropped_at(0, round_, client) for round_ in range(40) for client in range(50)]
    assert np.mean([lot is not None for lot in lots]) == pytest.approx(0.25, abs=0.04)
    assert failures.dropped_at(0, 3, 4) == failures.dropped_at(0, 3, 4)


def test_poisson_draws_each_client_on_its_own() -> None:
    """Chances are kept, pairs are independent, and the size of a cohort spreads as a binomial does."""
    seen, share = sight(30, samples=np.array([0, *[10] * 29])), 0.3
    assert frequencies(Poisson(share=share), seen)[1:] == pytest.approx(np.full(29, share), abs=0.03)
    random = np.random.default_rng(0)
    drawn = np.zeros((4000, 30))
    for row in drawn:
        row[Poisson(share=share).choose(seen, random).clients] = 1
    assert drawn[:, 0].sum() == 0
    assert drawn.sum(axis=1).var() == pytest.approx(29 * share * (1 - share), rel=0.1)
    assert (drawn[:, 1] * drawn[:, 2]).mean() == pytest.approx(share**2, abs=0.02)


def test_what_privacy_may_count_on_is_the_chance_that_a_rule_really_gives() -> None:
    assert Poisson(share=0.2).participation(50) == 0.2
    assert RandomChoice(cohort=10).participation(50) == 0.2
    assert RandomChoice(cohort=10, over_selection=1.5).participation(50) == 0.3
    assert RandomChoice().participation(50) == Available(cohort=10).participation(50) == 1.0
    kinds = [rule.accounting for rule in (Poisson(), RandomChoice(cohort=3), RandomChoice(), Utility(cohort=3))]
    assert kinds == ["independent", "fixed", "certain", "certain"]


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.5}, {"cohort": 3}, {"over_selection": 2.0}])
def test_poisson_takes_a_share_and_no_cohort(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Poisson(**wrong)

"""Closed form, event form and the pricer of traces say the same, over several populations and durations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.federated.fleet import ALWAYS, Fleet, Place, build
from setsuden.federated.price import Term, price
from setsuden.federated.simulate import (
    Buffered,
    Synchronous,
    Work,
    closed_form,
    closed_form_buffered,
    drawn_trace,
    events,
    events_buffered,
    log_normal_samples,
    schedule_of,
    work_of,
)
from tests.federated.price.builder import device, exact, group, server, wired


def waves(base: float, phase: float) -> Place:
    """A grid that swings by 40 % over the day."""
    hours = np.arange(24)
    return Place(f"P{phase:g}", tuple(base * (1 + 0.4 * np.cos(2 * np.pi * (hours - phase) / 24))), 0.9, 1.1)


NIGHT = tuple(0.9 if hour < 8 or hour > 21 else 0.3 for hour in range(24))


def population(clients: int, *, spread: float = 0.3, drop: float = 0.0, awake=ALWAYS, **more) -> Fleet:
    groups = [
        group(
            f"g{index}",
            device=device(f"d{index}", macs_per_s=speed, active_w=watts, idle_w=1.0, **more),
            link=wired(2e6, 1e6),
            place=waves(base, 6.0 * index),
            available=tuple(np.roll(awake, 5 * index)),
            drop_out=drop,
            speed_spread=spread,
            rate_spread=spread,
        )
        for index, (speed, watts, base) in enumerate([(2e9, 5.0, 100.0), (3e9, 8.0, 400.0), (4e9, 9.0, 700.0)])
    ]
    third = clients // 3
    return build(groups, [clients - 2 * third, third, third], server(), start_utc_hour=7.5, seed=1)


def work(fleet: Fleet, *, median: float = 100.0, spread: float = 0.3, up: int = 1_000_000) -> Work:
    samples = log_normal_samples(fleet.clients, median, spread, 3)
    return Work(samples=samples, macs_per_sample=2e8, bytes_down=2_000_000, bytes_up=up)


CASES = {
    "few clients, always awake": (population(24), Synchronous(rounds=3000, cohort=6, over_selection=1.5), {}),
    "few clients that drop out": (
        population(30, drop=0.1),
        Synchronous(rounds=3000, cohort=6, over_selection=1.5, timeout_s=300, waiting=True),
        {},
    ),
    "a time-out that bites": (
        population(600, drop=0.1),
        Synchronous(rounds=1500, cohort=40, over_selection=1.2, timeout_s=14, waiting=True),
        {},
    ),
    "everybody every round": (population(600), Synchronous(rounds=300, cohort=600, waiting=True), {}),
    "many clients by their hours": (
        population(20_000, drop=0.05, awake=NIGHT),
        Synchronous(rounds=1500, cohort=100, over_selection=1.3, timeout_s=200),
        {},
    ),
    "a few long rounds": (
        population(20_000, awake=NIGHT),
        Synchronous(rounds=400, cohort=400, over_selection=1.3, server_macs=1e12),
        {"median": 30_000.0},
    ),
    "slow uploads, many of them cut": (
        population(3000, drop=0.05),
        Synchronous(rounds=2000, cohort=100, over_selection=1.3, timeout_s=200),
        {"up": 8_000_000},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_closed_form_is_within_a_thousandth_of_the_mean_of_drawn_courses(name):
    fleet, schedule, size = CASES[name]
    doing = work(fleet, **size)
    expected = closed_form(fleet, doing, schedule)
    drawn = [events(fleet, doing, schedule, seed=seed) for seed in range(4)]
    for figure in ("carbon_g", "energy_j", "duration_s", "delivered", "asked"):
        values = np.array([getattr(one, figure) for one in drawn])
        chance = 3 * values.std(ddof=1) / math.sqrt(len(values)) / values.mean()
        assert getattr(expected, figure) == pytest.approx(values.mean(), rel=1e-3 + chance), (figure, chance)
        if figure == "carbon_g":
            assert chance < 6e-3
    drawn_terms = [one.bill.by_term() for one in drawn]
    for term, cost in expected.bill.by_term().items():
        mean = sum(one[term].energy.value for one in drawn_terms if term in one) / len(drawn_terms)
        assert cost.energy.value == pytest.approx(mean, rel=0.02, abs=1e-6 * expected.energy_j), term


@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize("network", ["attribution", "nebula", "wu-router"])
def test_a_drawn_course_costs_what_the_pricer_of_traces_says(waiting, network):
    fleet = population(300, drop=0.15, awake=NIGHT)
    doing = work(fleet, up=6_000_000)
    schedule = Synchronous(rounds=60, cohort=20, over_selection=1.4, timeout_s=60, waiting=waiting, server_macs=1e10)
    simulated = events(fleet, doing, schedule, network=network, seed=4)
    bill = price(drawn_trace(fleet, doing, schedule, seed=4), fleet, clock="trace", network=network)
    for term, cost in simulated.bill.by_term().items():
        told = bill.by_term().get(term)
        assert cost.energy.value == pytest.approx(0.0 if told is None else told.energy.value, rel=1e-6), term
        if term not in ("aggregation", "server between tasks"):  # which the simulator spreads over the whole time
            assert cost.carbon.value == pytest.approx(0.0 if told is None else told.carbon.value, rel=1e-6), term
    assert simulated.carbon_g == pytest.approx(bill.carbon.value, rel=1e-3)
    assert simulated.duration_s == pytest.approx(bill.duration_s)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_devices_whose_steps_take_time_take_it_in_the_written_trace_too(batch_size):
    fleet = population(60, step_s=0.5)
    doing = replace(work(fleet), samples=np.full(60, 100.0), epochs=3, batch_size=batch_size)
    schedule = Synchronous(rounds=5, cohort=10)
    simulated = events(fleet, doing, schedule, seed=4)
    bill = price(drawn_trace(fleet, doing, schedule, seed=4), fleet, clock="trace")
    told = bill.by_term()[Term.COMPUTE.value].energy.value
    assert told == pytest.approx(simulated.bill.by_term()[Term.COMPUTE.value].energy.value, rel=1e-6)


def test_the_fleets_own_clock_finds_the_same_rounds_where_nobody_is_cut():
    fleet = population(30)
    schedule = Synchronous(rounds=20, cohort=10, waiting=True, server_macs=1e10)
    trace = drawn_trace(fleet, work(fleet), schedule, seed=1)
    own, recorded = price(trace, fleet, clock="fleet"), price(trace, fleet, clock="trace")
    assert own.duration_s == pytest.approx(recorded.duration_s)
    assert own.energy.value == pytest.approx(recorded.energy.value, rel=1e-6)
    assert own.carbon.value == pytest.approx(recorded.carbon.value, rel=1e-6)


@pytest.mark.parametrize(
    ("fleet", "schedule"),
    [
        (population(3000), Buffered(rounds=400, concurrency=100, buffer=20)),
        (population(3000, drop=0.2), Buffered(rounds=40, concurrency=400, buffer=50, timeout_s=15)),
        (population(9000, drop=0.1, awake=NIGHT), Buffered(rounds=1000, concurrency=50, buffer=20)),
    ],
)
def test_asynchronous_rounds_agree_in_both_forms(fleet, schedule):
    doing = work(fleet, up=4_000_000)
    expected = closed_form_buffered(fleet, doing, schedule)
    drawn = [events_buffered(fleet, doing, schedule, seed=seed) for seed in range(4)]
    for figure in ("carbon_g", "energy_j", "duration_s"):
        values = np.array([getattr(one, figure) for one in drawn])
        chance = 3 * values.std(ddof=1) / math.sqrt(len(values)) / values.mean()
        assert getattr(expected, figure) == pytest.approx(values.mean(), rel=2e-3 + chance), figure


@pytest.mark.parametrize("spread", [0.0, 1.0, 1.5])
@pytest.mark.parametrize("updates_each", [0.25, 1.0, 5.0])
def test_an_asynchronous_training_that_is_over_before_its_start_is_forgotten_is_still_expected_right(
    spread: float, updates_each: float
):
    fleet = population(900, spread=spread, drop=0.1)
    doing = work(fleet, spread=spread)
    schedule = Buffered(rounds=max(1, round(40 * updates_each / 5)), concurrency=40, buffer=5)
    expected = closed_form_buffered(fleet, doing, schedule)
    drawn = [events_buffered(fleet, doing, schedule, seed=seed) for seed in range(1000, 1040)]
    for figure in ("carbon_g", "energy_j", "duration_s", "asked"):
        values = np.array([getattr(one, figure) for one in drawn])
        chance = 5 * values.std(ddof=1) / math.sqrt(len(values)) / values.mean()
        assert getattr(expected, figure) == pytest.approx(values.mean(), rel=0.01 + chance), figure
    assert all(cost.energy.low >= 0 for cost in expected.bill.by_term().values())


def in_seconds(fleet: Fleet) -> Fleet:
    """Every device at one watt, so that joules of clients are their seconds."""
    watt = exact(1.0, "W")
    alike = (replace(one, device=replace(one.device, active_w=watt, idle_w=watt)) for one in fleet.groups)
    return replace(fleet, groups=tuple(alike))


@pytest.mark.parametrize("rounds", [3, 20, 400])
@pytest.mark.parametrize("form", [closed_form_buffered, events_buffered])
def test_as_many_are_at_work_to_the_very_end_of_an_asynchronous_training_and_no_second_beyond(form, rounds: int):
    fleet = in_seconds(population(900, spread=1.0, drop=0.1))
    doing = replace(work(fleet, spread=1.0), bytes_down=20_000_000)
    found = form(fleet, doing, Buffered(rounds=rounds, concurrency=40, buffer=5))
    parts = found.bill.by_term()
    seconds = sum(parts[term.value].energy.value for term in (Term.COMPUTE, Term.DISCARDED, Term.AWAKE))
    assert seconds == pytest.approx(40 * found.duration_s, rel=1e-6)


@pytest.mark.parametrize("rounds", [5, 400])
def test_no_more_are_at_work_than_are_awake(rounds: int):
    fleet = population(60, awake=(0.3,) * 24)
    doing, schedule = work(fleet), Buffered(rounds=rounds, concurrency=50, buffer=10)
    expected = closed_form_buffered(fleet, doing, schedule)
    drawn = [events_buffered(fleet, doing, schedule, seed=seed) for seed in range(100, 120)]
    for figure in ("carbon_g", "duration_s"):
        mean = np.mean([getattr(one, figure) for one in drawn])
        assert getattr(expected, figure) == pytest.approx(mean, rel=0.03), figure


def test_a_trace_gives_the_work_and_the_schedule_to_simulate_it_again():
    fleet = population(60)
    doing, schedule = work(fleet), Synchronous(rounds=300, cohort=10, over_selection=1.3, server_macs=1e9)
    trace = drawn_trace(fleet, doing, schedule, seed=1)
    again, rounds = work_of(trace), schedule_of(trace, server_macs=1e9)
    assert again.bytes_down == doing.bytes_down
    assert (rounds.rounds, rounds.cohort, rounds.asked) == (300, 10, 13)
    told = price(trace, fleet).carbon.value
    assert closed_form(fleet, again, rounds).carbon_g == pytest.approx(told, rel=0.03)
    with pytest.raises(InputError, match="no round trip"):
        work_of(replace(trace, sends=trace.sends._replace(bytes=np.zeros_like(trace.sends.bytes))))


def test_nobody_awake_means_waiting_for_the_next_hour():
    day = tuple(1.0 if 9 <= hour < 12 else 0.0 for hour in range(24))
    fleet = replace(population(60), groups=tuple(replace(one, available=day) for one in population(60).groups))
    schedule = Synchronous(rounds=1, cohort=5)
    for found in (closed_form(fleet, work(fleet), schedule), events(fleet, work(fleet), schedule)):
        assert 5400 < found.duration_s < 5600  # from 7:30 to 9:00, and a round
    never = replace(fleet, groups=tuple(replace(one, available=(0.0,) * 24) for one in fleet.groups))
    with pytest.raises(InputError, match="ever awake"):
        events(never, work(never), schedule)


def test_drop_outs_need_a_time_out():
    fleet = population(30, drop=0.1)
    for form in (closed_form, events):
        with pytest.raises(InputError, match="time-out"):
            form(fleet, work(fleet), Synchronous(rounds=1, cohort=5))


def test_joules_per_mac_agree_too():
    base = population(300, drop=0.1)
    frugal = [
        replace(one, device=replace(one.device, active_w=None, j_per_mac=exact(3e-9, "J/MAC"))) for one in base.groups
    ]
    fleet = replace(base, groups=tuple(frugal))
    schedule = Synchronous(rounds=2000, cohort=40, over_selection=1.3, timeout_s=100)
    doing = work(fleet)
    expected = closed_form(fleet, doing, schedule).bill.by_term()
    drawn = events(fleet, doing, schedule, seed=2).bill.by_term()
    for term in (Term.COMPUTE, Term.DISCARDED):
        assert expected[term.value].energy.value == pytest.approx(drawn[term.value].energy.value, rel=0.01)


def test_the_same_seed_draws_the_same_course_and_another_seed_another():
    fleet = population(90, drop=0.1)
    schedule = Synchronous(rounds=50, cohort=10, over_selection=1.3, timeout_s=100)
    first, again, other = (events(fleet, work(fleet), schedule, seed=seed).carbon_g for seed in (1, 1, 2))
    assert first == again != other


def test_a_simulated_bill_knows_no_single_clients():
    found = closed_form(population(30), work(population(30)), Synchronous(rounds=1, cohort=5))
    with pytest.raises(InputError, match="no single ones"):
        found.bill.by_client()


def test_what_a_simulation_never_has_is_left_out_of_its_boundary_and_not_counted_as_nothing():
    on = population(30)
    boundary = closed_form(on, work(on), Synchronous(rounds=1, cohort=5)).bill.boundary
    for term in (Term.EVALUATION, Term.SERVER_EVALUATION, Term.PEER, Term.PERSONALISATION, Term.AGGREGATOR_IDLE):
        assert boundary[term.value] == "left out"
    for term in (Term.COMPUTE, Term.WAITING, Term.NETWORK_UP, Term.SERVER_IDLE):
        assert boundary[term.value] == "counted"

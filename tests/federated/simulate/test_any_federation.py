"""Whatever is simulated: figures are finite and not negative, nobody delivers unasked, and rounds add up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.fleet import ALWAYS, Fleet, Place
from setsuden.federated.simulate import (
    Buffered,
    Simulation,
    Synchronous,
    Work,
    closed_form,
    closed_form_buffered,
    events,
    log_normal_samples,
)
from tests.federated.price.builder import device, fleet, group, wired

HOURS = st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=24, max_size=24).filter(any)


@st.composite
def fleets(draw: st.DrawFn, *, awake: st.SearchStrategy[list[float]] = HOURS) -> Fleet:
    spread, drop = draw(st.sampled_from([0.0, 0.5, 1.5])), draw(st.sampled_from([0.0, 0.3, 0.9]))
    kinds = [
        group(
            f"g{index}",
            device=device(f"d{index}", macs_per_s=10 ** draw(st.floats(7, 10))),
            link=wired(10 ** draw(st.floats(4, 7)), 10 ** draw(st.floats(4, 7))),
            place=Place(f"P{index}", tuple(draw(st.lists(st.floats(0, 900), min_size=24, max_size=24)))),
            available=tuple(draw(awake)),
            drop_out=drop,
            speed_spread=spread,
            rate_spread=spread,
        )
        for index in range(draw(st.integers(1, 3)))
    ]
    counts = tuple(draw(st.integers(1, 60)) for _ in kinds)
    return fleet(*kinds, counts=counts, start_utc_hour=draw(st.floats(0, 23.9)))


@st.composite
def work_of(draw: st.DrawFn, on: Fleet) -> Work:
    return Work(
        samples=log_normal_samples(on.clients, 20.0, draw(st.sampled_from([0.0, 1.0])), 3),
        macs_per_sample=10 ** draw(st.floats(4, 8)),
        bytes_down=draw(st.integers(1, 10**7)),
        bytes_up=draw(st.integers(1, 10**7)),
    )


def sound(found: Simulation) -> None:
    for cost in found.bill.by_term().values():
        for figure in (cost.energy, cost.carbon):
            assert 0 <= figure.low <= figure.value <= figure.high < math.inf
    figures = (found.duration_s, found.delivered, found.asked, found.moved_bytes, found.macs)
    assert all(0 <= figure < math.inf for figure in figures)
    assert found.delivered <= found.asked * (1 + 1e-6) + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_synchronous_rounds_of_any_fleet_are_sound_in_both_forms(data: st.DataObject):
    on = data.draw(fleets())
    doing = data.draw(work_of(on))
    schedule = Synchronous(
        rounds=data.draw(st.integers(1, 12)),
        cohort=data.draw(st.sampled_from([1, 5, 40, 500])),
        over_selection=data.draw(st.sampled_from([1.0, 1.3, 3.0])),
        timeout_s=data.draw(st.sampled_from([1e-3, 10.0, 1e4])),
        waiting=data.draw(st.booleans()),
        drop_at=data.draw(st.sampled_from([0.0, 0.5, 1.0])),
    )
    try:
        found = closed_form(on, doing, schedule), events(on, doing, schedule, seed=1)
    except InputError:
        assume(False)
    for one in found:
        sound(one)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_asynchronous_rounds_of_any_fleet_are_sound_in_both_forms(data: st.DataObject):
    on = data.draw(fleets())
    doing = data.draw(work_of(on))
    schedule = Buffered(
        rounds=data.draw(st.integers(1, 12)),
        concurrency=data.draw(st.sampled_from([1, 5, 40])),
        buffer=data.draw(st.sampled_from([1, 3, 20])),
        timeout_s=data.draw(st.sampled_from([10.0, 1e4, math.inf])),
    )
    try:
        found = closed_form_buffered(on, doing, schedule)
    except InputError:
        assume(False)
    sound(found)


@settings(max_examples=30, deadline=None)
@given(fleets(awake=st.just(list(ALWAYS))), st.integers(1, 9), st.sampled_from([1, 7, 50]))
def test_on_a_steady_grid_so_many_rounds_cost_so_many_times_one(on: Fleet, rounds: int, cohort: int):
    steady = replace(
        on,
        groups=tuple(replace(one, place=replace(one.place, hours=(400.0,) * 24), drop_out=0.0) for one in on.groups),
    )
    doing = Work(samples=np.full(on.clients, 20.0), macs_per_sample=1e6, bytes_down=10_000, bytes_up=10_000)
    one, many = (closed_form(steady, doing, Synchronous(rounds=n, cohort=cohort)) for n in (1, rounds))
    for figure in ("energy_j", "carbon_g", "duration_s", "asked", "delivered", "moved_bytes", "macs"):
        assert getattr(many, figure) == pytest.approx(rounds * getattr(one, figure), rel=1e-9), figure

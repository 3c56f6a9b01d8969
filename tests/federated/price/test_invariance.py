"""What no price may depend on, which way it moves, and what is left where a federation has one client."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.federated.price import Bill, Term, central, price
from setsuden.federated.trace import SERVER, Work
from tests.federated.price.builder import Builder, device, exact, fleet, group, server, wired
from tests.federated.price.test_bill import federations, joules

MODELS = st.sampled_from(["attribution", "marginal", "nebula", "fedgreen", "wu-router"])


def renumbered(column: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.where(column >= 0, numbers[np.maximum(column, 0)], column).astype(np.int32)


@settings(max_examples=40, deadline=None)
@given(federations(), MODELS, st.randoms(use_true_random=False))
def test_what_clients_are_numbered_and_in_which_order_rows_stand_changes_no_price(federation, network, random):
    trace, on = federation
    numbers = np.array(random.sample(range(on.clients), on.clients))
    was = np.argsort(numbers)
    turns, sends = trace.turns, trace.sends
    rows = np.array(random.sample(range(len(turns.round)), len(turns.round)), dtype=np.intp)
    order = np.array(random.sample(range(len(sends.round)), len(sends.round)), dtype=np.intp)
    other = replace(
        trace,
        turns=type(turns)(*(column[rows] for column in turns._replace(node=renumbered(turns.node, numbers)))),
        sends=type(sends)(
            *(
                column[order]
                for column in sends._replace(
                    sender=renumbered(sends.sender, numbers), receiver=renumbered(sends.receiver, numbers)
                )
            )
        ),
    )
    there = replace(on, group=on.group[was], speed=on.speed[was], down=on.down[was], up=on.up[was])
    one, two = (price(a, b, network=network, clock="trace") for a, b in ((trace, on), (other, there)))
    for name in ("energy", "carbon"):
        a, b = getattr(one, name), getattr(two, name)
        assert (b.value, b.low, b.high) == pytest.approx((a.value, a.low, a.high), rel=1e-9)
    assert two.by_client().energy_j[numbers] == pytest.approx(one.by_client().energy_j, rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(federations(), MODELS, st.floats(1.0, 20.0))
def test_more_bytes_never_cost_less_and_a_cleaner_grid_never_more(federation, network, factor):
    trace, on = federation
    grown = replace(trace, sends=trace.sends._replace(bytes=np.ceil(trace.sends.bytes * factor).astype(np.int64)))
    small, large = (price(one, on, network=network, clock="trace") for one in (trace, grown))
    assert large.energy.value >= small.energy.value * (1 - 1e-12)
    assert large.energy.low >= small.energy.low * (1 - 1e-12)
    cleaner = tuple(
        replace(one, place=replace(one.place, hours=tuple(hour / factor for hour in one.place.hours)))
        for one in on.groups
    )
    clean = price(trace, replace(on, groups=cleaner), network=network, clock="trace")
    assert clean.carbon.value <= small.carbon.value * (1 + 1e-12)
    assert clean.energy.value == small.energy.value


@pytest.mark.parametrize("parts", [2, 5])
def test_a_client_cut_into_equal_ones_computes_the_same_and_sends_as_often_as_there_are_clients(parts: int):
    def cut(clients: int) -> Bill:
        made = Builder(clients).round(0, 0, 100)
        for client in range(clients):
            made.send(0, SERVER, client, 1_000_000, 0, 1).turn(0, client, 1e10 / clients, 1, 1 + 10 / clients)
            made.send(0, client, SERVER, 1_000_000, 50, 52)
        return price(made.trace(), fleet(counts=(clients,)), network="nebula", clock="trace")

    one, many = cut(1), cut(parts)
    assert joules(many, Term.COMPUTE) == pytest.approx(joules(one, Term.COMPUTE))
    assert joules(many, Term.SERVER_IDLE) == joules(one, Term.SERVER_IDLE)
    for term in (Term.AWAKE, Term.NETWORK_UP, Term.NETWORK_DOWN):
        assert joules(many, term) == pytest.approx(parts * joules(one, term))


@settings(max_examples=30, deadline=None)
@given(st.floats(1e3, 1e12), st.integers(0, 10**9), st.floats(1.0, 3.0), MODELS)
def test_one_client_is_one_place_and_the_messages(macs, size, pue, network):
    """On the server's own machine, grid and overhead, a federation of one is centralised training and its traffic."""
    machine = device(macs_per_s=1e9, active_w=100.0, idle_w=50.0)
    alone = group(device=machine, link=wired())
    on = fleet(alone, counts=(1,), server=replace(server(pue=1.0, device=machine), place=alone.place))
    down_s, work_s, up_s = size / 1e6, macs / 1e9, size / 5e5
    end = down_s + work_s + up_s
    made = Builder(1).round(0, 0, end).send(0, SERVER, 0, size, 0, down_s)
    made.turn(0, 0, macs, down_s, down_s + work_s).send(0, 0, SERVER, size, down_s + work_s, end)
    without = [Term.SERVER_IDLE]  # one place is charged while it works
    bill = price(made.trace(), on, network=network, without=without)
    one_place = central(made.trace().header, on, macs=macs, network=network, without=without)
    messages = sum(joules(bill, term) for term in (Term.NETWORK_DOWN, Term.NETWORK_UP, Term.AWAKE))
    assert bill.energy.value == pytest.approx(one_place.energy.value + messages, rel=1e-9)
    assert bill.carbon.value * one_place.energy.value == pytest.approx(
        one_place.carbon.value * bill.energy.value, rel=1e-9
    )
    if size == 0:
        assert messages == 0
    dearer = central(
        made.trace().header, replace(on, server=replace(on.server, pue=exact(pue, "1"))), macs=macs,
        network=network, without=without,
    )  # fmt: skip
    assert dearer.energy.value == pytest.approx(pue * one_place.energy.value, rel=1e-9)


def test_work_that_nobody_is_asked_for_leaves_only_the_server_waiting():
    made = Builder(3).round(0, 0, 60).turn(0, SERVER, 0.0, 60, 60, work=Work.EVALUATE)
    bill = price(made.trace(), fleet(), clock="trace")
    assert set(bill.by_term()) == {Term.SERVER_IDLE.value}

"""When the work of a trace happens, on the clock it was recorded with and on the fleet's own."""

from __future__ import annotations

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.federated.price import Term, price
from setsuden.federated.price.calendar import calendar
from setsuden.federated.trace import SERVER, Work, aggregator
from tests.federated.price.builder import Builder, fleet, server


def test_one_training_that_lasted_as_long_as_the_fleet_takes_was_recorded_at_home():
    made = Builder(1).round(0, 0, 3).turn(0, 0, 2e9, 0, 2).trace()
    assert calendar(made, fleet(counts=(1,))).clock == "trace"
    elsewhere = Builder(1).round(0, 0, 3).turn(0, 0, 2e9, 0, 3).trace()
    assert calendar(elsewhere, fleet(counts=(1,))).clock == "fleet"


def test_a_trace_of_no_training_has_no_home():
    made = Builder(1).round(0, 0, 3).turn(0, SERVER, 1e10, 0, 1, work=Work.AGGREGATE).trace()
    assert calendar(made, fleet(counts=(1,))).clock == "fleet"


def test_one_client_that_begins_before_its_round_makes_rounds_overlap():
    made = Builder(2).round(0, 0, 3).round(1, 3, 6).turn(0, 0, 5e9, 0, 2).turn(1, 0, 5e9, 3, 5).turn(1, 1, 5e9, 2, 4)
    assert calendar(made.trace(), fleet(counts=(2,))).clock == "trace"
    with pytest.raises(InputError, match="overlap"):
        calendar(made.trace(), fleet(counts=(2,)), "fleet")


def test_on_the_fleets_clock_a_client_receives_works_in_order_sends_and_then_waits():
    """Rates of the fleet: 1 MB/s down, 0.5 MB/s up, 1 GMAC/s; client 1 downloads twice as much and works less."""
    made = Builder(2).round(0, 0, 90)
    made.send(0, SERVER, 0, 1_000_000).send(0, SERVER, 1, 1_000_000).send(0, SERVER, 1, 1_000_000)
    made.turn(0, 0, 2e9, 0, 50, waited=1.0).turn(0, 1, 1e9, 0, 50).turn(0, 0, 3e9, 50, 60)
    made.turn(0, SERVER, 2e10, 80, 90, work=Work.AGGREGATE)
    made.send(0, 0, SERVER, 500_000).send(0, 1, SERVER, 500_000)
    when = calendar(made.trace(), fleet(counts=(2,)), "fleet")
    assert when.turn_start == pytest.approx([1.0, 2.0, 3.0, 7.0])
    assert when.turn_end == pytest.approx([3.0, 3.0, 6.0, 9.0])
    assert when.send_start == pytest.approx([0.0, 0.0, 1.0, 6.0, 3.0])
    assert when.send_end == pytest.approx([1.0, 1.0, 2.0, 7.0, 4.0])
    assert when.waited == pytest.approx([0.0, 3.0, 0.0, 0.0])
    assert when.wait_start[1] == pytest.approx(4.0)
    assert (when.round_start[0], when.round_end[0]) == pytest.approx((0.0, 9.0))


def test_on_the_recorded_clock_each_client_waits_from_its_own_last_row_of_the_round_on():
    made = Builder(2).round(0, 0, 10).round(1, 10, 20)
    for number, ends in enumerate([(4, 7), (15, 13)]):
        for client, end in enumerate(ends):
            made.turn(number, client, 1e9, end - 2, end - 1, waited=float(client))
            made.send(number, client, SERVER, 1_000, end - 1, end)
        made.turn(number, SERVER, 1e10, 10 * number + 8, 10 * number + 9, work=Work.AGGREGATE)
    when = calendar(made.trace(), fleet(counts=(2,)), "trace")
    assert when.wait_start == pytest.approx([4, 7, 9, 15, 13, 19])


def test_a_bill_lasts_from_the_first_round_on_and_ends_where_the_clock_stood():
    made = Builder(1).round(0, 50, 56).turn(0, 0, 1e9, 50, 51).trace()
    bill = price(made, fleet(counts=(1,)), clock="trace")
    assert (bill.duration_s, bill.ended_s) == (6.0, 56.0)


def test_machines_idle_at_their_own_place():
    edge = server(g_per_kwh=800.0, pue=1.0)
    made = Builder(1).round(0, 0, 10).turn(0, 0, 1e9, 0, 1).send(0, 0, aggregator(0), 1, 1, 1)
    parts = price(made.trace(), fleet(counts=(1,), aggregators=(edge,)), clock="trace").by_term()
    idle, edge_idle = parts[Term.SERVER_IDLE.value], parts[Term.AGGREGATOR_IDLE.value]
    assert idle.carbon.value == pytest.approx(10 * 50.0 * 1.5 * 100 / 3.6e6)
    assert edge_idle.carbon.value == pytest.approx(10 * 50.0 * 800 / 3.6e6)
    assert np.isclose(idle.energy.value, 1.5 * edge_idle.energy.value)

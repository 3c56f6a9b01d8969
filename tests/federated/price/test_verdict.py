"""Centralised training beside a federation: its price, ratios on one grid and across, and where the verdict turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.fleet import steady
from setsuden.federated.price import PerBit, Term, central, price, ratio, ratios, turns
from tests.federated.price.builder import device, exact, fleet, group, server, synchronous

MACS = 1e12


def test_centralised_training_is_work_times_power_times_pue_on_the_servers_grid():
    bill = central(synchronous().header, fleet(), macs=MACS)
    assert bill.energy.value == pytest.approx(MACS / 1e10 * 100.0 * 1.5)
    assert bill.carbon.value == pytest.approx(bill.energy.value * 100.0 / 3.6e6)


def test_uploading_the_data_first_is_charged_to_the_links():
    trace, on = synchronous(), fleet()
    without = central(trace.header, on, macs=MACS, network="savazzi-50")
    with_data = central(trace.header, on, macs=MACS, network="savazzi-50", upload=True)
    moved = 3 * 10 * 100 * 8 * 2e-5
    assert with_data.by_term()[Term.DATA.value].energy.value == pytest.approx(moved)
    assert with_data.energy.value > without.energy.value


def test_centralised_training_begins_when_the_last_client_has_sent_its_data():
    header = synchronous().header
    bill = central(header, fleet(), macs=5e10, evaluation_macs=1e10, upload=True)
    assert bill.duration_s == pytest.approx(6e10 / 1e10)
    assert bill.ended_s == pytest.approx(10 * 100 / 5e5 + 6e10 / 1e10)  # samples x bytes over 0.5 MB/s up


def test_forms_without_a_server_still_charge_the_data_centre():
    bill = central(synchronous().header, fleet(), macs=MACS, form="qiu2023", variant="wu", router_w=7.5)
    assert bill.energy.value == pytest.approx(MACS / 1e10 * 100.0 * 1.5)
    green = {"network_j_per_bit": 1e-7, "server_g_per_kwh": 250.0}
    bill = central(synchronous().header, fleet(), macs=MACS, form="greenfl2023", **green)
    assert bill.energy.value == pytest.approx(MACS / 1e10 * 100.0 * 1.09)
    assert bill.carbon.value == pytest.approx(bill.energy.value * 250 / 3.6e6)


def test_a_clean_federation_beats_a_dirty_data_centre_and_loses_on_the_same_grid():
    found = ratios(synchronous(), fleet(), [steady("clean", 20.0), steady("dirty", 600.0)], macs=3e10)
    assert found.same_grid[0] == pytest.approx(found.same_grid[1])
    assert found.same_grid[0] > 1
    assert found.cross_grid[0, 1] < 1 < found.cross_grid[1, 0]
    assert np.diag(found.cross_grid) == pytest.approx(found.same_grid)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e9, 1e13),
    st.floats(1.0, 2.0),
    st.floats(1e-8, 1e-4),
    st.sampled_from(["carbon", "energy"]),
    st.booleans(),
)
def test_at_a_turning_point_both_trainings_cost_the_same(macs, pue, per_bit, metric, upload):
    trace = synchronous(rounds=4)
    network = PerBit("test", exact(per_bit, "J/bit"), exact(per_bit, "J/bit"))
    on = fleet(server=server(pue=pue))

    def cost(fleet_=on, trace_=trace, network_=network) -> tuple[float, float]:
        fed = price(trace_, fleet_, network=network_)
        one = central(trace.header, fleet_, macs=macs, upload=upload, network=network_)
        return getattr(fed, metric).value, getattr(one, metric).value

    a = price(trace, on, network=network)
    b = central(trace.header, on, macs=macs, upload=upload, network=network)
    for turn in turns(trace, a, b, metric):
        if turn.at is None:
            fed, one = cost()
            assert (fed < one) == (turn.federated == "always") or fed == pytest.approx(one)
            continue
        k = turn.at / turn.now
        if turn.lever == "link":
            met = cost(network_=PerBit("test", *(exact(per_bit * k, "J/bit"),) * 2))
        elif turn.lever == "device":
            met = cost(fleet_=replace(on, groups=(group(device=device(active_w=10.0 * k)),)))
        elif turn.lever == "pue" and turn.possible:
            met = cost(fleet_=replace(on, server=server(pue=turn.at)))
        elif turn.lever == "rounds":
            fed, one = cost()
            met = fed * k, one
        else:
            continue
        assert met[0] == pytest.approx(met[1], rel=1e-6)


def test_the_levers_start_at_what_is_charged_now():
    trace, on = synchronous(rounds=4), fleet()
    here, there = (price(trace, on, network="savazzi-50"), central(trace.header, on, macs=1e12, network="savazzi-50"))
    now = {turn.lever: turn.now for turn in turns(trace, here, there)}
    assert now == {"link": pytest.approx(2e-5), "pue": 1.5, "rounds": 4, "device": pytest.approx(10.0 / 1e9)}


@pytest.mark.parametrize(("macs", "possible"), [(1e10, True), (1e14, False)])
def test_an_overhead_below_one_is_where_costs_would_meet_but_not_possible(macs, possible):
    trace, on = synchronous(), fleet()
    here, there = price(trace, on), central(trace.header, on, macs=macs, server=server(pue=1.2))
    found = {turn.lever: turn for turn in turns(trace, here, there)}["pue"]
    assert found.at == pytest.approx(here.carbon.value / (there.carbon.value / 1.2))
    assert (found.at > 1, found.possible) == (possible, possible)


def test_the_rounds_that_break_even_are_the_budget_over_the_price_of_one():
    trace, on = synchronous(rounds=5), fleet()
    a, b = price(trace, on), central(trace.header, on, macs=MACS)
    found = {turn.lever: turn for turn in turns(trace, a, b)}["rounds"]
    assert found.now == 5
    assert found.at == pytest.approx(b.carbon.value / (a.carbon.value / 5))
    assert found.federated == "below"


def test_a_ratio_over_nothing_is_no_number():
    trace, on = synchronous(), fleet()
    assert ratio(price(trace, on), central(trace.header, on, macs=0.0)) is None
    with pytest.raises(InputError, match="costs nothing"):
        ratios(trace, on, [steady("x", 1.0)], macs=0.0)
    with pytest.raises(InputError, match="costs nothing"):
        ratios(trace, on, [steady("carbon-free", 0.0), steady("x", 1.0)], macs=1e10)

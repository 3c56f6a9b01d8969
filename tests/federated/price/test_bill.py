"""Bills by hand: what each term charges, that the parts are the whole, and what no price may do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.fleet import Place, steady
from setsuden.federated.price import Term, price
from setsuden.federated.trace import SERVER, Kind, Outcome, Trace, Work, aggregator
from setsuden.quantity import Estimate, Provenance
from tests.federated.price.builder import Builder, device, exact, fleet, group, server, synchronous, wired
from tests.schemas_support import validate


def joules(bill, term: Term) -> float:
    found = bill.by_term().get(term.value)
    return 0.0 if found is None else found.energy.value


def test_every_term_of_a_synchronous_training_by_hand():
    bill = price(synchronous(), fleet(), network="savazzi-50")
    assert joules(bill, Term.COMPUTE) == pytest.approx(3 * 2 * 2.0 * 10.0)  # clients x rounds x s x W
    assert joules(bill, Term.AWAKE) == pytest.approx(3 * 2 * (1.0 + 2.0) * 2.0)
    assert joules(bill, Term.NETWORK_DOWN) == pytest.approx(3 * 2 * 8e6 * 2e-5)
    assert joules(bill, Term.NETWORK_UP) == pytest.approx(3 * 2 * 8e6 * 2e-5)
    assert joules(bill, Term.AGGREGATION) == pytest.approx(2 * 1.0 * 100.0 * 1.5)
    assert joules(bill, Term.SERVER_IDLE) == pytest.approx(2 * 5.0 * 50.0 * 1.5)
    clients = sum(joules(bill, term) for term in (Term.COMPUTE, Term.AWAKE, Term.NETWORK_DOWN, Term.NETWORK_UP))
    servers = joules(bill, Term.AGGREGATION) + joules(bill, Term.SERVER_IDLE)
    assert bill.carbon.value == pytest.approx((clients * 400.0 + servers * 100.0) / 3.6e6)


def test_the_fleets_own_clock_agrees_with_the_clock_of_its_own_trace():
    trace, on = synchronous(), fleet()
    own, recorded = price(trace, on, clock="fleet"), price(trace, on, clock="trace")
    assert own.energy.value == pytest.approx(recorded.energy.value)
    assert own.duration_s == pytest.approx(recorded.duration_s)


def test_the_same_trace_on_a_fleet_half_as_fast_takes_longer_and_waits_for_the_slowest():
    made = synchronous()
    turns = made.turns._replace(waited_s=np.where(made.turns.node >= 0, 0.5, 0.0))
    slow, fast = group("slow", device=device(macs_per_s=5e8)), group("fast")
    on = fleet(slow, fast, counts=(1, 2))
    bill = price(replace(made, turns=turns), on)
    assert bill.duration_s == pytest.approx(2 * (1 + 4 + 2 + 1))
    assert joules(bill, Term.WAITING) == pytest.approx(2 * 2 * 2.0 * 2.0)  # rounds x fast clients x 2 s x 2 W


def test_a_client_that_drops_out_costs_what_it_spent_and_delivers_nothing():
    made = Builder(2).round(0, 0, 6).send(0, SERVER, 0, 1_000_000, 0, 1).turn(0, 0, 1e9, 1, 2, outcome=Outcome.DROPPED)
    bill = price(made.trace(), fleet(counts=(2,)), network="savazzi-50", clock="trace")
    assert joules(bill, Term.DISCARDED) == pytest.approx(10.0)
    assert joules(bill, Term.NETWORK_DOWN) == pytest.approx(160.0)
    assert joules(bill, Term.COMPUTE) == joules(bill, Term.NETWORK_UP) == 0
    each = bill.by_client()
    assert sorted(each.energy_j) == pytest.approx([0.0, 10.0 + 160.0 + 2.0])


def test_evaluation_personalisation_and_late_work_are_terms_of_their_own():
    made = Builder(1).round(0, 0, 9)
    for at, (work, outcome) in enumerate(
        [(Work.EVALUATE, Outcome.DONE), (Work.PERSONALISE, Outcome.DONE), (Work.TRAIN, Outcome.LATE)]
    ):
        made.turn(0, 0, 1e9, at, at + 1, work=work, outcome=outcome)
    made.turn(0, SERVER, 1e10, 4, 5, work=Work.EVALUATE)
    bill = price(made.trace(), fleet(counts=(1,)), clock="trace")
    for term in (Term.EVALUATION, Term.PERSONALISATION, Term.DISCARDED):
        assert joules(bill, term) == pytest.approx(10.0)
    assert joules(bill, Term.SERVER_EVALUATION) == pytest.approx(150.0)


def test_messages_between_peers_are_charged_once_to_the_network_and_at_both_radios():
    phone = group("phones", device=device(rx_w=exact(1.0, "W"), tx_w=exact(3.0, "W")))
    made = Builder(2).round(0, 0, 5).send(0, 0, 1, 1_000_000, 0, 2, Kind.PEER)
    bill = price(made.trace(), fleet(phone, counts=(2,)), network="savazzi-200", clock="trace")
    assert joules(bill, Term.PEER) == pytest.approx(8e6 * 5e-6)
    assert joules(bill, Term.RADIO_UP) == pytest.approx(2.0 * 3.0)
    assert joules(bill, Term.RADIO_DOWN) == pytest.approx(2.0 * 1.0)


def test_a_peer_that_sends_while_it_receives_is_awake_once():
    made = Builder(2).round(0, 0, 5)
    for sender in (0, 1):
        made.turn(0, sender, 1e9, 0, 1, waited=2.0).send(0, sender, 1 - sender, 1_000_000, 1, 3, Kind.PEER)
    made_in = group(device=device(embodied=exact(1e-3, "gCO2e/s")))
    bill = price(made.trace(), fleet(made_in, counts=(2,)), clock="trace")
    assert joules(bill, Term.AWAKE) == pytest.approx(2 * 2.0 * 2.0)
    assert joules(bill, Term.WAITING) == pytest.approx(2 * 2.0 * 2.0)
    assert bill.by_term()[Term.EMBODIED.value].carbon.value == pytest.approx(2 * 5 * 1e-3)  # five seconds, once


def test_peers_pay_for_no_server_and_nobody_for_tiers_that_are_not_used():
    made = Builder(2).round(0, 0, 5)
    for sender in (0, 1):
        made.turn(0, sender, 1e9, 0, 1).send(0, sender, 1 - sender, 1_000_000, 1, 3, Kind.PEER)
    made.turn(0, SERVER, 1e9, 5, 5, work=Work.EVALUATE)
    made_in = device("server", macs_per_s=1e10, embodied=exact(1e-3, "gCO2e/s"))
    on = fleet(counts=(2,), server=server(device=made_in), aggregators=(server(),))
    bill = price(made.trace(), on, clock="trace")
    assert joules(bill, Term.SERVER_EVALUATION) > 0
    for term in (Term.SERVER_IDLE, Term.AGGREGATOR_IDLE, Term.SERVER_EMBODIED):
        assert term.value not in bill.by_term()
    with_server = price(synchronous(2), on).by_term()
    assert {Term.SERVER_IDLE.value, Term.SERVER_EMBODIED.value} <= set(with_server)
    assert Term.AGGREGATOR_IDLE.value not in with_server


@pytest.mark.parametrize("count", [1.0, 2.0, 3.5])
def test_each_machine_that_is_kept_is_at_work_or_idle_all_the_time(count: float):
    bill = price(synchronous(rounds=2), fleet(server=server(count=count)))
    busy_s, whole_s = 2 * 1.0, 2 * 6.0
    assert joules(bill, Term.AGGREGATION) == pytest.approx(1.5 * 100 * busy_s)
    assert joules(bill, Term.SERVER_IDLE) == pytest.approx(1.5 * 50 * (count * whole_s - busy_s))


def test_peers_that_mix_models_pay_for_it():
    made = Builder(2).round(0, 0, 5).turn(0, 1, 1e9, 0, 1, work=Work.AGGREGATE)
    assert joules(price(made.trace(), fleet(counts=(2,)), clock="trace"), Term.MIXING) == pytest.approx(10.0)


def test_edge_aggregators_work_wait_and_relay_at_their_own_place():
    edge = server(g_per_kwh=800.0, pue=1.0)
    made = Builder(1).round(0, 0, 10)
    made.send(0, 0, aggregator(0), 1_000_000, 0, 2).send(0, aggregator(0), SERVER, 2_000_000, 3, 4)
    made.turn(0, aggregator(0), 1e10, 2, 3, work=Work.AGGREGATE)
    bill = price(made.trace(), fleet(counts=(1,), aggregators=(edge,)), network="savazzi-50", clock="trace")
    assert joules(bill, Term.AGGREGATOR) == pytest.approx(100.0)
    assert joules(bill, Term.AGGREGATOR_IDLE) == pytest.approx(9 * 50.0)
    assert joules(bill, Term.NETWORK_UP) == pytest.approx(3 * 8e6 * 2e-5)
    with pytest.raises(InputError, match="edge aggregators"):
        price(made.trace(), fleet(counts=(1,)))


def test_a_trace_of_more_clients_than_the_fleet_has_is_refused():
    with pytest.raises(InputError, match="3 clients, the fleet 2"):
        price(synchronous(), fleet(counts=(2,)))


def test_carbon_follows_the_hours_that_the_work_spans():
    place = Place("XX", tuple(float(hour) for hour in range(24)))
    made = Builder(1).round(0, 0, 7200).turn(0, 0, 3600e9, 1800, 5400)
    on = fleet(group(place=place), counts=(1,), start_utc_hour=22.0)
    bill = price(made.trace(), on, clock="trace", without=["server between tasks"])
    assert bill.carbon.value == pytest.approx(36000 / 3.6e6 * (22 + 23) / 2)


def test_work_that_was_measured_is_charged_as_measured_when_asked():
    made = Builder(1).round(0, 0, 5).turn(0, 0, 1e9, 0, 1, energy_j=3.25).trace()
    on = fleet(counts=(1,))
    assert joules(price(made, on, measured=True), Term.COMPUTE) == pytest.approx(3.25)
    assert joules(price(made, on), Term.COMPUTE) == pytest.approx(10.0)


def test_joules_per_mac_are_charged_per_mac_however_fast_the_client():
    frugal = replace(device(), active_w=None, j_per_mac=exact(3e-9, "J/MAC"))
    bill = price(synchronous(), fleet(group(device=frugal), counts=(3,)))
    assert joules(bill, Term.COMPUTE) == pytest.approx(6 * 2e9 * 3e-9)


def test_making_the_devices_is_carbon_without_energy_for_the_seconds_of_use():
    made = replace(device(), embodied=exact(0.5, "gCO2e/s"))
    bill = price(synchronous(), fleet(group(device=made), counts=(3,)))
    part = bill.by_term()[Term.EMBODIED.value]
    assert (part.energy.value, part.carbon.value) == (0.0, pytest.approx(6 * 5.0 * 0.5))
    assert bill.carbon.boundary.embodied


def test_only_what_was_declared_of_its_making_is_charged():
    made = replace(device("known"), embodied=exact(0.5, "gCO2e/s"))
    on = fleet(group("known", device=made), group("unknown"), counts=(1, 2))
    bill = price(synchronous(), on)
    assert bill.by_term()[Term.EMBODIED.value].carbon.value == pytest.approx(2 * 5.0 * 0.5)
    assert bill.embodied
    assert not price(synchronous(), fleet()).embodied


def test_making_a_server_counts_even_where_its_low_end_is_nothing():
    maybe = Estimate(0.2, 0.0, 0.4, "gCO2e/s", Provenance.ASSUMED)
    machine = replace(server(), device=replace(server().device, embodied=maybe))
    part = price(synchronous(), fleet(server=machine)).by_term()[Term.SERVER_EMBODIED.value]
    assert (part.carbon.low, part.carbon.value, part.carbon.high) == pytest.approx((0.0, 12 * 0.2, 12 * 0.4))


def test_a_share_is_its_terms_over_the_total():
    bill = price(synchronous(), fleet(), network="savazzi-50")
    joules_of_clients = joules(bill, Term.COMPUTE) + joules(bill, Term.AWAKE)
    assert bill.share(Term.COMPUTE, Term.AWAKE, of="energy") == pytest.approx(joules_of_clients / bill.energy.value)
    assert bill.share(Term.COMPUTE) == pytest.approx(120.0 * 400 / 3.6e6 / bill.carbon.value)
    assert bill.share(*Term) == pytest.approx(1.0)
    with pytest.raises(InputError, match="no shares"):
        price(Builder(1).trace(), fleet(counts=(1,))).share(Term.COMPUTE)


def test_single_clients_stay_out_of_a_document_unless_asked_for():
    bill = price(synchronous(), fleet())
    for clients in (False, True):
        validate("bill", bill.to_json(clients=clients))
    assert Term.EMBODIED.value not in bill.by_term()
    assert "by_client" not in bill.to_json()
    assert len(bill.to_json(clients=True)["by_client"]["energy_j"]) == 3
    assert bill.boundary["waiting"] == "counted"
    assert price(synchronous(), fleet(), without=["waiting"]).boundary["waiting"] == "left out"


def test_each_links_own_network_is_charged_on_average_or_at_the_margin():
    one = wired().network
    for view, per_bit in (("attribution", one.average), ("marginal", one.marginal)):
        bill = price(synchronous(), fleet(), network=view)
        assert joules(bill, Term.NETWORK_UP) == pytest.approx(3 * 2 * 8e6 * per_bit.value)
        assert view in bill.boundary["network model"]


def test_the_grid_of_the_network_can_be_the_servers_or_that_of_who_sends():
    def network_g(**terms: object) -> tuple[float, float]:
        parts = price(synchronous(), fleet(), network="nebula", **terms).by_term()
        return parts["network down"].carbon.value, parts["network up"].carbon.value

    down, up = network_g()
    assert network_g(network_grid="server") == (pytest.approx(down / 4), pytest.approx(up / 4))
    assert network_g(network_grid="sender") == (pytest.approx(down / 4), pytest.approx(up))
    assert network_g(pue_on_network=True) == (pytest.approx(down * 1.5), pytest.approx(up * 1.5))


def test_a_published_model_that_holds_the_devices_power_leaves_its_radio_out():
    phone = group("phones", device=device(rx_w=exact(1.0, "W"), tx_w=exact(3.0, "W")))
    charged = price(synchronous(), fleet(phone, counts=(3,)), network="fedgreen")
    assert joules(charged, Term.RADIO_UP) == joules(charged, Term.RADIO_DOWN) == joules(charged, Term.AWAKE) == 0
    assert joules(charged, Term.COMPUTE) > 0


@st.composite
def federations(draw: st.DrawFn) -> tuple[Trace, object]:
    """Any trace of up to four clients, on a fleet of up to three groups in places with and without hours."""
    groups = draw(st.integers(1, 3))
    clients = draw(st.integers(groups, 5))
    figure = st.floats(0.01, 1e3)
    kinds = [
        group(
            f"g{index}",
            device=device(f"d{index}", macs_per_s=draw(figure) * 1e6, active_w=draw(figure), idle_w=draw(figure)),
            link=wired(draw(figure) * 1e3, draw(figure) * 1e3),
            place=Place(f"P{index}", tuple(draw(st.lists(st.floats(0, 900), min_size=24, max_size=24))), 0.8, 1.3),
            speed_spread=draw(st.floats(0, 1)),
        )
        for index in range(groups)
    ]
    counts = [1] * groups
    counts[0] += clients - groups
    on = fleet(*kinds, counts=tuple(counts), start_utc_hour=draw(st.floats(0, 23.9)))
    made = Builder(clients)
    begin = 0.0
    for number in range(draw(st.integers(1, 3))):
        end = begin + draw(st.floats(1, 1e5))
        made.round(number, begin, end)
        for client in range(clients):
            if draw(st.booleans()):
                outcome = draw(st.sampled_from(list(Outcome)))
                work = draw(st.sampled_from([Work.TRAIN, Work.EVALUATE, Work.PERSONALISE]))
                made.send(number, SERVER, client, draw(st.integers(0, 10**7)), begin, begin)
                made.turn(
                    number,
                    client,
                    draw(st.floats(0, 1e9)),
                    begin,
                    end,
                    work=work,
                    outcome=outcome,
                    waited=draw(st.floats(0, 10)),
                )
                made.send(number, client, SERVER, draw(st.integers(0, 10**7)), end, end)
        made.turn(number, SERVER, draw(st.floats(0, 1e9)), end, end, work=Work.AGGREGATE)
        begin = end
    return made.trace(), on


@settings(max_examples=60, deadline=None)
@given(federations(), st.sampled_from(["attribution", "marginal", "nebula", "wu-router"]))
def test_every_grouping_adds_up_to_the_total_to_the_last_bit(federation, network):
    trace, on = federation
    bill = price(trace, on, network=network)
    for table in (bill.by_term(), bill.by_party(), bill.by_country(), bill.by_device()):
        for name in ("energy", "carbon"):
            for end in ("value", "low", "high"):
                parts = [getattr(getattr(cost, name), end) for cost in table.values()]
                assert sum(parts) == getattr(getattr(bill, name), end)
    _, by_round, grams = bill.by_round()
    assert (by_round.sum(), grams.sum()) == (bill.energy.value, bill.carbon.value)
    server = bill.by_party().get("server")
    assert bill.by_client().energy_j.sum() + (server.energy.value if server else 0) == bill.energy.value
    assert bill.energy.low <= bill.energy.value <= bill.energy.high


@settings(max_examples=40, deadline=None)
@given(federations(), st.floats(0, 50))
def test_a_bill_is_linear_in_the_grid(federation, factor):
    trace, on = federation

    def scaled(k: float):
        def there(place: Place) -> Place:
            return replace(place, hours=tuple(k * hour for hour in place.hours))

        return replace(
            on,
            groups=tuple(replace(one, place=there(one.place)) for one in on.groups),
            server=replace(on.server, place=there(on.server.place)),
        )

    once, times = price(trace, scaled(1.0)), price(trace, scaled(factor))
    assert times.carbon.value == pytest.approx(factor * once.carbon.value, rel=1e-9, abs=1e-12)
    assert times.energy.value == once.energy.value


@settings(max_examples=40, deadline=None)
@given(federations())
def test_without_bytes_there_is_no_network_and_no_radio(federation):
    trace, on = federation
    silent = replace(trace, sends=trace.sends._replace(bytes=np.zeros_like(trace.sends.bytes)))
    bill = price(silent, on, network="nebula")
    for term in (Term.NETWORK_DOWN, Term.NETWORK_UP, Term.RADIO_DOWN, Term.RADIO_UP, Term.AWAKE, Term.PEER):
        assert joules(bill, term) == 0


@settings(max_examples=10, deadline=None)
@given(federations())
def test_more_lines_in_a_bill_never_make_it_cheaper_and_terms_switch_off_one_by_one(federation):
    trace, on = federation
    whole = price(trace, on)
    for term in Term:
        less = price(trace, on, without=[term])
        gap = whole.energy.value - less.energy.value
        assert gap == pytest.approx(joules(whole, term), rel=1e-9, abs=1e-9 * whole.energy.value + 1e-12)


def test_a_trace_of_nothing_costs_nothing():
    bill = price(Builder(1).trace(), fleet(counts=(1,)))
    assert (bill.energy.value, bill.carbon.value, bill.by_term(), bill.duration_s) == (0.0, 0.0, {}, 0.0)


def test_a_place_is_steady_or_has_whole_days():
    with pytest.raises(InputError, match="24 hours"):
        Place("XX", (1.0,) * 23)
    assert steady("XX", 5.0).mean == 5.0

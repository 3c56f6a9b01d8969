"""Accounting forms against their own formulas, and what they refuse to guess."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError
from setsuden.federated.price import FORMS, Term, price, rule
from setsuden.federated.price.term import terms
from setsuden.federated.trace import SERVER, Kind, Outcome
from setsuden.placement.network import published, published_names
from tests.federated.price.builder import Builder, device, exact, fleet, group, synchronous

COMPUTE_S, DOWN_S, UP_S, TURNS = 2.0, 1.0, 2.0, 6


def test_the_form_of_qiu_as_wu_restates_it_charges_the_router_alone():
    bill = price(synchronous(), fleet(), "qiu2023", variant="wu", router_w=7.5)
    assert bill.energy.value == pytest.approx(TURNS * (10.0 * COMPUTE_S + 7.5 * (DOWN_S + UP_S)))


def test_the_form_of_qiu_as_fedgreen_codes_it_charges_the_client_while_it_transfers():
    bill = price(synchronous(), fleet(), "qiu2023", variant="fedgreen", router_w=4, client_w=10)
    size_mbit, down, up = 8.0, 8.0, 4.0
    transfer = size_mbit * (1 / down + 1 / up) * (4 + 10)
    assert bill.energy.value == pytest.approx(TURNS * (10.0 * COMPUTE_S + transfer))


def test_wu_charges_three_watts_and_a_router_whatever_the_device():
    heavy = group(device=device(active_w=999.0))
    bill = price(synchronous(), fleet(heavy), "wu2022")
    assert bill.energy.value == pytest.approx(TURNS * (3.0 * COMPUTE_S + 7.5 * (DOWN_S + UP_S)))


def test_greenfl_counts_drop_outs_radio_both_ways_bits_and_two_servers_of_45_watts():
    phone = group(device=device(rx_w=exact(1.0, "W"), tx_w=exact(3.0, "W")), g_per_kwh=500.0)
    bill = price(synchronous(), fleet(phone), "greenfl2023", network_j_per_bit=1e-7, server_g_per_kwh=200.0)
    clients = TURNS * (10.0 * COMPUTE_S + 1.0 * DOWN_S + 3.0 * UP_S + 2 * 8e6 * 1e-7)
    servers = 90.0 * 12.0 * 1.09
    assert bill.by_party()["server"].energy.value == pytest.approx(servers)
    made = Builder(1).round(0, 0, 10).turn(0, 0, 1e9, 0, 1, outcome=Outcome.DROPPED).trace()
    alone = price(
        made, fleet(phone, counts=(1,)), "greenfl2023", network_j_per_bit=0, server_g_per_kwh=200, clock="trace"
    )
    assert alone.energy.value == pytest.approx(10.0 + 90.0 * 10.0 * 1.09)
    assert bill.carbon.value == pytest.approx((clients * 500 + servers * 200) / 3.6e6)


def test_nvflare_prices_every_site_on_one_grid_and_both_ways_by_the_gigabyte():
    bill = price(synchronous(), fleet(), "nvflare2026")
    network = bill.by_term()["network down"].energy.value + bill.by_term()["network up"].energy.value
    assert network == pytest.approx(2 * 0.006 * 0.01 * 3.6e6)  # 6 MB down and 6 MB up at 0.01 kWh/GB
    assert bill.carbon.value == pytest.approx(bill.energy.value / 3.6e6 * 475.0)
    assert bill.boundary["constant 1"].startswith("arXiv 2602.00343")


def test_link_efficiency_is_the_sum_of_reference_and_says_it_is_our_own():
    made = Builder(2).round(0, 0, 4)
    for client in range(2):
        made.turn(0, client, 1e9, 0, 1).send(0, client, 1 - client, 500_000, 1, 2, Kind.PEER)
    bill = price(
        made.trace(), fleet(counts=(2,)), "link_efficiency", up_bit_per_j=5e4, down_bit_per_j=5e4, side_bit_per_j=2e5
    )
    assert bill.energy.value == pytest.approx(2 * (10.0 + 4e6 / 2e5))
    assert "own form" in bill.form


def test_constants_that_a_paper_does_not_print_must_be_given():
    for form, missing in (
        ("qiu2023", "variant, router_w"),
        ("greenfl2023", "network_j_per_bit, server_g_per_kwh"),
        ("link_efficiency", "up_bit_per_j, down_bit_per_j"),
    ):
        with pytest.raises(InputError, match=f"needs {missing}"):
            rule(form)
    with pytest.raises(InputError, match="client_w belongs"):
        rule("qiu2023", variant="fedgreen", router_w=4)
    with pytest.raises(InputError, match="no argument puue"):
        rule("setsuden", puue=1)
    with pytest.raises(InputError, match="unknown accounting form"):
        rule("savazzi2022")
    with pytest.raises(InputError, match="no such term"):
        rule("setsuden", without=["wating"])
    with pytest.raises(InputError, match=r"Use one of: compute, waiting\.$"):
        terms(["wating"], [Term.WAITING, Term.COMPUTE])
    with pytest.raises(InputError, match="unknown network model"):
        rule("setsuden", network="guess")


def test_the_nine_network_models_price_one_round_trip_as_published():
    size = 43_700_000
    made = Builder(1).round(0, 0, 9).send(0, SERVER, 0, size).send(0, 0, SERVER, size).trace()
    found = {}
    for name in published_names():
        parts = price(made, fleet(counts=(1,)), network=name).by_term()
        found[name] = parts["network down"].energy.value + parts["network up"].energy.value
        assert found[name] == pytest.approx(published(name).energy_j(size, size))
    assert max(found.values()) / min(found.values()) == pytest.approx(384, rel=2e-3)


def test_every_form_prints_every_term_of_its_boundary():
    given = {
        "qiu2023": {"variant": "wu", "router_w": 7.5},
        "greenfl2023": {"network_j_per_bit": 1e-7, "server_g_per_kwh": 100.0},
        "link_efficiency": {"up_bit_per_j": 1e5, "down_bit_per_j": 1e5},
    }
    for form in FORMS:
        printed = rule(form, **given.get(form, {})).boundary()
        assert all(printed[term.value].startswith(("counted", "left out")) for term in Term)
        assert printed["network model"]


@pytest.mark.parametrize("bit_per_j", [0.0, -1.0])
def test_a_link_that_moves_no_bit_per_joule_is_refused(bit_per_j: float):
    with pytest.raises(InputError, match="down_bit_per_j"):
        price(synchronous(), fleet(), "link_efficiency", up_bit_per_j=1e5, down_bit_per_j=bit_per_j)

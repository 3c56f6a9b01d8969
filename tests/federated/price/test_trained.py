"""Trainings of the embedded engine in a fleet's world, priced on that fleet and on others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from setsuden.federated import engine
from setsuden.federated.failures import Failures
from setsuden.federated.fleet import ALWAYS, load_example, steady, world
from setsuden.federated.partition import dirichlet
from setsuden.federated.price import Term, price
from setsuden.federated.stop import Stop
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.federated.topology import Full, Gossip, Hierarchical, Ring, Server
from setsuden.federated.trace import Trace
from setsuden.quantity import Estimate, Provenance
from setsuden.workload.data import load
from tests.federated.price.builder import server

CLIENTS = 12


@pytest.fixture(scope="module")
def fleet():
    found = load_example(CLIENTS)
    awake = tuple(replace(one, available=ALWAYS) for one in found.groups)
    return replace(found, groups=awake, aggregators=(server(), server()))


def trained(fleet, **more) -> Trace:
    data = load("digits")
    task = FederatedTask(
        study="priced",
        model="logistic",
        data=data,
        partition=dirichlet(data, CLIENTS, 0.3, 0),
        local=LocalTraining(batch_size=32),
        stop=Stop(rounds=3),
        **more,
    )
    return engine.run(task, world(fleet, CLIENTS), workers=1).trace


@pytest.mark.parametrize("topology", [Server(), Ring(), Hierarchical(aggregators=2)], ids=lambda one: one.name)
def test_a_training_in_the_fleets_world_costs_the_same_on_its_own_clock_and_on_the_fleets(fleet, topology):
    trace = trained(fleet, topology=topology)
    own = price(trace, fleet)
    assert own.clock == "trace"
    again = price(trace, fleet, clock="fleet")
    assert again.energy.value == pytest.approx(own.energy.value, rel=0.05)
    parts = own.by_party()
    assert sum(cost.energy.value for cost in parts.values()) == own.energy.value


@pytest.mark.parametrize(
    "topology",
    [Server(), Hierarchical(aggregators=2), Ring(), Ring(steps=3), Gossip(degree=4), Full()],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("clock", ["trace", "fleet"])
def test_every_second_of_a_client_is_charged_once_training_sending_receiving_or_waiting(fleet, topology, clock):
    trace = trained(fleet, topology=topology)
    idle_w, active_w = 2.0, 7.0
    watts = {name: Estimate.exact(value, "W", Provenance.ASSUMED) for name, value in
             (("idle_w", idle_w), ("active_w", active_w))}  # fmt: skip
    alike = tuple(replace(one, device=replace(one.device, j_per_mac=None, **watts)) for one in fleet.groups)
    bill = price(trace, replace(fleet, groups=alike), clock=clock)
    found = {term: cost.energy.value for term, cost in bill.by_term().items()}
    seconds = found[Term.COMPUTE.value] / active_w
    if clock == "fleet":  # in the trace, mixing takes no time
        seconds += found.get(Term.MIXING.value, 0.0) / active_w
    seconds += (found[Term.AWAKE.value] + found[Term.WAITING.value]) / idle_w
    machines_s = float(trace.turns.macs[trace.turns.node < 0].sum()) / 1e11 if clock == "fleet" else 0.0
    assert seconds == pytest.approx(CLIENTS * (bill.duration_s - machines_s), rel=1e-3)


def test_drop_outs_of_a_real_training_cost_what_they_spent(fleet):
    trace = trained(fleet, failures=Failures(drop_share=0.4, time_out_s=30.0))
    bill = price(trace, fleet)
    lost = bill.by_term()[Term.DISCARDED.value].energy.value
    failed = (trace.turns.node >= 0) & (trace.turns.outcome != 0)
    watts = np.array([one.device.active_w.value for one in fleet.groups])[fleet.group[trace.turns.node[failed]]]
    seconds = trace.turns.macs[failed] / fleet.speed[trace.turns.node[failed]]
    assert lost == pytest.approx(float((watts * seconds).sum()))


def test_the_same_training_is_dirtier_on_a_dirtier_grid_in_proportion(fleet):
    trace = trained(fleet)
    clean, dirty = (price(trace, fleet.moved(steady("x", grams))).carbon.value for grams in (100.0, 700.0))
    assert dirty == pytest.approx(7 * clean)

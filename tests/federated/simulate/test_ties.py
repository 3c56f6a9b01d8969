"""Clients that are exactly alike, as a fleet declared without spread has them, mislead neither form."""

from __future__ import annotations

import numpy as np
import pytest

from setsuden.federated import fleet
from setsuden.federated.simulate import Synchronous, Work, closed_form, events
from setsuden.places import parse_yaml
from tests.federated.study.support import FLEET


@pytest.mark.parametrize(("clients", "cohort"), [(4, 4), (100, 100), (100, 60), (4000, 50)])
def test_two_kinds_of_clients_without_any_spread_cost_the_same_in_both_forms(clients: int, cohort: int) -> None:
    declared = parse_yaml(FLEET.replace("\n  ", "\n").replace("fleet:\n", ""), "fleet.yaml", "federate")
    there = fleet.read(declared, clients)
    work = Work(samples=np.full(clients, 50.0), macs_per_sample=1e5, bytes_down=2600, bytes_up=2600)
    schedule = Synchronous(rounds=400, cohort=cohort, waiting=True)
    expected, drawn = closed_form(there, work, schedule), events(there, work, schedule)
    assert expected.delivered == pytest.approx(drawn.delivered, rel=1e-9)
    assert expected.carbon_g == pytest.approx(drawn.carbon_g, rel=0.02)

"""Placing inference: what must hold whatever the figures, and what a split, a batch and a carbon objective do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.placement.inference import Layer, answer, batched, decide_each, placements, winner_map
from setsuden.placement.inference.answer import if_on_anyway, intensities
from setsuden.placement.inference.machine import with_server_idle
from setsuden.placement.inference.study import Local
from setsuden.placement.inference.words import PlaceWords
from setsuden.placement.network import VIEWS, published, radio
from setsuden.quantity import Estimate, Provenance
from tests.placement.support import exact, machine, study

positive = st.floats(1e-3, 1e3)


@settings(deadline=None, max_examples=15)
@given(device=positive, cloud=positive, payload=st.floats(0.1, 1e4))
def test_the_recommendation_is_the_cheaper_one_by_hand(device: float, cloud: float, payload: float) -> None:
    found = answer(study(machine(device, 0.1), machine(cloud, 0.1), payload_kb=payload))
    for view, per_bit in (("attribution", 0.03 * 4.5e-4), ("marginal", 3e-8)):
        remote = 1.15 * cloud + payload * 8e3 * (per_bit + 8.7e-8)
        recommended = found.views[view].decision.recommended  # type: ignore[index]
        if abs(remote - device) > 1e-9 * device:
            assert recommended == ("cloud" if remote < device else "device")


def test_at_the_break_even_payload_both_take_the_same() -> None:
    question = study(machine(2.0, 0.3), machine(0.01, 0.001))
    for view in VIEWS:
        (point,) = [p for p in answer(question).views[view].break_points if p.factor == "payload_kb"]
        assert point.value is not None
        there = answer(replace(question, up_kb=exact(point.value, "kB/request")))
        device, cloud = (there.views[view].figure(name, "energy") for name in ("device", "cloud"))
        assert device is not None
        assert cloud is not None
        assert device.value == pytest.approx(cloud.value)


def test_waiting_is_charged_by_its_share_and_divided_among_those_who_share() -> None:
    base = study(machine(2.0, 0.5, 2.0), machine(0.01, 0.001), rate_per_s=0.1, idle_share=1.0)
    (device, _) = placements(base, "marginal")
    weights = answer(base).weights
    assert device.energy(weights).value == pytest.approx(2.0 + 2.0 * (10 - 0.5))
    half = replace(base, device=replace(base.device, idle_share=0.5))
    assert placements(half, "marginal")[0].energy(weights).value == pytest.approx(2.0 + 0.5 * 2.0 * (10 - 0.5))
    shared = replace(base, edge=Local(machine(2.0, 0.5, 2.0), 1.0, shared_by=4))
    edge = placements(shared, "marginal")[1]
    waiting = [term.at(weights).value for term in edge.terms if term.kind == "waiting"]
    assert waiting == pytest.approx([2.0 * 10 / 4])


def test_charging_for_waiting_needs_its_watts() -> None:
    with pytest.raises(InputError, match="idle_share: 0"):
        answer(study(machine(2.0, 0.5), machine(0.01, 0.001), idle_share=1.0))


def test_a_device_that_cannot_keep_up_is_not_recommended() -> None:
    question = study(machine(0.001, 2.0), machine(5.0, 0.001), rate_per_s=1.0)
    found = answer(question)
    assert {view.decision.recommended for view in found.views.values()} == {"cloud"}


def test_who_comes_next_is_named_in_a_tie_and_nobody_where_no_other_keeps_up() -> None:
    slow = PlaceWords(answer(study(machine(0.001, 2.0), machine(5.0, 0.001), rate_per_s=1.0)), "en").said()
    assert all("no other placement keeps up" in line for line in slow.sure)
    base = study(machine(1.8, 0.3), machine(1.8, 0.3))
    free = replace(base.link, average=exact(0.0, "J/bit"), marginal=exact(0.0, "J/bit"))
    wired = replace(base, radio=radio("wired"), link=free, cloud=replace(base.cloud, pue=exact(1.0, "1")))
    tie = PlaceWords(answer(wired), "en").said()
    assert all("too close to call" in line and "next: the device" in line for line in tie.sure)


def test_a_latency_limit_that_nothing_keeps_leaves_no_recommendation() -> None:
    question = replace(study(machine(1.0, 2.0), machine(1.0, 0.001)), latency_limit_s=0.001)
    found = answer(question)
    assert found.views["marginal"].decision.recommended is None
    assert found.published[0].winner is None


def test_a_new_connection_adds_its_standing_power_to_the_decision_view_only() -> None:
    question = study(machine(2.0, 0.3), machine(0.01, 0.001), rate_per_s=1 / 30, network="mobile")
    plain, new = (answer(replace(question, new_connection=flag)) for flag in (False, True))
    gain = [
        new.views[view].figure("cloud", "energy").value - plain.views[view].figure("cloud", "energy").value  # type: ignore[union-attr]
        for view in VIEWS
    ]
    assert gain == pytest.approx([0.0, 1.2 * 30])


def test_splits_include_the_ends_and_the_best_cut_is_found_by_brute_force() -> None:
    layers = (Layer("a", 10, 200_000), Layer("b", 40, 900), Layer("c", 50, 40))
    question = replace(study(machine(1.0, 0.3), machine(0.5, 0.001), payload_kb=500), layers=layers)
    found = answer(question)
    per_kb = 8e3 * (0.03 * 4.5e-4 + 8.7e-8)
    cuts = {
        f"split:{k}": 1.0 * done + size / 1e3 * per_kb + 1.15 * 0.5 * (1 - done)
        for k, (done, size) in enumerate(((0.1, 200_000), (0.5, 900)), start=1)
    }
    kept = found.views["attribution"].placements[-1]
    assert kept.id == min(cuts, key=cuts.__getitem__)
    assert kept.energy(found.weights).value == pytest.approx(cuts[kept.id])
    ends = min(found.views["attribution"].figure(name, "energy").value for name in ("device", "cloud"))  # type: ignore[union-attr]
    assert found.views["attribution"].best_split_is_end == (ends <= min(cuts.values()))


def test_a_batch_shares_what_is_paid_once() -> None:
    single, full = machine(0.2, 1e-2), machine(0.01, 1e-4)
    assert batched(single, full, 1).energy.value == pytest.approx(0.2)
    assert batched(single, full, 4).energy.value == pytest.approx(0.01 + 0.19 / 4)
    with pytest.raises(InputError, match="batch"):
        batched(single, full, 0.5)


def test_the_carbon_objective_follows_the_cleaner_grid() -> None:
    question = study(machine(1.0, 0.3), machine(1.2, 0.001), payload_kb=1)
    dirty = replace(question, device_intensity=exact(800, "gCO2e/kWh"), cloud_intensity=exact(20, "gCO2e/kWh"))
    assert answer(dirty).views["marginal"].decision.recommended == "device"
    assert answer(replace(dirty, objective="carbon")).views["marginal"].decision.recommended == "cloud"


def test_the_map_agrees_with_the_decision_in_every_corner() -> None:
    base = study(machine(2.0, 0.3, 1.6), machine(0.01, 0.001), idle_share=1.0)
    found = placements(base, "attribution")
    options = [item.option(intensities(base)) for item in found]
    payloads, rates = (1.0, 100.0, 10_000.0), (1e-4, 0.1, 3.0)
    drawn = winner_map(
        options, "energy", answer(base).weights, payloads, rates, busy_s={item.id: item.busy_s for item in found}
    )
    for j, rate in enumerate(rates):
        for i, payload in enumerate(payloads):
            case = replace(base, up_kb=exact(payload, "kB/request"), rate_per_s=exact(rate, "request/s"))
            assert drawn.ids[drawn.winner[j][i]] == answer(case).views["attribution"].decision.recommended
            assert 0 <= drawn.probability[j][i] <= 1


def test_what_wins_by_far_wins_in_every_draw_and_no_payload_is_negative() -> None:
    base = study(machine(1e-6, 0.3), machine(1.0, 0.001))
    found = placements(base, "attribution")
    options = [item.option(intensities(base)) for item in found]
    busy = {item.id: item.busy_s for item in found}
    weights = answer(base).weights
    drawn = winner_map(options, "energy", weights, [0.0, 1e3], [0.1, 1.0], busy_s=busy)
    assert {drawn.ids[cell] for row in drawn.winner for cell in row} == {"device"}
    assert {cell for row in drawn.probability for cell in row} == {1.0}
    with pytest.raises(InputError, match="at least 0"):
        winner_map(options, "energy", weights, [1e3, -1.0], [0.1, 1.0], busy_s=busy)


def test_the_same_seed_gives_the_same_answer() -> None:
    question = study(machine(2.0, 0.3, 1.6), machine(0.01, 0.001), idle_share=1.0)
    first, second = answer(question, seed=5), answer(question, seed=5)
    assert first.views["marginal"].decision == second.views["marginal"].decision
    assert np.array_equal(first.views["marginal"].map.probability, second.views["marginal"].map.probability)


def test_hops_flip_the_choice_where_a_figure_per_hop_is_given() -> None:
    question = replace(study(machine(1.0, 0.3), machine(0.01, 0.001)), per_hop=exact(1e-7, "J/bit"), hops=2.0)
    (point,) = [p for p in answer(question).views["marginal"].break_points if p.factor == "hops"]
    assert point.value is not None
    there = answer(replace(question, hops=point.value))
    device, cloud = (there.views["marginal"].figure(name, "energy") for name in ("device", "cloud"))
    assert device is not None
    assert cloud is not None
    assert device.value == pytest.approx(cloud.value)


def test_a_figure_per_hop_that_is_unsure_spreads_the_number_of_hops() -> None:
    sure = replace(study(machine(1.0, 0.3), machine(0.01, 0.001)), per_hop=exact(1e-7, "J/bit"), hops=2.0)
    unsure = replace(sure, per_hop=Estimate(1e-7, 5e-8, 4e-7, "J/bit", Provenance.ASSUMED))
    point, spread = (
        next(p for p in answer(question).views["marginal"].break_points if p.factor == "hops")
        for question in (sure, unsure)
    )
    assert spread.value == pytest.approx(point.value)
    assert (spread.low, spread.high) == pytest.approx((point.value / 4, point.value * 2))


def test_a_server_of_unknown_idle_power_takes_the_usual_share_of_its_full_power() -> None:
    share = default("d_idle")
    found = with_server_idle(machine(10.0, 0.1)).idle
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx(
        (100 * share.low, 100 * share.centre, 100 * share.high)
    )
    assert found.unit == "W"
    known = machine(10.0, 0.1, 7.0)
    assert with_server_idle(known) is known


def test_many_situations_at_once_decide_as_one_by_one() -> None:
    base = study(machine(2.0, 0.3, 1.6), machine(0.01, 0.001), idle_share=1.0)
    cases = [(1.0, 0.001), (100.0, 1.0), (10_000.0, 0.5)]
    found = decide_each(base, "attribution", [(exact(p, "kB/request"), exact(r, "request/s")) for p, r in cases], n=200)
    for (payload, rate), decision in zip(cases, found, strict=True):
        case = replace(base, up_kb=exact(payload, "kB/request"), rate_per_s=exact(rate, "request/s"))
        assert decision.recommended == answer(case).views["attribution"].decision.recommended


def test_a_published_network_is_charged_on_average_wherever_a_study_is_decided() -> None:
    """Carrying 880 kbit takes 12 J on average and 17.6 J at the published 20 uJ a bit; the device takes 15 J."""
    base = study(machine(15.0, 0.3), machine(0.01, 0.001))
    dear = replace(base, published=published("savazzi-50"))
    for question, recommended in ((base, "cloud"), (dear, "device")):
        assert answer(question).views["attribution"].decision.recommended == recommended
        for view in VIEWS:
            (each,) = decide_each(question, view, [(base.up_kb, base.rate_per_s)], n=200)
            assert each.recommended == answer(question).views[view].decision.recommended
    assert placements(dear, "marginal") == placements(base, "marginal")


def test_were_it_on_anyway_the_device_is_chosen_on_the_network_that_the_study_names() -> None:
    waits = study(machine(15.0, 0.3, 0.05), machine(0.01, 0.001), idle_share=1.0)
    dear = replace(waits, published=published("savazzi-50"))
    assert answer(dear).views["attribution"].decision.recommended == "cloud"
    assert if_on_anyway(dear) == {"attribution": "device", "marginal": "cloud"}
    assert if_on_anyway(waits) == {"attribution": "cloud", "marginal": "cloud"}


def test_a_request_that_takes_longer_than_the_time_to_the_next_one_is_not_served_there() -> None:
    busy = study(machine(0.001, 0.3), machine(5.0, 0.001))
    slow, fast = decide_each(busy, "marginal", [(busy.up_kb, exact(rate, "request/s")) for rate in (3.0, 4.0)], n=200)
    assert (slow.recommended, fast.recommended) == ("device", "cloud")


def test_a_choice_that_is_too_close_is_said_to_be() -> None:
    unsure = replace(machine(0.14, 0.1), energy=replace(exact(0.14, "J/request"), low=0.014, high=1.4))
    said = PlaceWords(answer(study(unsure, machine(0.1, 0.001), payload_kb=0.1)), "en").said()
    assert said.headline.startswith("Too close to call")
    assert "too close to call" in said.sure[0]


def test_the_boundary_of_carbon_holds_making_only_where_a_machine_states_it() -> None:
    base = study(machine(2.0, 0.3, 1.6), machine(0.01, 0.001), idle_share=1.0)
    made = replace(base, device=replace(base.device, making=exact(1e-4, "gCO2e/s")), objective="carbon")
    plain = answer(replace(base, objective="carbon")).views["marginal"].figure("cloud", "carbon")
    device, cloud = (answer(made).views["marginal"].figure(name, "carbon") for name in ("device", "cloud"))
    assert plain is not None
    assert device is not None
    assert cloud is not None
    assert str(plain.boundary) == "node+PUE+network"
    assert str(device.boundary) == str(cloud.boundary) == "node+PUE+network+embodied"

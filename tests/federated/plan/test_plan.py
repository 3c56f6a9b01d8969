"""Plans on fleets made up for it: the best is found by brute force, limits are kept, and federating can lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet, Place, build, steady
from setsuden.federated.plan import (
    Around,
    Asking,
    Limits,
    Packing,
    RoundsToTarget,
    Setting,
    from_trace,
    plan,
    settings,
)
from setsuden.federated.price import central
from setsuden.federated.simulate import Synchronous, Work, closed_form
from setsuden.quantity import Estimate, Provenance
from tests.federated.price.builder import device, exact, group, server, synchronous

AT = Setting(epochs=1, concurrency=10)
NIGHTLY = Place("night", tuple(50.0 if hour < 12 else 600.0 for hour in range(24)))


def clients(*groups, each: int = 200) -> Fleet:
    return build(groups or (group(),), [each] * max(1, len(groups)), server())


def doing(fleet: Fleet) -> Work:
    return Work(samples=np.full(fleet.clients, 50.0), macs_per_sample=1e8, bytes_down=1_000_000, bytes_up=1_000_000)


def known(rounds: float = 100.0, **more) -> RoundsToTarget:
    rule = {"by_epochs": exact(0.5, "1"), "by_concurrency": exact(0.25, "1")} | more
    return RoundsToTarget(rounds=exact(rounds, "1"), at=AT, **rule)


def test_the_least_carbon_is_that_of_brute_force():
    fleet = clients(group(place=NIGHTLY))
    choices = settings(epochs=(1, 2, 4), concurrency=(5, 10, 20), start_hours=(0.0, 12.0))
    found = plan(fleet, doing(fleet), known(), choices)
    carbon = {}
    for one in choices:
        number = int(np.ceil(100 * (1 / one.epochs) ** 0.5 * (10 / one.concurrency) ** 0.25 - 1e-9))
        work = replace(doing(fleet), epochs=one.epochs)
        there = replace(fleet, start_utc_hour=one.start_hour)
        carbon[one.id] = closed_form(there, work, Synchronous(rounds=number, cohort=one.concurrency)).carbon_g
    assert found.decision.recommended == min(carbon, key=carbon.__getitem__)
    assert found.answer == "federated"
    for name, grams in carbon.items():
        assert found.candidate(name).simulation.carbon_g == pytest.approx(grams)
    assert found.candidate(found.decision.recommended).setting.start_hour == 0.0


def test_the_front_is_what_nothing_beats_on_carbon_and_time():
    fleet = clients()
    found = plan(fleet, doing(fleet), known(), settings(epochs=(1, 3, 10), concurrency=(5, 50)))
    points = {one.setting.id: (one.simulation.carbon_g, one.simulation.duration_s) for one in found.candidates}
    beaten = {a for a, p in points.items() for q in points.values() if q[0] <= p[0] and q[1] <= p[1] and q != p}
    assert set(found.front) == set(points) - beaten


def test_limits_of_time_carbon_and_quality_are_kept_or_nothing_is_recommended():
    fleet = clients()
    choices = settings(concurrency=(5, 10, 100), packing=(Packing(name="plain"), Packing(name="top-k", up=0.05)))
    quality = {"plain": exact(0.90, "1"), "top-k": exact(0.80, "1")}
    rule = known(factors={"top-k": exact(1.1, "1")})
    free = plan(fleet, doing(fleet), rule, choices, quality=quality)
    assert free.decision.recommended is not None
    assert "top-k" in free.decision.recommended
    strict = plan(fleet, doing(fleet), rule, choices, quality=quality, limits=Limits(quality=0.85))
    assert "plain" in strict.decision.recommended
    slow = free.candidate(free.decision.recommended).simulation.duration_s
    hurried = plan(fleet, doing(fleet), rule, choices, limits=Limits(time_s=0.8 * slow))
    chosen = hurried.candidate(hurried.decision.recommended)
    assert chosen.simulation.duration_s <= 0.8 * slow
    neither = plan(fleet, doing(fleet), rule, choices, limits=Limits(carbon_g=1e-9))
    assert neither.answer == "neither"
    assert any(flip.factor == "carbon budget" for flip in neither.decision.flips)
    unknown = plan(fleet, doing(fleet), rule, choices, limits=Limits(quality=0.1))
    assert unknown.answer == "neither"


def test_a_wider_rule_of_rounds_gives_wider_carbon_and_says_so():
    fleet = clients()
    narrow = plan(fleet, doing(fleet), known(), [Setting(epochs=4)]).candidates[0].option.metrics["carbon"]
    wide = plan(
        fleet, doing(fleet), known(by_epochs=RoundsToTarget(rounds=exact(1, "1"), at=AT).by_epochs), [Setting(epochs=4)]
    )
    assert wide.candidates[0].option.metrics["carbon"].half_width > narrow.half_width
    assert wide.candidates[0].rounds.provenance is Provenance.ASSUMED
    assert wide.assumptions[0].startswith("rounds = 100 x (1/epochs)^0.50 [0.00, 1.00]")


def test_a_setting_that_was_run_needs_no_rule_and_an_unknown_packing_is_held_uncertain():
    rule = RoundsToTarget(rounds=exact(80, "1"), at=AT, measured={Setting(epochs=5): exact(44, "1")})
    assert rule.of(Setting(epochs=5)).value == 44
    assert rule.of(AT) == rule.rounds
    odd = rule.of(Setting(packing=Packing(name="int8", up=0.25)))
    assert (odd.low, odd.value, odd.high) == (80.0, 100.0, 160.0)
    named = replace(rule, factors={"int8": exact(1.1, "1")})
    assert named.of(Setting(packing=Packing(name="int8", up=0.25))).value == pytest.approx(88)


def test_asking_the_clean_grids_first_saves_carbon_and_tells_whom_it_leaves_out():
    fleet = clients(group("a", place=steady("clean", 20.0)), group("b", place=steady("dirty", 800.0)))
    clean = Asking(name="clean half", order="clean", share=0.5)
    found = plan(fleet, doing(fleet), known(), settings(asking=(Asking(), clean)))
    by_name = {one.setting.asking.name: one for one in found.candidates}
    assert by_name["clean half"].never_asked == pytest.approx(0.5)
    assert by_name["random"].never_asked == 0.0
    assert by_name["clean half"].simulation.bill.by_country().get("dirty") is None or (
        by_name["clean half"].simulation.bill.by_country()["dirty"].energy.value == 0.0
    )
    fast = Asking(name="fast", order="fast", share=0.5)
    quick = clients(group("slow"), group("fast", device=device(macs_per_s=5e9)))
    assert fast.never_asked(quick) == pytest.approx(0.5)


def test_centralised_training_is_chosen_where_it_emits_less_and_the_turns_say_when_not():
    fleet = clients()
    header = synchronous(clients=200).header
    cheap = central(header, fleet, macs=1e9)
    found = plan(fleet, doing(fleet), known(), [AT], centralised=cheap)
    assert found.answer == "centralised"
    rounds = {turn.lever: turn for turn in found.turns}["rounds"]
    assert rounds.federated == "below"
    assert rounds.at < rounds.now == 100
    dear = central(header, fleet, macs=1e16)
    assert plan(fleet, doing(fleet), known(), [AT], centralised=dear).answer == "federated"


def test_many_settings_alike_are_no_surer_than_one_beside_training_in_one_place():
    """On a steady grid the starting hour changes nothing: 24 times the same way to train is one way."""
    fleet = clients()
    rule = RoundsToTarget(rounds=Estimate(100.0, 40.0, 250.0, "1", Provenance.ESTIMATED), at=AT)
    grams = closed_form(fleet, doing(fleet), Synchronous(rounds=100, cohort=10)).carbon_g
    unit = central(synchronous(clients=200).header, fleet, macs=1e12).carbon.value
    beside = central(synchronous(clients=200).header, fleet, macs=1e12 * 0.7 * grams / unit)
    one, many = (
        plan(fleet, doing(fleet), rule, settings(concurrency=(10,), start_hours=hours), centralised=beside)
        for hours in ((0.0,), tuple(float(hour) for hour in range(24)))
    )
    chances = [found.decision.assessment("centralised").best_probability for found in (one, many)]
    assert chances[1] == pytest.approx(chances[0], abs=0.02)
    assert many.answer == one.answer


def test_asynchronous_settings_are_planned_beside_synchronous_ones():
    fleet = clients(group(speed_spread=0.8))
    around = Around(waiting=True, buffer_share=0.2)
    rule = known(factors={"asynchronous": exact(2.0, "1")})
    found = plan(fleet, doing(fleet), rule, settings(concurrency=(20,), asynchronous=(False, True)), around=around)
    kinds = {one.setting.asynchronous: one for one in found.candidates}
    assert kinds[True].rounds.value == pytest.approx(2 * kinds[False].rounds.value)
    assert kinds[True].simulation.duration_s < kinds[False].simulation.duration_s


def test_asynchronous_training_is_not_taken_for_one_of_fewer_results_of_clients():
    """Without a factor, a step that a tenth of the results make is a tenth of a round."""
    fleet = clients(group(speed_spread=0.8))
    rule = known()
    choices = settings(concurrency=(20,), asynchronous=(False, True))
    found = plan(fleet, doing(fleet), rule, choices, around=Around(waiting=True, buffer_share=0.1))
    apart, together = (
        next(one for one in found.candidates if one.setting.asynchronous is kind) for kind in (True, False)
    )
    assert apart.rounds.value * 2 == pytest.approx(1.25 * together.rounds.value * 20)
    assert apart.rounds.low * 2 == pytest.approx(together.rounds.low * 20)
    assert apart.simulation.delivered >= together.simulation.delivered
    back = RoundsToTarget(rounds=apart.rounds, at=apart.setting).of(together.setting, 0.1)
    assert back.value == pytest.approx(1.25 * 1.25 * together.rounds.value)
    assert "results of clients" in rule.rule()
    assert "端末の結果" in rule.rule("ja")


def test_rounds_come_from_a_trace_that_reached_its_target():
    trace = synchronous(rounds=7)
    with pytest.raises(InputError, match="did not reach its target"):
        from_trace(trace, AT)
    reached = replace(trace, header=replace(trace.header, target=0.8, reached_round=4))
    assert from_trace(reached, AT).rounds.value == 5
    with pytest.raises(InputError, match="nothing to plan"):
        plan(clients(), doing(clients()), known(), [])

"""A model's life: closed forms, what is shared cancels, overlapping levers are not multiplied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.lifecycle import Answer, answer
from setsuden.lifecycle.answer import curve, turning
from setsuden.lifecycle.reading import read
from setsuden.lifecycle.words import count
from setsuden.places import parse_yaml

PLAIN = """
months: 12
requests_per_day: 1000
site: JP
pue: 1
develop: {energy_kwh: 0, trials: 1}
train: {energy_kwh: 100}
serve: {energy_j: 3.6}
"""


def life(text: str, **more: int) -> Answer:
    plans, alternatives, federated = read(parse_yaml(text, "life.yaml", "lifecycle"))
    return answer(plans, alternatives, federated, **more)


def test_serving_reaches_training_at_the_energy_of_training_over_that_of_a_request() -> None:
    """N* = k E_train / e: 100 kWh over 3.6 J is a hundred million requests."""
    point = life(PLAIN).sheets["marginal"].parity
    assert point is not None
    assert point.n == pytest.approx(1e8)


def test_without_stated_development_the_catalogue_adds_half_of_the_training() -> None:
    sheet = life(PLAIN.replace("develop: {energy_kwh: 0, trials: 1}\n", "")).sheets["marginal"]
    assert sheet.energy["develop"].value == pytest.approx(50.0)
    assert sheet.energy["develop"].low == pytest.approx(30.0, rel=0.05)


def test_the_published_development_of_a_language_model_comes_back() -> None:
    """OLMo: 459 MWh development, 913 MWh final training: development is half of the final run."""
    text = PLAIN.replace("{energy_kwh: 0, trials: 1}", "{energy_kwh: 459000}").replace(
        "energy_kwh: 100", "energy_kwh: 913000"
    )
    sheet = life(text).sheets["marginal"]
    assert sheet.energy["develop"].value / sheet.energy["train"].value == pytest.approx(0.503, abs=0.001)
    assert sheet.dominating == "train"
    assert sheet.probability == 1.0


def test_hours_and_watts_are_energy() -> None:
    """8 V100 for 36 h: 8 x 36 h x 129.5 W = 37.3 kWh."""
    text = PLAIN.replace("{energy_kwh: 100}", "{hours: 36, watts: 129.5, count: 8}")
    assert life(text).sheets["marginal"].energy["train"].value == pytest.approx(37.3, abs=0.01)


def test_every_stage_follows_from_its_figures() -> None:
    text = """
months: 24
requests_per_day: 1000
site: JP
pue: 1.5
develop: {energy_kwh: 2, trials: 10}
train: {energy_kwh: 100}
adapt: {energy_kwh: 3, times: 4}
retrain: {every_months: 6, share_of_training: 0.5}
serve: {energy_j: 7.2}
exchange: {payload_kb: 99, answer_kb: 1, average_kwh_per_gb: 0.02, marginal_w_per_mbps: 0.04}
hardware: [{name: server, kg: 800, lifetime_years: 4, used_years: 2, used_share: 0.1}]
"""
    found = life(text)
    requests = 1000 * 24 * 365.25 / 12
    expected = {"develop": 30, "train": 150, "adapt": 18, "retrain": 225, "serve": requests * 7.2 * 1.5 / 3.6e6}
    for view, per_kb in (("attribution", 0.02 * 3.6e6 / 1e6), ("marginal", 0.04 * 8e-3)):
        sheet = found.sheets[view]  # type: ignore[index]
        energy = {name: figure.value for name, figure in sheet.energy.items()}
        assert energy == pytest.approx({**expected, "exchange": requests * 100 * per_kb / 3.6e6})
        assert sheet.carbon["embodied"].value == pytest.approx(800 * 0.1 * 2 / 4)
        assert sheet.total_energy.value == pytest.approx(sum(energy.values()))
        parts = sum(figure.value for figure in sheet.carbon.values())
        assert sheet.total_carbon.value == pytest.approx(parts)


@settings(deadline=None, max_examples=20)
@given(once=st.floats(1, 1e4), joules=st.floats(0.01, 100))
def test_turning_points_are_the_closed_form_and_the_planned_saving_agrees(once: float, joules: float) -> None:
    text = PLAIN + f"alternatives: [{{name: other, once_kwh: {once!r}, energy_j: {joules!r}}}]\n"
    (item, _) = life(text, n=50).turnings
    start, slope = once - 100, (3.6 - joules) / 3.6e6
    planned = 1000 * 365.25
    assert item.saving.value == pytest.approx(slope * planned - start)
    if start * slope > 0:
        assert item.requests == pytest.approx(start / slope)
        assert item.verdict == ("below" if start > 0 else "above")
    else:
        assert item.requests is None


def test_the_curve_of_a_life_is_what_is_spent_once_and_each_request_on_top() -> None:
    plan = read(parse_yaml(PLAIN, "life.yaml", "lifecycle"))[0]["marginal"]
    none, parity = curve(plan, [0.0, 1e8], n=50)
    assert (none.value, parity.value) == pytest.approx((100.0, 200.0))
    assert none.low <= none.value <= none.high
    assert (none.unit, str(none.boundary)) == ("kWh", "node+PUE+network")


def test_swapping_plan_and_alternative_swaps_the_advice() -> None:
    text = PLAIN + "alternatives: [{name: other, once_kwh: 150, energy_j: 1.8}]\n"
    plans, (other,), _ = read(parse_yaml(text, "life.yaml"))
    there = turning(plans["marginal"], other, "marginal")
    back = turning(other.plans["marginal"], replace(other, plans=plans), "marginal")
    assert there.requests == pytest.approx(back.requests)
    assert (there.verdict, back.verdict) == ("below", "above")
    assert there.saving.value == pytest.approx(-back.saving.value)


def test_what_plan_and_alternative_share_cancels() -> None:
    text = PLAIN.replace("train: {energy_kwh: 100}", "train: {energy_kwh: {value: 100, low: 10, high: 900}}")
    text += "alternatives: [{name: same training, energy_j: 1.8}]\n"
    (item, _) = life(text).turnings
    assert item.verdict == "never"
    assert item.probability == 1.0
    assert item.saving.low == pytest.approx(item.saving.high)


def test_a_wider_input_widens_the_total() -> None:
    wide = PLAIN.replace("energy_j: 3.6", "energy_j: {value: 3.6, low: 1, high: 20}").replace(
        "day: 1000", "day: 1000000"
    )
    narrow = wide.replace("low: 1, high: 20", "low: 3, high: 4")
    spans = [life(text).sheets["marginal"].total_carbon for text in (wide, narrow)]
    assert spans[0].high - spans[0].low > spans[1].high - spans[1].low


def test_the_tornado_and_the_variance_name_the_same_leader() -> None:
    text = PLAIN.replace("energy_j: 3.6", "energy_j: {value: 3.6, low: 1, high: 20}").replace(
        "day: 1000", "day: 1000000"
    )
    sheet = life(text).sheets["marginal"]
    assert sheet.bars[0].name == sheet.shares[0].name == "serving"


def test_levers_come_in_order_and_those_of_one_kind_are_not_multiplied() -> None:
    sheet = life(PLAIN.replace("serve:", "workload: image\nserve:").replace("day: 1000", "day: 1000000")).sheets[
        "marginal"
    ]
    savings = [item.saving_g for item in sheet.levers]
    assert savings == sorted(savings, reverse=True)
    ids = {item.id: item for item in sheet.levers}
    assert ids["zeus-powercap"].exclusive
    assert ids["int8-rpi4-tflite"].exclusive
    assert not ids["zeus"].exclusive
    left = {name: figure.value * 1e3 for name, figure in sheet.carbon.items()}
    before = sum(left.values())
    for item in sheet.levers:
        if not item.exclusive:
            for stage in item.stages:
                left[stage] *= 1 - item.saved
    assert sheet.together_g == pytest.approx(before - sum(left.values()))
    assert sheet.together_g < sum(savings)


def test_a_lever_that_is_pulled_already_is_not_offered() -> None:
    done = life(PLAIN.replace("serve:", "done: [power, time]\nserve:")).sheets["marginal"].levers
    assert {item.cluster for item in done} <= {"model", "bandwidth", "site"}


def test_moving_to_a_cleaner_grid_is_a_lever_and_to_a_dirtier_one_is_not() -> None:
    cleaner = life(PLAIN + "other_site: SE\n").sheets["marginal"].levers
    assert cleaner[0].id == "site:SE"
    dirtier = life(PLAIN.replace("site: JP", "site: SE") + "other_site: JP\n").sheets["marginal"].levers
    assert not any(item.cluster == "site" for item in dirtier)


def test_another_grid_moves_only_what_the_grid_of_the_life_prices() -> None:
    said = PLAIN.replace("{energy_kwh: 100}", "{energy_kwh: 100, site: FR}") + "other_site: SE\n"
    sheet = life(said).sheets["marginal"]
    lever = next(item for item in sheet.levers if item.id == "site:SE")
    assert set(lever.stages) == set(sheet.carbon) - {"train"}
    moved = sum(sheet.carbon[stage].value * 1e3 for stage in lever.stages)
    assert lever.saving_g == pytest.approx(lever.saved * moved)
    assert lever.saved_low < lever.saved < lever.saved_high < 1


def test_the_same_seed_gives_the_same_balance() -> None:
    text = PLAIN.replace("energy_j: 3.6", "energy_j: {value: 3.6, low: 1, high: 20}")
    assert life(text, seed=3).sheets == life(text, seed=3).sheets


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("train: {energy_kwh: 100}", "train: {hours: 3}"), "life.yaml:7: train: give energy_kwh, or hours and watts"),
        (("serve: {energy_j: 3.6}", "serve: {}"), "serve.energy_j: is required"),
        (("pue: 1", "pue: 0.9"), "pue is at least 1"),
        (("months: 12", "months: 0"), "months: must be greater than 0"),
        (("train: {energy_kwh: 100}", "retrain: {every_months: 3}"), "retrain needs train"),
        (("site: JP", "site: Mars"), "site: unknown site code"),
        (("serve:", "wokload: llm\nserve:"), "Did you mean workload"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_place(change: tuple[str, str], message: str) -> None:
    assert change[0] in PLAIN
    with pytest.raises(InputError, match=message):
        life(PLAIN.replace(*change))


def test_the_example_in_the_repository_is_the_one_that_is_printed() -> None:
    from setsuden.lifecycle.reading import example_text

    shown = Path(__file__).parents[2] / "examples" / "lifecycle.yaml"
    assert shown.read_text(encoding="utf-8") == example_text()


def test_the_boundary_holds_making_only_where_it_is_counted() -> None:
    plain = life(PLAIN).sheets["marginal"].total_carbon
    made = life(PLAIN + "hardware: [{name: server, kg: 800, used_years: 1}]\n").sheets["marginal"].total_carbon
    assert (str(plain.boundary), str(made.boundary)) == ("node+PUE+network", "node+PUE+network+embodied")


@pytest.mark.parametrize(
    ("value", "english", "japanese"),
    [
        (5.18e9, "5.18 billion", "51.8 億"),
        (365e6, "365 million", "3.65 億"),
        (29.8e6, "29.8 million", "2,980 万"),
        (4200, "4,200", "4,200"),
        (12345, "12,300", "1.23 万"),
        (7, "7", "7"),
    ],
)
def test_numbers_of_requests_are_said_as_people_say_them(value: float, english: str, japanese: str) -> None:
    assert count(value, "en") == english
    assert count(value, "ja") == japanese

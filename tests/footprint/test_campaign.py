"""Campaigns: closed forms against brute force, waste, order statistics, recorded trials, bad input."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.cli.main import main
from setsuden.errors import BoundaryError, InputError
from setsuden.footprint.campaign import Quality, Stage, Trials, campaign, expected_best, from_tracker, simulate
from setsuden.footprint.campaign.declared import declared, example_text
from setsuden.ledger import Ledger, Measurement, Utilisation
from setsuden.places import Declared
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance
from tests.schemas_support import validate


def kwh(value: float, boundary: Any = NODE) -> Estimate:
    return Estimate.exact(value, "kWh", Provenance.ASSUMED, boundary)


ONE = kwh(1.0)


@given(
    st.floats(0, 1.5),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 0.6),
    st.floats(0, 1),
    st.booleans(),
    st.integers(0, 2**31),
)
@settings(max_examples=25, deadline=None)
def test_the_closed_form_is_what_simulated_runs_add_up_to(
    spread: float, q: float, at: float, p: float, fails_at: float, again: bool, seed: int
) -> None:
    stage = Stage(
        "s",
        ONE,
        trials=200_000,
        spread=spread,
        stopped_share=q,
        stopped_at=at,
        failed_share=p,
        failed_at=fails_at,
        rerun_failed=again,
    )
    expected = stage.full_runs()
    tolerance = 4 * (expected.high - expected.value) + 1e-4 * expected.value + 1e-6
    trials = simulate(stage, seed=seed)
    assert trials.total_j / 3.6e6 == pytest.approx(expected.value, abs=tolerance)
    assert trials.energy_j.size == pytest.approx(stage.runs, rel=0.02)


@pytest.mark.parametrize(
    ("again", "mean", "variance"),
    [
        (False, 0.8 + 0.2 * 0.5, 0.8 + 0.2 * 0.25 - 0.9**2),  # one run each: whole, or half of one
        (True, 1 + 0.25 * 0.5, 0.2 / 0.8**2 * 0.25),  # a whole run, and before it a geometric number of halves
    ],
)
def test_failed_runs_cost_half_a_run_where_nothing_more_is_known(again: bool, mean: float, variance: float) -> None:
    found = Stage("s", ONE, trials=10, failed_share=0.2, rerun_failed=again).full_runs()
    assert found.value == pytest.approx(10 * mean)
    assert found.high - found.value == pytest.approx(1.6448536 * math.sqrt(10 * variance))


def test_runs_stopped_early_cost_half_a_run_where_nothing_more_is_known() -> None:
    assert Stage("s", ONE, trials=10, stopped_share=0.4).full_runs().value == pytest.approx(10 * (0.6 + 0.4 * 0.5))


def test_the_energy_of_a_run_may_reach_down_to_nothing_but_not_below() -> None:
    Stage("s", Estimate(1, 0, 2, "kWh", Provenance.ASSUMED))
    with pytest.raises(InputError, match="positive amount of energy"):
        Stage("s", Estimate(1, -1, 2, "kWh", Provenance.ASSUMED))


def test_the_interval_of_few_runs_covers_nine_in_ten_campaigns() -> None:
    stage = Stage(
        "s", ONE, trials=40, spread=0.4, stopped_share=0.5, stopped_at=0.2, failed_share=0.2, rerun_failed=True
    )
    span = stage.full_runs()
    totals = np.array([simulate(stage, seed=seed).total_j / 3.6e6 for seed in range(2000)])
    inside = float(((totals >= span.low) & (totals <= span.high)).mean())
    assert inside == pytest.approx(0.90, abs=0.025)
    assert float(totals.mean()) == pytest.approx(span.value, rel=0.01)


def test_one_plain_run_is_its_own_energy() -> None:
    result = campaign("one", [Stage("final", ONE)])
    assert (result.energy.low, result.energy.value, result.energy.high) == (1, 1, 1)
    assert result.waste_share is not None
    assert result.waste_share.value == 0
    assert result.tenfold is None
    assert result.energy.boundary == NODE


def test_stages_add_up_and_what_was_not_kept_is_waste() -> None:
    stages = [
        Stage("search", ONE, trials=99),
        Stage("final", kwh(5.0), repeats=2),
        Stage("retrain", kwh(1.0), times=13),
    ]
    result = campaign("project", stages)
    assert result.energy.value == pytest.approx(99 + 10 + 13)
    assert sum(item.energy.value for item in result.stages) == pytest.approx(result.energy.value)
    assert result.waste_share is not None
    assert result.waste_share.value == pytest.approx(98 / 122)


def test_strubell_table_4_as_a_campaign() -> None:
    """4,789 trainings took 239,942 hours, one takes 120; 123 grid searches of 24 are not all of it."""
    hours = 239_942 / 4789
    power_kw = 82_250 / 239_942  # what the published electricity cost implies
    result = campaign("project", [Stage("all trainings", kwh(hours * power_kw), trials=4789)])
    assert result.energy.value == pytest.approx(82_250)
    assert result.energy.value * 0.954 == pytest.approx(78_466, rel=0.003)


@given(st.integers(1, 1000), st.floats(0.01, 100), st.floats(1.0, 3.0), st.floats(1.0, 2.0))
@settings(max_examples=30)
def test_a_wider_cost_of_a_run_never_narrows_the_total(trials: int, value: float, by: float, wider: float) -> None:
    def width(factor: float) -> float:
        energy = Estimate(value, value / factor, value * factor, "kWh", Provenance.ASSUMED, NODE)
        whole = campaign("c", [Stage("s", energy, trials=trials), Stage("t", ONE)]).energy
        return whole.high - whole.low

    assert width(by * wider) >= width(by) * 0.99


def test_the_best_of_n_follows_the_known_expectations() -> None:
    known = {1: 0.0, 2: 0.5641896, 3: 0.8462844, 10: 1.5387527, 100: 2.5075936, 1000: 3.2414358}
    for n, value in known.items():
        assert expected_best(n) == pytest.approx(value, abs=1e-6)
    assert expected_best(1e9) > expected_best(1e6) > expected_best(1e3)
    with pytest.raises(InputError):
        expected_best(0)


def test_ten_times_more_costs_nine_times_more_and_gains_ever_less() -> None:
    small, large = (
        campaign("c", [Stage("search", ONE, trials=n, quality=Quality(80.0, 2.0))]).tenfold for n in (10, 1000)
    )
    assert small is not None
    assert large is not None
    assert small.energy.value == pytest.approx(90)
    assert small.quality_gain == pytest.approx(2 * (2.5075936 - 1.5387527))
    assert small.energy_per_point is not None
    assert large.energy_per_point is not None
    assert large.energy_per_point.value > 10 * small.energy_per_point.value
    assert large.quality_gain is not None
    assert small.quality_gain is not None
    assert large.quality_gain < small.quality_gain


def test_recorded_improvements_and_waste_match_counting_by_hand() -> None:
    trials = Trials(np.array([1, 1, 2, 4, 2], np.float32), np.array([0.5, np.nan, 0.7, 0.6, 0.75], np.float32))
    assert [at for at, _, _ in trials.improvements()] == [0, 2, 4]
    assert trials.chosen() == 4
    assert trials.waste_share() == pytest.approx(0.8)
    assert trials.joules_per_point() == pytest.approx(6 / 0.05, rel=1e-5)


def test_trials_without_quality_have_no_waste_rather_than_none_wasted() -> None:
    assert Trials(np.ones(3, np.float32)).waste_share() is None
    assert Trials(np.ones(2, np.float32), np.full(2, np.nan, np.float32)).waste_share() is None
    assert Trials(np.ones(3, np.float32)).joules_per_point() is None


def test_a_million_trials_are_arrays_and_not_objects() -> None:
    stage = Stage("s", ONE, trials=1_000_000, spread=0.5, stopped_share=0.5, quality=Quality(80, 2))
    trials = simulate(stage)
    assert trials.quality is not None
    assert trials.energy_j.nbytes + trials.quality.nbytes <= 8_000_000
    assert float(np.nanmax(trials.quality)) == pytest.approx(80 + 2 * expected_best(500_000), abs=2)


@pytest.mark.parametrize(
    "change",
    [
        {"trials": 0},
        {"repeats": 0},
        {"times": -1.0},
        {"spread": float("nan")},
        {"stopped_share": 1.1},
        {"failed_share": -0.1},
        {"failed_share": 1.0, "rerun_failed": True},
        {"kept": 2},
        {"energy": Estimate.exact(1, "W", Provenance.ASSUMED)},
    ],
)
def test_a_stage_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Stage(**({"name": "s", "energy": ONE} | change))


def test_campaigns_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="at least one stage"):
        campaign("empty", [])
    with pytest.raises(InputError, match="same name"):
        campaign("twice", [Stage("s", ONE), Stage("s", ONE)])
    with pytest.raises(BoundaryError):
        campaign("mixed", [Stage("s", ONE), Stage("t", kwh(1.0, DEVICE))])
    with pytest.raises(InputError, match="20 million"):
        simulate(Stage("s", ONE, trials=30_000_000))


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["campaign", *words])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "campaign.yaml"
    path.write_text(
        """
name: fine-tune
stages:
  - {name: search, hours: 0.5, watts: 400, trials: 200, quality: {mean: 88, sd: 1.2}}
  - {name: final, energy_kwh: {value: 2.0, low: 1.8, high: 2.3}, repeats: 3}
energy_per_request_j: 4.0
requests: 5000000
instead: {name: small model, energy_kwh: 400, energy_per_request_j: 0.8}
""",
        encoding="utf-8",
    )
    return path


def test_a_declared_campaign_answers_with_total_waste_and_break_even(study: Path) -> None:
    result = run(str(study), "--site", "JP", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    validate("campaign", found)
    assert found["energy_kwh"]["value"] == pytest.approx(200 * 0.2 + 6)
    assert found["waste_share"]["value"] == pytest.approx(199 * 0.2 / 46)
    assert found["tenfold"]["trials"] == 2000
    point = found["break_even"]
    assert point["verdict"] == "campaign-below"
    assert point["requests"] == pytest.approx((400 - 46) * 3.6e6 / (4.0 - 0.8))
    assert point["cheaper_as_planned"] == "campaign"
    assert found["footprint"]["operational_carbon_kg"]["value"] == pytest.approx(46 * 0.47726)


@pytest.mark.parametrize(
    ("serve", "build", "verdict"),
    [
        (0.5, 400, "always-campaign"),
        (4.0, 10, "always-instead"),
        (0.5, 10, "campaign-above"),
        (4.0, 400, "campaign-below"),
    ],
)
def test_never_is_an_answer(study: Path, serve: float, build: float, verdict: str) -> None:
    text = study.read_text(encoding="utf-8")
    text = text.replace("energy_per_request_j: 4.0", f"energy_per_request_j: {serve}")
    study.write_text(text.replace("energy_kwh: 400", f"energy_kwh: {build}"), encoding="utf-8")
    found = json.loads(run(str(study), "--site", "JP", "--json").stdout)
    validate("campaign", found)
    assert found["break_even"]["verdict"] == verdict
    assert (found["break_even"]["requests"] is None) == verdict.startswith("always")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_text_gives_total_waste_and_verdict(study: Path, language: str) -> None:
    result = run(str(study), "--lang", language)
    assert result.exit_code == 0, result.stderr
    for part in ("46", "86.5%", "2,000", "small model"):
        assert part in result.stdout


def test_trials_of_any_tracker_come_in_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "name,energy_kwh,quality,status,lr\na,1,0.7,complete,0.1\nb,1,0.8,,0.2\nc,0.4,0.99,failed,1\nd,2,0.85,Finished,0\n",
        encoding="utf-8",
    )
    recorded = from_tracker("csv", path)
    assert recorded.chosen == "d"
    assert recorded.waste_share is not None
    assert recorded.waste_share.value == pytest.approx(2.4 / 4.4)
    found = json.loads(run("--trials", str(path), "--json").stdout)
    validate("campaign", found)
    assert found["energy_per_point_kwh"] == pytest.approx(48, rel=1e-4)


def measured(joules: float) -> Measurement:
    energy = Estimate.relative(joules, 0.05, "J", Provenance.MEASURED, NODE)
    return Measurement(1, "run", None, "2025-01-01T00:00:00+00:00", 0.0, 10.0, energy, None, (), Utilisation())


def test_runs_of_one_tag_are_a_campaign_and_the_chosen_one_is_not_waste() -> None:
    with Ledger.open() as ledger:
        for name, joules in (("a", 3.6e6), ("b", 7.2e6), ("c", 7.2e6)):
            writer = ledger.start_run("meter", name, tags=["sweep"], environment={})
            writer.close_window(measured(joules))
            writer.finish(summary=measured(joules))
        other = ledger.start_run("meter", "other", environment={})
        other.finish(summary=measured(1e9))
    result = run("--tag", "sweep", "--chosen", "last", "--json")
    assert result.exit_code == 2  # the last run is not of this tag
    with Ledger.open() as ledger:
        kept = ledger.runs(tag="sweep")[0].id
    found = json.loads(run("--tag", "sweep", "--chosen", kept, "--json").stdout)
    validate("campaign", found)
    assert found["energy_kwh"]["value"] == pytest.approx(5)
    assert found["energy_kwh"]["provenance"] == "measured"
    assert found["waste_share"]["value"] == pytest.approx(0.6)


def test_a_run_of_unknown_energy_is_not_counted_as_nothing() -> None:
    with Ledger.open() as ledger:
        ledger.start_run("meter", "blind", tags=["sweep"], environment={}).finish()
    result = run("--tag", "sweep")
    assert result.exit_code == 2
    assert "unknown" in result.stderr


def test_retraining_every_few_weeks_is_done_that_often() -> None:
    stage = {"name": "retrain", "energy_kwh": 2.0, "every_weeks": 4, "over_weeks": 52}
    read = declared(Declared({"name": "x", "stages": [stage]}))
    assert read.stages[0].times == 13
    assert campaign("x", read.stages).energy.value == pytest.approx(26)
    weekly = declared(Declared({"name": "x", "stages": [stage | {"every_weeks": 0.1, "over_weeks": 0.3}]}))
    assert weekly.stages[0].times == 3


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "name"),
        ({"name": "x", "stages": []}, "stages"),
        ({"name": "x", "stages": [{"name": "s"}]}, "energy_kwh, or hours and watts"),
        ({"name": "x", "stages": [{"name": "s", "hours": 1}]}, "energy_kwh, or hours and watts"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": -1}]}, r"stages\[0\].energy_kwh"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": float("nan")}]}, r"stages\[0\].energy_kwh"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": 1, "trails": 3}]}, "trails"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": {"value": 1, "low": 2, "high": 3}}]}, "interval"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": 1, "every_weeks": 4}]}, "go together"),
        ({"name": "x", "stages": [{"name": "s", "energy_kwh": 1, "every_weeks": 0, "over_weeks": 9}]}, "every_weeks"),
        (
            {"name": "x", "stages": [{"name": "s", "energy_kwh": 1, "times": 2, "every_weeks": 4, "over_weeks": 52}]},
            "give times, or",
        ),
        ({"name": "x", "boundary": "galaxy", "stages": [{"name": "s", "energy_kwh": 1}]}, "boundary"),
        (
            {
                "name": "x",
                "stages": [{"name": "s", "energy_kwh": 1}],
                "instead": {"name": "y", "energy_kwh": 1, "energy_per_request_j": 1},
            },
            "energy_per_request_j is needed",
        ),
    ],
)
def test_a_wrong_field_of_a_declared_campaign_is_named(raw: Any, field: str) -> None:
    with pytest.raises(InputError, match=field) as caught:
        declared(Declared(raw))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "content",
    ["", "energy_kwh\n", "name\nx\n", "energy_kwh\nmany\n", "energy_kwh\n-1\n", "energy_kwh,quality\n1,good\n"],
)
def test_a_broken_csv_is_one_sentence_and_exit_two(tmp_path: Path, content: str) -> None:
    path = tmp_path / "trials.csv"
    path.write_text(content, encoding="utf-8")
    result = run("--trials", str(path))
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "words", [(), ("absent.yaml",), ("--trials", "absent.csv"), ("--tag", "x"), ("--chosen", "x"), ("a", "--tag", "b")]
)
def test_wrong_use_exits_two(words: tuple[str, ...]) -> None:
    with Ledger.open():
        pass
    assert run(*words).exit_code == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: [unclosed", "c.yaml:1: not valid YAML"),
        ("- name: x", "c.yaml:1: the campaign file must be a mapping"),
        ("", "c.yaml: the campaign file is empty. Start from: setsuden campaign --example"),
        ("name: x\nstages:\n  - {name: s, hours: 1, watts: -4}\n", "c.yaml:3: stages[0].watts: must be at least 0"),
        ("name: x\nstages:\n  - {name: s, energy_kwh: much}\n", "energy_kwh.value: must be a number (got 'much')"),
        ("name: x\nstages:\n  - {name: s, energy_kwh: {value: 1, low: 0}}\n", "low and high go together"),
    ],
)
def test_a_campaign_file_that_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    result = run(str(path))
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_the_example_is_a_campaign_and_the_one_of_the_documentation(tmp_path: Path) -> None:
    shown = run("--example").stdout
    assert shown == example_text()
    assert f"```yaml\n{shown}```" in (Path(__file__).parents[2] / "docs" / "campaigns.md").read_text(encoding="utf-8")
    path = tmp_path / "c.yaml"
    path.write_text(shown, encoding="utf-8")
    assert run(str(path)).exit_code == 0

"""``setsuden federate``: trains, prices, simulates and plans from the command line; wrong use is one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.errors import LedgerError
from setsuden.federated.fleet import example_text as fleet_example
from tests.federated.study.support import FLEET, SHORT, TINY
from tests.schemas_support import validate


def federate(*words: str) -> Result:
    return CliRunner().invoke(main, ["federate", *words])


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SETSUDEN_LEDGER", str(tmp_path / "ledger.sqlite"))
    path = tmp_path / "study.yaml"
    path.write_text(TINY + SHORT + FLEET)
    return path


def small(text: str, clients: int) -> str:
    """An example with fewer clients."""
    return "\n".join(f"clients: {clients}" if line.startswith("clients: ") else line for line in text.splitlines())


def test_one_command_trains_prices_compares_and_writes_pages_and_the_trace_is_priced_again(study: Path) -> None:
    out = study.parent / "out"
    done = federate(str(study), "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    validate("federate", json.loads(done.stdout))
    assert {path.name for path in out.iterdir()} == {
        "report.en.html",
        "report.ja.html",
        "result.json",
        "state",
        "traces",
    }
    fleet = study.parent / "fleet.yaml"
    fleet.write_text(fleet_example())
    trace = str(out / "traces" / "server-seed0.npz")
    priced = federate("price", trace, "--fleet", str(fleet), "--json", "--clients")
    document = json.loads(priced.stdout)
    validate("federate-price", document)
    assert len(document["by_client"]["carbon_g"]) == 4
    assert "by_client" not in json.loads(federate("price", trace, "--fleet", str(fleet), "--json").stdout)


@pytest.mark.parametrize(("lang", "said"), [("en", "goes on where it stopped"), ("ja", "続きから再開")])
def test_ctrl_c_says_how_to_go_on(study: Path, monkeypatch: pytest.MonkeyPatch, lang: str, said: str) -> None:
    def stopped(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("setsuden.federated.study.run.run", stopped)
    done = federate(str(study), "--out", str(study.parent / "out"), "--lang", lang)
    assert done.exit_code == 130
    assert said in done.stderr


@pytest.mark.parametrize(("lang", "said"), [("en", "not in the ledger"), ("ja", "台帳に残っていません")])
def test_a_ledger_that_fails_meanwhile_stops_no_training_and_is_told(
    study: Path, monkeypatch: pytest.MonkeyPatch, lang: str, said: str
) -> None:
    def full(self: object, name: str, document: object) -> None:
        raise LedgerError("database or disk is full")

    monkeypatch.setattr("setsuden.ledger.writer.RunWriter.put_document", full)
    study.write_text(TINY + "stop: {rounds: 1}\ncentralised: false\n")
    done = federate(str(study), "--out", str(study.parent / "out"), "--lang", lang)
    assert done.exit_code == 0, done.output
    assert said in done.stderr
    assert "database or disk is full" in done.stderr


def test_a_trace_is_priced_beside_training_in_one_place_on_request(study: Path) -> None:
    out = study.parent / "out"
    assert federate(str(study), "--out", str(out)).exit_code == 0
    fleet = study.parent / "fleet.yaml"
    fleet.write_text(fleet_example())
    words = ["price", str(out / "traces" / "server-seed0.npz"), "--fleet", str(fleet), "--central-samples", "200"]
    document = json.loads(federate(*words, "--json").stdout)
    validate("federate-price", document)
    beside = document["centralised"]
    header_macs = json.loads((out / "result.json").read_text())["model"]["training_macs"]
    assert beside["macs"] == 200 * header_macs
    ratio = document["total"]["carbon"]["value"] / beside["bill_upload"]["total"]["carbon"]["value"]
    assert beside["ratio_upload"]["value"] == pytest.approx(ratio)
    assert "in one place" in federate(*words).stdout


def test_a_form_whose_constants_are_not_known_asks_for_them(study: Path) -> None:
    out = study.parent / "out"
    assert federate(str(study), "--out", str(out)).exit_code == 0
    fleet = study.parent / "fleet.yaml"
    fleet.write_text(fleet_example())
    words = ["price", str(out / "traces" / "server-seed0.npz"), "--fleet", str(fleet), "--form", "qiu2023"]
    refused = federate(*words)
    assert refused.exit_code == 2
    assert "router_w" in refused.stderr
    assert federate(*words, "--set", "variant=wu", "--set", "router_w=7.5").exit_code == 0


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_simulation_of_the_example_is_told_in_both_languages(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(small(federate("simulate", "--example").stdout, 5000))
    done = federate("simulate", str(path), "--lang", lang)
    assert done.exit_code == 0, done.output
    document = json.loads(federate("simulate", str(path), "--json").stdout)
    validate("federate-simulate", document)
    closed, drawn = (document["forms"][name] for name in ("closed", "events"))
    assert closed["bill"]["total"]["carbon"]["value"] == pytest.approx(
        drawn["bill"]["total"]["carbon"]["value"], rel=0.02
    )
    assert closed["asked"] == pytest.approx(65_000)
    drawn_in = closed["bill"]["by_country"]
    assert drawn_in["US"]["energy"]["value"] > drawn_in["FR"]["energy"]["value"] > 0, "all are asked"


def test_a_simulation_takes_its_work_from_a_real_run_and_is_held_against_it(study: Path) -> None:
    """Everybody trains in every round, so the slope of one run predicts the simulated carbon."""
    out = study.parent / "out"
    assert federate(str(study), "--out", str(out)).exit_code == 0
    trace = "out/traces/server-seed0.npz"
    path = study.parent / "s.yaml"
    path.write_text(
        f"clients: 4\nwork: {{trace: {trace}}}\nschedule: {{rounds: 8, cohort: 4}}\ntraces: {trace}\n{FLEET}"
    )
    document = json.loads(federate("simulate", str(path), "--json").stdout)
    validate("federate-simulate", document)
    simulated = document["forms"]["closed"]["bill"]["total"]["carbon"]["value"]
    assert document["fit"]["predicted"]["value"] == pytest.approx(simulated, rel=0.15)
    assert document["fit"]["error"] is None


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_plan_names_a_way_and_what_would_turn_it(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = small(federate("plan", "--example").stdout, 500).replace("concurrency: [50, 100, 300]", "concurrency: [50]")
    path.write_text(
        text.replace("epochs: [1, 2, 5]", "epochs: [1]").replace("start_hours: [0, 12]", "start_hours: [0]")
    )
    done = federate("plan", str(path), "--lang", lang)
    assert done.exit_code == 0, done.output
    assert ("factors; exponents" in done.output) == (lang == "en"), "the rule of rounds is said in both"
    document = json.loads(federate("plan", str(path), "--json").stdout)
    validate("federate-plan", document)
    assert document["answer"] == "centralised"
    assert document["front"][0] == "centralised"
    assert len(document["settings"]) == 8


def test_data_that_may_not_leave_leaves_only_federations_and_limits_can_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = small(federate("plan", "--example").stdout, 500).replace(
        "centralised: {samples: 3.0e7}", "centralised: false"
    )
    text = text.replace("asynchronous: [false, true]", "asynchronous: [false]").replace(
        "epochs: [1, 2, 5]", "epochs: [1]"
    )
    path.write_text(text)
    document = json.loads(federate("plan", str(path), "--json").stdout)
    assert (document["answer"], document["centralised"], document["turns"]) == ("federated", None, [])
    path.write_text(text.replace("time_s: 345600", "time_s: 1"))
    assert json.loads(federate("plan", str(path), "--json").stdout)["answer"] == "neither"
    assert federate("plan", str(path)).stdout.startswith("Neither")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.yaml"], "nowhere.yaml"),
        (["price", "nowhere.npz", "--fleet", "f.yaml"], "nowhere.npz"),
        (["simulate"], "--example"),
        (["plan"], "--example"),
        (["plan", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_wrong_use_is_one_sentence_with_its_place(words: list[str], said: str) -> None:
    refused = federate(*words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("was", "becomes", "place"),
    [
        ("model: logistic", "model: logistics", "study.yaml:4"),
        ("clients: 4", "clients: 4\nroundz: 3", "study.yaml:6"),
        ("device: server, country: FR", "device: servant, country: FR", "study.yaml:"),
        ("clients: 4", "clients: 4\ncompare: {countries: [XX]}", "XX"),
        ("clients: 4", "clients: 4\ncompare: {networks: [pigeons]}", "pigeons"),
    ],
)
def test_a_mistake_in_the_study_names_its_line_and_writes_nothing(
    study: Path, was: str, becomes: str, place: str
) -> None:
    study.write_text(study.read_text().replace(was, becomes, 1))
    refused = federate(str(study), "--out", str(study.parent / "out"))
    assert refused.exit_code == 2
    assert place in refused.stderr
    assert "round 1" not in refused.stderr
    assert not (study.parent / "out" / "result.json").exists()


@pytest.mark.parametrize(
    ("was", "becomes", "place"),
    [
        ("cohort: 100", "concurrency: 100", "s.yaml:"),
        ("  bytes_up: 6000000\n", "", "s.yaml:"),
        ("network: attribution", "network: pigeons", "s.yaml:"),
        ("timeout_s: 240", "", "s.yaml:"),
    ],
)
def test_a_mistake_in_a_scenario_names_its_line(tmp_path: Path, was: str, becomes: str, place: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(small(federate("simulate", "--example").stdout, 100).replace(was, becomes, 1))
    refused = federate("simulate", str(path))
    assert refused.exit_code == 2, refused.output
    assert place in refused.stderr

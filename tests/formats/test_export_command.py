"""``setsuden export --format ...``: one way in, redacted, clear about what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from setsuden.report.formats import FORMATS
from setsuden.report.formats.redaction import redaction_of
from tests.formats.support import record, validated

EVERYTHING = ("--site", "JP", "--embodied-kg", "0.1", "--per", "request=100", "--stage", "inference")


def export(*words: str) -> Result:
    return CliRunner().invoke(main, ["export", *words])


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_format_works_from_a_bare_run(form: str) -> None:
    run = record()
    result = export(run.id, "--format", form, *EVERYTHING)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\n")


@pytest.mark.parametrize("form", list(FORMATS))
def test_no_format_tells_host_user_path_or_command(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from setsuden.ledger import environment

    identity = {"host": "buildbox7", "user": "mallory", "folder": "/home/mallory/work"}
    monkeypatch.setattr(environment, "identity", lambda *_: identity)
    run = record(name="/home/mallory/work/train on buildbox7 by mallory")
    text = export(run.id, "--format", form, *EVERYTHING).stdout
    for secret in ("buildbox7", "mallory", "/home", "secret-tool"):
        assert secret not in text
    if form == "markdown":
        assert "train on HOST by USER" in text
        assert "mallory" in export(run.id, "--format", form, "--with-host").stdout


def test_short_host_names_do_not_tear_words() -> None:
    assert redaction_of({"host": "ai", "user": "me", "folder": "/"}).clean("the aim of me") == "the aim of me"


def test_facts_and_a_model_card_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text("stage: training\ntask_family: speech\ncountry: Japan\n")
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\nbody\n")
    document = validated(
        "boamps", export(record().id, "--format", "boamps", "--facts", str(tmp_path / "facts.yaml")).stdout
    )
    assert document["task"]["taskFamily"] == "speech"
    result = export("last", "--format", "hf", "--site", "JP", "--model-card", str(card), "-o", str(card))
    assert result.exit_code == 0
    assert card.read_text().startswith("---\nlicense: mit\nco2_eq_emissions:\n  emissions: ")
    assert card.read_text().endswith("---\nbody\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--format", "hf"), "--site"),
        (("--format", "boamps", "--pue", "1.2"), "needs a place"),
        (("--format", "json", "--site", "JP"), "does not go with --format json"),
        (("--format", "boamps", "--model-card", "x.md"), "--format hf only"),
        (("--format", "sci", "--site", "JP", "--per", "request"), "UNIT=COUNT"),
        (("--format", "sci", "--site", "JP", "--per", "request=nan"), "UNIT=COUNT"),
        (("--format", "sci", "--site", "JP", "--embodied-kg", "1", "--per", "wombat=3"), "unknown unit"),
        (("--format", "boamps", "--site", "XX"), "XX"),
        (("--format", "boamps", "--facts", "nowhere.yaml"), "nowhere.yaml: cannot read the facts file"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_2(words: tuple[str, ...], sentence: str) -> None:
    result = export(record().id, *words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour: red\n", "facts.yaml:1: colour: unknown key"),
        ("stage: training\naccuracy: 91\n", "facts.yaml:2: accuracy: must be at most 1"),
        ("- a\n", "mapping"),
        ("a: [\n", "facts.yaml:2: not valid YAML"),
        ("", "the facts file is empty"),
        ("algorithms: [{parametersNumber: .nan}]\n", "finite"),
        ("released: soon\n", "released"),
    ],
)
def test_wrong_facts_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(text)
    result = export(record().id, "--format", "boamps", "--facts", str(path))
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_format_of_one_run_refuses_two() -> None:
    result = export(record().id, record().id, "--format", "boamps")
    assert result.exit_code == 2
    assert "one run" in result.stderr


def test_a_run_without_energy_is_refused() -> None:
    with Ledger.open() as ledger:
        ledger.start_run("meter", "nothing").finish()
    result = export("last", "--format", "codecarbon")
    assert result.exit_code == 2
    assert "no energy" in result.stderr


def test_json_wins_over_a_format() -> None:
    assert json.loads(export(record().id, "--json").stdout)["redacted"] is True


def test_live_intensity_is_used_or_the_annual_one_and_either_is_said(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from setsuden.footprint.live import price
    from tests.live.service import serving, settings

    slot = {"from": "2026-01-01T00:00Z", "to": "2026-01-01T02:00Z", "intensity": {"forecast": 1, "actual": 100}}
    run = record()
    words = (run.id, "--format", "cyclonedx", "--site", "GB", "--live", "gb")
    with serving() as service:
        monkeypatch.setattr(price, "LiveSettings", lambda: settings(service, None, lambda: 1_767_232_800.0))
        service.answers["/intensity/2026-01-01T00:00Z/2026-01-01T01:30Z"] = {"data": [slot]}
        live = export(*words)
        service.answers.clear()
        annual = export(*words)
    assert "SET-LIVE: " in live.stderr
    assert "SET-LIVE-NO-DATA" in annual.stderr
    assert '"direct_consumption"' in live.stdout
    assert validated("cyclonedx", live.stdout)["components"][0]["modelCard"]["considerations"][
        "environmentalConsiderations"
    ]["energyConsumptions"][0]["co2CostEquivalent"]["value"] == pytest.approx(4.0 * 100.0 / 1e6)


def test_live_needs_a_site_to_fall_back_to() -> None:
    result = export(record().id, "--format", "cyclonedx", "--intensity", "5", "--live", "gb")
    assert result.exit_code == 2
    assert "--live needs --site" in result.stderr


def test_a_run_that_failed_is_exported_as_a_draft_and_said_to_be_so(tmp_path: Path) -> None:
    run = record()
    facts = tmp_path / "facts.yaml"
    facts.write_text(
        "{stage: training, task_family: x, datasets: [{dataUsage: input, dataType: image}],"
        " infrastructure: {type: onPremise}}"
    )
    words = (run.id, "--format", "boamps", "--facts", str(facts))
    assert validated("boamps", export(*words).stdout)["header"]["reportStatus"] == "final"
    with Ledger.open() as ledger:
        ledger.amend(run.id).finish("failed", detail="it broke", summary=run.root)
    result = export(*words)
    assert validated("boamps", result.stdout)["header"]["reportStatus"] == "draft"
    assert "is failed" in result.stderr
    assert "it broke" not in result.stdout


def test_the_command_offers_every_format() -> None:
    from setsuden.cli.export_formats import NAMES

    assert tuple(FORMATS) == NAMES

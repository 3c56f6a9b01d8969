"""``setsuden pilot`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.study.example import example_text
from tests.schemas_support import validate
from tests.study.support import STUDY, FakeLab, vocabulary


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    """The command on a fake machine."""
    lab = FakeLab()
    monkeypatch.setattr("setsuden.study.surroundings.Surroundings", lab.surroundings)
    monkeypatch.setattr("setsuden.study.reading.default_vocabulary", vocabulary)
    return lab


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "pilot.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def call(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["pilot", *(str(argument) for argument in arguments)])


def test_the_example_is_printed_and_nothing_else_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("--example")
    assert result.exit_code == 0
    assert result.stdout == example_text()
    assert list(tmp_path.iterdir()) == []


def test_a_pilot_leaves_the_document_and_both_reports(lab: FakeLab, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "pilot"
    result = call(study, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["report.en.html", "report.ja.html", "result.json"]
    validate("pilot", json.loads((out / "result.json").read_text(encoding="utf-8")))
    assert "Written:" in result.stdout
    assert "measuring" in result.stderr


def test_json_is_the_document_and_nothing_else_on_stdout(lab: FakeLab, study: Path, tmp_path: Path) -> None:
    result = call(study, "--out", tmp_path / "o", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("pilot", document)
    assert document == json.loads((tmp_path / "o" / "result.json").read_text(encoding="utf-8"))


def test_options_go_before_the_values_of_the_file(lab: FakeLab, study: Path, tmp_path: Path) -> None:
    result = call(
        study, "--out", tmp_path / "o", "--json", "--models", "small", "--batch-sizes", "10,30", "--epochs", 7,
        "--requests", 99, "--trainings", 2, "--minutes", 1.5, "--accuracy-floor", 0.6, "--latency-ms", 50, "--site",
        "DE", "--seed", 9, "--budget-kwh", 0.01,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["study"]
    config = told["config"]
    assert config["models"] == [{"name": "small"}]
    assert config["batch_sizes"] == [10, 30]
    assert (told["epochs_asked"], told["expected_requests"], told["trainings"]) == (7, 99, 2)
    assert (config["measure"]["minutes"], config["seed"], config["site"]) == (1.5, 9, "DE")
    assert config["measure"]["energy_budget_j"] == 36_000.0
    assert told["constraints"]["accuracy_floor"] == 0.6
    assert told["constraints"]["latency_ceiling_ms"] == 50


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--models", "small,middle"), "setsuden: --models: no such model (got 'middle')"),
        (("--batch-sizes", "16,x"), "setsuden: --batch-sizes: must be whole numbers separated by commas"),
        (("--batch-sizes", "0"), "setsuden: --batch-sizes: must be at least 1 (got 0)"),
        (("--minutes", "nan"), "setsuden: --minutes: must be a finite number (got nan)"),
        (("--minutes", "0"), "setsuden: --minutes: must be greater than 0"),
        (("--budget-kwh", "0"), "setsuden: --budget-kwh: must be greater than 0"),
        (("--protocol", "fast"), "setsuden: --protocol: not one of the values allowed"),
        (("--resume",), "setsuden: --resume: there is no interrupted pilot to resume"),
        (("--resume", "nothing"), "setsuden: --resume: no such run"),
        (("--protocol", "mlperf-like"), "setsuden: pilot.yaml:6: measure.window_s: the mlperf-like protocol asks"),
    ],
)
def test_wrong_use_is_one_sentence_exit_code_2_and_no_file(
    lab: FakeLab, study: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    out = tmp_path / "out"
    result = call(study, "--out", out, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not out.exists()


def test_an_output_that_is_a_file_is_refused_before_measuring(lab: FakeLab, study: Path) -> None:
    result = call(study, "--out", study)
    assert result.exit_code == 2
    assert "this is a file, not a folder" in result.stderr
    loop = study.parent / "loop"
    loop.symlink_to(loop)
    assert "this is a link that leads to no folder" in call(study, "--out", loop).stderr
    assert lab.visited == []


def test_an_interrupted_pilot_resumes_without_naming_anything(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: FakeLab
) -> None:
    lab.fail_after = 9
    out = tmp_path / "out"
    stopped = call(study, "--out", out)
    assert stopped.exit_code == 130
    assert "the same command and --resume" in stopped.stderr
    assert "Aborted" not in stopped.stderr
    assert not out.exists()
    again = FakeLab()
    monkeypatch.setattr("setsuden.study.surroundings.Surroundings", again.surroundings)
    result = call("--resume", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert len(again.visited) == 24 - 9
    assert document["study"]["name"] == "fake"


def test_the_summary_speaks_japanese(lab: FakeLab, study: Path, tmp_path: Path) -> None:
    result = call(study, "--out", tmp_path / "o", "--lang", "ja")
    assert result.exit_code == 0, result.output
    assert "出力:" in result.stdout

"""``setsuden report``: from a file, a folder or a run; bad input is one sentence and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from tests.report.support import SAMPLE, sample
from tests.schemas_support import validate


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", *arguments])


@pytest.fixture
def result(tmp_path: Path) -> Path:
    path = tmp_path / "pilot" / "result.json"
    path.parent.mkdir()
    path.write_bytes(SAMPLE.read_bytes())
    return path


def test_pages_land_beside_the_file(result: Path) -> None:
    outcome = run(str(result))
    assert outcome.exit_code == 0, outcome.output
    assert sorted(path.name for path in result.parent.glob("report.*")) == ["report.en.html", "report.ja.html"]
    assert outcome.stdout.split() == [str(result.with_name(f"report.{lang}.html")) for lang in ("en", "ja")]


def test_a_folder_is_as_good_as_its_file_and_out_moves_the_pages(result: Path, tmp_path: Path) -> None:
    outcome = run(str(result.parent), "--out", str(tmp_path / "elsewhere"), "--lang", "ja")
    assert outcome.exit_code == 0, outcome.output
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["report.ja.html"]


def test_without_an_argument_the_last_pilot_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    missing = run()
    assert missing.exit_code == 2
    assert "setsuden pilot" in missing.stderr
    (tmp_path / "out" / "pilot").mkdir(parents=True)
    (tmp_path / "out" / "pilot" / "result.json").write_bytes(SAMPLE.read_bytes())
    assert run().exit_code == 0
    assert (tmp_path / "out" / "pilot" / "report.ja.html").is_file()


def test_a_run_of_the_ledger_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger.open() as ledger:
        writer = ledger.start_run(kind="pilot", name="a pilot")
        writer.put_document("pilot", sample())
        other = ledger.start_run(kind="run", name="no pilot")
    assert "VGG-11" in run(writer.id, "--format", "text").stdout
    refused = run(other.id)
    assert refused.exit_code == 2
    assert "holds no pilot" in refused.stderr
    assert run("no-such-run").exit_code == 2


def test_json_is_the_document_itself(result: Path) -> None:
    for arguments in (["--json"], ["--format", "json"]):
        outcome = run(str(result), *arguments)
        assert json.loads(outcome.stdout) == sample()


def test_text_is_in_the_language_asked(result: Path) -> None:
    assert run(str(result), "--format", "text").stdout.startswith("Choose")
    assert "推奨します" in run(str(result), "--format", "text", "--lang", "ja").stdout


def test_open_shows_the_first_page(result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def browser(address: str) -> bool:
        shown.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    assert run(str(result), "--open", "--lang", "ja").exit_code == 0
    assert shown == [result.with_name("report.ja.html").as_uri()]


def test_open_without_a_browser_is_told_not_fatal(result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    outcome = run(str(result), "--open")
    assert outcome.exit_code == 0
    assert "yourself" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is not JSON", "line 1"]),
        (b'{"schema": "setsuden:pilot",\n "version": 1', ["is not JSON", "line 2"]),
        (b"[1, 2]", ["one JSON object"]),
        (b'{"schema": NaN}', ["NaN", "null"]),
        (b"\xff\xfe\x00", ["UTF-8"]),
        (b'{"schema": "setsuden:run"}', ["not a pilot document", "setsuden:run"]),
        (b'{"schema": "setsuden:pilot", "version": 7}', ["version 1", "7"]),
        (b'{"schema": "setsuden:pilot", "version": 1}', ["study"]),
        (b"[" * 100_000, ["nested too deeply"]),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_code_two(content: bytes, words: Sequence[str], tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    outcome = run(str(path), "--out", str(tmp_path / "out"))
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert len(outcome.stderr.splitlines()) == 1
    assert str(path) in outcome.stderr
    for word in words:
        assert word in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("gone.json", "gone/result.json"):
        outcome = run(str(tmp_path / name))
        assert outcome.exit_code == 2
        assert "no such file" in outcome.stderr


def test_the_real_sample_follows_the_published_schema() -> None:
    validate("pilot", json.loads((SAMPLE.parent / "real.json").read_text(encoding="utf-8")))

"""``setsuden ledger`` as a user meets it, in both languages and as JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from tests.schemas_support import validate
from tests.team.support import add_run


def setsuden(*words: str) -> Result:
    return CliRunner().invoke(main, ["ledger", *words])


def document(name: str, *words: str, code: int = 0) -> Any:
    result = setsuden(*words, "--json")
    assert result.exit_code == code, result.output
    found = json.loads(result.stdout)
    validate(name, found)
    return found


@pytest.fixture
def mine(tmp_path: Path) -> list[str]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        return [add_run(ledger, "first", tags=["x"]), add_run(ledger, "second"), add_run(ledger, "third", end=False)]


def test_runs_go_there_and_come_back(url: str, mine: list[str], tmp_path: Path) -> None:
    sent = document("ledger-send", "send", "--to", url, "--tag", "x")
    assert [(run["id"], run["result"]) for run in sent["runs"]] == [(mine[0], "sent")]
    sent = document("ledger-send", "send", "--to", url)
    assert [run["result"] for run in sent["runs"]] == ["there", "sent"]
    assert (sent["running"], sent["redacted"], sent["encrypted"]) == (1, True, False)
    fetched = document("ledger-fetch", "fetch", "--from", url)
    assert [run["result"] for run in fetched["runs"]] == ["fetched", "fetched"]
    assert fetched["into"] == str(tmp_path / "team.sqlite")
    status = document("ledger-status", "status", "--ledger", fetched["into"], "--to", url)
    assert status["runs"] == {"finished": 2}
    assert (status["team"]["runs"], status["team"]["ours"], status["team"]["missing"]) == (2, 0, 0)


def test_status_says_what_is_missing_there(url: str, mine: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert document("ledger-status", "status")["team"] is None
    monkeypatch.setenv("SETSUDEN_TEAM_LEDGER", url)
    document("ledger-send", "send", "--name", "first")
    status = document("ledger-status", "status")
    assert (status["team"]["ours"], status["team"]["missing"]) == (1, 1)
    assert status["team"]["last_sent"].endswith("+00:00")
    assert status["runs"] == {"finished": 2, "running": 1}


def test_status_is_told_without_the_database_too(mine: list[str]) -> None:
    url = "postgresql://ana:s3cret@127.0.0.1:1/energy"
    status = document("ledger-status", "status", "--to", url)
    assert "nothing listens there" in status["team"]["unreachable"]
    said = setsuden("status", "--to", url)
    assert said.exit_code == 0
    assert "nothing is known now" in said.stdout
    assert "s3cret" not in said.output + json.dumps(status)


def test_a_refused_run_is_told_and_ends_with_1(url: str, mine: list[str], tmp_path: Path) -> None:
    setsuden("send", "--to", url)
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    with connection:
        connection.execute("UPDATE runs SET name = 'other' WHERE number = 1")
    connection.close()
    sent = document("ledger-send", "send", "--to", url, code=1)
    assert [run["result"] for run in sent["runs"]] == ["refused", "there"]
    for language, words in (("en", "another run under this id"), ("ja", "同じ識別子の別の記録")):
        said = setsuden("send", "--to", url, "--lang", language)
        assert said.exit_code == 1
        assert words in said.stdout
        assert mine[0] in said.stdout


def test_both_languages_say_the_same_figures(url: str, mine: list[str], tmp_path: Path) -> None:
    for words in (["send", "--to", url], ["fetch", "--from", url], ["status", "--to", url], ["check"]):
        english = setsuden(*words).stdout
        (tmp_path / "team.sqlite").unlink(missing_ok=True)
        japanese = setsuden(*words, "--lang", "ja")
        assert japanese.exit_code == 0, japanese.output
        assert re.search("[ぁ-ん]", japanese.stdout)
        if words[0] in ("status", "check"):
            assert sorted(re.findall(r"\d+", english)) == sorted(re.findall(r"\d+", japanese.stdout))


def test_a_time_that_is_none_is_wrong_use(url: str, mine: list[str]) -> None:
    result = setsuden("send", "--to", url, "--since", "yesterday")
    assert result.exit_code == 2
    assert "'yesterday'" in result.stderr
    assert setsuden("send", "--to", url, "--since", "2999-01-01").stdout.count("sent") == 0


def test_a_ledger_that_is_not_there_is_not_made(url: str, tmp_path: Path) -> None:
    for words in (["send", "--to", url], ["status"], ["check"]):
        result = setsuden(*words)
        assert result.exit_code == 1
        assert "no ledger here" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sound_ledger_is_said_to_be_one(mine: list[str]) -> None:
    assert document("ledger-check", "check")["problems"] == []
    assert "3 runs" in setsuden("check").stdout


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE blocks SET data = substr(data, 1, 40) WHERE run = 2 AND samples = 30",
        "UPDATE blocks SET samples = samples + 1 WHERE run = 2 AND samples = 3",
        "UPDATE windows SET measurement = '{}' WHERE run = 2",
        "UPDATE runs SET config = 'no json' WHERE number = 2",
    ],
)
def test_a_run_that_cannot_be_read_is_found(mine: list[str], tmp_path: Path, damage: str) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    with connection:
        connection.execute(damage)
    connection.close()
    (problem,) = document("ledger-check", "check", code=1)["problems"]
    assert problem["run"] == mine[1]
    for language in ("en", "ja"):
        said = setsuden("check", "--lang", language)
        assert said.exit_code == 1
        assert mine[1] in said.stdout


def test_rows_of_no_run_are_found(mine: list[str], tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    with connection:
        connection.execute("DELETE FROM runs WHERE number = 1")
    connection.close()
    (problem,) = document("ledger-check", "check", code=1)["problems"]
    assert problem == {"run": None, "what": "7 rows belong to no run"}
    assert "7 行" in setsuden("check", "--lang", "ja").stdout


def test_a_damaged_file_is_found(mine: list[str], tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.checkpoint()
    raw = bytearray(path.read_bytes())
    raw[4096 * 3 : 4096 * 4] = b"\xff" * 4096
    path.write_bytes(raw)
    found = setsuden("check", "--json")
    assert found.exit_code == 1
    if found.stdout:
        assert json.loads(found.stdout)["sound"] is False

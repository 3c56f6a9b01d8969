"""Who and where is taken out before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from setsuden.ledger.content import content_of
from setsuden.ledger.document import names_of
from setsuden.team.names import without_people
from tests.team.server import Server
from tests.team.support import add_run, fetch_all, send_all

KEY = b"key"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setattr("platform.node", lambda: 'ana"s-host')
    monkeypatch.setenv("USER", "ana-maria")
    monkeypatch.setattr("os.getcwd", lambda: "/home/ana-maria/training")
    with Ledger.open(tmp_path / "mine.sqlite") as opened:
        yield opened


def _everywhere(ledger: Ledger) -> str:
    text = f'on ana"s-host in /home/ana-maria/training and {Path.home()}/x'
    run_id = add_run(ledger, text, tags=[text], command=["python", "--token=s3cr3t-71"], note=text)
    run = ledger.amend(run_id)
    run.event("SET-NOTE", text)
    run.put_document("more", {"deep": [{"text": text}]})
    run.finish("failed", detail=text)
    return run_id


def test_names_of_people_and_machines_do_not_leave(
    url: str, ledger: Ledger, server: Server, database: str, tmp_path: Path
) -> None:
    run_id = _everywhere(ledger)
    writer = content_of(ledger, run_id).run.writer
    send_all(url, ledger)
    tables = ("runs", "channels", "windows", "events", "documents", "blocks")
    rows = [server.execute(f"SELECT t::text FROM setsuden.{table} t", database=database) for table in tables]
    text = str(rows)
    boot = json.loads(writer)["boot"] or "no boot here"
    for name in ("s-host", "ana-maria", f"{Path.home()}/", "--token", "s3cr3t-71", boot):
        assert name not in text
    fetch_all(url, tmp_path / "team.sqlite")
    with Ledger.open(tmp_path / "team.sqlite") as team:
        record = team.run("last")
        assert record.name == record.detail == record.config["note"] == "on HOST in ~/training and ~/x"
        assert record.document("more") == {"deep": [{"text": record.name}]}
        assert "command" not in record.config
        assert {**record.identity, "host": "-"} == {"host": "-", "user": None, "folder": None}
        assert names_of(record.identity).get("ana-maria") is None


def test_one_machine_has_one_pseudonym_that_hangs_on_the_key(ledger: Ledger) -> None:
    first, second = add_run(ledger), add_run(ledger)

    def host(run_id: str, key: bytes) -> str:
        return str(json.loads(without_people(content_of(ledger, run_id), key).run.identity)["host"])

    assert host(first, KEY) == host(second, KEY)
    assert host(first, KEY).startswith("machine-")
    assert host(first, b"other") != host(first, KEY)


def test_a_machine_without_a_name_gets_none(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.node", lambda: "")
    assert json.loads(without_people(content_of(ledger, add_run(ledger)), KEY).run.identity)["host"] in ("", None)


def test_what_holds_no_name_is_not_taken_apart(ledger: Ledger) -> None:
    content = content_of(ledger, add_run(ledger, rate=1e-7))
    hidden = without_people(content, KEY)
    assert (hidden.windows, hidden.channels, hidden.documents) == (content.windows, content.channels, content.documents)
    assert hidden.run.config == content.run.config


def test_names_are_kept_where_that_is_asked_for(url: str, ledger: Ledger, tmp_path: Path) -> None:
    run_id = _everywhere(ledger)
    send_all(url, ledger, with_host=True)
    fetch_all(url, tmp_path / "team.sqlite")
    with Ledger.open(tmp_path / "team.sqlite") as team:
        mine, theirs = ledger.run(run_id), team.run(run_id)
        assert (theirs.name, theirs.identity, theirs.config) == (mine.name, mine.identity, mine.config)

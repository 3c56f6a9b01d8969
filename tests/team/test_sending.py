"""Sending: what goes, what does not, and what becomes of a run that changes."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from setsuden.team import Address, Remote, Selection, choose, send
from tests.ledger.support import channel, measurement, rows
from tests.team.server import Server
from tests.team.support import add_run, documents, fetch_all, results, send_all


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "mine.sqlite") as opened:
        yield opened


def test_a_run_is_sent_once(url: str, ledger: Ledger) -> None:
    add_run(ledger)
    (sent,) = send_all(url, ledger)
    assert (sent.result, sent.samples) == ("sent", 33)
    assert results(send_all(url, ledger)) == ["there"]


def test_oldest_runs_go_first_and_only_those_that_were_asked_for(url: str, ledger: Ledger) -> None:
    first, second = add_run(ledger, "a", tags=["x"]), add_run(ledger, "b")
    assert [outcome.id for outcome in send_all(url, ledger)] == [first, second]
    assert [run.id for run in choose(ledger, Selection(tag="x")).runs] == [first]
    assert [run.id for run in choose(ledger, Selection(name="b")).runs] == [second]
    assert [run.id for run in choose(ledger, Selection(kind="meter")).runs] == [first, second]
    assert choose(ledger, Selection(since=datetime(2999, 1, 1, tzinfo=UTC))).runs == ()


def test_running_runs_go_on_request_and_grow_there(url: str, ledger: Ledger, server: Server, database: str) -> None:
    run_id = add_run(ledger, end=False)
    assert choose(ledger, Selection()).running == 1
    assert send_all(url, ledger) == []
    assert results(send_all(url, ledger, running=True)) == ["sent"]
    run = ledger.amend(run_id)
    run.write_samples(0, rows(16.5, 4))
    run.close_window(measurement(3))
    assert results(send_all(url, ledger, running=True)) == ["updated"]
    run.finish(summary=measurement(1))
    assert results(send_all(url, ledger)) == ["updated"]
    assert results(send_all(url, ledger)) == ["there"]
    asked = "SELECT status, samples, energy_j FROM setsuden.run_figures"
    assert server.execute(asked, database=database) == [("finished", 37, 100.0)]
    positions = server.execute("SELECT position, samples FROM setsuden.blocks ORDER BY 1", database=database)
    assert positions == [(0, 30), (1, 3), (2, 4)]


def test_a_document_that_changes_after_the_end_is_a_newer_state(url: str, ledger: Ledger) -> None:
    run_id = add_run(ledger)
    send_all(url, ledger)
    ledger.amend(run_id).put_document("forecast", {"later": 1})
    assert results(send_all(url, ledger)) == ["updated"]


def test_an_older_copy_does_not_undo_a_newer_state(url: str, ledger: Ledger, tmp_path: Path) -> None:
    run_id = add_run(ledger)
    ledger.checkpoint()
    (tmp_path / "copy.sqlite").write_bytes((tmp_path / "mine.sqlite").read_bytes())
    ledger.amend(run_id).event("SET-NOTE", "later")
    send_all(url, ledger)
    with Ledger.open(tmp_path / "copy.sqlite") as copy:
        assert results(send_all(url, copy)) == ["newer"]
    assert results(send_all(url, ledger)) == ["there"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE runs SET name = 'other'",
        "UPDATE runs SET started_at = '2001-01-01T00:00:00+00:00'",
        "UPDATE runs SET summary = replace(summary, '105.0', '106.0')",
        "UPDATE windows SET energy_j = 1.0 WHERE id = 2",
        "UPDATE blocks SET data = (SELECT data FROM blocks WHERE samples = 3), samples = 3",
        "DELETE FROM blocks WHERE samples = 3",
        "DELETE FROM windows WHERE id = 2",
    ],
)
def test_the_same_id_with_other_content_is_refused_and_named(
    url: str, ledger: Ledger, tmp_path: Path, change: str
) -> None:
    run_id = add_run(ledger)
    send_all(url, ledger)
    connection = sqlite3.connect(tmp_path / "mine.sqlite")
    with connection:
        connection.execute(change)
        if change.startswith("DELETE"):  # fewer of one, more of another
            connection.execute("INSERT INTO events (run, at, code, detail) VALUES (1, '2026-01-01', 'SET-NOTE', 'x')")
    connection.close()
    other = add_run(ledger, "another")
    refused, sent = send_all(url, ledger)
    assert (refused.id, refused.result, sent.id, sent.result) == (run_id, "refused", other, "sent")
    assert run_id in str(refused.error)
    assert "neither follows from the other" in str(refused.error)


def test_a_run_that_begins_with_other_samples_does_not_follow(url: str, ledger: Ledger, tmp_path: Path) -> None:
    run_id = add_run(ledger, end=False)
    send_all(url, ledger, running=True)
    connection = sqlite3.connect(tmp_path / "mine.sqlite")
    with connection:
        connection.execute("UPDATE blocks SET last_t_s = last_t_s + 1 WHERE samples = 30")
    connection.close()
    ledger.amend(run_id).write_samples(0, rows(16.5, 4))
    assert results(send_all(url, ledger, running=True)) == ["refused"]


def test_names_are_kept_on_request_and_a_difference_in_them_alone_is_none(
    url: str, ledger: Ledger, server: Server, database: str
) -> None:
    first = add_run(ledger)
    send_all(url, ledger, with_host=True)
    add_run(ledger)
    assert results(send_all(url, ledger)) == ["there", "sent"]
    assert results(send_all(url, ledger, with_host=True)) == ["there", "there"]
    host = ledger.run(first).identity["host"]
    machines = server.execute("SELECT machine FROM setsuden.run_figures ORDER BY id", database=database)
    assert sorted(machine == host for (machine,) in machines) == [False, True]


def test_what_was_fetched_is_not_sent_on(url: str, ledger: Ledger, tmp_path: Path) -> None:
    add_run(ledger)
    send_all(url, ledger)
    fetch_all(url, tmp_path / "team.sqlite")
    with Ledger.open(tmp_path / "team.sqlite") as team:
        chosen = choose(team, Selection())
        assert (chosen.runs, chosen.fetched) == ((), 1)


def test_a_damaged_run_is_refused_and_the_others_go(url: str, ledger: Ledger, tmp_path: Path) -> None:
    damaged, whole = add_run(ledger), add_run(ledger)
    connection = sqlite3.connect(tmp_path / "mine.sqlite")
    with connection:
        connection.execute("UPDATE windows SET attributes = 'no json' WHERE run = 1 AND id = 2")
    connection.close()
    outcomes = send_all(url, ledger)
    assert [(outcome.id, outcome.result) for outcome in outcomes] == [(damaged, "refused"), (whole, "sent")]


def test_not_a_number_never_reaches_the_database(url: str, ledger: Ledger, tmp_path: Path) -> None:
    add_run(ledger)
    connection = sqlite3.connect(tmp_path / "mine.sqlite")
    with connection:
        connection.execute("UPDATE windows SET energy_j = 9e999 WHERE id = 2")
    connection.close()
    assert results(send_all(url, ledger)) == ["refused"]


def test_first_senders_at_once_make_the_tables_once(url: str, server: Server, database: str) -> None:
    def begin(_: int) -> None:
        Remote(Address.parse(url), to_write=True).__exit__()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(begin, range(6)))
    assert server.execute("SELECT count(*) FROM setsuden.steps", database=database) == [(1,)]


def test_two_senders_of_the_same_runs_at_once_store_each_once(
    url: str, ledger: Ledger, tmp_path: Path, server: Server, database: str
) -> None:
    for number in range(8):
        add_run(ledger, f"run {number}")

    def go(_: int) -> list[str]:
        with Ledger.open(tmp_path / "mine.sqlite", create=False) as own:
            return results(send_all(url, own))

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(go, range(3)))
    assert sorted(result for each in outcomes for result in each) == ["sent"] * 8 + ["there"] * 16
    assert server.execute("SELECT count(*) FROM setsuden.blocks", database=database) == [(16,)]


def test_a_long_run_takes_no_more_memory_than_a_block(url: str, ledger: Ledger, tmp_path: Path) -> None:
    run = ledger.start_run("meter", "week", environment={})
    run.add_channels([channel()])
    with run.transaction():
        for first in range(0, 150_000, 50):
            run.write_samples(
                0, [(k / 10, float(k), float(k), float(k), float(k % 7)) for k in range(first, first + 50)]
            )
    run.finish()
    send_all(url, ledger, Selection(name="nothing"))
    tracemalloc.start()
    try:
        send_all(url, ledger)
        fetch_all(url, tmp_path / "team.sqlite")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_500_000  # all of it packed is 1.3 MB, as figures 6 MB and more
    with Ledger.open(tmp_path / "team.sqlite") as team:
        assert documents(team) == documents(ledger)


def test_a_meter_can_write_while_a_run_is_being_sent(
    url: str, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(ledger)
    from setsuden.team import rows as rows_there

    write_parts = rows_there.write_parts

    def write(*given: object) -> None:
        with Ledger.open(tmp_path / "mine.sqlite", busy_s=0.0) as meter:
            add_run(meter, "measured meanwhile")
        write_parts(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rows_there, "write_parts", write)
    assert results(send_all(url, ledger)) == ["sent"]
    assert len(ledger.runs()) == 2


def test_a_run_that_is_deleted_meanwhile_is_named(url: str, ledger: Ledger) -> None:
    gone, there = add_run(ledger), add_run(ledger)
    with Remote(Address.parse(url), to_write=True) as remote:
        chosen = choose(ledger, Selection()).runs
        ledger.delete(gone)
        outcomes = list(send(ledger, remote, chosen))
    assert [(outcome.id, outcome.result) for outcome in outcomes] == [(gone, "refused"), (there, "sent")]

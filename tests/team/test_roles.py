"""The rights that the page on team ledgers grants are enough, and no more than that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsuden.errors import LedgerError
from setsuden.ledger import Ledger
from tests.team.server import Server
from tests.team.support import add_run, fetch_all, results, send_all

psycopg = pytest.importorskip("psycopg", reason='psycopg is not installed: pip install "setsuden[team]"')

PAGE = Path(__file__).parents[2] / "docs" / "team.md"
GRANTS, QUESTION = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "mine.sqlite") as opened:
        add_run(opened, tags=["exp1"])
        yield opened


@pytest.fixture
def people(server: Server, database: str, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Addresses of a writer and a reader, after the owner's first send."""
    send_all(server.url(database), ledger)
    server.execute(GRANTS, database=database)
    server.execute("CREATE ROLE wr LOGIN IN ROLE setsuden_writer; CREATE ROLE re LOGIN IN ROLE setsuden_reader")
    yield server.url(database, user="wr"), server.url(database, user="re")
    for role in ("wr", "re", "setsuden_writer", "setsuden_reader"):
        server.execute(f"DROP OWNED BY {role}; DROP ROLE {role}", database=database)


def test_a_writer_sends_updates_and_fetches(people: tuple[str, str], ledger: Ledger, tmp_path: Path) -> None:
    writer, _ = people
    ledger.amend("last").event("SET-NOTE", "later")
    growing = add_run(ledger, end=False)
    assert results(send_all(writer, ledger, running=True)) == ["updated", "sent"]
    ledger.amend(growing).finish()
    assert results(send_all(writer, ledger)) == ["there", "updated"]
    assert results(fetch_all(writer, tmp_path / "team.sqlite")) == ["fetched", "fetched"]


def test_a_reader_fetches_and_does_not_send(people: tuple[str, str], ledger: Ledger, tmp_path: Path) -> None:
    _, reader = people
    assert results(fetch_all(reader, tmp_path / "team.sqlite")) == ["fetched"]
    add_run(ledger)
    with pytest.raises(LedgerError, match=r"this account may not do that here.*docs/team\.md"):
        send_all(reader, ledger)


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        (0, "DELETE FROM setsuden.runs"),
        (0, "DELETE FROM setsuden.blocks"),
        (0, "UPDATE setsuden.blocks SET samples = 0"),
        (0, "DROP TABLE setsuden.runs"),
        (0, "CREATE TABLE setsuden.more (x int)"),
        (0, "INSERT INTO setsuden.steps (name) VALUES ('0002')"),
        (0, "UPDATE setsuden.machine_key SET key = ''"),
        (1, "SELECT key FROM setsuden.machine_key"),
        (1, "UPDATE setsuden.runs SET name = ''"),
        (1, "DELETE FROM setsuden.runs"),
    ],
)
def test_nobody_may_do_more(people: tuple[str, str], who: int, statement: str) -> None:
    with psycopg.connect(people[who]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_owner_deletes_all_of_a_run(people: tuple[str, str], server: Server, database: str) -> None:
    server.execute("DELETE FROM setsuden.runs", database=database)
    left = "SELECT (SELECT count(*) FROM setsuden.blocks) + (SELECT count(*) FROM setsuden.documents)"
    assert server.execute(left, database=database) == [(0,)]


def test_the_question_on_the_page_is_answered(people: tuple[str, str], server: Server, database: str) -> None:
    server.execute("UPDATE setsuden.runs SET started_at = '2026-06-02'", database=database)
    with psycopg.connect(people[1]) as connection:
        ((machine, count, kwh, provenance),) = connection.execute(QUESTION).fetchall()
    assert machine.startswith("machine-")
    assert (count, kwh, provenance) == (1, 100.0 / 3.6e6, "measured")


def test_windows_can_be_asked_with_their_attributes(people: tuple[str, str], server: Server, database: str) -> None:
    asked = (
        "SELECT name, energy_j, energy_low_j, flags, attributes::text FROM setsuden.window_figures ORDER BY window_id"
    )
    first, _ = server.execute(asked, database=database)
    assert first[:4] == ("window 1", 100.0, 95.0, ["SET-COUNTER-RESET"])
    assert json.loads(first[4]) == {"batch_size": 32, "phase": "train"}


def test_every_column_of_the_view_stands_on_the_page(people: tuple[str, str], server: Server, database: str) -> None:
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'setsuden' "
    asked += "AND table_name = 'run_figures'"
    told = set(re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf-8")))
    assert {name for (name,) in server.execute(asked, database=database)} - told == set()


def test_no_figure_can_be_other_than_a_number(people: tuple[str, str], server: Server, database: str) -> None:
    for wrong in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(psycopg.errors.CheckViolation):
            server.execute(f"UPDATE setsuden.runs SET energy_j = '{wrong}'", database=database)


def test_times_are_utc_whatever_the_zone_of_the_database(
    people: tuple[str, str], server: Server, database: str, ledger: Ledger
) -> None:
    server.execute(f"ALTER DATABASE {database} SET TimeZone = 'Asia/Tokyo'")
    run = ledger.start_run("import", "zone", started_at="2026-06-01T12:00:00+00:00", environment={})
    run.finish()
    send_all(people[0], ledger)
    asked = "SELECT started_at AT TIME ZONE 'UTC' FROM setsuden.run_figures WHERE name = 'zone'"
    ((started,),) = server.execute(asked, database=database)
    assert started.isoformat() == "2026-06-01T12:00:00"

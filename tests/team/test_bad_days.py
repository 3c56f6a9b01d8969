"""What goes wrong on the way: one sentence with a way out, nothing half-written, no password anywhere."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.errors import LedgerError
from setsuden.ledger import Ledger
from setsuden.team import Address, Remote, remote, sending
from tests.team.server import Server
from tests.team.support import add_run, fetch_all, results, send_all

SECRET = "s3cret@/?#%é"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def ana(server: Server, database: str) -> Iterator[str]:
    """A person with a password of awkward characters, who owns nothing."""
    server.execute(f"CREATE ROLE ana LOGIN PASSWORD '{SECRET}'")
    yield "ana"
    server.execute("DROP OWNED BY ana CASCADE", database=database)
    server.execute(f"REVOKE ALL ON DATABASE {database} FROM ana")
    server.execute("DROP ROLE ana")


def refused(url: str, *words: str, code: int = 1) -> str:
    """What ``setsuden ledger send`` says in both languages; the English."""
    said = []
    for language in ("ja", "en"):
        result: Result = CliRunner().invoke(main, ["ledger", *(words or ("send", "--to")), url, "--lang", language])
        assert result.exit_code == code, result.output
        assert result.stderr.startswith("setsuden: ")
        assert "s3cret" not in result.output
        assert result.stderr.count("\n") == 1
        said.append(result.stderr)
    assert re.search("[ぁ-ん]", re.sub(r"（[^）]*）", "", said[0])), "not told in Japanese"
    return said[1]


def test_a_wrong_password_is_named_and_not_repeated(server: Server, database: str, ana: str, ledger: Ledger) -> None:
    add_run(ledger)
    said = refused(server.url(database, user=ana, password="s3cret and wrong", tcp=True))
    assert "user or password is wrong" in said
    assert "~/.pgpass" in said


def test_a_missing_password_is_asked_for(server: Server, database: str, ana: str, ledger: Ledger) -> None:
    add_run(ledger)
    assert "asks for a password" in refused(server.url(database, user=ana, tcp=True))


def test_a_password_of_awkward_characters_lets_in(server: Server, database: str, ana: str, ledger: Ledger) -> None:
    server.execute(f"GRANT CREATE ON DATABASE {database} TO ana")
    add_run(ledger)
    url = server.url(database, user=ana, password=SECRET, tcp=True)
    result = CliRunner().invoke(main, ["ledger", "send", "--to", url, "--json"])
    assert result.exit_code == 0, result.output
    assert "s3cret" not in result.output


def test_an_address_that_is_none_is_wrong_use(ledger: Ledger) -> None:
    add_run(ledger)
    assert "%40" in refused("postgresql://ana:s3cret@x@localhost/energy", code=2)
    assert "not the address" in refused("s3cret", code=2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DATABASE", "no such database"),
        ("PORT", "nothing listens there"),
        ("HOST", "nothing listens there"),
    ],
)
def test_a_place_where_nothing_is_is_named(
    server: Server, database: str, ledger: Ledger, change: str, said: str
) -> None:
    add_run(ledger)
    urls = {
        "DATABASE": server.url("elsewhere"),
        "PORT": server.url(database, tcp=True).replace(f":{server.port}", ":1"),
        "HOST": server.url(database).replace("setsuden-pg", "gone"),
    }
    assert said in refused(urls[change])


@pytest.mark.parametrize("fault", ["Name or service not known", "Temporary failure in name resolution"])
def test_a_host_that_does_not_exist_is_named(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, fault)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    add_run(ledger)
    assert "no host of this name" in refused("postgresql://ana:s3cret@no-such-host.invalid/energy")


def test_a_server_that_never_answers_is_given_up(
    ledger: Ledger, tmp_path: Path, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts, and swallows what comes; two seconds are the least that libpq waits."""
    add_run(ledger)
    monkeypatch.setattr("setsuden.team.address.ANSWER_WITHIN_S", 2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        url = f"postgresql://ana:s3cret@127.0.0.1:{port}/energy?connect_timeout=2"
        result = CliRunner().invoke(main, ["ledger", "send", "--to", url])
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert "s3cret" not in result.output


def test_a_server_that_goes_away_leaves_whole_runs_and_the_next_send_goes_on(
    url: str, ledger: Ledger, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add_run(ledger), add_run(ledger)
    blocks_of = sending.blocks_of
    taken: list[str] = []

    def breaking(opened: Ledger, content: Any) -> Iterator[Any]:
        taken.append(content.run.id)
        for block in blocks_of(opened, content):
            yield block
            if taken.count(second) == 2:  # once for the digest, then on its way
                ours = f"datname = '{database}' AND pid <> pg_backend_pid()"
                server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")

    monkeypatch.setattr(sending, "blocks_of", breaking)
    with pytest.raises(LedgerError, match=r"went away.*give the same command again"):
        send_all(url, ledger)
    there = server.execute("SELECT id, samples FROM setsuden.run_figures", database=database)
    assert there == [(first, 33)]
    assert server.execute("SELECT count(*) FROM setsuden.windows", database=database) == [(2,)]
    monkeypatch.undo()
    assert results(send_all(url, ledger)) == ["there", "sent"]


def _failing(server: Server, database: str, state: str) -> None:
    """From now on the database takes no samples, for a reason of its own."""
    body = f"BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END"
    server.execute(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$", database=database)
    server.execute("CREATE TRIGGER t BEFORE INSERT ON setsuden.blocks EXECUTE FUNCTION fail()", database=database)


def test_a_full_disk_there_is_named(url: str, ledger: Ledger, server: Server, database: str) -> None:
    """A stand-in: a trigger that fails as PostgreSQL does then."""
    add_run(ledger)
    send_all(url, ledger)
    _failing(server, database, "53100")
    add_run(ledger)
    result = CliRunner().invoke(main, ["ledger", "send", "--to", url])
    assert result.exit_code == 1
    assert "the disk of the database is full" in result.stderr
    assert server.execute("SELECT count(*) FROM setsuden.runs", database=database) == [(1,)]
    server.execute("DROP TRIGGER t ON setsuden.blocks", database=database)
    assert results(send_all(url, ledger)) == ["there", "sent"]


def test_a_database_that_may_only_be_read_is_named(url: str, ledger: Ledger, server: Server, database: str) -> None:
    send_all(url, ledger)
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    add_run(ledger)
    result = CliRunner().invoke(main, ["ledger", "send", "--to", url])
    assert result.exit_code == 1
    assert "may only be read" in result.stderr


def test_an_account_without_rights_is_told_whom_to_ask(server: Server, database: str, ana: str, ledger: Ledger) -> None:
    add_run(ledger)
    url = server.url(database, user=ana)
    assert "docs/team.md" in refused(url)
    send_all(server.url(database), ledger)
    assert "may not do that" in refused(url)
    assert "may not do that" in refused(url, "fetch", "--from")


def test_a_database_without_tables_says_so_when_fetched_from(url: str, tmp_path: Path) -> None:
    said = refused(url, "fetch", "--from")
    assert "no runs were ever sent" in said
    assert not (tmp_path / "team.sqlite").exists()


def test_tables_of_a_newer_setsuden_are_refused(url: str, ledger: Ledger, server: Server, database: str) -> None:
    add_run(ledger)
    send_all(url, ledger)
    server.execute("INSERT INTO setsuden.steps (name) VALUES ('0002 of the future')", database=database)
    for words in (("send", "--to"), ("fetch", "--from")):
        said = refused(url, *words)
        assert "tables of version 2, made by a newer setsuden; this one knows 1" in said
        assert "Upgrade setsuden." in said


def test_tables_of_an_older_setsuden_are_not_read(url: str, ledger: Ledger, server: Server, database: str) -> None:
    add_run(ledger)
    send_all(url, ledger)
    with pytest.MonkeyPatch.context() as later:
        later.setattr("setsuden.team.tables.VERSION", 2)
        said = refused(url, "fetch", "--from")
    assert "this setsuden needs 2" in said


def test_a_schema_of_another_program_is_left_alone(url: str, ledger: Ledger, server: Server, database: str) -> None:
    server.execute("CREATE SCHEMA setsuden; CREATE TABLE setsuden.runs (x int)", database=database)
    add_run(ledger)
    assert "already exists" in refused(url)
    assert server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'setsuden'", database=database) == [(1,)]


def test_a_database_in_another_encoding_is_refused(server: Server, ledger: Ledger) -> None:
    server.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    add_run(ledger)
    assert "holds text as LATIN1" in refused(server.url("latin"))


def test_a_sender_that_holds_the_tables_is_not_waited_for_without_end(
    url: str, ledger: Ledger, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    add_run(ledger)
    send_all(url, ledger)
    ledger.amend("last").event("SET-NOTE", "later")
    monkeypatch.setattr(remote, "LOCKED_AT_MOST", "50ms")
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM setsuden.runs FOR UPDATE")
        assert "another sender has held the tables" in refused(url)
    assert results(send_all(url, ledger)) == ["updated"]


def test_a_client_without_its_library_says_what_to_install(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    add_run(ledger)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = refused("postgresql://ana:s3cret@localhost/energy", code=2)
    assert 'pip install "setsuden[team]"' in said


# -- encryption


@pytest.fixture(scope="module")
def vouched(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The server offers TLS with a certificate for ``localhost``, which is yielded."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    made += ["-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run(made, check=True, capture_output=True)
    data, owner = server.folder / "data", (server.folder / "data").stat()
    for name in ("key", "crt"):
        there = data / f"server.{name}"
        shutil.copy(folder / name, there)
        shutil.chown(there, owner.st_uid, owner.st_gid)
        there.chmod(0o600)
    server.execute("ALTER SYSTEM SET ssl = on")
    _reload(server, "on")
    yield folder / "crt"
    server.execute("ALTER SYSTEM RESET ssl")
    _reload(server, "off")


def _reload(server: Server, ssl: str) -> None:
    server.execute("SELECT pg_reload_conf()")
    while server.execute("SHOW ssl") != [(ssl,)]:  # the postmaster gets to it at once; pytest's own timeout ends a wait
        pass


def test_a_server_without_encryption_is_refused_where_it_is_demanded(
    server: Server, database: str, ledger: Ledger
) -> None:
    add_run(ledger)
    assert "offers no encryption" in refused(server.url(database, tcp=True, sslmode="require"))


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_an_encrypted_connection_is_said_to_be_one(server: Server, database: str, vouched: Path, mode: str) -> None:
    url = server.url(database, tcp=True, sslmode=mode, **({} if mode == "require" else {"sslrootcert": str(vouched)}))
    with Remote(Address.parse(url), to_write=True) as there:
        assert there.encrypted
    with Remote(Address.parse(server.url(database, tcp=True, sslmode="disable")), to_write=True) as there:
        assert not there.encrypted


def test_a_certificate_for_another_host_or_of_nobody_is_refused(
    server: Server, database: str, vouched: Path, ledger: Ledger, tmp_path: Path
) -> None:
    add_run(ledger)
    strict = {"sslmode": "verify-full", "sslrootcert": str(vouched)}
    elsewhere = server.url(database, tcp=True, **strict).replace("@localhost", "@another.host")
    assert "no certificate vouches" in refused(elsewhere)
    missing = server.url(database, tcp=True, sslmode="verify-full", sslrootcert=str(tmp_path / "none.crt"))
    assert "no certificate vouches" in refused(missing)


def test_nothing_of_a_failure_is_in_the_fetched_file(url: str, ledger: Ledger, tmp_path: Path) -> None:
    add_run(ledger)
    send_all(url, ledger)
    fetch_all(url, tmp_path / "team.sqlite")
    assert b"chief" not in (tmp_path / "team.sqlite").read_bytes()

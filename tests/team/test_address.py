"""Where the database is: what is said of it, and what never is."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError
from setsuden.team import Address

pytest.importorskip("psycopg", reason='psycopg is not installed: pip install "setsuden[team]"')


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGDATABASE",
        "PGSSLMODE",
        "PGSERVICE",
        "PGPASSWORD",
        "SETSUDEN_TEAM_LEDGER",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://ana:s%40cret@db.example.org/energy", "db.example.org:5432/energy"),
        ("postgres://db.example.org:6000/energy", "db.example.org:6000/energy"),
        ("postgresql:///energy?host=/run/pg", "/run/pg:5432/energy"),
        ("postgresql://ana@[::1]:5/energy?password=secret", "::1:5/energy"),
        ("postgresql://a,b:1/energy", "a,b:,1/energy"),
        ("postgresql://?service=team", "service team"),
    ],
)
def test_only_host_port_and_name_are_ever_said(url: str, label: str) -> None:
    address = Address.parse(url)
    assert address.label == label
    assert "cret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:se@cret@db/energy",
        "postgresql://ana:se/cret@db/energy",
        "postgresql://ana:se?cret@db/energy",
        "postgresql://ana:se#cret@db/energy",
        "postgresql://ana:se%zzcret@db/energy",
        "postgresql://ana:cret@db:x/energy",
        "postgresql://ana:cret@db:99999/energy",
        "postgresql://ana:cret@db/energy?nonsense=1",
        "postgresql://ana:cret@db/energy?connect_timeout=soon",
        "mysql://ana:cret@db/energy",
        "host=db password=cret",
    ],
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InputError) as refusal:
        Address.parse(url)
    assert "cret" not in str(refusal.value)
    assert refusal.value.remedy


def test_a_password_is_taken_out_of_what_others_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "other")
    address = Address.parse("postgresql://ana:s%40cret@db/energy")
    assert address.without_secrets("s@cret, other, more") == "***, ***, more"


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://db.example.org/energy", "require"),
        ("postgresql://db.example.org/energy?sslmode=disable", "disable"),
        ("postgresql://localhost/energy", None),
        ("postgresql://127.0.0.1/energy", None),
        ("postgresql:///energy?host=/run/pg", None),
        ("postgresql:///energy", None),
        ("postgresql://localhost,db.example.org/energy", "require"),
        ("postgresql:///energy?hostaddr=192.0.2.1", "require"),
        ("postgresql://localhost.example.org/energy", "require"),
        ("postgresql://127.example.org/energy", "require"),
        ("postgresql://?service=team", None),
    ],
)
def test_encryption_is_demanded_where_others_could_listen(url: str, mode: str | None) -> None:
    assert Address.parse(url).settings.get("sslmode") == mode


def test_the_environment_may_say_how_to_encrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert "sslmode" not in Address.parse("postgresql://db/energy").settings


def test_the_address_comes_from_the_environment_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="SETSUDEN_TEAM_LEDGER"):
        Address.parse(None)
    monkeypatch.setenv("SETSUDEN_TEAM_LEDGER", "postgresql://db/energy")
    assert Address.parse(None).label == "db:5432/energy"


def test_what_the_address_says_of_patience_holds() -> None:
    assert Address.parse("postgresql://db/energy").settings["connect_timeout"] == 10
    assert Address.parse("postgresql://db/energy?connect_timeout=60").settings["connect_timeout"] == "60"

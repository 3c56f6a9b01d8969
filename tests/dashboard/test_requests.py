"""What may be asked, by whom: addresses are read with their range, and a name that is not ours is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.dashboard.guard import allowed, is_local
from setsuden.dashboard.request import read
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from tests.dashboard.support import dashboard, get, write


@pytest.mark.parametrize("host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "[::1]", "LOCALHOST"])
def test_this_machine_by_its_own_names_is_answered(host: str) -> None:
    assert allowed(host, "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
     "[::1", "[::1]evil", "localhost:", "localhost:80x", ":80", "127.0.0.1:80:80", "localhost:٣"],
)  # fmt: skip
def test_a_rebound_name_is_refused_whatever_it_asks_for(host: str | None, tmp_path: Path) -> None:
    assert not allowed(host, "127.0.0.1")
    reply = dashboard(tmp_path / "none").reply("GET", "/style.css", host)
    assert reply.status == 421


def test_bound_to_every_address_numbers_are_good_and_names_are_not() -> None:
    assert allowed("192.168.1.7:8765", "0.0.0.0")
    assert not allowed("evil.example", "0.0.0.0")
    assert allowed("192.168.1.7", "192.168.1.7")
    assert not allowed("192.168.1.8", "192.168.1.7")
    assert [is_local(a) for a in ("127.0.0.1", "127.8.8.8", "::1", "localhost", "0.0.0.0", "10.0.0.1", "x")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_can_only_be_read(method: str, tmp_path: Path) -> None:
    reply = dashboard(tmp_path / "none").reply(method, "/", "localhost")
    assert reply.status == 405
    assert ("Allow", "GET, HEAD") in reply.headers


@pytest.mark.parametrize(
    "target",
    ["/../../etc/passwd", "/run/../../../etc/passwd", "/run/..%2f..%2fetc%2fpasswd", "/style.css/../app.py", "/run/",
     "/templates/dashboard.css", "/run/%00", "//evil.example/", "/runs/", "/.", "/run/last.txt"],
)  # fmt: skip
def test_a_path_that_is_no_page_leads_nowhere(target: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        write(ledger)
    reply = get(tmp_path / "ledger.sqlite", target)
    assert reply.status == 404 or (target == "//evil.example/" and reply.status == 404)
    body = reply.body.decode()
    assert "root:" not in body
    assert 'href="//' not in body


@pytest.mark.parametrize(
    "query",
    ["period=fortnight", "from=2026-13-01", "from=2026-02-01&to=2026-01-01", "by=year", "&".join(["a=b"] * 100)],
)
def test_what_cannot_be_asked_for_is_one_sentence(query: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        write(ledger)
    reply = get(tmp_path / "ledger.sqlite", f"/?{query}")
    assert reply.status == 400
    assert b"Traceback" not in reply.body


@pytest.mark.parametrize(
    "query", ["sort=size", "order=sideways", "status=lost", "page=0", "page=-1", "page=x", "page=²"]
)
def test_the_list_refuses_what_it_cannot_do(query: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        write(ledger)
    assert get(tmp_path / "ledger.sqlite", f"/runs?{query}").status == 400


@given(st.text(), st.text(min_size=1), st.sampled_from(["en", "ja"]))
def test_a_link_says_again_what_was_asked(path: str, value: str, language: str) -> None:
    request = read(f"/runs?lang={language}", "en")
    link = urlsplit(request.link("/runs", {"q": value, "empty": ""}, ["a b", "c&d"]))
    fields = parse_qs(link.query, keep_blank_values=True)
    assert fields["q"] == [value]
    assert fields["run"] == ["a b", "c&d"]
    assert "empty" not in fields
    assert fields.get("lang", ["en"]) == [language]
    assert not request.link("/" + path.lstrip("/")).startswith("//")


@given(st.text(st.characters(codec="utf-8")))
def test_any_target_is_read_or_refused(target: str) -> None:
    try:
        request = read(target, "en")
    except InputError:
        return
    assert request.path.startswith("/")
    assert not request.path.startswith("//")
    assert request.said_in("ja").startswith("/")

"""Each page says what its ledger holds, in both languages, without a socket."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from setsuden.dashboard.runs import PAGE_LENGTH
from setsuden.footprint import Footprint, footprint
from setsuden.language import LANGUAGES
from setsuden.ledger import Flag, Ledger
from setsuden.ledger.plain import as_json
from setsuden.quantity import Estimate
from tests.dashboard.support import Read, get, page, write
from tests.schemas_support import validate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def full(file: Path) -> Path:
    """Twelve kilowatt-hours in five runs, one of them inside another."""
    with Ledger.open(file) as ledger:
        flag = Flag("SET-NOISY", "power varied")
        write(ledger, "train.py", 6.0, tags=["vision"], phases=[("train", 0.5), ("infer", 0.5)], samples=50, flag=flag)
        outer = write(ledger, "search.sh", 4.0, tags=["night"], day="2026-10-01")
        write(ledger, "trial", 3.0, inside=outer, day="2026-10-01")
        write(ledger, "bad.py", 2.0, status="failed", detail="RuntimeError: out of memory", tags=["vision"])
        write(ledger, "unknown.py", None)
    return file


def ids(file: Path) -> dict[str, str]:
    with Ledger.open(file) as ledger:
        return {summary.name: summary.id for summary in ledger.runs()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("target", ["/", "/runs", "/run/last", "/compare?run={a}&run={b}", "/?period=7d", "/?by=day"])
def test_every_page_is_made_in_both_languages(full: Path, target: str, language: str) -> None:
    known = ids(full)
    target = target.format(a=known["train.py"], b=known["bad.py"])
    found = page(full, f"{target}{'&' if '?' in target else '?'}lang={language}")
    assert found.elements[0] == ("html", {"lang": language})
    others = [link for link in found.links() if link.startswith("/") and "lang=" not in link]
    assert (others == []) is (language == "ja") or all(link.endswith((".json", ".csv")) for link in others)


def test_the_first_page_states_the_sum_its_price_and_what_to_do(full: Path) -> None:
    found = page(full, "/", site="FR").text
    assert "12.0 kWh in 5 runs, all time" in found
    assert "CO2e" in found
    assert "EUR" in found
    assert "Runs that broke off took 2.0" in found
    assert "left out of all sums: 1" in found


def test_a_period_without_runs_says_so(full: Path) -> None:
    assert "Nothing ran in this period: until 2020-01-01" in page(full, "/?to=2020-01-01").text


def test_the_document_is_that_of_the_page(full: Path) -> None:
    document = json.loads(get(full, "/home.json?from=2026-11-01").body)
    validate("dashboard", document)
    assert document["total"]["energy"]["value"] == pytest.approx(8 * 3.6e6)
    assert document["total"]["without_energy"] == 1
    assert [item["name"] for item in document["broken_off"]["items"]] == ["bad.py"]
    assert document["period"] == {"key": "own", "first": "2026-11-01", "last": None, "step": "day"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["unknown.py", "bad.py", "train.py", "trial", "search.sh"]),
        ("sort=energy", ["train.py", "search.sh", "trial", "bad.py", "unknown.py"]),
        ("sort=energy&order=up", ["bad.py", "trial", "search.sh", "train.py", "unknown.py"]),
        ("sort=name&order=up", ["bad.py", "search.sh", "train.py", "trial", "unknown.py"]),
        ("q=MEMORY+runtime", ["bad.py"]),
        ("q=nothing+like+it", []),
        ("tag=vision", ["bad.py", "train.py"]),
        ("status=failed", ["bad.py"]),
        ("to=2026-10-31", ["trial", "search.sh"]),
        ("name=trial", ["trial"]),
        ("machine=kaizen-01&kind=command&from=2026-11-01", ["unknown.py", "bad.py", "train.py"]),
        ("kind=pilot", []),
    ],
)
def test_the_list_is_chosen_and_sorted_by_its_address(full: Path, query: str, expected: list[str]) -> None:
    assert page(full, f"/runs?{query}").named == expected


def test_the_list_turns_page_by_page_and_says_where_it_is(file: Path) -> None:
    count = 2 * PAGE_LENGTH + 7
    with Ledger.open(file) as ledger, ledger.transaction():
        for number in range(count):
            write(ledger, f"job {number:03}", 1.0)
    seen: list[str] = []
    for number in (1, 2, 3):
        found = page(file, f"/runs?page={number}&sort=name&order=up&q=job")
        seen += found.named
        first = (number - 1) * PAGE_LENGTH
        assert f"{first + 1} to {min(first + PAGE_LENGTH, count)} of {count}" in found.text
        turned = [link for link in found.links() if "page=" in link]
        assert all("sort=name" in link and "q=job" in link for link in turned)
    assert seen == [f"job {number:03}" for number in range(count)]
    assert "107 of 107" in page(file, "/runs?page=999").text


def test_a_run_shows_its_figures_windows_flags_and_downloads(full: Path) -> None:
    run_id = ids(full)["train.py"]
    found = page(full, f"/run/{run_id}")
    for said in ("train.py: 6.00 kWh", "SET-NOISY", "power varied", "train 0", "infer 1", "Some CPU", "kaizen-01"):
        assert said in found.text, said
    assert any(attrs.get("data-test") == "chart-power" for _, attrs in found.elements)
    saved = get(full, f"/run/{run_id}.json")
    validate("export", json.loads(saved.body))
    assert ("Content-Disposition", f'attachment; filename="{run_id}.json"') in saved.headers
    with Ledger.open(full) as ledger:
        assert saved.body.decode() == as_json([ledger.run(run_id)])
    rows = list(csv.DictReader(io.StringIO(get(full, f"/run/{run_id}.csv").body.decode())))
    assert [row["window"] for row in rows] == ["train.py", "train 0", "infer 1"]


def test_a_run_leads_to_the_one_around_it_and_to_those_inside(full: Path) -> None:
    known = ids(full)
    assert f"/run/{known['search.sh']}" in page(full, f"/run/{known['trial']}").links()
    assert f"/run/{known['trial']}" in page(full, f"/run/{known['search.sh']}").links()


def test_a_run_without_a_name_can_be_followed_from_every_table(file: Path) -> None:
    with Ledger.open(file) as ledger:
        outer = write(ledger, "search.sh", 2.0)
        first = write(ledger, "", 1.0, status="failed", inside=outer)
        second = write(ledger, "", 1.0, status="running", samples=9)
    compared = page(file, f"/compare?run={first.id}&run={second.id}")
    assert compared.named == ["(no name)"] * 3
    assert page(file, f"/run/{outer.id}").named[-1] == "(no name)"
    assert page(file, "/").named.count("(no name)") == 2  # still going, broken off


def test_a_live_run_shows_what_it_draws_and_looks_for_news(file: Path) -> None:
    with Ledger.open(file) as ledger:
        writer = write(ledger, "long.py", 2.0, status="running", samples=3600, hours=1.0)
        found = page(file, f"/run/{writer.id}")
        assert "long.py is running" in found.text
        assert "It draws 2.0" in found.text  # 2 kWh in an hour
        assert ("script", {"src": "/live.js", "defer": None}) in found.elements
        home = page(file, "/").text
        assert "Still going" in home
        writer.finish()
    assert all(tag != "script" for tag, _ in page(file, f"/run/{writer.id}").elements)


def test_a_forecast_stands_beside_what_came_out(file: Path) -> None:
    estimate = {"value": 10.0, "low": 9.0, "high": 11.0, "unit": "s", "provenance": "estimated", "boundary": None}
    said = {"share": 0.5, "stable": True, "duration": estimate, "energy": None, "duration_error": 0.25,
            "energy_error": None}  # fmt: skip
    outcome = {"duration_s": 8.0, "energy": None, "carbon": None, "complete": True}
    entry = {"name": "train", "steps_total": 100, "said": [said], "outcome": outcome, "budget": None}
    with Ledger.open(file) as ledger:
        writer = write(ledger, "train.py", 1.0)
        writer.put_document("forecast", {"runs": [entry]})
    found = page(file, "/run/last").text
    assert "Forecasts and what came out" in found
    assert "+25.0%" in found


def test_comparing_states_the_ratio_or_that_it_is_too_close(file: Path) -> None:
    with Ledger.open(file) as ledger:
        a, b, c = write(ledger, "a", 1.0), write(ledger, "b", 5.0), write(ledger, "c", 1.01, hours=1.01)
    more = page(file, f"/compare?run={a.id}&run={b.id}").text
    assert f"b ({b.id[-6:]}) took 4.0" in more
    assert "times as much" in more
    assert "setsuden compare --group" in more  # one run of each says nothing about their scatter
    close = page(file, f"/compare?run={a.id}&run={c.id}").text
    assert "too close to call" in close
    assert get(file, f"/compare?run={a.id}").status == 400
    assert get(file, f"/compare?run={a.id}&run=zzz").status == 404
    assert get(file, "/compare?" + "&".join(f"run=r{k}" for k in range(13))).status == 400


def test_a_ledger_that_is_missing_or_empty_says_what_to_do(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    with Ledger.open(tmp_path / "no-runs.sqlite"):
        pass
    for name, said in (("missing", "No runs yet"), ("empty", "No runs yet"), ("no-runs", "Nothing ran")):
        for target in ("/", "/runs"):
            assert get(tmp_path / f"{name}.sqlite", target).status == 200
        assert said in page(tmp_path / f"{name}.sqlite", "/").text
    assert not (tmp_path / "missing.sqlite").exists()


def test_a_ledger_of_a_newer_version_or_of_another_program_or_no_ledger_is_told(tmp_path: Path) -> None:
    newer, other, text = (tmp_path / name for name in ("newer.sqlite", "other.sqlite", "text.sqlite"))
    with Ledger.open(newer):
        pass
    for path, statement in ((newer, "PRAGMA user_version = 99"), (other, "CREATE TABLE mine (a)")):
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.close()
    text.write_text("not a ledger " * 100)
    for path, said in ((newer, "newer setsuden"), (other, "another program"), (text, "not a ledger")):
        for target in ("/", "/runs", "/run/last", "/home.json"):
            reply = get(path, target)
            assert reply.status == 503
            assert said in Read(reply.body.decode()).text
        assert "台帳" in get(path, "/?lang=ja").body.decode()


def test_a_locked_ledger_is_told_and_read_again_when_it_is_free(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.dashboard.app._BUSY_S", 0.0)
    holder = sqlite3.connect(full, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("UPDATE runs SET heartbeat_at = heartbeat_at")
    reply = get(full, "/")
    assert reply.status == 503
    assert "another process is writing" in Read(reply.body.decode()).text
    holder.execute("ROLLBACK")
    holder.close()
    assert get(full, "/").status == 200


def test_a_run_that_is_being_written_is_shown_as_far_as_it_was_committed(file: Path) -> None:
    with Ledger.open(file) as ledger:
        writer = write(ledger, "open.py", 2.0, status="running", samples=100)
        with ledger.transaction():
            writer.write_samples(0, [(4000.0, 9e9, 9e9, 9e9, None)])
            assert "2.00 kWh in one run" in page(file, "/").text
        assert "2.00 kWh in one run" not in page(file, "/").text


def test_pages_write_nothing(full: Path) -> None:
    before = full.read_bytes()
    for target in ("/", "/runs", "/run/last", "/home.json"):
        assert get(full, target).status == 200
    assert full.read_bytes() == before


def test_others_see_no_host_user_or_folder(file: Path) -> None:
    with Ledger.open(file) as ledger:
        secret = "cannot open /home/tanaka/work/secret-plan/data.csv on kaizen-01"
        flag = Flag("SET-NOISY", secret)
        write(ledger, "/home/tanaka/work/train.py", 1.0, status="failed", detail=secret, tags=["kaizen-01"], flag=flag)
        with ledger.transaction() as connection:
            connection.execute("UPDATE channels SET info = replace(info, 'scripted', ?)", (secret,))
        write(ledger, "b.py", 1.0, identity={"host": "labo", "user": "suzuki", "folder": "/home/suzuki"})
    for target in ("/", "/runs", "/run/last", "/home.json", "/runs?q=plan"):
        reply = get(file, target, address="0.0.0.0")
        assert reply.status == 200
        assert not [
            word for word in (b"tanaka", b"kaizen-01", b"secret-plan", b"labo", b"suzuki") if word in reply.body
        ]
    with Ledger.open(file) as ledger:
        first = ledger.runs()[-1].id
    for target in (f"/run/{first}", f"/run/{first}.json", f"/run/{first}.csv"):
        reply = get(file, target, address="0.0.0.0")
        assert reply.status == 200
        assert b"tanaka" not in reply.body
        assert b"secret-plan" not in reply.body
        assert b"kaizen-01" not in reply.body
    assert b"kaizen-01" in get(file, "/").body


def test_others_do_not_see_where_the_ledger_or_a_catalogue_of_ones_own_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tanaka plans"
    folder.mkdir()
    damaged, whole = folder / "damaged.sqlite", folder / "ledger.sqlite"
    damaged.write_text("not a ledger " * 100)
    with Ledger.open(whole) as ledger:
        write(ledger, "train.py", 1.0)

    def own(energy: Estimate, **asked: Any) -> Footprint:
        found = footprint(energy, **asked)
        factor = found.factors[0]._replace(source="user override: /home/tanaka/plans/grid_annual.csv")
        return replace(found, factors=(factor, *found.factors[1:]))

    monkeypatch.setattr("setsuden.dashboard.pricing.footprint", own)
    for file in (damaged, whole, folder / "missing.sqlite"):
        for target in ("/", "/run/last", "/home.json"):
            reply = get(file, target, address="0.0.0.0", site="FR")
            assert b"plans" not in reply.body
            assert b"tanaka" not in reply.body
    assert get(damaged, "/", address="0.0.0.0").status == 503
    assert b"tanaka plans" in get(damaged, "/").body
    assert b"grid_annual.csv" in get(whole, "/", address="0.0.0.0", site="FR").body

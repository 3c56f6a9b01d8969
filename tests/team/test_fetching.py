"""Fetching: the same figures to the last bit, and nothing that was not sent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setsuden.cli.main import main
from setsuden.errors import LedgerError
from setsuden.ledger import ChannelEnergy, Count, Flag, Ledger, Measurement, Utilisation
from setsuden.ledger.channel import OpenedWindow
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance
from setsuden.team import Selection, fetching
from setsuden.team import rows as there
from tests.ledger.support import channel, measurement, rows
from tests.team.server import Server
from tests.team.support import add_run, documents, fetch_all, results, send_all, told


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "mine.sqlite") as opened:
        yield opened


@pytest.fixture
def team(tmp_path: Path) -> Path:
    return tmp_path / "team.sqlite"


def fetched(path: Path) -> list[Any]:
    with Ledger.open(path, create=False) as ledger:
        return documents(ledger)


def test_what_is_fetched_is_what_was_sent_to_the_last_bit(url: str, ledger: Ledger, team: Path) -> None:
    add_run(ledger, "訓練 🌱", tags=["é", "night"], models=5, rate=0.1)
    add_run(ledger, "second")
    send_all(url, ledger)
    assert results(fetch_all(url, team)) == ["fetched", "fetched"]
    assert fetched(team) == documents(ledger)


@pytest.mark.parametrize(
    "words",
    [
        ["runs"],
        ["runs", "--tag", "x"],
        ["show", "last"],
        ["compare", "{0}", "{1}"],
        ["export", "{0}", "{1}"],
        ["export", "{0}", "--format", "csv"],
        ["export", "{0}", "--format", "codecarbon", "--site", "JP"],
        ["footprint", "--run", "{0}", "--site", "JP"],
        ["campaign", "--tag", "x"],
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_over_both_files(url: str, ledger: Ledger, team: Path, words: list[str]) -> None:
    ids = [add_run(ledger, "small", tags=["x"]), add_run(ledger, "large", tags=["x"])]
    send_all(url, ledger)
    fetch_all(url, team)
    asked = [word.format(*ids) for word in words]
    options = [] if words[0] == "export" else ["--json"]
    files = [{"SETSUDEN_LEDGER": str(path)} for path in (ledger.path, team)]
    said = [CliRunner().invoke(main, [*asked, *options], env=file) for file in files]
    assert [result.exit_code for result in said] == [0, 0], said[0].output
    assert said[0].stdout == said[1].stdout


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_figures = st.floats(0, 1e12, allow_subnormal=True)
_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_seconds = st.integers(0, 2**40).map(lambda ticks: ticks / 1000)  # no power beyond all figures between two of them
_samples = st.lists(st.tuples(_seconds, _figures, st.none() | _figures), min_size=1, max_size=40)


def _window(number: int, energy_j: float, name: str, attributes: dict[str, Any]) -> Measurement:
    gross = Estimate.relative(energy_j, 0.05, "J", Provenance.MEASURED, DEVICE)
    parts = (ChannelEnergy("fake/cpu", "cpu", "CPU", "counter", gross, gross, None, True),)
    return Measurement(
        number, name, None, "2026-01-01T00:00:00+00:00", 0.5, energy_j + 1.0, gross.within(NODE), None, parts,
        Utilisation(cpu_share=0.25), (Flag("SET-NOTE", name),), attributes, 0.125,
    )  # fmt: skip


@st.composite
def _runs(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "name": draw(_texts),
        "tags": draw(st.lists(_texts, max_size=3)),
        "config": draw(st.dictionaries(_texts, _plain, max_size=3)),
        "blocks": draw(st.lists(_samples, max_size=4)),
        "windows": draw(st.lists(st.tuples(_figures, _texts, st.dictionaries(_texts, _plain, max_size=2)), max_size=3)),
        "open": draw(st.booleans()),
        "events": draw(st.lists(_texts, max_size=3)),
        "documents": draw(st.dictionaries(_texts, _plain, max_size=3)),
        "status": draw(st.sampled_from(["finished", "failed", "interrupted", None])),
    }


def _write(ledger: Ledger, given: dict[str, Any]) -> str:
    run = ledger.start_run("meter", given["name"], given["config"], given["tags"], environment={"hardware": None})
    run.add_channels([channel(), channel("fake/core", counted=False)])
    for place, drawn in enumerate(given["blocks"]):
        times = sorted(t_s for t_s, _, _ in drawn)
        counts = sorted(energy_j for _, energy_j, _ in drawn)
        series = [(t, j, j, j, point[2]) for t, j, point in zip(times, counts, drawn, strict=True)]
        run.write_samples(place % 2, series, ["SET-NOTE"] * (place == 1))
    if given["open"]:
        opening = [Count(0.0, 0.0, 0.0, 0.0), Count(0.0, 0.0, 0.0, 0.0)]
        run.open_windows([OpenedWindow(99, "open", None, "2026-01-01T00:00:00+00:00", 0.0, opening, {"a": 1}, 0)])
    windows = [_window(number, *figures) for number, figures in enumerate(given["windows"], 1)]
    run.close_windows(windows) if windows else None
    for detail in given["events"]:
        run.event("SET-NOTE", detail)
    for name, body in given["documents"].items():
        run.put_document(name, body)
    if given["status"]:
        run.finish(given["status"], detail=given["name"] or None, summary=windows[0] if windows else None)
    return run.id


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_runs())
def test_any_run_comes_back_as_it_was(url: str, ledger: Ledger, team: Path, drawn: dict[str, Any]) -> None:
    run_id = _write(ledger, drawn)
    chosen = Selection(name=drawn["name"])
    send_all(url, ledger, chosen, running=True, with_host=True)
    fetch_all(url, team, chosen)
    with Ledger.open(team, create=False) as file:
        mine, theirs = told(ledger, run_id), told(file, run_id)
    assert json.dumps(theirs, sort_keys=True) == json.dumps(mine, sort_keys=True)
    assert {*results(send_all(url, ledger, chosen, running=True))} == {"there"}


def test_a_sign_stands_for_what_postgresql_cannot_hold(url: str, ledger: Ledger, team: Path) -> None:
    add_run(ledger, "a\0b", tags=["c\0d"], model="e\0f")
    send_all(url, ledger)
    fetch_all(url, team)
    assert results(send_all(url, ledger)) == ["there"]
    with Ledger.open(team) as file:
        record = file.run("last")
        assert (record.name, record.tags, record.config) == ("a␀b", ("c\0d",), {"model": "e\0f"})


def test_only_what_is_new_or_has_changed_is_fetched(url: str, ledger: Ledger, team: Path) -> None:
    first = add_run(ledger)
    send_all(url, ledger)
    fetch_all(url, team)
    add_run(ledger)
    ledger.amend(first).event("SET-NOTE", "later")
    send_all(url, ledger)
    assert results(fetch_all(url, team)) == ["updated", "fetched"]
    assert results(fetch_all(url, team)) == ["there", "there"]
    assert fetched(team) == documents(ledger)


def test_a_run_measured_here_is_left_alone(url: str, ledger: Ledger, tmp_path: Path) -> None:
    add_run(ledger)
    send_all(url, ledger)
    before = documents(ledger)
    assert results(fetch_all(url, tmp_path / "mine.sqlite")) == ["own"]
    assert documents(ledger) == before


def test_the_team_is_read_in_the_order_of_its_starts(url: str, ledger: Ledger, team: Path, tmp_path: Path) -> None:
    early = ledger.start_run("import", "early", started_at="2020-01-01T00:00:00+00:00", environment={})
    early.finish()
    late = add_run(ledger)
    send_all(url, ledger)
    assert [outcome.id for outcome in fetch_all(url, team)] == [early.id, late]
    assert results(fetch_all(url, tmp_path / "x", Selection(name="early"))) == ["fetched"]
    assert results(fetch_all(url, tmp_path / "x", Selection(tag="none"))) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE setsuden.runs SET name = 'other'",
        "UPDATE setsuden.windows SET measurement = '{}' WHERE id = 2",
        "UPDATE setsuden.blocks SET data = data || '\\x00'",
        "DELETE FROM setsuden.blocks WHERE position = 1",
        "DELETE FROM setsuden.events",
    ],
)
def test_a_run_that_was_changed_in_the_database_is_refused(
    url: str, ledger: Ledger, team: Path, server: Server, database: str, change: str
) -> None:
    run_id = add_run(ledger)
    send_all(url, ledger)
    server.execute(change, database=database)
    add_run(ledger)
    send_all(url, ledger)
    refused, whole = fetch_all(url, team)
    assert (refused.id, refused.result, whole.result) == (run_id, "refused", "fetched")
    assert "is not what was sent" in str(refused.error)
    assert [found[0]["id"] for found in fetched(team)] == [whole.id]


def test_a_fetch_that_breaks_off_leaves_whole_runs_and_goes_on(
    url: str, ledger: Ledger, team: Path, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(ledger)
    second = add_run(ledger)
    send_all(url, ledger)
    sure = fetching._sure

    def breaking(blocks: Any, kept: Any, run_id: str) -> Iterator[Any]:
        for block in sure(blocks, kept, run_id):
            if run_id == second:
                ours = f"datname = '{database}' AND pid <> pg_backend_pid()"
                server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            yield block

    monkeypatch.setattr(fetching, "_sure", breaking)
    monkeypatch.setattr(there, "_BLOCKS_AT_ONCE", 1)
    with pytest.raises(LedgerError, match="went away"):
        fetch_all(url, team)
    assert len(fetched(team)) == 1
    monkeypatch.undo()
    assert results(fetch_all(url, team)) == ["there", "fetched"]
    assert fetched(team) == documents(ledger)


@pytest.mark.parametrize("off_s", [-7200.0, 7200.0])
def test_a_running_run_is_judged_by_the_clock_of_the_database(
    url: str, ledger: Ledger, team: Path, monkeypatch: pytest.MonkeyPatch, off_s: float
) -> None:
    now = time.time
    with monkeypatch.context() as off:
        off.setattr(time, "time", lambda: now() + off_s)
        add_run(ledger, end=False)
        send_all(url, ledger, running=True)
    fetch_all(url, team)
    with Ledger.open(team) as file:
        assert file.run("last").status == "running"
    with monkeypatch.context() as later, Ledger.open(team) as file:
        later.setattr(time, "time", lambda: now() + 120.0)
        assert file.run("last").status == "cut off"


def test_a_run_that_was_cut_off_is_so_for_everybody_at_once(
    url: str, ledger: Ledger, team: Path, server: Server, database: str
) -> None:
    import sqlite3

    add_run(ledger, end=False)
    connection = sqlite3.connect(ledger.path)
    with connection:
        connection.execute("""UPDATE runs SET writer = json_set(writer, '$.boot', 'before')""")
        connection.execute("UPDATE runs SET heartbeat_at = heartbeat_at - 100")
    connection.close()
    assert results(send_all(url, ledger)) == ["sent"]
    fetch_all(url, team)
    assert fetched(team) == documents(ledger)
    assert server.execute("SELECT status FROM setsuden.run_figures", database=database) == [("cut off",)]


def test_windows_that_are_open_in_the_database_are_closed_by_a_later_state(
    url: str, ledger: Ledger, team: Path
) -> None:
    run = ledger.start_run("meter", "train", environment={})
    run.add_channels([channel()])
    run.write_samples(0, rows(0.0, 3))
    run.open_windows(
        [OpenedWindow(1, "w", None, "2026-01-01T00:00:00+00:00", 0.0, [Count(0.0, 0.0, 0.0, 0.0)], {"epoch": 1}, 0)]
    )
    send_all(url, ledger, running=True)
    fetch_all(url, team)
    run.close_window(measurement(1))
    run.finish(summary=measurement(1))
    send_all(url, ledger)
    assert results(fetch_all(url, team)) == ["updated"]
    assert fetched(team) == documents(ledger)

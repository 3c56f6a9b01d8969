from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError, LedgerError
from setsuden.ledger import Count, Ledger, default_path
from setsuden.ledger.channel import OpenedWindow
from setsuden.ledger.codec import unpack
from tests.ledger.support import channel, measurement, rows


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_the_place_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SETSUDEN_LEDGER", str(tmp_path / "mine.sqlite"))
    assert default_path() == tmp_path / "mine.sqlite"
    monkeypatch.delenv("SETSUDEN_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert default_path() == tmp_path / "setsuden" / "ledger.sqlite"


def test_a_run_is_there_from_its_first_moment(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train", {"rate_hz": 2}, ["a", "b"])
    record = ledger.run("last")
    assert (record.id, record.status, record.tags) == (run.id, "running", ("a", "b"))
    assert record.config == {"rate_hz": 2}
    assert record.root is None


def test_an_id_that_another_run_has_is_drawn_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    class OneSecond(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> OneSecond:
            return cls(2026, 1, 1, tzinfo=tz)

    drawn = iter([b"\0\0\1", b"\0\0\1", b"\0\0\1", b"\0\0\2"])
    monkeypatch.setattr("setsuden.ledger.store.datetime", OneSecond)
    monkeypatch.setattr("setsuden.ledger.store.os.urandom", lambda size: next(drawn))
    ids = [ledger.start_run("meter", name).id for name in ("a", "b")]
    assert ids == ["20260101-000000-000001", "20260101-000000-000002"]


def test_windows_and_samples_come_back(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel()])
    run.write_samples(0, rows(0.0, 3))
    run.write_samples(0, rows(1.5, 2), ["SET-ENERGY-GAP"])
    run.close_window(measurement(1))
    run.close_window(measurement(2, 40.0, parent_id=1))
    run.event("SET-NOTE", "something happened")
    run.finish(summary=measurement(1))
    record = ledger.run(run.id)
    assert record.status == "finished"
    assert [window.window_id for window in record.windows] == [1, 2]
    assert record.root == record.windows[0]
    assert record.summary.energy == measurement(1).energy
    assert [event.code for event in record.events] == ["SET-NOTE"]
    series = record.samples("fake/cpu")
    assert series.t_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert series.power_w.tolist() == [10.0] * 5
    assert series.flags == ("SET-ENERGY-GAP",)
    assert record.sample_count == 5
    with pytest.raises(InputError, match="fake/cpu"):
        record.samples("fake/gpu")


def test_power_that_the_hardware_does_not_give_is_the_mean_since_the_sample_before(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel()])
    run.write_samples(0, [(0.0, 0.0, 0.0, 0.0, None), (2.0, 10.0, 10.0, 10.0, None)])
    series = ledger.run("last").samples("fake/cpu")
    assert (series.power_t_s.tolist(), series.power_w.tolist()) == ([2.0], [5.0])


def test_the_total_of_a_run_without_end_comes_from_first_and_last_count(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel(), channel("fake/core", counted=False)])
    for position in (0, 1):
        run.write_samples(position, rows(10.0, 21))
    summary = ledger.runs()[0]
    assert summary.duration_s == 10.0
    assert summary.energy is not None
    assert summary.energy.value == pytest.approx(100.0)


def test_one_sample_tells_of_no_time_and_no_joule(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel()])
    run.write_samples(0, rows(0.0, 1))
    summary = ledger.runs()[0]
    assert (summary.duration_s, summary.energy) == (None, None)


def test_two_meters_in_one_run_add_up_although_their_counters_start_anew(ledger: Ledger) -> None:
    run = ledger.start_run("pilot", "study")
    for _ in range(2):
        first = run.add_channels([channel()])
        run.write_samples(first, [(0.0, 0.0, 0.0, 0.0, None), (5.0, 50.0, 50.0, 50.0, None)])
    record = ledger.run("last")
    assert [known.id for known in record.channels] == ["fake/cpu"]
    assert record.summary.energy is not None
    assert record.summary.energy.value == pytest.approx(100.0)
    assert record.summary.duration_s == pytest.approx(10.0)
    assert record.samples("fake/cpu").power_w.tolist() == [10.0, 10.0]


def test_windows_written_together_are_those_written_one_by_one(ledger: Ledger) -> None:
    opening = [Count(2.0, 20.0, 20.0, 20.0)]
    opened = [
        OpenedWindow(k, f"window {k}", None, "2026-01-01T00:00:00+00:00", 2.0, opening, {}, 0) for k in range(150)
    ]
    closed = [measurement(k, 10.0 * k) for k in (*range(1, 140), 5, 200)]
    together, one_by_one = ledger.start_run("meter", "together"), ledger.start_run("meter", "one by one")
    for run in (together, one_by_one):
        run.add_channels([channel()])
        run.write_samples(0, rows(2.0, 9))
    together.open_windows(opened)
    together.close_windows(closed)
    for window in opened:
        one_by_one.open_windows([window])
    for found in closed:
        one_by_one.close_window(found)
    for run in (together, one_by_one):
        run.finish()
    assert ledger.run(together.id).windows == ledger.run(one_by_one.id).windows
    assert len(ledger.run(together.id).windows) == 151  # 150 that began, and one more that only ended


def test_an_open_window_of_a_cut_off_run_is_measured_up_to_the_last_sample(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel()])
    opening = [Count(2.0, 20.0, 20.0, 20.0)]
    run.open_windows([OpenedWindow(1, "train", None, "2026-01-01T00:00:00+00:00", 2.0, opening, {"seed": 1}, 0)])
    run.write_samples(0, rows(2.0, 9))
    assert ledger.run("last").windows == ()
    monkeypatch.setattr("setsuden.ledger.record.is_alive", lambda *_: False)
    record = ledger.run("last")
    assert record.status == "cut off"
    (window,) = record.windows
    assert window.energy is not None
    assert window.energy.value == pytest.approx(40.0)
    assert window.duration_s == pytest.approx(4.0)
    assert [flag.code for flag in window.flags] == ["SET-CUT-OFF"]
    assert window.attributes == {"seed": 1}


def test_documents_are_kept_replaced_and_read_after_reopening(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        run = ledger.start_run("pilot", "study")
        run.put_document("state", {"done": [1]})
        run.put_document("state", {"done": [1, 2]})
        with pytest.raises(InputError):
            run.put_document("state", {"bad": float("nan")})
    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        run = ledger.writer("last")
        assert run.document("state") == {"done": [1, 2]}
        assert run.document("other") is None
        assert ledger.run("last").documents == ("state",)


def test_taking_a_run_over_makes_it_running_again(ledger: Ledger) -> None:
    ledger.start_run("pilot", "study").finish("failed", detail="no luck")
    assert ledger.run("last").detail == "no luck"
    ledger.writer("last")
    assert (ledger.run("last").status, ledger.run("last").detail) == ("running", None)


def test_a_finished_run_is_not_opened_again_but_can_be_added_to(ledger: Ledger) -> None:
    run = ledger.start_run("pilot", "study")
    run.finish()
    ended_at = ledger.run("last").ended_at
    for attempt in (lambda: ledger.writer("last"), run.resume):
        with pytest.raises(InputError, match="is finished") as refused:
            attempt()
        assert refused.value.remedy
    amending = ledger.amend("last")
    amending.put_document("note", {"seen": True})
    amending.event("SET-NOTE", "seen")
    found = ledger.run("last")
    assert (found.status, found.ended_at, found.document("note")) == ("finished", ended_at, {"seen": True})


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        ("UPDATE runs SET config = '{cut'", lambda ledger: ledger.run("last")),
        ("UPDATE runs SET tags = '3'", lambda ledger: ledger.runs()),
        ("UPDATE channels SET info = '{}'", lambda ledger: ledger.run("last")),
        ("UPDATE channels SET last = '[1]'", lambda ledger: ledger.runs()),
        ("UPDATE blocks SET data = x'01'", lambda ledger: ledger.runs()),
        ("UPDATE blocks SET data = x'0401020304'", lambda ledger: ledger.run("last").samples("fake/cpu")),
        ("UPDATE documents SET body = ''", lambda ledger: ledger.document("last", "note")),
    ],
)
def test_a_row_that_nobody_can_have_written_is_told_in_one_sentence(
    ledger: Ledger, damage: str, read: Callable[[Ledger], object]
) -> None:
    run = ledger.start_run("meter", "a")
    run.add_channels([channel()])
    run.write_samples(0, [(float(k), float(k), float(k), float(k), None) for k in range(20)])
    run.put_document("note", {})
    read(ledger)
    with ledger.transaction() as connection:
        connection.execute(damage)
    with pytest.raises(LedgerError, match="damaged") as told:
        read(ledger)
    assert str(ledger.path) in str(told.value)


def test_of_several_runs_the_damaged_one_is_named(ledger: Ledger) -> None:
    whole, damaged = ledger.start_run("meter", "a"), ledger.start_run("meter", "b")
    with ledger.transaction() as connection:
        connection.execute("UPDATE runs SET tags = '3' WHERE id = ?", (damaged.id,))
    with pytest.raises(LedgerError, match=damaged.id):
        ledger.runs()
    left_out: list[str] = []
    assert [run.id for run in ledger.runs(unreadable=left_out)] == [whole.id]
    assert left_out == [damaged.id]


def test_a_damaged_file_is_told_with_a_remedy_and_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with Ledger.open(path) as ledger:
        ledger.start_run("meter", "a").finish()
    whole = path.read_bytes()
    for content in (b"no database at all", whole[:4096] + b"\xff" * (len(whole) - 4096)):
        path.write_bytes(content)
        result = CliRunner().invoke(main, ["runs", "--ledger", str(path)])
        assert result.exit_code == 1
        assert str(path) in result.stderr
        assert "--ledger" in result.stderr or ".recover" in result.stderr
        assert "Traceback" not in result.output


def test_runs_are_found_by_prefix_last_part_and_filter(ledger: Ledger) -> None:
    first = ledger.start_run("meter", "a", tags=["x"])
    second = ledger.start_run("command", "b")
    assert ledger.run(first.id[-6:]).id == first.id
    assert ledger.run("last").id == second.id
    assert [run.name for run in ledger.runs()] == ["b", "a"]
    assert [run.name for run in ledger.runs(tag="x")] == ["a"]
    assert [run.name for run in ledger.runs(kind="command")] == ["b"]
    assert [run.name for run in ledger.runs(limit=1)] == ["b"]
    with pytest.raises(InputError, match="more than one"):
        ledger.run(first.id[:3])
    with pytest.raises(InputError, match="no such run"):
        ledger.run("%")


def test_a_transaction_is_all_or_nothing(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")

    def write_half() -> None:
        with run.transaction():
            run.event("A", "written first")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_half()
    assert ledger.run("last").events == ()


def test_deleting_a_run_removes_all_of_it(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel()])
    run.write_samples(0, rows(0.0, 3))
    ledger.delete("last")
    assert ledger.runs() == []
    with sqlite3.connect(ledger.path) as raw:
        assert raw.execute("SELECT count(*) FROM blocks").fetchone() == (0,)
    raw.close()


def test_a_baseline_is_reused_only_while_young(ledger: Ledger) -> None:
    ledger.put_baseline("machine", {"watts": 10})
    assert ledger.baseline("machine", 3600) == {"watts": 10}
    assert ledger.baseline("machine", -1) is None
    assert ledger.baseline("other", 3600) is None


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(LedgerError, match="another program"):
        Ledger.open(path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("not a database, certainly not a ledger" * 100)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(path)
    assert path.read_text().startswith("not a database")


def test_a_ledger_of_a_newer_setsuden_is_refused(ledger: Ledger) -> None:
    path = ledger.path
    ledger.close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(LedgerError, match="newer setsuden"):
        Ledger.open(path)


def test_reading_does_not_create(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger here"):
        Ledger.open(tmp_path / "none.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="drops capabilities the Linux way")
def test_a_read_only_ledger_can_be_read_and_a_meter_on_it_harms_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ro"
    folder.mkdir()
    with Ledger.open(folder / "l.sqlite") as ledger:
        ledger.start_run("meter", "train").finish()
    (folder / "l.sqlite").chmod(stat.S_IRUSR)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    # Permissions do not bind root, so the reader gives its capabilities up first.
    code = """
import ctypes, sys
from setsuden.ledger import Ledger
from setsuden.meter import Meter
ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
with Ledger.open(sys.argv[1], create=False) as ledger:
    print(ledger.run("last").name, ledger.writable)
with Meter("x", sensors=[], ledger=sys.argv[1]) as meter:
    pass
print([flag.code for flag in meter.result.flags], meter.result.flags[-1].detail)
"""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder / "l.sqlite")], capture_output=True, text=True, check=False
        )
    finally:
        folder.chmod(stat.S_IRWXU)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "train False"
    assert second.startswith("['SET-NO-SENSOR', 'SET-NOT-RECORDED'] Nothing is kept on disk:")


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"Choose another file"):
        Ledger.open(tmp_path / "file" / "l.sqlite")


def test_a_locked_ledger_is_explained(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "l.sqlite", busy_s=0.01)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another process is writing"):
        ledger.start_run("meter", "train")
    other.execute("ROLLBACK")
    other.close()
    assert ledger.start_run("meter", "train").id
    ledger.close()


def waits_for_the_disk(ledger: Ledger) -> bool:
    with ledger.transaction() as connection:
        return bool(connection.execute("PRAGMA synchronous").fetchone()[0] != 0)


def test_a_ledger_in_a_hurry_waits_for_the_disk_from_its_first_checkpoint_on(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "new.sqlite", patient=False) as ledger:
        run = ledger.start_run("meter", "train")
        assert not waits_for_the_disk(ledger)
        ledger.checkpoint()
        assert waits_for_the_disk(ledger)
        run.finish()
    with Ledger.open(tmp_path / "new.sqlite") as ledger:
        assert waits_for_the_disk(ledger)
        assert ledger.run("last").status == "finished"


def test_a_log_that_holds_commits_is_never_written_in_a_hurry(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "shared.sqlite") as first:
        first.start_run("meter", "one")
        with Ledger.open(tmp_path / "shared.sqlite", patient=False) as second:
            assert waits_for_the_disk(second)


def test_a_sign_of_life_is_given_only_when_the_last_one_has_grown_old(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1000.0
    monkeypatch.setattr("setsuden.ledger.writer.time.monotonic", lambda: now_s)
    monkeypatch.setattr("setsuden.ledger.writer.time.time", lambda: now_s)
    run = ledger.start_run("meter", "train")
    beats = []
    for _ in range(26):
        run.heartbeat()
        with ledger.transaction() as connection:
            beats.append(connection.execute("SELECT heartbeat_at FROM runs").fetchone()[0])
        now_s += 1.0
    assert sorted(set(beats)) == [1000.0, 1010.0, 1020.0]


def test_counts_of_any_kind_of_number_come_back_and_no_others_go_in(ledger: Ledger) -> None:
    run = ledger.start_run("meter", "train")
    run.add_channels([channel("fake/cpu")])
    figures = (1e-9, 0.1 + 0.2, 1e300, 3)
    run.write_samples(0, [(*figures, None), (*map(np.float64, figures), None)])  # type: ignore[list-item]
    series = ledger.run("last").samples("fake/cpu")
    for column, figure in zip((series.t_s, series.energy_j, series.low_j, series.high_j), figures, strict=True):
        assert column.tolist() == [figure, figure]
    for wrong in (float("nan"), float("inf"), np.float64("nan")):
        for place in range(5):
            for row in range(3):
                block = [(9.0, 1.0, 1.0, 1.0, 1.0)] * 3
                block[row] = (*block[row][:place], wrong, *block[row][place + 1 :])  # type: ignore[assignment]
                with pytest.raises(InputError):
                    run.write_samples(0, block)
    assert ledger.run("last").sample_count == 2


def made_older(path: Path) -> None:
    """The same ledger as the first version of the tables held it: totals beside the channels."""
    with Ledger.open(path) as ledger, ledger.transaction() as connection:
        for run, position in connection.execute("SELECT run, position FROM channels").fetchall():
            blocks = connection.execute(
                "SELECT samples, data FROM blocks WHERE run = ? AND channel = ? ORDER BY first_t_s", (run, position)
            ).fetchall()
            columns = [unpack(data, samples) for samples, data in blocks]
            if columns:
                ends = [json.dumps(columns[place].count_at(place).to_list()) for place in (0, -1)]
                connection.execute(
                    "UPDATE channels SET samples = ?, first = ?, last = ? WHERE run = ? AND position = ?",
                    (sum(samples for samples, _ in blocks), *ends, run, position),
                )
        connection.execute("ALTER TABLE blocks DROP COLUMN total")
        connection.execute("DELETE FROM migrations WHERE name LIKE '0002%'")
        connection.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize("writable", [True, False])
def test_a_ledger_with_the_tables_of_an_earlier_version_is_read_as_it_was(
    tmp_path: Path, writable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "l.sqlite"
    with Ledger.open(path) as ledger:
        run = ledger.start_run("meter", "train", environment={})
        run.add_channels([channel(), channel("fake/silent")])
        run.write_samples(0, rows(0.0, 3))
        run.write_samples(0, rows(1.5, 4))
        before = ledger.runs(), ledger.run("last").sample_count, ledger.run("last").samples("fake/cpu").t_s.tolist()
    made_older(path)
    untouched = path.read_bytes()
    if not writable:  # whoever runs this may be root, whom no permission binds
        monkeypatch.setattr("setsuden.ledger.store.os.access", lambda *_: False)
    with Ledger.open(path, create=False) as ledger:
        record = ledger.run("last")
        assert (ledger.runs(), record.sample_count, record.samples("fake/cpu").t_s.tolist()) == before
        assert ledger.writable == writable
    if not writable:
        assert path.read_bytes() == untouched
    with Ledger.open(path) as ledger:  # and written on
        run = ledger.amend("last")
        position = run.add_channels([channel()])
        run.write_samples(position, rows(0.0, 5))
        run.write_samples(position, rows(2.5, 2))
        assert ledger.run("last").sample_count == 14
        assert ledger.runs()[0].duration_s == 6.0


def test_names_in_another_encoding_are_kept_with_question_marks(ledger: Ledger) -> None:
    odd, kept = "caf\udce9.py", "caf?.py"  # as Python gives a file's name that is Latin-1
    run = ledger.start_run("command", odd, {"command": [odd]}, [odd])
    run.add_channels([channel()])
    opening = [Count(0.0, 0.0, 0.0, 0.0)]
    run.open_windows([OpenedWindow(1, odd, None, "2026-01-01T00:00:00.000+00:00", 0.0, opening, {"file": odd}, 0)])
    run.write_samples(0, rows(0.0, 3))
    run.close_window(replace(measurement(1), name=odd))
    run.event("SET-NOTE", odd)
    run.put_document("files", [odd])
    run.finish("failed", detail=odd)
    record = ledger.run("last")
    assert (record.name, record.config["command"], record.tags, record.detail) == (kept, [kept], (kept,), kept)
    assert [window.name for window in record.windows] == [kept]
    assert ([event.detail for event in record.events], record.document("files")) == ([kept], [kept])
    assert [summary.id for summary in ledger.runs(name=odd, tag=odd)] == [run.id]


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes on POSIX alone")
def test_a_command_whose_name_is_in_another_encoding_is_measured_and_recorded(tmp_path: Path) -> None:
    script, place = os.fsencode(tmp_path) + b"/caf\xe9.sh", tmp_path / "ledger.sqlite"
    try:
        with open(script, "wb") as file:
            file.write(b"#!/bin/sh\nexit 3\n")
    except OSError:
        pytest.skip("this file system takes Unicode alone")
    os.chmod(script, 0o700)
    words = [sys.executable, "-m", "setsuden", "run", "--ledger", str(place), "--"]
    done = subprocess.run([*words, script], capture_output=True, check=False, timeout=60)
    assert done.returncode == 3
    assert b"setsuden show" in done.stderr
    with Ledger.open(place) as ledger:
        record = ledger.run("last")
    assert (record.name, record.status) == ("caf?.sh", "failed")
    assert record.root is not None
    assert record.root.name == "caf?.sh"

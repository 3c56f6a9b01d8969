"""The ledger may fail; the program that is measured must not notice, and the result must say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from setsuden.meter import journal, recording
from tests.meter.support import Bench, codes, joules


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "l.sqlite", busy_s=0.001) as opened:
        yield opened


@pytest.fixture
def blocker(ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Another process that can lock the ledger."""
    other = sqlite3.connect(ledger.path, isolation_level=None)
    yield other
    other.close()


def test_samples_and_windows_reach_the_ledger_while_it_runs(ledger: Ledger) -> None:
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        with meter.window("epoch"):
            bench.tick(times=4)
        bench.tick()
        record = ledger.run("last")
        assert record.status == "running"
        assert [window.name for window in record.windows] == ["epoch"]
        assert record.samples("fake/cpu").t_s[-1] == bench.clock.elapsed()
    assert ledger.run("last").status == "finished"
    assert ledger.run("last").root == meter.result


def test_what_is_in_the_ledger_is_what_the_meter_gave_out(ledger: Ledger) -> None:
    bench = Bench(ledger=ledger)
    with bench.meter as meter, meter.window("epoch", batch_size=2) as window:
        bench.tick(times=4)
    assert ledger.run("last").windows == (meter.result, window.measurement)


def test_hundreds_of_short_windows_are_written_by_few_statements(ledger: Ledger) -> None:
    # At each of them the thread that writes hands the interpreter to the program, and a busy one keeps it for 5 ms.
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        bench.tick(times=2)
        for _ in range(300):
            with meter.window("step"):
                bench.clock.advance(0.001)
        statements: list[str] = []
        ledger._connection.set_trace_callback(statements.append)
        bench.tick(times=2)
        ledger._connection.set_trace_callback(None)
        assert len(ledger.run("last").windows) == 300
    assert 5 < len(statements) < 40


def test_a_ledger_locked_for_a_while_gets_everything_later(ledger: Ledger, blocker: sqlite3.Connection) -> None:
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        blocker.execute("BEGIN IMMEDIATE")
        with meter.window("meanwhile"):
            bench.tick(times=10)
        blocker.execute("ROLLBACK")
        bench.tick()
    assert codes(meter.result) == []
    record = ledger.run("last")
    assert [window.name for window in record.windows] == ["run", "meanwhile"]
    assert record.sample_count == 15  # 2 edges each of run and window, 11 ticks


def test_a_ledger_locked_to_the_end_is_reported_and_the_figure_stands(
    ledger: Ledger, blocker: sqlite3.Connection
) -> None:
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        blocker.execute("BEGIN IMMEDIATE")
        bench.tick(times=10)
    assert joules(meter.result) == pytest.approx(50.0)
    assert codes(meter.result) == ["SET-NOT-RECORDED"]
    assert "another process is writing" in meter.result.flags[0].detail
    assert "readings lost: 11" in meter.result.flags[0].detail


def test_memory_stays_bounded_while_the_ledger_fails(
    ledger: Ledger, blocker: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_READINGS", 50)
    monkeypatch.setattr(journal, "MAX_NOTES", 20)
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        blocker.execute("BEGIN IMMEDIATE")
        for _ in range(300):
            with meter.window("step"):
                bench.tick(0.01)
            assert len(meter._recorder.journal._readings) <= 50
            assert len(meter._recorder.journal._notes) <= 20
        blocker.execute("ROLLBACK")
        bench.tick(1.0)
    record = ledger.run("last")
    assert codes(meter.result) == ["SET-NOT-RECORDED"]
    assert record.document("meter")["dropped_readings"] > 0
    assert record.document("meter")["dropped_notes"] > 0
    assert joules(meter.result) == pytest.approx(40.0)
    # Thinned, not cut: what is left still spans the whole time.
    series = record.samples("fake/cpu")
    assert series.energy_j[-1] == pytest.approx(40.0)


def test_a_ledger_that_cannot_be_opened_costs_no_measurement(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bench = Bench(ledger=tmp_path / "file" / "l.sqlite")
    with bench.meter as meter:
        bench.tick(times=4)
    assert joules(meter.result) == pytest.approx(20.0)
    assert codes(meter.result) == ["SET-NOT-RECORDED"]
    assert meter.run_id is None


def test_two_meters_may_write_one_ledger(ledger: Ledger) -> None:
    one, two = Bench(ledger=ledger, name="one"), Bench(ledger=ledger, name="two")
    with one.meter, two.meter:
        one.tick(times=3)
        two.tick(times=3)
    assert {run.name: run.status for run in ledger.runs()} == {"one": "finished", "two": "finished"}


def test_meters_may_share_a_run_that_somebody_else_finishes(ledger: Ledger) -> None:
    run = ledger.start_run("pilot", "study")
    for name in ("train", "infer"):
        bench = Bench(run=run, name=name)
        with bench.meter:
            bench.tick(times=2)
    assert ledger.run("last").status == "running"
    run.finish()
    record = ledger.run("last")
    assert [(window.window_id, window.name) for window in record.windows] == [(1, "train"), (2, "infer")]
    assert record.summary.energy is not None
    assert record.summary.energy.value == pytest.approx(20.0)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """A ledger that another process holds from before a meter starts, for which nobody waits long."""
    monkeypatch.setattr(recording, "_BUSY_S", 0.001)
    path = tmp_path / "held.sqlite"
    Ledger.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield path, other
    other.close()


def test_a_ledger_locked_at_the_start_gets_the_run_later(locked: tuple[Path, sqlite3.Connection]) -> None:
    path, other = locked
    bench = Bench(ledger=path)
    with bench.meter as meter:
        begun_s = bench.clock.elapsed()
        with meter.window("meanwhile"):
            bench.tick(times=6)
        assert meter.run_id is None
        other.execute("ROLLBACK")
        bench.tick(times=6)
        assert meter.run_id is not None
    assert codes(meter.result) == []
    with Ledger.open(path) as ledger:
        record = ledger.run("last")
        assert (record.id, record.status) == (meter.run_id, "finished")
        assert [window.name for window in record.windows] == ["run", "meanwhile"]
        assert record.sample_count == 16  # 2 edges each of run and window, 12 ticks
        assert record.samples("fake/cpu").t_s[0] == begun_s
        assert record.started_at <= (record.ended_at or "")


def test_a_ledger_locked_from_the_start_to_the_end_costs_no_measurement_and_leaves_no_half_of_a_run(
    locked: tuple[Path, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_READINGS", 50)
    path, other = locked
    bench = Bench(ledger=path)
    with bench.meter as meter:
        for _ in range(200):
            bench.tick(0.05)
            assert len(meter._recorder.journal._readings) <= 50
    assert joules(meter.result) == pytest.approx(100.0)
    assert codes(meter.result) == ["SET-NOT-RECORDED"]
    assert "Nothing is kept on disk: " in meter.result.flags[0].detail
    assert "another process is writing" in meter.result.flags[0].detail
    other.execute("ROLLBACK")
    with Ledger.open(path) as ledger:
        assert ledger.runs() == []


def test_without_a_thread_the_edges_of_windows_write_what_is_due(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    bench = Bench(ledger=path, idle_s=0)

    def kept() -> list[str]:
        with Ledger.open(path) as ledger:
            return [window.name for window in ledger.run("last").windows]

    with bench.meter as meter:
        with meter.window("first"):
            bench.clock.advance(0.5)
        assert kept() == []
        bench.clock.advance(0.5)
        with meter.window("second"):
            assert kept() == ["first"]
            bench.clock.advance(0.5)
    assert kept() == ["run", "first", "second"]
    assert codes(meter.result) == []


def test_windows_that_came_faster_than_they_could_be_kept_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(journal, "MAX_NOTES", 10)
    bench = Bench(ledger=tmp_path / "ledger.sqlite", idle_s=0)
    with bench.meter as meter:
        for _ in range(20):
            with meter.window("step"):
                pass
        bench.clock.advance(1.0)
    (flag,) = (flag for flag in meter.result.flags if flag.code == "SET-NOT-RECORDED")
    # Twenty that began, twenty-one that ended, ten kept.
    assert "windows and notes lost: 31." in flag.detail

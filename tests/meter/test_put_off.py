"""What a start leaves to its thread: the program goes on with its meter before there is a ledger."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.ledger import Ledger, RunRecord
from setsuden.meter import Meter, recording
from setsuden.testing import FakeClock, FakeSensor
from tests.meter.support import Bench, Puppet, codes, joules, puppets


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


class Late:
    """A meter whose thread has not come to anything yet when the start returns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        made = puppets(monkeypatch, prompt=False)
        self.clock = FakeClock()
        sensors = [FakeSensor(self.clock, {"fake/cpu": 10.0})]
        self.meter = Meter(settings.pop("name", "run"), sensors=sensors, clock=self.clock, **settings).start()
        (self.thread,) = made

    def tick(self, thread: Puppet | None = None) -> None:
        self.clock.advance(0.5)
        (thread or self.thread).tick()


def only(path: Path) -> RunRecord:
    with Ledger.open(path) as ledger:
        (summary,) = ledger.runs()
        return ledger.run(summary.id)


def test_a_start_waits_for_no_ledger_and_the_thread_writes_all_in_order(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    late = Late(monkeypatch, ledger=path, idle_s=0, tags=["t"], config={"lr": 0.1})
    assert not path.exists()
    with late.meter.window("first", batch_size=2):
        late.clock.advance(0.25)
    second = late.meter.begin("second")
    late.clock.advance(0.25)
    assert not path.exists()
    late.thread.begin()
    record = only(path)
    assert (record.status, record.tags, record.config["lr"]) == ("running", ("t",), 0.1)
    assert [(window.window_id, window.name) for window in record.windows] == [(2, "first")]
    with Ledger.open(path) as ledger:
        assert list(ledger.run("last").samples("fake/cpu").energy_j) == pytest.approx([0.0, 0.0, 2.5, 2.5])
    late.tick()
    late.meter.end(second)
    late.meter.stop()
    record = only(path)
    assert [(w.window_id, w.name, w.parent_id) for w in record.windows] == [
        (1, "run", None), (2, "first", 1), (3, "second", 1),
    ]  # fmt: skip
    assert [joules(window) for window in record.windows] == pytest.approx([10.0, 2.5, 7.5])
    assert (record.status, codes(late.meter.result)) == ("finished", [])


def test_a_program_that_ends_before_the_thread_has_come_gets_its_run(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    late = Late(monkeypatch, ledger=path)
    late.clock.advance(0.001)
    late.meter.stop()
    record = only(path)
    assert (record.status, record.id, record.root) == ("finished", late.meter.run_id, late.meter.result)


def test_who_asks_for_the_run_gets_it_at_once_and_there_is_only_one(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    late = Late(monkeypatch, ledger=path)
    run_id = late.meter.run_id
    assert run_id is not None
    late.thread.begin()
    late.tick()
    late.meter.stop()
    assert only(path).id == run_id == late.meter.run_id


def test_the_first_window_that_ends_knows_the_idle_power_of_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    earlier = Bench({"fake/cpu": 10.0}, ledger=path, idle_s=5.0)
    with earlier.meter:
        earlier.clock.advance(1.0)
    late = Late(monkeypatch, ledger=path)
    with late.meter.window("first") as first:
        late.clock.advance(1.0)
    assert first.measurement is not None
    assert first.measurement.dynamic is not None
    assert late.meter.idle is not None
    assert late.meter.idle.reused
    late.meter.stop()


@pytest.fixture
def locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    monkeypatch.setattr(recording, "_BUSY_S", 0.001)
    Ledger.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_ledger_that_is_locked_when_the_thread_comes_gets_the_run_later(
    monkeypatch: pytest.MonkeyPatch, path: Path, locked: sqlite3.Connection
) -> None:
    late = Late(monkeypatch, ledger=path)
    late.thread.begin()
    with late.meter.window("meanwhile"):
        late.tick()
        late.tick()
    assert late.meter.run_id is None
    locked.execute("ROLLBACK")
    for _ in range(8):
        late.tick()
    assert late.meter.run_id is not None
    late.meter.stop()
    assert codes(late.meter.result) == []
    assert [window.name for window in only(path).windows] == ["run", "meanwhile"]


def test_a_ledger_that_cannot_be_opened_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    late = Late(monkeypatch, ledger=tmp_path / "file" / "l.sqlite")
    late.thread.begin()
    late.clock.advance(2.0)
    late.meter.stop()
    assert (joules(late.meter.result), codes(late.meter.result)) == (20.0, ["SET-NOT-RECORDED"])
    assert late.meter.run_id is None


def test_a_python_without_sqlite_measures_on_and_says_so(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    late = Late(monkeypatch, ledger=path)
    monkeypatch.setitem(sys.modules, "setsuden.ledger.store", None)
    late.thread.begin()
    late.clock.advance(2.0)
    late.meter.stop()
    assert codes(late.meter.result) == ["SET-NOT-RECORDED"]
    assert "this Python cannot write a ledger" in late.meter.result.flags[0].detail


def test_the_ledger_is_the_one_that_was_meant_when_the_meter_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    monkeypatch.chdir(before)
    monkeypatch.setenv("SETSUDEN_LEDGER", "named.sqlite")
    named, given = Late(monkeypatch), Late(monkeypatch, ledger="given.sqlite")
    monkeypatch.chdir(after)
    monkeypatch.setenv("SETSUDEN_LEDGER", "other.sqlite")
    for late, name in ((named, "named.sqlite"), (given, "given.sqlite")):
        late.thread.begin()
        late.meter.stop()
        assert only(before / name).identity["folder"] == str(before)
    assert os.listdir(after) == []


def test_what_cannot_be_stored_is_refused_by_the_start(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    for wrong in ({"config": {"x": object()}}, {"config": {"x": float("nan")}}, {"tags": [object()]}):
        with pytest.raises(InputError, match="cannot be stored"):
            Late(monkeypatch, ledger=path, **wrong)


def test_what_the_program_may_change_meanwhile_is_written_by_the_start(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    layers = [64, 10]
    late = Late(monkeypatch, ledger=path, config={"layers": layers})
    layers.append(5)
    late.thread.begin()
    late.meter.stop()
    assert only(path).config["layers"] == [64, 10]


def test_a_ledger_of_the_callers_is_never_left_to_the_thread(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    with Ledger.open(path) as ledger:
        late = Late(monkeypatch, ledger=ledger)
        assert late.thread.first == []
        assert ledger.run("last").status == "running"
        late.meter.stop()


def test_idle_power_is_measured_with_the_run_already_there(path: Path) -> None:
    clock = FakeClock()
    there: list[bool] = []

    def sleep(seconds: float) -> None:
        there.append(path.exists())
        clock.advance(seconds)

    meter = Meter(sensors=[FakeSensor(clock, {"fake/cpu": 10.0})], clock=clock, sleep=sleep, idle_s=5.0, ledger=path)
    with meter:
        pass
    assert there == [True, True]


@pytest.mark.parametrize("asked", ["run_id", "idle"])
def test_a_handler_that_stops_a_meter_whose_run_is_being_begun_hangs_nothing(
    monkeypatch: pytest.MonkeyPatch, path: Path, asked: str
) -> None:
    late = Late(monkeypatch, ledger=path)
    late.clock.advance(2.0)
    start_run = Ledger.start_run

    def interrupted(*args: Any, **settings: Any) -> Any:
        late.meter.stop()  # as a signal handler may, on the same thread
        return start_run(*args, **settings)

    monkeypatch.setattr(Ledger, "start_run", interrupted)
    asking = threading.Thread(target=getattr, args=(late.meter, asked), daemon=True)
    asking.start()
    asking.join(30.0)
    assert not asking.is_alive()
    assert codes(late.meter.result) == ["SET-NOT-RECORDED"]
    assert "still being begun" in late.meter.result.flags[0].detail
    late.meter._recorder.close()


def test_tags_that_the_program_changes_meanwhile_are_those_of_the_start(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    tags = ["first"]
    late = Late(monkeypatch, ledger=path, tags=tags)
    tags.append("later")
    late.thread.begin()
    late.meter.stop()
    assert only(path).tags == ("first",)

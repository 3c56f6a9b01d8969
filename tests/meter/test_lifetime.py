"""Meters against the ways a process can end; every case is a real process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from setsuden.ledger import Ledger, RunRecord
from setsuden.meter import lifetime

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and forks of POSIX")

PREAMBLE = """
import os, signal, sys, threading, time
from setsuden.meter import Meter
from setsuden.sensors import SystemClock
from setsuden.testing import FakeSensor
clock = SystemClock()
sensor = FakeSensor(clock, {"fake/cpu": 10.0})

def ctrl_c():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""


def program(code: str) -> list[str]:
    return [sys.executable, "-c", PREAMBLE + textwrap.dedent(code)]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(program(code), capture_output=True, text=True, check=False, timeout=60)


def last() -> RunRecord:
    with Ledger.open() as ledger:
        record = ledger.run("last")
        record.samples("fake/cpu")
        return record


def test_an_exception_passes_through_and_closes_the_run_as_failed() -> None:
    done = run(
        """
        with Meter("x", sensors=[sensor]):
            raise ValueError("training broke")
        """
    )
    assert done.returncode == 1
    assert "training broke" in done.stderr
    assert (last().status, last().detail) == ("failed", "ValueError: training broke")


@pytest.mark.parametrize(("code", "status"), [(0, "finished"), (3, "failed")])
def test_leaving_by_sys_exit_keeps_the_exit_code(code: int, status: str) -> None:
    done = run(f"with Meter('x', sensors=[sensor]): sys.exit({code})")
    assert (done.returncode, done.stderr) == (code, "")
    assert last().status == status


def test_a_meter_never_stopped_is_closed_when_the_interpreter_ends() -> None:
    done = run("m = Meter('x', sensors=[sensor]).start(); m.begin('epoch')")
    assert (done.returncode, done.stderr) == (0, "")
    assert last().status == "finished"
    assert [window.name for window in last().windows] == ["x", "epoch"]


def test_a_meter_never_stopped_is_failed_when_the_program_broke() -> None:
    done = run("m = Meter('x', sensors=[sensor]).start(); raise KeyError('k')")
    assert done.returncode == 1
    assert last().status == "failed"


def test_os_exit_loses_no_more_than_a_kill() -> None:
    done = run(
        """
        m = Meter("x", sensors=[sensor], rate_hz=50).start()
        time.sleep(1.2)
        os._exit(7)
        """
    )
    assert done.returncode == 7
    assert last().status == "cut off"
    assert last().sample_count > 10


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_opens_says_so_and_lost_at_most_a_second(end: signal.Signals) -> None:
    code = """
    with Meter("x", sensors=[sensor]) as m:
        print("ready", flush=True)
        with m.window("epoch"):
            time.sleep(60)
    """
    process = subprocess.Popen(program(code), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(random.Random(int(end)).uniform(1.0, 2.0))
    killed_s = time.monotonic()
    process.send_signal(end)
    assert process.wait() == -end
    process.stdout.close()
    record = last()
    assert record.status == "cut off"
    with Ledger.open() as ledger:
        last_s = float(ledger.run("last").samples("fake/cpu").t_s[-1])
    assert killed_s - last_s <= 1.0
    whole, epoch = record.windows
    assert (whole.name, epoch.name) == ("x", "epoch")
    assert whole.energy is not None
    assert whole.energy.value == pytest.approx(10.0 * whole.duration_s, rel=0.01)
    assert "SET-CUT-OFF" in [flag.code for flag in epoch.flags]


def test_a_forked_child_neither_samples_nor_writes() -> None:
    done = run(
        """
        with Meter("x", sensors=[sensor], rate_hz=50) as m:
            pid = os.fork()
            if pid == 0:
                with m.window("child") as w:
                    m.annotate(child=True)
                    m.sample()
                print(w.measurement.flags[0].code, threading.active_count(), flush=True)
            else:
                os.waitpid(pid, 0)
                with m.window("parent"):
                    pass
        if pid:
            print(m.result.name, flush=True)
        else:
            with Meter("own", sensors=[], ledger=False) as own:
                pass
            print(own.result.name, flush=True)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["SET-FORKED", "1", "own", "x"]
    assert last().status == "finished"
    assert [window.name for window in last().windows] == ["x", "parent"]


def test_forked_workers_that_exit_normally_leave_the_ledger_whole() -> None:
    done = run(
        """
        import multiprocessing
        def work(n):
            return n * n
        if __name__ == "__main__":
            with Meter("x", sensors=[sensor], rate_hz=50) as m:
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    assert pool.map(work, range(8))[-1] == 49
                for _ in range(3):
                    pid = os.fork()
                    if pid == 0:
                        sys.exit(0)
                    os.waitpid(pid, 0)
                time.sleep(0.3)
            assert m.result.flags == (), m.result.flags
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert last().status == "finished"


def test_a_fork_right_after_the_start_knows_the_run_and_takes_no_lock_along() -> None:
    done = run(
        """
        def fake():
            return [FakeSensor(clock, {"fake/cpu": 10.0})]
        for _ in range(8):
            with Meter("x", sensors=fake(), rate_hz=200) as m:
                pid = os.fork()
                if pid == 0:
                    import json, sqlite3, subprocess, setsuden.meter.closing, setsuden.ledger.store
                    with Meter("own", sensors=fake()):
                        pass
                    print(m.run_id, flush=True)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            print(m.run_id, flush=True)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    ids = done.stdout.split()
    assert ids[::2] == ids[1::2]
    with Ledger.open() as ledger:
        runs = ledger.runs()
    assert {(run.name, run.status) for run in runs} == {("x", "finished"), ("own", "finished")}
    assert sorted(run.id for run in runs if run.name == "x") == sorted(ids[::2])


def test_a_fork_waits_for_a_sensor_that_is_being_read_and_takes_no_lock_of_its_driver_along() -> None:
    done = run(
        """
        driver = threading.Lock()
        class Slow(FakeSensor):
            def read(self):
                with driver:
                    time.sleep(0.004)
                    return super().read()
        with Meter("x", sensors=[Slow(clock, {"fake/cpu": 10.0})], rate_hz=200, ledger=False):
            time.sleep(0.3)
            for _ in range(20):
                time.sleep(0.003)
                pid = os.fork()
                if pid == 0:
                    os._exit(0 if driver.acquire(blocking=False) else 1)
                assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_leaving_right_after_the_start_keeps_the_exit_code_and_leaves_a_whole_ledger_or_none() -> None:
    for code in ("os._exit(7)", "os.kill(os.getpid(), signal.SIGKILL)"):
        done = run(f"m = Meter('x', sensors=[sensor]).start(); {code}")
        assert (done.returncode, done.stderr) in ((7, ""), (-signal.SIGKILL, ""))
    with Ledger.open() as ledger:
        assert {summary.status for summary in ledger.runs()} <= {"cut off"}


def test_a_full_disk_harms_nothing_but_the_record(tmp_path: Path) -> None:
    done = run(
        """
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Meter("x", sensors=[sensor], rate_hz=0) as m:
            m.sample()
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
            for k in range(400):
                with m.window("step", note="x" * 200):
                    m.sample()
                m._recorder.latest_s = m._settle_s = 0.0
        print(m.result.energy is not None, [f.code for f in m.result.flags][-1], m.result.flags[-1].detail)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("True SET-NOT-RECORDED The ledger could not be written")
    with Ledger.open() as ledger:
        record = ledger.run("last")
        assert record.status == "cut off"
        assert len(record.windows) > 10


def test_two_processes_write_one_ledger_at_once() -> None:
    code = """
    with Meter(sys.argv[1], sensors=[sensor], rate_hz=100) as m:
        for _ in range(20):
            with m.window("step"):
                time.sleep(0.02)
    assert m.result.flags == () or [f.code for f in m.result.flags] == ["SET-TOO-SHORT"], m.result.flags
    """
    processes = [subprocess.Popen([*program(code), name], stderr=subprocess.PIPE) for name in ("one", "two")]
    for process in processes:
        _, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (0, b"")
    with Ledger.open() as ledger:
        assert {run.name: run.status for run in ledger.runs()} == {"one": "finished", "two": "finished"}
        for summary in ledger.runs():
            assert len(ledger.run(summary.id).windows) == 21


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("ctrl_c()", -signal.SIGINT),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); os.kill(os.getpid(), signal.SIGTERM)", 143),
        ("sys.exit(130)", 130),
    ],
)
def test_a_run_that_somebody_stops_is_interrupted_and_not_failed(code: str, exit_code: int) -> None:
    done = run(f"with Meter('x', sensors=[sensor]):\n    {code}")
    assert done.returncode == exit_code
    assert (last().status, last().detail) == ("interrupted", None)
    assert last().summary.energy is not None


def test_a_meter_never_stopped_is_interrupted_when_the_program_was() -> None:
    done = run("m = Meter('x', sensors=[sensor]).start(); ctrl_c()")
    assert "KeyboardInterrupt" in done.stderr
    assert last().status == "interrupted"


def test_a_meter_that_cannot_be_closed_keeps_no_other_open() -> None:
    done = run(
        """
        def broken():
            raise ValueError("a callback of the program")
        meters = [
            Meter(name, sensors=[FakeSensor(clock, {"fake/cpu": 10.0})]).start() for name in ("one", "two", "three")
        ]
        meters[0].before_end(broken)
        """
    )
    assert "a callback of the program" in done.stderr
    with Ledger.open() as ledger:
        assert {run.name: run.status for run in ledger.runs()} == {
            "one": "cut off", "two": "finished", "three": "finished",
        }  # fmt: skip


def test_a_meter_that_fails_before_a_fork_leaves_no_other_held(monkeypatch: pytest.MonkeyPatch) -> None:
    going: list[str] = []

    class Held:
        def before_fork(self) -> Callable[[], None]:
            return lambda: going.append("on")

    class Broken:
        def before_fork(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(lifetime, "_open", {Held(): None, Broken(): None})
    with pytest.raises(KeyboardInterrupt):
        lifetime._before_fork()
    lifetime._after_fork()
    assert going == ["on"]

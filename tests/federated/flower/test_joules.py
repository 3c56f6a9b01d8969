"""Joules divided by CPU seconds, rows put on the wall's clock, and processes that do not get away."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from setsuden.federated.algorithms import FedBuff
from setsuden.federated.failures import Failures
from setsuden.federated.flower import bundle, keeper
from setsuden.federated.flower.processes import brood, program
from setsuden.federated.flower.result import finished
from setsuden.federated.flower.watch import Watched
from setsuden.federated.stop import Stop
from setsuden.federated.trace import SERVER, Kind, Outcome, Work
from tests.federated.core.support import task
from tests.federated.flower.support import looped

BEGAN_S = 1_000.0


def watched(trees: dict[int, list[float]], *, sensor: bool = True) -> Watched:
    """Ten seconds, a reading a second; 20 W, two processors of which one and a half are busy."""
    time_s = BEGAN_S + np.arange(11.0)
    joules = np.outer(np.arange(11.0), [20.0, 18.0, 22.0])
    busy_s, capacity_s = 1.5 * np.arange(11.0), 2.0 * np.arange(11.0)
    return Watched(
        time_s, joules, busy_s, capacity_s, {node: np.array(counts) for node, counts in trees.items()}, sensor, "test"
    )


def test_a_tree_gets_its_share_of_the_cpu_seconds_used() -> None:
    seen = watched({0: [0.5 * t for t in range(11)]})  # half a processor all the time: a third of what was used
    cpu_s, joules = seen.tree(0, BEGAN_S + 2, BEGAN_S + 8)
    assert cpu_s == pytest.approx(3.0)
    assert joules is not None
    assert joules.value == pytest.approx(6 * 20 / 3)
    assert joules.low == pytest.approx(6 * 18 / 4)  # idle power falls to nobody
    assert joules.high == pytest.approx(6 * 22 / 3)
    assert str(joules.provenance.value) == "estimated"


def test_what_happened_at_another_time_is_not_charged() -> None:
    seen = watched({0: [0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]})
    assert seen.tree(0, BEGAN_S, BEGAN_S + 3)[0] == 0.0
    early, late = (seen.tree(0, BEGAN_S + a, BEGAN_S + b)[1] for a, b in ((0, 3), (3, 5)))
    assert early is not None
    assert late is not None
    assert early.value == 0.0
    assert late.value == pytest.approx(2 * 20 / 1.5)


def test_trees_that_use_everything_add_up_to_everything() -> None:
    seen = watched({0: [1.0 * t for t in range(11)], 1: [0.5 * t for t in range(11)]})
    parts = [seen.tree(node, BEGAN_S, BEGAN_S + 10)[1] for node in (0, 1)]
    assert sum(part.value for part in parts if part is not None) == pytest.approx(200.0)


def test_adjacent_stretches_add_up() -> None:
    seen = watched({0: [0, 0.3, 0.5, 1.4, 1.5, 1.9, 2.2, 3.0, 3.1, 3.2, 4.0]})
    pieces = [seen.tree(0, BEGAN_S + a, BEGAN_S + b)[1] for a, b in ((0.5, 3.25), (3.25, 9.0), (0.5, 9.0))]
    first, second, both = (piece.value for piece in pieces if piece is not None)
    assert first + second == pytest.approx(both)


def test_cpu_seconds_inside_a_call_are_charged_alike() -> None:
    seen = watched({})
    joules = seen.of_cpu([(0.6, BEGAN_S + 4.0, BEGAN_S + 5.0)])
    assert joules is not None
    assert joules.value == pytest.approx(0.6 * 20 / 1.5)
    assert joules.low == pytest.approx(0.6 * 18 / 2.0)


def test_without_a_sensor_there_are_no_joules_rather_than_zeros() -> None:
    seen = watched({0: [1.0 * t for t in range(11)]}, sensor=False)
    assert seen.tree(0, BEGAN_S, BEGAN_S + 5) == (pytest.approx(5.0), None)
    assert seen.of_cpu([(1.0, BEGAN_S, BEGAN_S + 1)]) is None


@pytest.mark.parametrize("deployed", [False, True])
def test_what_was_seen_from_outside_enters_the_trace(
    deployed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(bundle.TASK_FOLDER, str(tmp_path))
    result, calls = looped(task(stop=Stop(rounds=2), personalise_epochs=1), tmp_path)
    began_s, over_s = min(call.asked_s for call in calls), max(call.over_s for call in calls)
    steps = 51
    grid = np.linspace(began_s - 1.0, over_s + 1.0, steps)
    trees = {node: np.linspace(0.0, 3.0, steps) for node in (SERVER, *range(6))} if deployed else {}
    joules = np.outer(np.linspace(0.0, 100.0, steps), np.ones(3))
    seen = Watched(grid, joules, np.linspace(0, 50, steps), np.linspace(0, 60, steps), trees, True, "test")
    done = finished(result, tuple(calls), seen, deployed=deployed)
    turns, sends = done.trace.turns, done.trace.sends
    own = np.isin(turns.work, [Work.TRAIN, Work.PERSONALISE])
    assert (turns.cpu_s[own] > 0).all()
    assert (turns.energy_j[own] > 0).all()
    assert np.isnan(turns.energy_j[~own]).all()
    assert done.parameters is result.parameters
    assert np.array_equal(sends.bytes, result.trace.sends.bytes)
    assert done.node_j.keys() == done.node_cpu_s.keys() == ({SERVER, *range(6)} if deployed else set(range(6)))
    if not deployed:
        assert done.trace.header.clock == "virtual"
        assert np.array_equal(turns.end_s, result.trace.turns.end_s)
        return
    assert done.trace.header.clock == "wall"
    assert (turns.end_s >= turns.start_s).all()
    assert (turns.waited_s >= 0).all()
    assert (sends.end_s >= sends.start_s).all()
    down = sends.kind == Kind.MODEL
    for round_ in (1, 2):
        asked, over = (getattr(done.trace.rounds, name)[round_ - 1] for name in ("start_s", "end_s"))
        trained = (turns.round == round_) & (turns.work == Work.TRAIN)
        assert (turns.start_s[trained] >= asked).all()
        assert (turns.end_s[trained] + turns.waited_s[trained] <= over + 1e-6).all()
        assert (sends.start_s[down & (sends.round == round_)] >= asked).all()
    whole = done.node_j[0]
    assert whole.value == pytest.approx(100.0 * 3 / 50)


def test_what_was_measured_falls_to_the_turns_that_were_trained_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody waits, a client may deliver twice in a round, and then break off."""
    monkeypatch.setenv(bundle.TASK_FOLDER, str(tmp_path))
    wanted = task(
        algorithm=FedBuff(buffer=2, concurrency=6), failures=Failures(drop_share=0.6), stop=Stop(rounds=6), seed=1
    )
    result, calls = looped(wanted, tmp_path)
    turns = finished(result, tuple(calls), watched({}), deployed=False).trace.turns
    trained = (turns.work == Work.TRAIN) & (turns.outcome == Outcome.DONE)
    broken = turns.outcome == Outcome.DROPPED
    delivered, left = (
        list(zip(turns.round[rows].tolist(), turns.node[rows].tolist(), strict=True)) for rows in (trained, broken)
    )
    assert len(set(delivered)) < len(delivered) == len(calls)
    assert set(delivered) & set(left)
    assert np.isfinite(turns.energy_j[trained]).all()
    assert np.isnan(turns.energy_j[~trained]).all()


DETACHING = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


def test_processes_that_cut_themselves_loose_are_ended_too(tmp_path: Path) -> None:
    deadline, members = time.monotonic() + 60, []

    def fail_on_the_way() -> None:
        with brood(tmp_path) as processes:
            processes.start("loose", [sys.executable, "-c", DETACHING])
            while len(members) < 2:
                assert time.monotonic() < deadline
                members[:] = processes.members()
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail_on_the_way()
    assert len(members) >= 2
    assert not any(psutil.pid_exists(one.pid) and one.status() != psutil.STATUS_ZOMBIE for one in members)


CALLER = """
import sys, time
from pathlib import Path
from setsuden.federated.flower.processes import brood
with brood(Path(sys.argv[1])) as processes:
    processes.start("loose", [sys.executable, "-c", sys.argv[2]])
    time.sleep(600)
"""


def test_a_caller_that_is_killed_leaves_neither_processes_nor_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(folder), DETACHING])
    deadline = time.monotonic() + 120
    while len(left := keeper.members(folder)) < 2:
        assert time.monotonic() < deadline
        assert caller.poll() is None
    caller.kill()
    caller.wait()
    while keeper.members(folder) or folder.exists():
        assert time.monotonic() < deadline
    assert not any(psutil.pid_exists(one.pid) and one.status() != psutil.STATUS_ZOMBIE for one in left)


def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    with brood(tmp_path) as processes:
        started = processes.start("brief", [sys.executable, "-c", "print('first'); raise SystemExit('no such luck')"])
        started.wait(timeout=60)
        assert "brief ended with exit code 1" in str(processes.lost())
        assert "no such luck" in str(processes.lost())


def test_the_environment_keeps_flower_at_home(tmp_path: Path) -> None:
    with brood(tmp_path) as processes:
        assert processes.environment["FLWR_HOME"] == str(tmp_path / "flwr")
        assert processes.environment["FLWR_TELEMETRY_ENABLED"] == "0"
        assert processes.environment["FLWR_DISABLE_UPDATE_CHECK"] == "1"
    assert Path(program("flower-superlink")).is_file()

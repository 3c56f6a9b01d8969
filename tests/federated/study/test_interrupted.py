"""A study killed in round 7 of 20 goes on after round 6 or 7 to the same bits, and the ledger is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.federated.study.support import TINY

from setsuden.federated.study import reading
from setsuden.federated.study.book import Book
from setsuden.federated.trace import Trace
from setsuden.ledger import Ledger
from setsuden.places import parse_yaml

STUDY = TINY + "topologies: [gossip]\nstop: {rounds: 20}\nfailures: {drop_share: 0.1}\ncentralised: {epochs: 1}\n"
_COMMAND = [sys.executable, "-m", "setsuden", "federate", "study.yaml"]
_MEASURED = ("cpu_s", "energy_j")


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "SETSUDEN_LEDGER": str(folder / "ledger.sqlite")}


def killed_in_round(number: int, folder: Path) -> None:
    """Run the study and kill it as soon as it says that the round before has ended."""
    with subprocess.Popen(
        [*_COMMAND, "--out", "out"], cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.strip().startswith(f"round {number - 1}:"):
                process.send_signal(signal.SIGKILL)
                break
        process.stderr.read()
        assert process.wait(timeout=60) == -signal.SIGKILL


def finished(folder: Path, out: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_COMMAND, "--out", out], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [(KeyboardInterrupt(), "interrupted", None), (ValueError("odd"), "failed", "ValueError: odd")],
)
def test_a_study_that_somebody_stops_is_interrupted_and_one_that_breaks_says_why(
    error: BaseException, status: str, detail: str | None, tmp_path: Path
) -> None:
    federation = reading.read(parse_yaml(TINY, "study.yaml", "federate"))
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(type(error)), Book(federation, ledger):
            raise error
        record = ledger.run("last")
    assert (record.status, record.detail) == (status, detail)


def test_a_study_killed_in_round_7_of_20_goes_on_to_the_same_bits_with_a_whole_ledger(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    killed_in_round(7, tmp_path)
    again, undisturbed = finished(tmp_path, "out"), finished(tmp_path, "other")
    assert again.returncode == undisturbed.returncode == 0, again.stderr
    assert "went on after round" in again.stdout
    traces = [Trace.load(tmp_path / out / "traces" / "gossip-2-seed0.npz") for out in ("out", "other")]
    for name in ("turns", "sends", "rounds"):
        one, two = (getattr(trace, name) for trace in traces)
        for column in one._fields:
            if column not in _MEASURED:
                assert np.array_equal(getattr(one, column), getattr(two, column), equal_nan=True), (name, column)
    with Ledger.open(tmp_path / "ledger.sqlite", create=False) as ledger:
        first, second = sorted(ledger.runs(), key=lambda run: run.started_at)[:2]
        assert (first.status, second.status) == ("cut off", "finished")
        names = [f"federated/gossip-2-seed0/{number:05d}" for number in range(1, 21)]
        before, after = ([ledger.document(run.id, name) is not None for name in names] for run in (first, second))
        assert sum(before) in (6, 7)
        assert all(one or other for one, other in zip(before, after, strict=True))
        assert [event.code for event in ledger.run(second.id).events].count("resumed") == 1

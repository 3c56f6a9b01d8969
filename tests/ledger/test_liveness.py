from __future__ import annotations

import os
import subprocess
import sys

from setsuden.ledger.liveness import STALE_AFTER_S, is_alive, writer_identity


def test_this_process_is_alive_however_old_its_heartbeat() -> None:
    assert is_alive(writer_identity(), heartbeat_at=0.0)


def test_a_process_that_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not is_alive(dict(writer_identity(), pid=child.pid, process_start=1), heartbeat_at=1e12)


def test_another_process_under_the_same_number_is_not_the_writer() -> None:
    writer = writer_identity()
    if writer["process_start"] is not None:
        assert not is_alive(dict(writer, process_start=writer["process_start"] - 1), heartbeat_at=1e12)


def test_without_start_times_the_number_decides() -> None:
    writer = dict(writer_identity(), process_start=None)
    assert is_alive(writer, heartbeat_at=0.0)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not is_alive(dict(writer, pid=child.pid), heartbeat_at=1e12)


def test_a_writer_on_another_machine_counts_by_its_heartbeat() -> None:
    elsewhere = dict(writer_identity(), host="elsewhere", boot="other", pid=os.getpid())
    assert is_alive(elsewhere, heartbeat_at=1000.0, now=1000.0 + STALE_AFTER_S - 1)
    assert not is_alive(elsewhere, heartbeat_at=1000.0, now=1000.0 + STALE_AFTER_S + 1)

"""What a start must not load: it is paid by every program that is measured."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

LATER = (
    "sqlite3",
    "setsuden.ledger.store",
    "setsuden.ledger.writer",
    "setsuden.ledger.codec",
    "setsuden.meter.closing",
    "setsuden.ledger.measurement",
    "setsuden.quantity.estimate",
    "setsuden.ledger.record",
    "setsuden.language",
    "array",
    "dataclasses",
    "pathlib",
    "psutil",
    "csv",
    "logging",
    "tempfile",
    "subprocess",
)


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_start_loads_nothing_that_only_the_end_needs(tmp_path: Path) -> None:
    once = f"import setsuden; m = setsuden.meter(ledger={str(tmp_path / 'l')!r}).start()"
    loaded(once)  # the first start on a machine looks its processor up
    no_thread = "from setsuden.meter.sampler import Sampler; Sampler.start = Sampler.stop = lambda self: None"
    assert (loaded(f"{no_thread}\n{once}") & set(LATER)) == set()


def test_a_meter_starts_on_a_system_without_the_calls_of_posix() -> None:
    code = """
        import os
        del os.pread, os.register_at_fork
        from setsuden.meter import Meter
        from setsuden.sensors import SystemClock
        from setsuden.testing import FakeSensor
        with Meter(sensors=[FakeSensor(SystemClock(), {"fake/cpu": 10.0})]) as meter:
            pass
        print(meter.run_id is not None)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("True\n", "")

"""What a start must not load: it is paid by every program that is measured."""

from __future__ import annotations

import subprocess
import sys
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

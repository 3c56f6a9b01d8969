"""``setsuden.meter`` is a package and a thing to call, whichever way it was imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from setsuden.ledger import Ledger
from setsuden.testing import FakeClock, FakeSensor


@pytest.mark.parametrize(
    "code",
    [
        "import setsuden; M = setsuden.meter",
        "import setsuden.meter; M = setsuden.meter",
        "import setsuden; setsuden.meter; setsuden.Meter; M = setsuden.meter",
        "from setsuden import meter as M",
        "import setsuden.meter; from setsuden import meter as M",
        "from setsuden.meter import meter as M",
        "from setsuden.meter import Meter as M",
    ],
)
def test_it_can_be_called_after_any_import(code: str) -> None:
    use = "m = M('x', ledger=False, sensors=[], rate_hz=0); assert type(m).__name__ == 'Meter', m; print(m.name)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{use}"], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("x", "")


def test_as_a_decorator_every_call_is_a_run_of_its_own() -> None:
    from setsuden import meter

    clock = FakeClock()

    @meter("fit", sensors=[FakeSensor(clock, {"a": 1.0})], clock=clock, rate_hz=0, tags=["t"])
    def fit(x: int, *, y: int) -> int:
        """Fit it."""
        return x + y

    assert fit(1, y=2) == 3
    assert fit.__doc__ == "Fit it."
    with Ledger.open() as ledger:
        assert [(run.name, run.status, run.tags) for run in ledger.runs()] == [("fit", "finished", ("t",))]

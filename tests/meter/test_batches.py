"""Samples wait to be worked out together; nobody who looks sees a difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.testing import FakeClock, FakeSensor
from tests.meter.support import joules, puppets


class Bench:
    """A meter at a rate whose samples come when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate_hz: float, **settings: Any) -> None:
        self.puppets = puppets(monkeypatch)
        self.clock = FakeClock()
        self.sensor = FakeSensor(self.clock, {"fake/cpu": lambda t: 90.0 if int(10 * t) % 2 else 30.0})
        self.meter = Meter(
            "run", sensors=[self.sensor], clock=self.clock, idle_s=0, rate_hz=rate_hz, **{"ledger": False, **settings}
        )

    def go(self, seconds: float) -> None:
        (puppet,) = self.puppets
        for _ in range(round(seconds / puppet.period_s)):
            self.clock.advance(puppet.period_s)
            puppet.tick()


def test_every_sample_reaches_the_ledger_before_it_is_a_second_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        for rate_hz in (1.0, 2.0, 10.0, 100.0):
            bench = Bench(monkeypatch, rate_hz, ledger=ledger)
            with bench.meter as meter:
                begun_s = bench.clock.elapsed()
                for _ in range(30):
                    bench.go(max(0.1, 1 / rate_hz))
                    written = [*ledger.run("last").samples("fake/cpu").t_s, begun_s]
                    assert bench.clock.elapsed() - max(written) < 1.0
            times = ledger.run(meter.run_id or "").samples("fake/cpu").t_s
            assert len(times) >= round(rate_hz * max(3.0, 30 / rate_hz))


def test_a_window_sees_the_samples_that_wait_when_it_begins_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, 100.0)
    with bench.meter as meter:
        bench.go(0.25)
        with meter.window("uneven") as window:
            bench.go(0.4)
        bench.go(0.05)
    assert window.measurement is not None
    assert window.measurement.duration_s == pytest.approx(0.4)
    assert joules(window.measurement) == pytest.approx(0.4 * 60.0)
    assert "SET-NOISY" in [flag.code for flag in window.measurement.flags]


def test_what_the_start_did_not_wait_for_the_thread_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    bench = Bench(monkeypatch, 10.0, ledger=path)
    with bench.meter:
        in_the_log = path.stat().st_size
        (puppet,) = bench.puppets
        puppet.prepare()
        assert path.stat().st_size > in_the_log

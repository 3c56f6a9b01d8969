"""A stop ends the measurement when it is asked for, not when the background has been waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.testing import FakeClock, FakeSensor
from tests.meter.support import Puppet, joules, puppets


def test_the_last_reading_is_taken_before_the_thread_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = FakeClock()
    made = puppets(monkeypatch)

    def slow_to_end(self: Puppet) -> None:
        clock.advance(0.3)  # a sample that is being written, or a rest that is slept through
        self.tick()

    monkeypatch.setattr(Puppet, "stop", slow_to_end)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        meter = Meter("run", sensors=[FakeSensor(clock, {"fake/cpu": 10.0})], clock=clock, ledger=ledger).start()
        meter.begin("left open")
        clock.advance(2.0)
        made[0].tick()
        clock.advance(2.0)
        meter.stop()
        assert (meter.result.duration_s, joules(meter.result)) == (4.0, 40.0)
        record = ledger.run("last")
        assert [window.duration_s for window in record.windows] == [4.0, 4.0]
        begun_s = meter.result.start_s
        assert [t_s - begun_s for t_s in record.samples("fake/cpu").t_s] == [0.0, 0.0, 2.0, 4.0]

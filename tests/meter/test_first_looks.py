"""Soon after the start a few looks tell how often counters are refreshed; short windows state it from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from setsuden.meter import Meter
from setsuden.meter.first_looks import fast_counters, first_looks
from setsuden.sensors import discover
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml


def looked(machine: FakeMachine, meter: Meter) -> int:
    """Let the meter take its first looks; how many there were."""
    assert meter._rig is not None
    count = 0
    for rest_s, step in first_looks(fast_counters(meter._rig.channels), meter._look):
        machine.advance(rest_s)
        step()
        count += 1
    return count


def meter_on(machine: FakeMachine) -> Meter:
    return Meter(
        "x", sensors=discover(machine.host).sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0
    )  # fmt: skip


@pytest.mark.parametrize("refresh_s", [0.005, 0.015, 0.061])
def test_short_windows_hold_the_truth_although_samples_are_far_apart(tmp_path: Path, refresh_s: float) -> None:
    machine = FakeMachine(tmp_path)
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    zone.refresh_s = refresh_s
    with meter_on(machine) as meter:
        machine.advance(0.1037)
        looked(machine, meter)
        for _ in range(40):
            machine.advance(0.0117)
            begin_j = zone.truth_j
            with meter.window("short") as window:
                machine.advance(0.0503)
            assert window.measurement is not None
            (part,) = (part for part in window.measurement.channels if part.component == "cpu")
            assert part.gross.low <= zone.truth_j - begin_j <= part.gross.high
            codes = {flag.code for flag in window.measurement.flags}
            assert bool(codes & {"SET-TOO-SHORT", "SET-BELOW-RESOLUTION"}) == (refresh_s > 0.005)


def test_three_looks_do_where_the_counter_keeps_its_word(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.powercap.server(2)
    with meter_on(machine) as meter:
        machine.advance(0.1)
        assert looked(machine, meter) == 4, "one to compare with, three that moved"


def test_a_counter_that_never_moves_is_given_up(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.powercap.zone("intel-rapl:0", "package-0", 40.0).frozen = True
    with meter_on(machine) as meter:
        before_s = machine.clock.elapsed()
        assert looked(machine, meter) < 40
        assert machine.clock.elapsed() - before_s < 0.19


def test_no_look_is_spent_on_counters_that_say_they_are_slow_and_on_models(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, nvml=FakeNvml(FakeGpu()))
    with meter_on(machine) as meter:
        assert looked(machine, meter) == 0


def test_looks_end_with_the_meter(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.powercap.zone("intel-rapl:0", "package-0", 40.0).refresh_s = 1.0
    with meter_on(machine) as meter:
        assert meter._rig is not None
        steps: Iterator[tuple[float, Callable[[], None]]]
        steps = first_looks(fast_counters(meter._rig.channels), meter._look)
        next(steps)[1]()
    next(steps)[1]()
    assert list(steps) == []

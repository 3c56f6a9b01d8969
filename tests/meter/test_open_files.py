"""Files of counters that a sampler reads itself, through descriptors of the system's own: as careful as one by one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.meter.rig import Rig
from setsuden.meter.setup import find_setup
from setsuden.sensors import Sample, Sensor, discover
from setsuden.sensors.host import Files
from setsuden.testing import FakeClock, FakeMachine, FakeSensor, FakeZone

ENTRY = "intel-rapl:0"


class Bench:
    """One package and its memory on a fake machine, whose files are read as those of a real one."""

    def __init__(self, folder: Path) -> None:
        self.machine = FakeMachine(folder)
        self.machine.powercap.server(1, 40.0, 10.0)
        self.rig = Rig(find_setup(self.sensors(), self.machine.clock, None))

    def sensors(self) -> tuple[Sensor, ...]:
        return discover(self.machine.host._replace(files=Files())).sensors

    @property
    def zone(self) -> FakeZone:
        return self.machine.powercap[ENTRY]

    def edge(self, after_s: float) -> tuple[Sample, ...]:
        self.machine.advance(after_s)
        self.rig.take(edge=True)
        return self.rig.settle(edge=True)[-1].samples

    def ticks(self, times: int, step_s: float = 0.01) -> list[tuple[Sample, ...]]:
        for _ in range(times):
            self.machine.advance(step_s)
            self.rig.take()
        return [reading.samples for reading in self.rig.settle(edge=False)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def exchange(zone: FakeZone) -> None:
    fresh = zone.folder / "fresh"
    fresh.write_bytes(zone.energy.read_bytes())
    fresh.replace(zone.energy)


def test_every_sample_shows_what_the_counters_showed_then(bench: Bench) -> None:
    samples = bench.ticks(200)
    for number, (package, memory) in enumerate(samples, 1):
        assert (package.energy_j, memory.energy_j) == pytest.approx((0.4 * number, 0.1 * number))
        assert package.flags == memory.flags == ()


def test_a_file_that_goes_is_named_at_the_next_edge_and_in_a_quarter_of_a_second_without_one(bench: Bench) -> None:
    bench.ticks(30)
    bench.zone.remove()
    samples = bench.ticks(30)
    first = next(number for number, (package, _) in enumerate(samples) if package.flags)
    assert first <= 25
    assert all(package.flags == ("SET-ENERGY-GAP",) for package, _ in samples[first:])
    assert all(memory.flags == () for _, memory in samples)
    bench.zone.restore()
    bench.ticks(30)
    assert bench.edge(0.1)[0].flags == ()
    bench.zone.remove()
    package, memory = bench.edge(0.05)
    assert (package.flags, memory.flags) == (("SET-ENERGY-GAP",), ())


@pytest.mark.parametrize("into", [exchange, lambda zone: os.rename(zone.energy, zone.folder / "aside") or zone.write()])
def test_an_exchanged_file_is_read_in_its_place_from_the_next_edge_on(
    bench: Bench, into: Callable[[FakeZone], object]
) -> None:
    bench.ticks(30)
    into(bench.zone)
    bench.machine.advance(0.05)
    assert bench.edge(1.0)[0].energy_j == pytest.approx(bench.zone.truth_j)
    samples = bench.ticks(10)
    assert samples[-1][0].energy_j == pytest.approx(bench.zone.truth_j)


def test_a_counter_that_stands_still_is_told_from_one_that_is_gone(bench: Bench) -> None:
    bench.ticks(30)
    bench.zone.frozen = True
    stuck = bench.ticks(100)[-1][0]
    assert stuck.flags == ("SET-COUNTER-STUCK",)
    bench.zone.remove()
    assert bench.ticks(30)[-1][0].flags[-1] == "SET-ENERGY-GAP"


def test_a_file_without_content_is_a_gap_and_its_neighbour_is_not(bench: Bench) -> None:
    bench.ticks(30)
    bench.zone.say("")
    bench.machine.clock.advance(0.01)
    bench.rig.take()
    (package, memory) = bench.rig.settle(edge=False)[0].samples
    assert package.flags == ("SET-ENERGY-GAP",)
    assert memory.flags == ()
    assert bench.ticks(1)[0][0].flags == ("SET-ENERGY-GAP",), "it says so once more, when it ends"
    assert bench.ticks(1)[0][0].flags == ()


def test_nothing_stays_open_and_closing_twice_is_no_fault(bench: Bench) -> None:
    def opened() -> list[str]:
        links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
        targets = [os.readlink(link) for link in links if os.path.lexists(link)]
        return [target for target in targets if target.startswith(str(bench.machine.sysfs))]

    bench.ticks(3)
    assert len(opened()) == 2
    bench.rig.close()
    bench.rig.close()
    assert opened() == []


def test_a_sensor_with_something_else_called_files_is_read_as_it_says() -> None:
    clock = FakeClock()

    class Own(FakeSensor):
        files = ("mine.csv",)

    rig = Rig(find_setup([Own(clock, {"fake/cpu": 10.0})], clock, None))
    clock.advance(2.0)
    assert rig.read().samples[0].energy_j == pytest.approx(20.0)


HAPPENINGS: dict[str, Callable[[FakeMachine], None]] = {
    "nothing": lambda machine: None,
    "reset": lambda machine: machine.powercap[ENTRY].reset(),
    "gone": lambda machine: machine.powercap[ENTRY].remove(),
    "back": lambda machine: machine.powercap[ENTRY].restore(),
    "exchanged": lambda machine: exchange(machine.powercap[ENTRY]) if machine.powercap[ENTRY].present else None,
    "asleep": lambda machine: machine.clock.sleep(100.0),
}
steps = st.tuples(st.floats(0.3, 3.0), st.sampled_from(sorted(HAPPENINGS)))


@settings(max_examples=40)
@given(st.lists(steps, min_size=1, max_size=12))
def test_edges_and_seldom_samples_are_those_of_a_sensor_that_is_read(script: list[tuple[float, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        readers = bench.sensors()
        for place, (seconds, happening) in enumerate(script):
            bench.machine.advance(seconds)
            HAPPENINGS[happening](bench.machine)
            bench.rig.take(edge=place % 2 == 0)
            (reading,) = bench.rig.settle(edge=False)
            assert reading.samples == tuple(sample for sensor in readers for sample in sensor.read())
        for sensor in readers:
            sensor.close()
        bench.rig.close()

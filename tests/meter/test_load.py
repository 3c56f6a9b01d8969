from __future__ import annotations

import pytest

from setsuden.ledger import Ledger
from setsuden.sensors.protocol import Component
from setsuden.sensors.utilisation import Load
from setsuden.testing import FakeClock, FakeSensor, fake_channel
from tests.meter.support import codes


class FakeProbe:
    """Two CPUs, of which ``busy`` are at work; everything else as set."""

    glance_every_s = 1.0

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.busy = 2.0
        self.load = Load(0.0, 0.0, 0.0, 0.0, 4e9, 16e9)
        self.reads = 0
        self._last_s = clock.elapsed()

    def read(self) -> Load:
        self.reads += 1
        seconds, self._last_s = self.clock.elapsed() - self._last_s, self.clock.elapsed()
        assert self.load.cpu_busy_s is not None
        assert self.load.cpu_capacity_s is not None
        assert self.load.process_cpu_s is not None
        self.load = self.load._replace(
            t_s=self.clock.elapsed(),
            cpu_busy_s=self.load.cpu_busy_s + self.busy * seconds,
            cpu_capacity_s=self.load.cpu_capacity_s + 2.0 * seconds,
            process_cpu_s=self.load.process_cpu_s + self.busy / 2 * seconds,
        )
        return self.load

    def glance(self) -> Load:
        self.reads += 1
        return self.load._replace(
            t_s=self.clock.elapsed(), cpu_busy_s=None, cpu_capacity_s=None, process_cpu_s=None,
            received_bytes=None, sent_bytes=None,
        )  # fmt: skip

    def close(self) -> None:
        pass


class LoadBench:
    def __init__(self, component: Component = Component.CPU, ledger: Ledger | None = None) -> None:
        from setsuden.meter import Meter

        self.clock = FakeClock()
        self.probe = FakeProbe(self.clock)
        sensor = FakeSensor(self.clock, {"a": 50.0}, (fake_channel("a", component=component),))
        self.meter = Meter(sensors=[sensor], clock=self.clock, probe=self.probe, rate_hz=0, ledger=ledger or False)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(1.0)
            self.meter.sample()


def test_shares_are_differences_of_running_sums_and_each_window_has_its_own() -> None:
    bench = LoadBench()
    with bench.meter as meter:
        with meter.window("busy") as busy:
            bench.tick(4)
        bench.probe.busy = 0.5
        with meter.window("quiet") as quiet:
            bench.tick(4)
    assert busy.measurement is not None
    assert quiet.measurement is not None
    assert busy.measurement.utilisation.cpu_share == pytest.approx(1.0)
    assert busy.measurement.utilisation.process_cpu_share == pytest.approx(0.5)
    assert quiet.measurement.utilisation.cpu_share == pytest.approx(0.25)
    assert meter.result.utilisation.cpu_share == pytest.approx(0.625)
    assert meter.result.utilisation.memory_share == pytest.approx(0.25)
    assert codes(busy.measurement) == []
    assert codes(quiet.measurement) == ["SET-UNSATURATED"]


def test_a_gpu_half_asleep_is_unsaturated_however_busy_the_cpu() -> None:
    bench = LoadBench(Component.GPU)
    bench.probe.load = bench.probe.load._replace(gpu_sm_share=0.3, gpu_memory_used_bytes=2e9)
    with bench.meter:
        bench.tick(4)
    assert codes(bench.meter.result) == ["SET-UNSATURATED"]
    assert bench.meter.result.utilisation.gpu_sm_share == pytest.approx(0.3)
    assert bench.meter.result.utilisation.gpu_memory_used_bytes == pytest.approx(2e9)


def test_hardware_that_slows_itself_down_flags_the_window_it_happened_in() -> None:
    bench = LoadBench()
    with bench.meter as meter:
        with meter.window("cool") as cool:
            bench.tick(2)
        with meter.window("hot") as hot:
            bench.probe.load = bench.probe.load._replace(held_back=("cpu-thermal", "gpu-power-cap"))
            bench.tick()
            bench.probe.load = bench.probe.load._replace(held_back=())
            bench.tick()
    assert cool.measurement is not None
    assert hot.measurement is not None
    assert codes(cool.measurement) == []
    assert [(flag.code, flag.detail) for flag in hot.measurement.flags] == [("SET-THROTTLED", "cpu-thermal")]


def test_a_power_cap_alone_is_how_a_busy_gpu_works() -> None:
    bench = LoadBench()
    bench.probe.load = bench.probe.load._replace(held_back=("gpu-power-cap",))
    with bench.meter:
        bench.tick(2)
    assert codes(bench.meter.result) == []


def test_what_cannot_be_read_is_absent_not_zero() -> None:
    bench = LoadBench()
    bench.probe.read = lambda: Load(bench.clock.elapsed())  # type: ignore[method-assign]
    with bench.meter:
        bench.tick(2)
    assert bench.meter.result.utilisation.cpu_share is None
    assert bench.meter.result.utilisation.memory_share is None


def test_fast_sampling_does_not_look_at_the_load_each_time() -> None:
    bench = LoadBench()
    with bench.meter as meter:
        for _ in range(200):
            bench.clock.advance(0.01)
            meter.sample()
    assert bench.probe.reads < 10


def test_traffic_is_what_the_counters_grew_by() -> None:
    bench = LoadBench()
    bench.probe.load = bench.probe.load._replace(received_bytes=1e6, sent_bytes=5e5)
    with bench.meter as meter, meter.window("upload") as upload:
        bench.tick(2)
        bench.probe.load = bench.probe.load._replace(received_bytes=1.25e6, sent_bytes=9.5e6)
        bench.tick(2)
    assert upload.measurement.utilisation.network_received_bytes == 250e3
    assert upload.measurement.utilisation.network_sent_bytes == 9e6


def test_a_network_counter_that_starts_again_is_unknown_for_that_window() -> None:
    bench = LoadBench()
    bench.probe.load = bench.probe.load._replace(received_bytes=1e6, sent_bytes=5e5)
    with bench.meter:
        bench.tick(2)
        bench.probe.load = bench.probe.load._replace(received_bytes=10.0, sent_bytes=6e5)
        bench.tick(2)
    assert bench.meter.result.utilisation.network_received_bytes is None
    assert bench.meter.result.utilisation.network_sent_bytes == 1e5

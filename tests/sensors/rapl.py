"""One package on a fake machine, and when a figure may be believed."""

from __future__ import annotations

from setsuden.sensors import Sample, Sensor, discover
from setsuden.testing import FakeMachine, FakeZone


def package(machine: FakeMachine, watts: float = 40.0, **options: float) -> tuple[FakeZone, Sensor]:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", watts, **options)  # type: ignore[arg-type]
    return zone, discover(machine.host).sensors[0]


def poll(machine: FakeMachine, sensor: Sensor, times: int, step_s: float = 1.0) -> list[Sample]:
    samples = []
    for _ in range(times):
        machine.advance(step_s)
        samples.append(sensor.read()[0])
    return samples


def holds(sample: Sample, truth_j: float) -> bool:
    return sample.low_j - 1e-3 <= truth_j <= sample.high_j + 1e-3 and sample.low_j <= sample.energy_j <= sample.high_j

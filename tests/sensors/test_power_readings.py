"""Power that is integrated: what lies beyond a limit, and what lies between two readings that are far apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Sample, discover
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml


def polled(root: Path, gpu: FakeGpu, steps_s: list[float]) -> list[Sample]:
    machine = FakeMachine(root, nvml=FakeNvml(gpu))
    sensor = next(sensor for sensor in discover(machine.host).sensors if sensor.name == "nvml")
    samples = []
    for step_s in steps_s:
        machine.advance(step_s)
        samples.append(sensor.read()[0])
    return samples


def test_a_power_that_stays_beyond_the_drivers_limit_is_believed_and_never_zero(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, watts=900.0, limit_w=400.0)
    samples = polled(tmp_path, gpu, [1.0] * 20)
    assert samples[0].flags
    assert samples[-1].flags == ()
    assert samples[-1].energy_j == pytest.approx(gpu.truth_j, rel=0.005)
    assert samples[-1].low_j <= gpu.truth_j <= samples[-1].high_j


def test_one_absurd_power_is_left_out(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, watts=lambda t: 5000.0 if 4.5 < t < 5.5 else 200.0)
    samples = polled(tmp_path, gpu, [1.0] * 10)
    assert "SET-POWER-IMPLAUSIBLE" in {flag for sample in samples for flag in sample.flags}
    assert samples[-1].energy_j == pytest.approx(2000.0, rel=0.005)


def test_two_readings_half_a_minute_apart_are_a_gap_and_not_a_straight_line(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, watts=lambda t: 350.0 if 2 < t < 29 else 60.0)
    (sample,) = polled(tmp_path, gpu, [30.0])
    assert sample.flags == ("SET-ENERGY-GAP",)
    assert sample.low_j <= gpu.truth_j <= sample.high_j


def test_readings_at_the_slowest_rate_of_a_meter_are_no_gap(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False)
    samples = polled(tmp_path, gpu, [1.0, 2.0, 0.9] * 5)
    assert all(sample.flags == () and sample.low_j == sample.high_j for sample in samples)

"""AMD cards through AMD SMI, on a stand-in for its module: counter, power, stuck counters, one card seen twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Discovery, Method, Sample, Status, discover
from setsuden.sensors.host import AmdSmiUnavailableError, load_amdsmi
from setsuden.testing import FakeAmdGpu, FakeAmdSmi, FakeMachine, rails
from setsuden.testing.amdsmi import NO_PERMISSION, NOT_SUPPORTED
from setsuden.testing.sensor_contract import MendableSensorContract, Rig


def bench(root: Path, *gpus: FakeAmdGpu) -> tuple[FakeMachine, Discovery]:
    machine = FakeMachine(root, amdsmi=FakeAmdSmi(*gpus))
    return machine, discover(machine.host)


def polled(machine: FakeMachine, found: Discovery, times: int, step_s: float = 1.0) -> tuple[Sample, ...]:
    sensor = next(sensor for sensor in found.sensors if sensor.name == "amdsmi")
    samples: tuple[Sample, ...] = ()
    for _ in range(times):
        machine.advance(step_s)
        samples = sensor.read()
    return samples


class TestTheContractOfSensors(MendableSensorContract):
    @pytest.fixture(params=[True, False], ids=["counter", "power"])
    def rig(self, tmp_path: Path, request: pytest.FixtureRequest) -> Rig:
        gpu = FakeAmdGpu(counter=request.param)
        machine, found = bench(tmp_path, gpu)
        return Rig(
            next(sensor for sensor in found.sensors if sensor.name == "amdsmi"),
            machine.advance,
            {"amdsmi/0000:03:00.0": 250.0},
            break_it=lambda: setattr(gpu, "fault", NOT_SUPPORTED),
            mend_it=lambda: setattr(gpu, "fault", None),
        )


def test_every_card_is_counted_once_by_its_counter(tmp_path: Path) -> None:
    gpus = [FakeAmdGpu(watts=100.0 * (i + 1), bdf=f"0000:{i:02x}:00.0") for i in range(4)]
    machine, found = bench(tmp_path, *gpus)
    samples = polled(machine, found, 20)
    assert [sample.energy_j for sample in samples] == pytest.approx([gpu.truth_j for gpu in gpus], rel=1e-5)
    assert len([item for item in found.counted if item.startswith("amdsmi/")]) == 4


def test_a_second_die_that_tells_nothing_is_left_out_and_not_called_stuck(tmp_path: Path) -> None:
    gpus = FakeAmdGpu(watts=400.0), FakeAmdGpu(bdf="0000:04:00.0", counter=False, power=False, watts=0.0)
    machine, found = bench(tmp_path, *gpus)
    (sample,) = polled(machine, found, 10)
    assert sample.energy_j == pytest.approx(4000.0, rel=1e-5)
    assert sample.flags == ()


def test_a_counter_that_sticks_is_flagged_and_bounded(tmp_path: Path) -> None:
    gpu = FakeAmdGpu()
    machine, found = bench(tmp_path, gpu)
    polled(machine, found, 10)
    gpu.stuck = True
    (sample,) = polled(machine, found, 10)
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert sample.low_j <= gpu.truth_j <= sample.high_j


def test_a_card_that_hwmon_shows_too_is_counted_once(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, amdsmi=FakeAmdSmi(FakeAmdGpu(bdf="0000:03:00.0")))
    chip = rails.amdgpu(machine.sysfs, 250.0)
    for file in (chip / "device").iterdir():
        file.unlink()
    (chip / "device").rmdir()
    place = machine.sysfs / "devices" / "0000:03:00.0"
    place.mkdir(parents=True)
    (chip / "device").symlink_to(place)
    found = discover(machine.host)
    assert {channel.id for channel in found.channels} >= {"amdsmi/0000:03:00.0", "amdgpu/0000:03:00.0"}
    assert [item for item in found.counted if item.startswith("amd")] == ["amdsmi/0000:03:00.0"]


def test_without_a_counter_power_is_integrated(tmp_path: Path) -> None:
    gpu = FakeAmdGpu(counter=False)
    machine, found = bench(tmp_path, gpu)
    (sample,) = polled(machine, found, 20, 0.5)
    assert sample.energy_j == pytest.approx(gpu.truth_j)
    assert next(c for c in found.channels if c.id.startswith("amdsmi/")).method is Method.POWER


def test_a_permission_that_is_lost_is_flagged_as_such(tmp_path: Path) -> None:
    gpu = FakeAmdGpu()
    machine, found = bench(tmp_path, gpu)
    polled(machine, found, 3)
    gpu.fault = NO_PERMISSION
    assert polled(machine, found, 1)[0].flags == ("SET-PERMISSION-LOST",)


def test_a_library_that_does_not_answer_is_a_finding(tmp_path: Path) -> None:
    smi = FakeAmdSmi(FakeAmdGpu())

    def refuse() -> None:
        raise FakeAmdSmi.AmdSmiException(NOT_SUPPORTED)

    smi.amdsmi_init = refuse  # type: ignore[method-assign]
    found = discover(FakeMachine(tmp_path, amdsmi=smi).host)
    (said,) = [item for item in found.findings if item.source == "amdsmi"]
    assert said.status is Status.BROKEN
    assert "amd-smi list" in (said.remedy or "")
    assert said.worded("remedy", "ja")


def test_the_library_is_let_go_once(tmp_path: Path) -> None:
    machine, found = bench(tmp_path, FakeAmdGpu())
    found.close()
    found.close()
    assert machine.amdsmi is not None
    assert machine.amdsmi.started == 0


def test_without_the_module_nothing_is_claimed() -> None:
    with pytest.raises(AmdSmiUnavailableError):
        load_amdsmi()

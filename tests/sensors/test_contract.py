"""The contract suite against every sensor of the package, on fake trees and a replayed trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Sensor, discover
from setsuden.testing import FakeClock, FakeGpu, FakeMachine, FakeNvml, FakeSensor, ReplaySensor, rails
from setsuden.testing.sensor_contract import BreakableSensorContract, MendableSensorContract, Rig, SensorContract


def named(machine: FakeMachine, name: str) -> Sensor:
    return next(sensor for sensor in discover(machine.host).sensors if sensor.name == name)


class TestRapl(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        machine.powercap.client(40.0)
        machine.powercap.zone("intel-rapl:0:2", "dram", 4.0, range_uj=65_712_999_613)

        def break_it() -> None:
            for zone in machine.powercap.zones.values():
                zone.remove()

        def mend_it() -> None:
            for zone in machine.powercap.zones.values():
                zone.restore()

        watts = {
            "rapl/package-0": 40.0,
            "rapl/package-0/core": 24.0,
            "rapl/package-0/dram": 4.0,
            "rapl/psys": 64.0,
        }
        return Rig(named(machine, "rapl"), machine.advance, watts, break_it=break_it, mend_it=mend_it)


class TestNvmlCounter(MendableSensorContract):
    counter = True

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        gpus = [
            FakeGpu(watts=100.0, counter=self.counter, tick_s=0.05),
            FakeGpu(watts=300.0, counter=self.counter, tick_s=0.05),
        ]
        machine = FakeMachine(tmp_path, nvml=FakeNvml(*gpus))

        def lose(lost: bool) -> None:
            for gpu in gpus:
                gpu.lost = lost

        watts = {f"nvml/{gpu.uuid}": float(gpu.draws(0.0)) for gpu in gpus}
        sensor = named(machine, "nvml")
        return Rig(sensor, machine.advance, watts, break_it=lambda: lose(True), mend_it=lambda: lose(False))


class TestNvmlPower(TestNvmlCounter):
    counter = False


class TestNvmlModel(BreakableSensorContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        gpu = FakeGpu(counter=False, power=False)
        machine = FakeMachine(tmp_path, nvml=FakeNvml(gpu))
        return Rig(named(machine, "nvml"), machine.advance, break_it=lambda: setattr(gpu, "lost", True))


class TestJetson(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        folder = rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000), "VDD_SOC": (5000, 400)})
        files = [folder / f"curr{i}_input" for i in (1, 2)]
        return Rig(
            named(machine, "ina3221"),
            machine.advance,
            {"ina3221/VDD_IN": 10.0, "ina3221/VDD_SOC": 2.0},
            break_it=lambda: [machine.files.fail(file) for file in files] and None,
            mend_it=lambda: [machine.files.heal(file) for file in files] and None,
        )


class TestGrace(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        rails.grace(machine.sysfs, {"Grace Power Socket 0": 180.0})
        file = machine.sysfs / "class/hwmon/hwmon0/device/power1_average"
        return Rig(
            named(machine, "grace"),
            machine.advance,
            {"grace/grace-0": 180.0},
            break_it=lambda: machine.files.empty(file),
            mend_it=lambda: machine.files.heal(file),
        )


class TestAmdGpu(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        rails.amdgpu(machine.sysfs, 150.0)
        file = machine.sysfs / "class/hwmon/hwmon5/power1_average"
        return Rig(
            named(machine, "amdgpu"),
            machine.advance,
            {},
            break_it=lambda: machine.files.deny(file),
            mend_it=lambda: machine.files.heal(file),
        )


class TestAmdEnergy(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        folder = rails.amd_energy(machine.sysfs, {"Esocket0": 1000.0})
        counter = {"uj": 1_000_000_000}

        def advance(seconds: float) -> None:
            machine.advance(seconds)
            counter["uj"] += round(90.0 * seconds * 1e6)
            (folder / "energy1_input").write_text(f"{counter['uj']}\n")

        file = folder / "energy1_input"
        return Rig(
            named(machine, "amd_energy"),
            advance,
            {"amd_energy/socket-0": 90.0},
            break_it=lambda: machine.files.fail(file),
            mend_it=lambda: machine.files.heal(file),
        )


class TestBattery(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        folder = rails.battery(machine.sysfs, 12.0)
        return Rig(
            named(machine, "battery"),
            machine.advance,
            {"battery/BAT0": 12.0},
            break_it=lambda: (folder / "status").write_text("Full\n") and None,
            mend_it=lambda: (folder / "status").write_text("Discharging\n") and None,
        )


class TestModelledCpu(MendableSensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        found = discover(machine.host)
        assert found.cpu is not None
        machine.busy = 0.4
        return Rig(
            next(sensor for sensor in found.sensors if sensor.name == "model-cpu"),
            machine.advance,
            {"model/cpu": found.cpu.watts(0.4)},
            tolerance=0.01,
            break_it=lambda: machine.files.fail(machine.procfs / "stat"),
            mend_it=lambda: machine.files.heal(machine.procfs / "stat"),
        )


class TestModelledDram(SensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        return Rig(named(machine, "model-dram"), machine.advance, {"model/dram": 0.375 * 16.0}, tolerance=1e-3)


class TestFake(SensorContract):
    @pytest.fixture
    def rig(self) -> Rig:
        clock = FakeClock()
        return Rig(
            FakeSensor(clock, {"fake/a": 10.0, "fake/b": lambda t_s: 5.0}),
            clock.advance,
            {"fake/a": 10.0, "fake/b": 5.0},
        )


class TestReplay(SensorContract):
    @pytest.fixture
    def rig(self) -> Rig:
        clock = FakeClock()
        return Rig(ReplaySensor(clock, [(0.0, 50.0), (5.0, 50.0)]), clock.advance, {"replay/trace": 50.0})


def test_a_recorded_trace_is_integrated_as_it_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("time,power\n100,10\n101,30\n102,30\n103,10\n")
    clock = FakeClock()
    sensor = ReplaySensor.from_csv(clock, path, "time", "power")
    for _ in range(3):
        clock.advance(1.0)
        (sample,) = sensor.read()
    assert sample.energy_j == pytest.approx(20 + 30 + 20)

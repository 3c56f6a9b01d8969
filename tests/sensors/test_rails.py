"""Jetson rails, Grace, AMD counters and cards, batteries: right scale, nothing twice, gaps flagged."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Component, Discovery, Sample, Status, discover
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml, rails


def run(machine: FakeMachine, found: Discovery, steps: int = 10) -> dict[str, Sample]:
    samples: dict[str, Sample] = {}
    for _ in range(steps):
        machine.advance(1.0)
        for sensor in found.sensors:
            samples |= {c.id: s for c, s in zip(sensor.channels, sensor.read(), strict=True)}
    return samples


def test_the_input_rail_of_a_jetson_is_counted_alone(machine: FakeMachine) -> None:
    rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000), "VDD_CPU_GPU_CV": (5000, 800), "VDD_SOC": (5000, 400)})
    found = discover(machine.host)
    samples = run(machine, found)
    assert found.counted == {"ina3221/VDD_IN"}, "it holds CPU and DRAM, so nothing is modelled beside it"
    assert samples["ina3221/VDD_IN"].energy_j == pytest.approx(100.0)
    assert samples["ina3221/VDD_CPU_GPU_CV"].energy_j == pytest.approx(40.0)
    assert {c.contained_in for c in found.channels if c.id != "ina3221/VDD_IN"} == {"ina3221/VDD_IN"}


def test_an_unconnected_channel_and_the_sum_of_shunts_are_no_rails(machine: FakeMachine) -> None:
    rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000), "NC": (0, 32760), "VDD_SOC": (5000, 400)})
    assert [c.id for c in discover(machine.host).channels] == ["ina3221/VDD_IN", "ina3221/VDD_SOC"]


def test_rails_without_a_total_are_added(machine: FakeMachine) -> None:
    rails.jetpack5(machine.sysfs, {"VDD_GPU_SOC": (5000, 2000), "VDD_CPU_CV": (5000, 800), "VIN_SYS_5V0": (5000, 400)})
    rails.jetpack5(machine.sysfs, {"VDDQ_VDD2_1V8AO": (5000, 200)}, address="1-0041")
    found = discover(machine.host)
    samples = run(machine, found)
    assert {i for i in found.counted if i.startswith("model")} == set()
    assert sum(samples[i].energy_j for i in found.counted) == pytest.approx((10 + 4 + 2 + 1) * 10)


def test_a_number_with_its_unit_behind_it_is_read(machine: FakeMachine) -> None:
    folder = rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000)})
    (folder / "curr1_input").write_text("1500 ma\n")
    assert run(machine, discover(machine.host))["ina3221/VDD_IN"].energy_j == pytest.approx(75.0)


def test_a_current_register_at_its_end_is_a_gap_not_164_watts(machine: FakeMachine) -> None:
    folder = rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000)})
    found = discover(machine.host)
    run(machine, found, 5)
    (folder / "curr1_input").write_text("32760 ma\n")
    sample = run(machine, found, 1)["ina3221/VDD_IN"]
    assert sample.flags == ("SET-ENERGY-GAP",)
    assert sample.low_j <= 60.0 <= sample.high_j


def test_a_rail_missing_for_one_poll_is_bridged_and_flagged(machine: FakeMachine) -> None:
    folder = rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000)})
    found = discover(machine.host)
    run(machine, found, 5)
    (folder / "in1_input").rename(folder / "away")
    assert "SET-ENERGY-GAP" in run(machine, found, 1)["ina3221/VDD_IN"].flags
    (folder / "away").rename(folder / "in1_input")
    sample = run(machine, found, 4)["ina3221/VDD_IN"]
    assert sample.energy_j == pytest.approx(100.0)
    assert sample.low_j <= 100.0 <= sample.high_j
    assert sample.low_j < sample.high_j


def test_the_older_layout_is_read_too(machine: FakeMachine) -> None:
    rails.jetpack4(machine.sysfs, {"POM_5V_IN": 9000, "POM_5V_GPU": 3000, "POM_5V_CPU": 2000})
    found = discover(machine.host)
    samples = run(machine, found)
    assert found.counted == {"ina3221/POM_5V_IN"}
    assert samples["ina3221/POM_5V_IN"].energy_j == pytest.approx(90.0)
    components = {c.id: c.component for c in found.channels}
    assert components["ina3221/POM_5V_GPU"] is Component.GPU
    assert components["ina3221/POM_5V_CPU"] is Component.CPU


def test_microwatts_are_not_milliwatts(machine: FakeMachine) -> None:
    rails.thor(machine.sysfs, 80.0)
    found = discover(machine.host)
    assert run(machine, found)["ina3221/VIN"].energy_j == pytest.approx(800.0)
    assert found.counted == {"ina3221/VIN"}


def test_the_gpu_of_a_jetson_is_not_counted_beside_its_input_rail(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, nvml=FakeNvml(FakeGpu(name="NVIDIA Thor")))
    rails.thor(machine.sysfs, 80.0)
    assert discover(machine.host).counted == {"ina3221/VIN"}


GRACE = {
    "Module Power Socket 0": 300.0,
    "Grace Power Socket 0": 180.0,
    "CPU Power Socket 0": 120.0,
    "SysIO Power Socket 0": 30.0,
}


def test_grace_counts_its_socket_and_keeps_the_module_beside_it(machine: FakeMachine) -> None:
    rails.grace(machine.sysfs, GRACE)
    found = discover(machine.host)
    samples = run(machine, found)
    assert {i for i in found.counted if i.startswith("grace")} == {"grace/grace-0"}
    assert samples["grace/grace-0"].energy_j == pytest.approx(1800.0)
    assert samples["grace/cpu-0"].energy_j == pytest.approx(1200.0)


def test_the_module_power_of_grace_counts_when_it_is_all_there_is(machine: FakeMachine) -> None:
    rails.grace(machine.sysfs, {"Module Power Socket 0": 300.0})
    assert discover(machine.host).counted == {"grace/module-0"}


@pytest.mark.parametrize("start_j", [100.0, 2.0**16 - 60.0, 5e6])
def test_amd_sockets_count_in_both_register_widths(machine: FakeMachine, start_j: float) -> None:
    folder = rails.amd_energy(machine.sysfs, {"Ecore000": 10.0, "Ecore001": 10.0, "Esocket0": start_j})
    found = discover(machine.host)
    assert {i for i in found.counted if i.startswith("amd")} == {"amd_energy/socket-0"}
    for i in range(1, 11):
        machine.advance(1.0)
        count_j = start_j + 20.0 * i
        count_j -= 2.0**16 if start_j < 2.0**16 <= count_j else 0.0
        (folder / "energy3_input").write_text(f"{round(count_j * 1e6)}\n")
        (sample,) = found.sensors[0].read()
    assert sample.energy_j == pytest.approx(200.0, abs=1e-4)
    assert sample.flags == ()


def test_amd_counters_beside_powercap_watch_the_same_silicon(machine: FakeMachine) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 50.0)
    rails.amd_energy(machine.sysfs, {"Esocket0": 100.0})
    assert {i for i in discover(machine.host).counted if "model" not in i} == {"rapl/package-0"}


def test_denied_amd_counters_are_named(machine: FakeMachine) -> None:
    folder = rails.amd_energy(machine.sysfs, {"Esocket0": 100.0})
    machine.files.deny(folder / "energy1_input")
    finding = next(f for f in discover(machine.host).findings if f.source == "amd_energy")
    assert finding.status is Status.DENIED
    assert str(folder / "energy1_input") in finding.detail


@pytest.mark.parametrize("file", ["power1_average", "power1_input"])
def test_an_amd_card_is_measured_beside_the_processor(machine: FakeMachine, file: str) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 50.0)
    rails.amdgpu(machine.sysfs, 150.0, file=file)
    found = discover(machine.host)
    card = next(c for c in found.channels if c.component is Component.GPU)
    assert {card.id, "rapl/package-0"} <= found.counted
    assert "MI210" in card.label
    assert run(machine, found)[card.id].energy_j == pytest.approx(1500.0)


def test_graphics_inside_a_processor_are_not_counted_again(machine: FakeMachine) -> None:
    rails.amdgpu(machine.sysfs, 15.0, cap_w=None)
    assert not any(c.component is Component.GPU for c in discover(machine.host).channels)


@pytest.mark.parametrize("by_current", [False, True])
def test_a_battery_under_load_is_recorded_beside_and_counted_when_preferred(
    machine: FakeMachine, by_current: bool
) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 5.0)
    rails.battery(machine.sysfs, 12.0, by_current=by_current)
    found = discover(machine.host)
    assert "battery/BAT0" not in found.counted
    assert run(machine, found)["battery/BAT0"].energy_j == pytest.approx(120.0, rel=1e-5)
    assert discover(machine.host, prefer=("battery",)).counted == {"battery/BAT0"}


def test_a_battery_alone_beats_a_model(machine: FakeMachine) -> None:
    rails.battery(machine.sysfs, 12.0)
    assert discover(machine.host).counted == {"battery/BAT0"}


def test_a_battery_on_mains_tells_nothing_and_the_finding_says_what_to_do(machine: FakeMachine) -> None:
    rails.battery(machine.sysfs, 12.0, status="Charging")
    found = discover(machine.host)
    finding = next(f for f in found.findings if f.source == "battery")
    assert finding.status is Status.ABSENT
    assert "Unplug" in (finding.remedy or "")
    assert found.counted == {"model/cpu", "model/dram"}


def test_plugging_in_mid_run_is_a_flagged_gap_not_zero(machine: FakeMachine) -> None:
    folder = rails.battery(machine.sysfs, 12.0)
    found = discover(machine.host)
    run(machine, found, 5)
    (folder / "status").write_text("Charging\n")
    sample = run(machine, found, 5)["battery/BAT0"]
    assert "SET-ENERGY-GAP" in sample.flags
    assert sample.low_j <= 120.0 <= sample.high_j


def test_of_two_batteries_the_resting_one_draws_nothing(machine: FakeMachine) -> None:
    rails.battery(machine.sysfs, 12.0)
    rails.battery(machine.sysfs, 3.0, name="BAT1", status="Not charging")
    found = discover(machine.host)
    samples = run(machine, found)
    assert found.counted == {"battery/BAT0", "battery/BAT1"}
    assert sum(samples[item].energy_j for item in found.counted) == pytest.approx(120.0)
    assert samples["battery/BAT1"].flags == ()


def test_the_battery_of_a_mouse_is_not_ours(machine: FakeMachine) -> None:
    rails.write_files(rails.battery(machine.sysfs, 0.1), scope="Device")
    assert not [f for f in discover(machine.host).findings if f.source == "battery"]


def test_a_power_that_no_part_can_draw_is_left_out(machine: FakeMachine) -> None:
    folder = rails.amdgpu(machine.sysfs, 150.0)
    found = discover(machine.host)
    run(machine, found, 5)
    (folder / "power1_average").write_text("99999000000\n")
    samples = run(machine, found, 1)
    (sample,) = (s for i, s in samples.items() if i.startswith("amdgpu"))
    assert sample.flags == ("SET-POWER-IMPLAUSIBLE",)
    (folder / "power1_average").write_text("150000000\n")
    (sample,) = (s for i, s in run(machine, found, 4).items() if i.startswith("amdgpu"))
    assert sample.energy_j == pytest.approx(1500.0)

"""What is modelled: labelled, in the right share, idle unlike busy, limits respected."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.catalogue import memory, power_curves
from setsuden.quantity import Provenance
from setsuden.sensors import Discovery, Method, Sample, discover
from setsuden.sensors.diagnosis import cpu_watts
from setsuden.testing import FakeMachine


def run(machine: FakeMachine, found: Discovery, seconds: int = 10) -> dict[str, Sample]:
    samples: dict[str, Sample] = {}
    for _ in range(seconds):
        machine.advance(1.0)
        for sensor in found.sensors:
            samples |= {c.id: s for c, s in zip(sensor.channels, sensor.read(), strict=True)}
    return samples


def full_w(found: Discovery) -> float:
    assert found.cpu is not None
    return found.cpu.full_w


def test_models_never_pass_for_measurements(machine: FakeMachine) -> None:
    for channel in discover(machine.host).channels:
        assert channel.method is Method.MODEL
        assert channel.provenance is not Provenance.MEASURED
        assert max(channel.relative_error, channel.relative_error_below or 0.0) > 0.2
        assert channel.factors


@pytest.mark.parametrize("busy", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_cpu_energy_follows_the_published_curve(machine: FakeMachine, busy: float) -> None:
    found = discover(machine.host)
    machine.busy = busy
    share = power_curves.TABLE.get("teads-tdp-ratio").at(busy)
    assert full_w(found) == pytest.approx(95.0), "an i7-8700K, all of it"
    assert run(machine, found)["model/cpu"].energy_j == pytest.approx(95.0 * share * 10, rel=1e-3)


def test_busy_costs_several_times_idle_and_not_hundreds(machine: FakeMachine) -> None:
    found = discover(machine.host)
    idle_j = run(machine, found)["model/cpu"].energy_j
    machine.busy = 1.0
    busy_j = run(machine, found)["model/cpu"].energy_j - idle_j
    assert 4 < busy_j / idle_j < 12


def test_the_interval_of_the_model_holds_the_published_error(machine: FakeMachine) -> None:
    found = discover(machine.host)
    assert found.cpu is not None
    published = power_curves.cpu_curve(found.cpu.match).watts(0.5)
    ours = cpu_watts(found.cpu, 0.5)
    assert ours.low <= published.low * 1.001
    assert ours.high >= published.high * 0.999
    channel = next(c for c in found.channels if c.id == "model/cpu")
    assert ours.value * (1 + channel.relative_error) >= published.high * 0.999


def test_dram_is_watts_per_gb_times_the_memory(machine: FakeMachine) -> None:
    sample = run(machine, discover(machine.host))["model/dram"]
    assert sample.energy_j == pytest.approx(memory.dram_w_per_gb().value * 16.0 * 10, rel=1e-6)


def test_two_sockets_are_modelled_as_two(tmp_path: Path) -> None:
    one = FakeMachine(tmp_path / "a", cpu_name="Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", cores=24, threads=48)
    two = FakeMachine(
        tmp_path / "b", cpu_name="Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", cores=24, threads=48, sockets=2
    )
    assert full_w(discover(two.host)) == pytest.approx(2 * full_w(discover(one.host)))


def guest(root: Path, name: str, cores: int, threads: int, **options: int) -> Discovery:
    machine = FakeMachine(
        root, cpu_name=name, vendor="AuthenticAMD", cores=cores, threads=threads, virtual=True,
        family=options.get("family", 25), model=options.get("model", 1),
    )  # fmt: skip
    return discover(machine.host)


def test_a_guest_gets_its_cores_share_of_the_part(tmp_path: Path) -> None:
    found = guest(tmp_path, "AMD EPYC 9655 96-Core Processor", 2, 4)
    assert full_w(found) == pytest.approx(400.0 * 2 / 96)
    assert found.cpu is not None
    assert "2 of the 96 cores" in found.cpu.share.rule()


def test_a_guest_that_cannot_tell_cores_from_threads_has_a_wider_interval(tmp_path: Path) -> None:
    clear = guest(tmp_path / "a", "AMD EPYC 9655 96-Core Processor", 2, 4).cpu
    unclear = guest(tmp_path / "b", "AMD EPYC 9655 96-Core Processor", 2, 2).cpu
    assert clear is not None
    assert unclear is not None
    assert unclear.share.design_w.low == pytest.approx(clear.share.design_w.low / 2)
    assert unclear.relative_error > clear.relative_error


def test_a_guest_without_a_product_name_gets_watts_per_core_of_its_generation(tmp_path: Path) -> None:
    found = guest(tmp_path, "AMD EPYC", 2, 2, family=26, model=2)
    assert found.cpu is not None
    design = found.cpu.share.design_w
    assert 2 * 2 < design.low < design.value < design.high < 2 * 17
    assert "gen5" in found.cpu.share.rule()


@pytest.mark.parametrize("name", ["", "QEMU Virtual CPU version 2.5+", "Common KVM processor"])
def test_a_guest_with_no_name_at_all_still_gets_a_bounded_figure(tmp_path: Path, name: str) -> None:
    found = guest(tmp_path, name, 2, 2, family=6, model=6)
    assert 2 < full_w(found) < 40


def test_bare_metal_without_a_known_name_gets_a_generic_socket(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, cpu_name="Mystery 9000")
    found = discover(machine.host)
    assert found.cpu is not None
    assert found.cpu.match.how == "fallback"
    assert 20 < full_w(found) < 400


def test_a_container_gets_its_share_of_power_memory_and_load(machine: FakeMachine) -> None:
    machine.contain(cpus=3.0, memory_bytes=4_000_000_000)
    found = discover(machine.host)
    assert found.limits.cpus == 3.0
    assert full_w(found) == pytest.approx(95.0 * 3 / 12)
    machine.busy = 1.0
    samples = run(machine, found)
    assert samples["model/cpu"].energy_j == pytest.approx(1.02 * 95.0 * 3 / 12 * 10, rel=1e-3)
    assert samples["model/dram"].energy_j == pytest.approx(memory.dram_w_per_gb().value * 4.0 * 10, rel=1e-6)


def test_the_tightest_limit_on_the_way_up_holds(machine: FakeMachine) -> None:
    machine.contain(cpus=8.0, path="/slice")
    machine.contain(cpus=6.0, memory_bytes=8_000_000_000, path="/slice/job")
    (machine.sysfs / "fs/cgroup/slice/memory.max").write_text("2000000000\n")
    limits = discover(machine.host).limits
    assert limits.cpus == 6.0
    assert limits.memory_bytes == 2_000_000_000


def test_a_cpuset_limits_as_a_quota_does(machine: FakeMachine) -> None:
    machine.contain(memory_bytes=None, cpus=None)
    (machine.sysfs / "fs/cgroup/job/cpuset.cpus.effective").write_text("0-1,6\n")
    assert discover(machine.host).limits.cpus == 3.0


def test_version_1_groups_are_read(machine: FakeMachine) -> None:
    (machine.procfs / "self/cgroup").write_text("5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:cpuset:/\n0::/\n")
    root = machine.sysfs / "fs/cgroup"
    for name, files in {
        "cpu,cpuacct": {"cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000", "cpuacct.usage": "5000000000"},
        "memory": {"memory.limit_in_bytes": "3000000000"},
    }.items():
        (root / name).mkdir(parents=True)
        for file, content in files.items():
            (root / name / file).write_text(content + "\n")
    limits = discover(machine.host).limits
    assert limits.cpus == 2.0
    assert limits.memory_bytes == 3_000_000_000


def test_an_unlimited_version_1_group_is_no_limit(machine: FakeMachine) -> None:
    (machine.procfs / "self/cgroup").write_text("4:memory:/\n3:cpu:/\n")
    root = machine.sysfs / "fs/cgroup"
    (root / "memory").mkdir(parents=True)
    (root / "memory/memory.limit_in_bytes").write_text("9223372036854771712\n")
    (root / "cpu").mkdir()
    (root / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    (root / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert not discover(machine.host).limits.limited


def test_a_load_that_cannot_be_read_is_bounded_by_idle_and_full(machine: FakeMachine) -> None:
    found = discover(machine.host)
    machine.busy = 0.5
    run(machine, found, 5)
    machine.files.fail(machine.procfs / "stat")
    sample = run(machine, found, 5)["model/cpu"]
    assert sample.flags == ("SET-ENERGY-GAP",)
    assert sample.low_j < sample.energy_j < sample.high_j


@pytest.mark.parametrize("platform", ["win32", "darwin", "freebsd14"])
def test_other_systems_get_models_that_move(tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.sensors.powermetrics._TOOL", "/nowhere/powermetrics")
    machine = FakeMachine(tmp_path, platform=platform)
    found = discover(machine.host)
    assert "model/cpu" in found.counted
    machine.advance(5.0)
    for sensor in found.sensors:
        (sample,) = sensor.read()
        assert sample.low_j <= sample.energy_j <= sample.high_j
        assert sample.energy_j > 0
    found.close()


def test_time_stolen_by_other_guests_is_not_our_work(machine: FakeMachine) -> None:
    found = discover(machine.host)
    machine.advance(1.0)
    (machine.procfs / "stat").write_text("cpu  0 0 0 600 0 0 0 600 0 0\n")
    cpu = next(sensor for sensor in found.sensors if sensor.name == "model-cpu")
    assert found.cpu is not None
    assert cpu.read()[0].power_w == pytest.approx(found.cpu.watts(0.0))


def test_asked_again_at_once_the_model_goes_on_and_then_catches_up(machine: FakeMachine) -> None:
    found = discover(machine.host)
    cpu = next(sensor for sensor in found.sensors if sensor.name == "model-cpu")
    machine.advance(10.0)
    (idle,) = cpu.read()
    machine.busy = 1.0
    machine.advance(0.05)
    (soon,) = cpu.read()
    assert soon.energy_j - idle.energy_j == pytest.approx((idle.power_w or 0.0) * 0.05)
    assert soon.flags == ()
    # What a window of 50 ms may be off by is in its interval: one update interval of the larger power.
    truth_j = 1.02 * 95.0 * 0.05
    assert truth_j - (soon.energy_j - idle.energy_j) <= cpu.channels[0].update_interval_s * 1.02 * 95.0
    machine.advance(0.95)
    (later,) = cpu.read()
    assert later.energy_j - idle.energy_j == pytest.approx(1.02 * 95.0 * 1.0, rel=0.02)

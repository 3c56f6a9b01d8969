"""Every powercap layout: one figure per domain, nothing summed twice."""

from __future__ import annotations

import errno

import pytest

from setsuden.quantity import Provenance
from setsuden.sensors import Component, Discovery, Sample, Status, discover, flags
from setsuden.testing import FakeMachine


def energies(found: Discovery) -> dict[str, Sample]:
    return {
        channel.id: sample
        for sensor in found.sensors
        for channel, sample in zip(sensor.channels, sensor.read(), strict=True)
    }


def counted_measured(found: Discovery) -> list[str]:
    return sorted(item for item in found.counted if not item.startswith("model/"))


def run(machine: FakeMachine, steps: int = 30) -> tuple[Discovery, dict[str, Sample]]:
    found = discover(machine.host)
    for _ in range(steps):
        machine.advance(1.0)
        energies(found)
    return found, energies(found)


def test_a_laptop_counts_its_package_and_keeps_the_platform_beside_it(machine: FakeMachine) -> None:
    machine.powercap.client()
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0"]
    for entry, channel in {
        "intel-rapl:0": "rapl/package-0",
        "intel-rapl:0:0": "rapl/package-0/core",
        "intel-rapl:0:1": "rapl/package-0/uncore",
        "intel-rapl:1": "rapl/psys",
    }.items():
        assert samples[channel].energy_j == pytest.approx(machine.powercap[entry].truth_j, rel=1e-9, abs=2e-6)
        assert samples[channel].flags == ()
    by_id = {channel.id: channel for channel in found.channels}
    assert by_id["rapl/package-0/core"].contained_in == "rapl/package-0"
    assert by_id["rapl/package-0"].contained_in == "rapl/psys"
    assert by_id["rapl/psys"].component is Component.BOARD


def test_dram_has_no_sensor_on_a_laptop_so_it_is_modelled(machine: FakeMachine) -> None:
    machine.powercap.client()
    assert "model/dram" in discover(machine.host).counted


@pytest.mark.parametrize("sockets", [1, 2, 4])
def test_a_server_counts_every_package_and_its_dram(machine: FakeMachine, sockets: int) -> None:
    machine.powercap.server(sockets)
    found, samples = run(machine)
    assert counted_measured(found) == sorted(
        item for i in range(sockets) for item in (f"rapl/package-{i}", f"rapl/package-{i}/dram")
    )
    assert found.counted == set(counted_measured(found)), "nothing needs a model"
    total = sum(samples[item].energy_j for item in found.counted)
    truth = sum(zone.truth_j for zone in machine.powercap.zones.values())
    assert total == pytest.approx(truth, rel=1e-8)


def test_dies_with_their_own_counters_are_all_counted(machine: FakeMachine) -> None:
    machine.powercap.dies(mirrored=False)
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0-die-0", "rapl/package-0-die-1"]
    assert sum(s.energy_j for c, s in samples.items() if c in counted_measured(found)) == pytest.approx(2 * 60 * 30)


def test_dies_that_show_one_counter_are_counted_once(machine: FakeMachine) -> None:
    machine.powercap.dies(mirrored=True)
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0-die-0"]
    assert samples["rapl/package-0-die-0"].energy_j == pytest.approx(60 * 30)
    assert any("one and the same counter" in finding.detail for finding in found.findings)


def test_dies_taken_for_one_that_go_apart_are_flagged_and_bounded(machine: FakeMachine) -> None:
    machine.powercap.dies(mirrored=True)
    found = discover(machine.host)
    second = machine.powercap["intel-rapl:1"]
    second.follows, second.count_uj, second.watts = None, machine.powercap["intel-rapl:0"].count_uj, 90.0
    for _ in range(30):
        machine.advance(1.0)
        samples = energies(found)
    sample = samples["rapl/package-0-die-0"]
    assert sample.flags == ("SET-COUNTER-MIRROR",)
    assert sample.low_j <= 150 * 30 <= sample.high_j


def test_dies_that_go_apart_slowly_are_flagged_within_seconds(machine: FakeMachine) -> None:
    machine.powercap.dies(mirrored=True)
    found = discover(machine.host)
    first, second = machine.powercap["intel-rapl:0"], machine.powercap["intel-rapl:1"]
    second.follows, second.count_uj, second.watts = None, first.count_uj, first.watts + 4.0
    for _ in range(6):
        machine.advance(1.0)
        samples = energies(found)
    sample = samples["rapl/package-0-die-0"]
    assert sample.flags == ("SET-COUNTER-MIRROR",)
    assert sample.low_j <= first.truth_j + second.truth_j <= sample.high_j


def test_counters_at_zero_are_mirrors_only_on_amd(tmp_path_factory: pytest.TempPathFactory) -> None:
    for vendor, expected in (("AuthenticAMD", 1), ("GenuineIntel", 2)):
        machine = FakeMachine(tmp_path_factory.mktemp(vendor), vendor=vendor)
        machine.powercap.zone("intel-rapl:0", "package-0-die-0", 50.0, start_j=0.0)
        machine.powercap.zone("intel-rapl:1", "package-0-die-1", 50.0, start_j=0.0)
        assert len(counted_measured(discover(machine.host))) == expected


def test_one_package_through_two_drivers_is_counted_once(machine: FakeMachine) -> None:
    machine.powercap.twice()
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0"]
    assert samples["rapl/package-0"].energy_j == pytest.approx(60 * 30)
    assert any("intel-rapl-mmio:0" in finding.detail for finding in found.findings)


def test_the_second_driver_stands_in_when_the_first_is_denied(machine: FakeMachine) -> None:
    machine.powercap.twice()
    machine.files.deny(machine.sysfs / "class/powercap/intel-rapl:0/energy_uj")
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0"]
    assert samples["rapl/package-0"].energy_j == pytest.approx(60 * 30)


def test_a_platform_counter_alone_covers_cpu_and_dram(machine: FakeMachine) -> None:
    machine.powercap.zone("intel-rapl:0", "psys", 70.0)
    found, samples = run(machine)
    assert found.counted == {"rapl/psys"}
    assert samples["rapl/psys"].energy_j == pytest.approx(70 * 30)


def test_the_platform_counter_can_be_preferred_and_then_replaces_its_parts(machine: FakeMachine) -> None:
    machine.powercap.client()
    assert discover(machine.host, prefer=("rapl/psys",)).counted == {"rapl/psys"}


@pytest.mark.parametrize(("second", "expected"), [("psys", 1), ("package-1", 2)])
def test_the_name_and_not_the_number_says_what_a_zone_is(machine: FakeMachine, second: str, expected: int) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 50.0)
    machine.powercap.zone("intel-rapl:1", second, 60.0, start_j=5.0)
    assert len(counted_measured(discover(machine.host))) == expected


def test_two_platform_counters_are_both_kept_beside(machine: FakeMachine) -> None:
    machine.powercap.server(2)
    machine.powercap.zone("intel-rapl:2", "psys", 200.0)
    machine.powercap.zone("intel-rapl:3", "psys", 200.0, start_j=50.0)
    found = discover(machine.host)
    assert not any("psys" in item for item in found.counted)
    assert len([c for c in found.channels if c.component is Component.BOARD]) == 2


def test_a_memory_counter_that_is_always_zero_is_flagged_within_what_memory_can_draw(machine: FakeMachine) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    machine.powercap.zone("intel-rapl:0:0", "dram", 0.0, start_j=0.0)
    _found, samples = run(machine, 10)
    sample = samples["rapl/package-0/dram"]
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert sample.high_j <= 50.0 * 11


def test_amd_shows_packages_without_constraints(tmp_path_factory: pytest.TempPathFactory) -> None:
    machine = FakeMachine(
        tmp_path_factory.mktemp("amd"), cpu_name="AMD EPYC 7763 64-Core Processor", vendor="AuthenticAMD"
    )
    machine.powercap.zone("intel-rapl:0", "package-0", 200.0)
    machine.powercap.zone("intel-rapl:0:0", "core", 120.0)
    found, samples = run(machine)
    assert counted_measured(found) == ["rapl/package-0"]
    assert samples["rapl/package-0"].energy_j == pytest.approx(200 * 30)
    assert "AMD computes" in found.sensors[0].channels[0].error_source


def test_no_powercap_tree_is_absent_not_denied(machine: FakeMachine) -> None:
    found = discover(machine.host)
    rapl = [finding for finding in found.findings if finding.source == "rapl"]
    assert [finding.status for finding in rapl] == [Status.ABSENT]
    assert "modprobe" in (rapl[0].remedy or "")
    assert found.counted == {"model/cpu", "model/dram"}


def test_files_are_opened_once_read_once_per_reading_and_closed(machine: FakeMachine) -> None:
    machine.powercap.server(2)
    found = discover(machine.host)
    rapl = found.sensors[0]
    machine.files.opened.clear()
    machine.files.reads = 0
    for _ in range(10):
        machine.advance(1.0)
        rapl.read()
    assert machine.files.opened == []
    assert machine.files.reads == 10 * len(rapl.channels)
    found.close()
    assert machine.files.open_paths == []


@pytest.mark.parametrize("how", [errno.EACCES, errno.EIO])
def test_a_socket_that_cannot_be_read_counts_as_the_others_do_with_a_flag(machine: FakeMachine, how: int) -> None:
    machine.powercap.server(3, 100.0, 10.0)
    machine.powercap["intel-rapl:1"].watts = 160.0
    machine.files.fail(machine.sysfs / "class/powercap/intel-rapl:1/energy_uj", how)
    found = discover(machine.host)
    machine.advance(30.0)
    samples = energies(found)
    missing = next(channel for channel in found.channels if channel.id == "rapl/package-1")
    assert missing.provenance is Provenance.ESTIMATED
    assert "unreadable" in missing.label
    assert missing.id in found.counted
    assert not any(channel.id == "model/cpu" for channel in found.channels)
    sample = samples["rapl/package-1"]
    assert sample.flags == (flags.PERMISSION_LOST if how == errno.EACCES else flags.CHANNEL_LOST,)
    assert sample.energy_j == pytest.approx(3000.0)
    assert sample.low_j <= machine.powercap["intel-rapl:1"].truth_j <= sample.high_j


def test_a_memory_that_may_not_be_read_counts_as_the_other_one_does(machine: FakeMachine) -> None:
    machine.powercap.server(2, 100.0, 10.0)
    machine.files.deny(machine.sysfs / "class/powercap/intel-rapl:1:0/energy_uj")
    found = discover(machine.host)
    machine.advance(30.0)
    samples = energies(found)
    assert samples["rapl/package-1/dram"].energy_j == pytest.approx(300.0)
    assert "rapl/package-1/dram" in found.counted
    assert not any(channel.id == "model/dram" for channel in found.channels)


def test_cores_that_may_not_be_read_have_no_stand_in(machine: FakeMachine) -> None:
    machine.powercap.client()
    machine.files.deny(machine.sysfs / "class/powercap/intel-rapl:0:0/energy_uj")
    found = discover(machine.host)
    assert "rapl/package-0/core" not in {channel.id for channel in found.channels}

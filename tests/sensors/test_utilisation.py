"""How busy things are: running sums for CPU, moments for memory and GPUs, reasons for slow-downs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setsuden.sensors import Host, UtilisationProbe, discover
from setsuden.sensors.gpu_time import CardTime
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml


def write_process(machine: FakeMachine, pid: int, ticks: tuple[int, int, int, int], children: str = "") -> None:
    folder = machine.procfs / str(pid) / "task" / str(pid)
    folder.mkdir(parents=True, exist_ok=True)
    fields = " ".join(["S", *["0"] * 10, *map(str, ticks), "0", "0"])
    (machine.procfs / str(pid) / "stat").write_text(f"{pid} (a (odd) name) {fields}\n")
    (folder / "children").write_text(children + "\n")


def test_cpu_share_is_the_difference_of_two_sums(machine: FakeMachine) -> None:
    probe = UtilisationProbe(machine.host)
    first = probe.read()
    machine.busy = 0.25
    machine.advance(8.0)
    second = probe.read()
    assert first.cpu_busy_s is not None
    assert second.cpu_busy_s is not None
    assert first.cpu_capacity_s is not None
    assert second.cpu_capacity_s is not None
    share = (second.cpu_busy_s - first.cpu_busy_s) / (second.cpu_capacity_s - first.cpu_capacity_s)
    assert share == pytest.approx(0.25, abs=0.01)


def test_children_and_theirs_are_counted(machine: FakeMachine) -> None:
    write_process(machine, 4242, (100, 50, 0, 0), "10 11")
    write_process(machine, 10, (200, 0, 0, 0), "12")
    write_process(machine, 11, (300, 0, 0, 0))
    write_process(machine, 12, (400, 0, 0, 0))
    assert UtilisationProbe(machine.host).read().process_cpu_s == pytest.approx(10.5)


def test_a_child_that_ends_does_not_lower_the_sum(machine: FakeMachine) -> None:
    write_process(machine, 4242, (100, 0, 0, 0), "10")
    write_process(machine, 10, (500, 0, 0, 0))
    probe = UtilisationProbe(machine.host)
    assert probe.read().process_cpu_s == pytest.approx(6.0)
    (machine.procfs / "10" / "stat").unlink()
    write_process(machine, 4242, (110, 0, 500, 0))
    machine.advance(2.0)
    assert probe.read().process_cpu_s == pytest.approx(6.1)


def test_a_card_counts_for_us_what_a_child_started_since_the_last_look_does_on_it(tmp_path: Path) -> None:
    gpu = FakeGpu(sm_by_pid={})
    machine = FakeMachine(tmp_path, nvml=FakeNvml(gpu))
    probe = UtilisationProbe(machine.host, discover(machine.host).sensors)
    first = probe.read().gpu_time
    for pid, parent in ((50, 4242), (51, 50), (60, 1)):
        (machine.procfs / str(pid)).mkdir()
        (machine.procfs / str(pid) / "stat").write_text(f"{pid} (a (odd) name) S {parent} 0 0\n")
    gpu.sm_by_pid = {51: 30, 60: 50}
    machine.advance(10.0)
    ((channel, last),) = probe.read().gpu_time.items()
    ran = last.since(first.get(channel, CardTime()))
    assert ran == pytest.approx((3.0, 8.0, 10.0))


def test_memory_is_of_the_machine(machine: FakeMachine) -> None:
    load = UtilisationProbe(machine.host).read()
    assert load.memory_used_bytes == pytest.approx(8e9, rel=1e-3)
    assert load.memory_bytes == pytest.approx(16e9, rel=1e-3)


def test_in_a_container_load_and_memory_are_the_containers(machine: FakeMachine) -> None:
    machine.contain(cpus=2.0, memory_bytes=4_000_000_000)
    (machine.sysfs / "fs/cgroup/job/memory.current").write_text("1000000000\n")
    probe = UtilisationProbe(machine.host, limits=discover(machine.host).limits)
    first = probe.read()
    machine.busy = 0.5
    machine.advance(10.0)
    second = probe.read()
    assert first.cpu_busy_s is not None
    assert second.cpu_busy_s is not None
    assert second.cpu_busy_s - first.cpu_busy_s == pytest.approx(10.0)
    assert first.cpu_capacity_s is not None
    assert second.cpu_capacity_s is not None
    assert second.cpu_capacity_s - first.cpu_capacity_s == pytest.approx(20.0)
    assert (second.memory_used_bytes, second.memory_bytes) == (1e9, 4e9)


def test_gpu_figures_are_mean_and_sum_over_the_cards_that_answer(tmp_path: Path) -> None:
    lost = FakeGpu()
    machine = FakeMachine(tmp_path, nvml=FakeNvml(FakeGpu(sm_percent=80), FakeGpu(sm_percent=40), lost))
    probe = UtilisationProbe(machine.host, discover(machine.host).sensors)
    lost.lost = True
    load = probe.read()
    assert load.gpu_sm_share == pytest.approx(0.6)
    assert load.gpu_memory_used_bytes == 16 << 30


def test_without_a_gpu_its_figures_are_none(machine: FakeMachine) -> None:
    load = UtilisationProbe(machine.host, discover(machine.host).sensors).read()
    assert load.gpu_sm_share is None
    assert load.gpu_memory_used_bytes is None
    assert load.held_back == ()


@pytest.mark.parametrize(
    ("mask", "expected"), [(0, ()), (0x04, ("gpu-power-cap",)), (0x60, ("gpu-thermal",)), (0x1, ())]
)
def test_held_back_gpu_clocks_are_named(tmp_path: Path, mask: int, expected: tuple[str, ...]) -> None:
    machine = FakeMachine(tmp_path, nvml=FakeNvml(FakeGpu(clock_reasons=mask)))
    assert UtilisationProbe(machine.host, discover(machine.host).sensors).read().held_back == expected


def test_thermal_throttling_is_named_when_its_counter_moves(machine: FakeMachine) -> None:
    folder = machine.sysfs / "devices/system/cpu/cpu0"
    (folder / "topology").mkdir(parents=True)
    (folder / "topology/physical_package_id").write_text("0\n")
    (folder / "thermal_throttle").mkdir()
    (folder / "thermal_throttle/package_throttle_count").write_text("7\n")
    probe = UtilisationProbe(machine.host)
    assert probe.read().held_back == ()
    (folder / "thermal_throttle/package_throttle_count").write_text("9\n")
    assert probe.read().held_back == ("cpu-thermal",)
    assert probe.read().held_back == ()


def test_nothing_readable_is_none_and_no_error(machine: FakeMachine) -> None:
    for name in ("stat", "meminfo"):
        machine.files.fail(machine.procfs / name)
    load = UtilisationProbe(machine.host).read()
    assert (load.cpu_busy_s, load.process_cpu_s, load.memory_used_bytes) == (None, None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_real_process_and_a_real_child_are_seen() -> None:
    probe = UtilisationProbe(Host())
    before = probe.read().process_cpu_s
    child = subprocess.Popen([sys.executable, "-c", "sum(range(3_000_000)); input()"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(b"\n")
    child.communicate()
    after = UtilisationProbe(Host()).read().process_cpu_s
    probe.close()
    assert before is not None
    assert after is not None
    assert after - before > 0.02
    assert after >= os.times().user

"""The part of one container: shares known beforehand, nothing invented where nothing can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.cli.run_text import measurement_lines
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger import Measurement, measurement_from_json, measurement_to_json
from setsuden.meter import Meter
from setsuden.meter.live import Tick, watch
from setsuden.meter.setup import Setup
from setsuden.sensors import UtilisationProbe, discover
from setsuden.sensors.container import Container
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml


class Box:
    """A machine at 40 W with a container that uses half of what the CPUs do and a quarter of the memory in use."""

    def __init__(self, root: Path, gpu: FakeGpu | None = None) -> None:
        self.machine = FakeMachine(root, nvml=FakeNvml(gpu) if gpu else None)
        self.machine.powercap.server(1, 40.0, 8.0)
        self.machine.busy = 0.5
        self.folder = self.machine.sysfs / "fs/cgroup/job"
        self.folder.mkdir(parents=True)
        self.cpu_s = 0.0
        (self.folder / "memory.current").write_text(str(2_000_000_000))
        (self.folder / "cgroup.procs").write_text("100\n101\n")
        self.advance(0.0)

    def advance(self, seconds: float) -> None:
        self.machine.advance(seconds)
        self.cpu_s += 0.5 * 0.5 * self.machine.threads * seconds
        (self.folder / "cpu.stat").write_text(f"usage_usec {round(self.cpu_s * 1e6)}\n")

    def ticks(self, count: int = 2) -> list[Tick]:
        found = discover(self.machine.host)
        probe = UtilisationProbe(self.machine.host, found.sensors, found.limits)
        setup = Setup(found.sensors, found.counted, probe, self.machine.clock)
        container = Container(self.machine.host, "/job", found.sensors)
        return list(watch(setup, 1.0, count, sleep=self.advance, container=container))


def test_cpu_goes_by_cpu_time_and_memory_by_what_is_held(tmp_path: Path) -> None:
    last = Box(tmp_path).ticks()[-1].container
    assert last is not None
    assert set(last) == {"cpu", "dram"}
    assert last["cpu"].value == pytest.approx(40.0 * 0.5, rel=1e-3)
    # Of the CPU time there was, the container used a quarter: idle power then falls to nobody.
    assert last["cpu"].low == pytest.approx(40.0 * 0.25 * 0.95, rel=1e-2)
    assert last["cpu"].provenance.value == "estimated"
    # 2 of the 8 GB in use, of 16 GB that there are.
    assert last["dram"].value == pytest.approx(8.0 * 0.25, rel=1e-3)
    assert last["dram"].low == pytest.approx(8.0 * 0.125 * 0.8, rel=1e-2)


def test_gpu_goes_by_the_time_of_its_processes(tmp_path: Path) -> None:
    gpu = FakeGpu(watts=200.0, tick_s=0.01, sm_by_pid={100: 30, 101: 15, 999: 15})
    last = Box(tmp_path, gpu).ticks()[-1].container
    assert last is not None
    assert last["gpu"].value == pytest.approx(200.0 * 0.75, rel=0.02)
    assert last["gpu"].low < 200.0 * 0.45


def test_a_card_that_does_not_tell_is_left_out_and_an_idle_one_falls_to_nobody(tmp_path: Path) -> None:
    silent = Box(tmp_path / "a", FakeGpu(tick_s=0.01)).ticks()[-1].container
    idle = Box(tmp_path / "b", FakeGpu(tick_s=0.01, sm_by_pid={})).ticks()[-1].container
    assert silent is not None
    assert idle is not None
    assert "gpu" not in silent
    assert idle["gpu"].value == 0.0


def program(
    root: Path, *gpus: FakeGpu, seconds: float = 20.0, rate_s: float = 1.0, namespace: int = 4026531836
) -> Measurement:
    """A run of process 4242 beside whatever else uses the cards."""
    machine = FakeMachine(root, nvml=FakeNvml(*gpus))
    (machine.procfs / "self/ns").mkdir()
    (machine.procfs / "self/ns/pid").symlink_to(f"pid:[{namespace}]")
    found = discover(machine.host)
    probe = UtilisationProbe(machine.host, found.sensors, found.limits)
    meter = Meter(
        "x", sensors=found.sensors, probe=probe, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0
    )  # fmt: skip
    machine.advance(1.0)
    with meter:
        for _ in range(round(seconds / rate_s)):
            machine.advance(rate_s)
            meter.sample()
    return meter.result


def test_a_program_gets_the_part_of_a_card_that_its_processes_used(tmp_path: Path) -> None:
    shared = FakeGpu(watts=200.0, tick_s=0.01, sm_by_pid={4242: 30, 999: 10})
    own = FakeGpu(watts=100.0, tick_s=0.01, sm_by_pid={4242: 80})
    ours = program(tmp_path, shared, own).process_gpu_energy
    assert ours is not None
    assert ours.value == pytest.approx(20.0 * (200.0 * 0.75 + 100.0), rel=0.02)
    assert ours.low == pytest.approx(20.0 * (200.0 * 0.3 + 100.0 * 0.8) * 0.95, rel=0.03)
    assert ours.provenance.value == "estimated"


def test_the_summary_of_a_run_says_what_the_program_took_of_the_gpus(tmp_path: Path) -> None:
    result = program(tmp_path, FakeGpu(sm_by_pid={4242: 50}))
    words: dict[Language, str] = {"en": "of the GPUs' energy", "ja": "GPU の電力量のうち"}
    for language, said in words.items():
        assert any(said in line for line in measurement_lines(result, Messages("meter", language)))


def test_a_card_that_nobody_uses_falls_to_nobody(tmp_path: Path) -> None:
    ours = program(tmp_path, FakeGpu(sm_by_pid={})).process_gpu_energy
    assert ours is not None
    assert ours.value == ours.low == 0.0


def test_the_gpu_part_of_a_program_is_unknown_where_one_card_does_not_tell(tmp_path: Path) -> None:
    assert program(tmp_path, FakeGpu(sm_by_pid={4242: 50}), FakeGpu()).process_gpu_energy is None


def test_processes_that_the_driver_numbers_otherwise_are_not_taken_for_others(tmp_path: Path) -> None:
    other = program(tmp_path / "a", FakeGpu(sm_by_pid={777_777: 90}), namespace=4026532999)
    assert other.process_gpu_energy is None
    shared = program(tmp_path / "b", FakeGpu(sm_by_pid={4242: 90}), namespace=4026532999)
    assert shared.process_gpu_energy is not None
    assert shared.process_gpu_energy.value > 0.0


def test_a_window_shorter_than_the_drivers_samples_does_not_know_who_ran(tmp_path: Path) -> None:
    assert program(tmp_path, FakeGpu(sm_by_pid={}), seconds=0.05, rate_s=0.05).process_gpu_energy is None


@pytest.mark.parametrize("begun_s", [-100.0, 5.0])
def test_the_drivers_accounts_tell_where_it_has_no_samples(tmp_path: Path, begun_s: float) -> None:
    gpu = FakeGpu(watts=200.0, tick_s=0.01, accounts={4242: (begun_s, 60), 999: (-50.0, 20)})
    result = program(tmp_path, gpu)
    ours = result.process_gpu_energy
    assert ours is not None
    ran_s = 20.0 if begun_s < 0 else 16.0  # the run goes from second 1 to second 21
    share = 0.6 * ran_s / (0.6 * ran_s + 0.2 * 20.0)
    assert ours.value == pytest.approx(20.0 * 200.0 * share, rel=0.03)
    kept = measurement_from_json(measurement_to_json(result)).process_gpu_energy
    assert kept is not None
    assert kept.value == ours.value


def test_the_containers_of_a_machine_share_what_it_draws(tmp_path: Path) -> None:
    box = Box(tmp_path)
    other = box.machine.sysfs / "fs/cgroup/other"
    other.mkdir()
    (other / "cpu.stat").write_text("usage_usec 0\n")
    found = discover(box.machine.host)
    probe = UtilisationProbe(box.machine.host, found.sensors, found.limits)
    setup = Setup(found.sensors, found.counted, probe, box.machine.clock)
    (tick,) = watch(setup, 1.0, 1, sleep=box.advance, container=Container(box.machine.host, "other", found.sensors))
    assert tick.container is not None
    assert tick.container["cpu"].value == 0.0
    assert "dram" not in tick.container


@pytest.mark.parametrize("path", ["nowhere", "../../etc"])
def test_a_container_that_is_not_there_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="no such container"):
        Container(Box(tmp_path).machine.host, path)


def test_meters_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    from setsuden.meter import Meter

    machine = FakeMachine(tmp_path)
    machine.powercap.server(1, 40.0, 8.0)

    def meter() -> Meter:
        sensors = discover(machine.host).sensors
        return Meter(sensors=sensors, clock=machine.clock, rate_hz=0, idle_s=0, ledger=False)

    with meter() as outer:
        machine.advance(5.0)
        with meter() as inner, meter() as third:
            machine.advance(5.0)
        machine.advance(5.0)
    found = [m.result.energy.value for m in (outer, inner, third) if m.result.energy is not None]
    assert found == pytest.approx([720.0, 240.0, 240.0])

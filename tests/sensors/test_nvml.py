"""NVIDIA cards: the counter, power where there is none, a model where there is neither, and what can go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.meter import Meter
from setsuden.quantity import Provenance
from setsuden.sensors import Discovery, Method, Sample, Status, discover
from setsuden.sensors.utilisation import UtilisationProbe
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml


def with_gpus(root: Path, *gpus: FakeGpu, **environ: str) -> tuple[FakeMachine, Discovery]:
    machine = FakeMachine(root, nvml=FakeNvml(*gpus), environ=environ)
    return machine, discover(machine.host)


def gpu_samples(machine: FakeMachine, found: Discovery, times: int, step_s: float = 1.0) -> list[Sample]:
    sensor = next(sensor for sensor in found.sensors if sensor.name == "nvml")
    samples: tuple[Sample, ...] = ()
    for _ in range(times):
        machine.advance(step_s)
        samples = sensor.read()
    return list(samples)


def holds(sample: Sample, truth_j: float) -> bool:
    return sample.low_j - 1e-3 <= truth_j <= sample.high_j + 1e-3


@pytest.mark.parametrize("tick_s", [0.01, 0.02, 0.1, 1.0])
def test_the_counter_gives_the_energy_of_one_card(tmp_path: Path, tick_s: float) -> None:
    gpu = FakeGpu(tick_s=tick_s)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 30)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=1e-6)
    assert sample.flags == ()


def test_four_cards_of_two_models_are_four_channels_and_one_sum(tmp_path: Path) -> None:
    gpus = [FakeGpu(watts=100.0 * (i + 1), name="NVIDIA L4" if i % 2 else "NVIDIA A100-SXM4-80GB") for i in range(4)]
    machine, found = with_gpus(tmp_path, *gpus)
    samples = gpu_samples(machine, found, 20)
    assert len(samples) == 4
    assert len([item for item in found.counted if item.startswith("nvml/")]) == 4
    for sample, gpu in zip(samples, gpus, strict=True):
        assert sample.energy_j == pytest.approx(gpu.truth_j, rel=1e-6)


def test_a_counter_that_says_no_is_replaced_by_power_whatever_the_generation(tmp_path: Path) -> None:
    gpu = FakeGpu(name="NVIDIA H100 80GB HBM3", counter=False, watts=lambda t: 300.0 if int(t) % 2 else 100.0)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 200, 0.1)
    (channel,) = (channel for channel in found.channels if channel.id.startswith("nvml/"))
    assert channel.method is Method.POWER
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.05)
    assert any("no energy counter" in finding.detail for finding in found.findings)


def test_power_as_a_mean_over_a_second_is_right_in_the_long_run(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, average_s=1.0, watts=lambda t: 300.0 if (t % 0.4) < 0.2 else 100.0)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 60, 0.5)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.03)


def test_a_sensor_that_looks_a_quarter_of_the_time_stays_within_its_stated_error(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, average_s=0.1, duty=0.25, watts=lambda t: 250.0 if (t % 0.7) < 0.35 else 210.0)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 100, 0.33)
    channel = next(channel for channel in found.channels if channel.id.startswith("nvml/"))
    assert abs(sample.energy_j / gpu.truth_j - 1) <= channel.relative_error


def test_a_card_that_tells_nothing_is_modelled_and_says_so(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False, power=False, watts=250.0, sm_percent=90)
    other = FakeGpu(watts=50.0)
    machine, found = with_gpus(tmp_path, gpu, other)
    channel = next(channel for channel in found.channels if channel.method is Method.MODEL and "GPU" in channel.label)
    assert channel.id in found.counted, "a measured neighbour does not measure this card"
    assert channel.provenance is Provenance.ESTIMATED
    busy = gpu_samples(machine, found, 10)[0]
    gpu.sm_percent = 0
    idle = gpu_samples(machine, found, 10)[0]
    below = channel.relative_error_below or channel.relative_error
    assert busy.energy_j * (1 - below) <= 2500.0 <= busy.energy_j * (1 + channel.relative_error)
    assert (idle.energy_j - busy.energy_j) < 0.4 * busy.energy_j


def test_a_counter_that_starts_again_invents_nothing(tmp_path: Path) -> None:
    gpu = FakeGpu()
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 10)
    gpu.restart_counter()
    (first,) = gpu_samples(machine, found, 1)
    assert first.flags == ("SET-COUNTER-RESET",)
    (sample,) = gpu_samples(machine, found, 10)
    assert holds(sample, gpu.truth_j)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.05)
    assert sample.high_j - sample.low_j <= 400.0 * 1.5


def test_a_card_lost_mid_run_is_flagged_and_bounded_beside_its_neighbour(tmp_path: Path) -> None:
    gpu, other = FakeGpu(), FakeGpu(watts=70.0)
    machine, found = with_gpus(tmp_path, gpu, other)
    gpu_samples(machine, found, 10)
    gpu.lost = True
    lost, alive = gpu_samples(machine, found, 10)
    assert "SET-CHANNEL-LOST" in lost.flags
    assert holds(lost, gpu.truth_j)
    assert holds(lost, gpu.truth_j / 2), "it may also have been dead"
    assert alive.flags == ()
    assert alive.energy_j == pytest.approx(other.truth_j, rel=1e-6)


def test_a_card_lost_before_the_start_is_named(tmp_path: Path) -> None:
    _machine, found = with_gpus(tmp_path, FakeGpu(lost=True), FakeGpu())
    broken = [finding for finding in found.findings if finding.status is Status.BROKEN]
    assert "fallen off the bus" in broken[0].detail
    assert [channel.id for channel in found.channels if channel.id.startswith("nvml/")] == [
        "nvml/GPU-00000001-0000-0000-0000-000000000000", "nvml/gpu-0",
    ]  # fmt: skip


def test_a_card_lost_before_the_start_counts_as_its_siblings_do_with_a_flag(tmp_path: Path) -> None:
    lost, sibling = FakeGpu(lost=True, watts=250.0), FakeGpu(watts=200.0)
    machine, found = with_gpus(tmp_path, lost, sibling)
    samples = gpu_samples(machine, found, 30)
    channel = next(channel for channel in found.channels if channel.id == "nvml/gpu-0")
    assert {sample.flags for sample in samples} == {(), ("SET-CHANNEL-LOST",)}
    assert channel.provenance is Provenance.ESTIMATED
    assert channel.id in found.counted
    assert "answers nothing" in channel.label
    assert samples[1].energy_j == samples[0].energy_j > 0.0
    assert holds(samples[1], lost.truth_j)


def test_a_machine_whose_only_card_is_lost_does_not_show_a_silent_zero(tmp_path: Path) -> None:
    lost = FakeGpu(lost=True)
    machine, found = with_gpus(tmp_path, lost)
    (sample,) = gpu_samples(machine, found, 5)
    assert sample.flags == ("SET-CHANNEL-LOST",)
    assert holds(sample, lost.truth_j)


def test_a_stuck_counter_goes_on_with_what_the_power_reading_says(tmp_path: Path) -> None:
    gpu = FakeGpu(watts=lambda t: 100.0 if t < 20 else 300.0)
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 20)
    gpu.stuck = True
    (sample,) = gpu_samples(machine, found, 60)
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.02)
    assert holds(sample, gpu.truth_j)


def test_a_counter_that_stands_at_zero_from_the_start_shows_what_the_power_reading_says(tmp_path: Path) -> None:
    gpu = FakeGpu(start_j=0.0, stuck=True)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 30)
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.005)


def test_a_counter_that_begins_to_be_refused_goes_on_with_the_power_reading(tmp_path: Path) -> None:
    gpu = FakeGpu(watts=lambda t: 100.0 if t < 20 else 300.0)
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 20)
    gpu.counter = False
    (sample,) = gpu_samples(machine, found, 60)
    assert "SET-ENERGY-GAP" in sample.flags
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.02)
    assert holds(sample, gpu.truth_j)


def test_errors_without_a_number_are_told_by_their_name(tmp_path: Path) -> None:
    class NVMLError_GpuIsLost(FakeNvml.NVMLError):  # noqa: N801 - the library's own name
        def __init__(self) -> None:
            Exception.__init__(self, "GPU is lost")

    gpu = FakeGpu()
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 5)

    def refuse(card: FakeGpu) -> int:
        raise NVMLError_GpuIsLost

    assert machine.nvml is not None
    machine.nvml.nvmlDeviceGetTotalEnergyConsumption = refuse  # type: ignore[method-assign]
    (sample,) = gpu_samples(machine, found, 1)
    assert sample.flags == ("SET-CHANNEL-LOST",)


def test_power_that_fails_for_a_while_is_bridged_and_flagged(tmp_path: Path) -> None:
    gpu = FakeGpu(counter=False)
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 10)
    gpu.lost = True
    gpu_samples(machine, found, 3)
    gpu.lost = False
    (sample,) = gpu_samples(machine, found, 1)
    assert sample.flags == ("SET-ENERGY-GAP",)
    assert holds(sample, gpu.truth_j)
    assert sample.energy_j == pytest.approx(gpu.truth_j, rel=0.005)


def test_permission_taken_away_mid_run_has_its_own_flag(tmp_path: Path) -> None:
    gpu = FakeGpu()
    machine, found = with_gpus(tmp_path, gpu)
    gpu_samples(machine, found, 5)
    assert machine.nvml is not None

    def refuse(_gpu: FakeGpu) -> int:
        raise FakeNvml.NVMLError(4)

    machine.nvml.nvmlDeviceGetTotalEnergyConsumption = refuse  # type: ignore[method-assign]
    (sample,) = gpu_samples(machine, found, 2)
    assert sample.flags == ("SET-PERMISSION-LOST",)
    assert holds(sample, gpu.truth_j)


def test_a_stuck_counter_is_flagged(tmp_path: Path) -> None:
    gpu = FakeGpu(tick_s=1e9)
    machine, found = with_gpus(tmp_path, gpu)
    (sample,) = gpu_samples(machine, found, 20)
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert holds(sample, gpu.truth_j)


def test_partitioned_cards_say_that_the_whole_card_is_measured(tmp_path: Path) -> None:
    _machine, found = with_gpus(tmp_path, FakeGpu(mig=True))
    assert any("whole card" in finding.detail or "whole card" in str(finding.remedy) for finding in found.findings)
    assert "MIG" in next(channel for channel in found.channels if channel.id.startswith("nvml/")).label


UUIDS = [f"GPU-{i:08x}-0000-0000-0000-000000000000" for i in range(3)]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("0,1,2", [0, 1, 2]),
        ("1", [1]),
        ("2,0", [2, 0]),
        (UUIDS[1], [1]),
        (UUIDS[2][:12], [2]),
        (f"MIG-{UUIDS[1]}/1/0", [1]),
        ("1,7,0", [1]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_the_mask_is_read_as_cuda_reads_it(tmp_path: Path, mask: str, expected: list[int]) -> None:
    _machine, found = with_gpus(tmp_path, FakeGpu(), FakeGpu(), FakeGpu(), CUDA_VISIBLE_DEVICES=mask)
    ids = [channel.id for channel in found.channels if channel.id.startswith("nvml/")]
    assert ids == [f"nvml/{UUIDS[i]}" for i in expected]


MIG = "MIG-6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize("mask", [MIG, MIG[:14], f"MIG-{UUIDS[1]}/3/0"])
def test_a_mig_instance_leads_to_its_card_and_says_that_the_card_is_more(tmp_path: Path, mask: str) -> None:
    gpus = (FakeGpu(), FakeGpu(mig=True, instances=[MIG]), FakeGpu())
    machine, found = with_gpus(tmp_path, *gpus, CUDA_VISIBLE_DEVICES=mask)
    assert [channel.id for channel in found.channels if channel.id.startswith("nvml/")] == [f"nvml/{UUIDS[1]}"]
    (sample,) = gpu_samples(machine, found, 3)
    assert sample.flags == ("SET-GPU-SCOPE",)


@pytest.mark.parametrize("mask", ["MIG-00000000-9dad-11d1-80b4-00c04fd430c8", "1"])
def test_cards_beyond_a_mask_that_cannot_be_resolved_say_so(tmp_path: Path, mask: str) -> None:
    gpus = (FakeGpu(), FakeGpu(name="NVIDIA L4"))
    machine, found = with_gpus(tmp_path, *gpus, CUDA_VISIBLE_DEVICES=mask)
    assert {sample.flags for sample in gpu_samples(machine, found, 3)} == {("SET-GPU-SCOPE",)}


def test_a_number_among_different_models_is_not_trusted(tmp_path: Path) -> None:
    gpus = (FakeGpu(), FakeGpu(name="NVIDIA L4"))
    _machine, found = with_gpus(tmp_path, *gpus, CUDA_VISIBLE_DEVICES="1")
    assert len([channel for channel in found.channels if channel.id.startswith("nvml/")]) == 2
    assert any("PCI_BUS_ID" in str(finding.remedy) for finding in found.findings)


def test_a_dead_card_does_not_make_its_neighbours_a_mixed_set(tmp_path: Path) -> None:
    _machine, found = with_gpus(tmp_path, FakeGpu(lost=True), FakeGpu(), FakeGpu(), CUDA_VISIBLE_DEVICES="0,2")
    channels = [channel for channel in found.channels if channel.id.startswith("nvml/")]
    assert [channel.id for channel in channels] == [f"nvml/{UUIDS[2]}", "nvml/gpu-0"]


def test_a_number_in_bus_order_is_trusted(tmp_path: Path) -> None:
    gpus = (FakeGpu(), FakeGpu(name="NVIDIA L4"))
    _machine, found = with_gpus(tmp_path, *gpus, CUDA_VISIBLE_DEVICES="1", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert [channel.id for channel in found.channels if channel.id.startswith("nvml/")] == [f"nvml/{UUIDS[1]}"]


def test_a_driver_that_does_not_start_is_broken_not_absent(tmp_path: Path) -> None:
    nvml = FakeNvml()

    def fail() -> None:
        raise nvml.NVMLError(999)

    nvml.nvmlInit = fail  # type: ignore[method-assign]
    machine = FakeMachine(tmp_path, nvml=nvml)
    findings = [finding for finding in discover(machine.host).findings if finding.source == "nvml"]
    assert [finding.status for finding in findings] == [Status.BROKEN]


def test_the_library_is_let_go(tmp_path: Path) -> None:
    machine, found = with_gpus(tmp_path, FakeGpu())
    found.close()
    assert machine.nvml is not None
    assert machine.nvml.started == 0


def test_a_counter_that_pauses_and_loses_what_was_drawn_meanwhile_is_flagged(tmp_path: Path) -> None:
    for seconds in (0.4, 2.0):
        gpu = FakeGpu(watts=200.0, tick_s=0.02)
        machine, found = with_gpus(tmp_path / str(seconds), gpu)
        gpu_samples(machine, found, 30, 0.1)
        gpu.stuck = True
        gpu_samples(machine, found, round(seconds / 0.1), 0.1)
        gpu.stuck = False
        gpu.offset_j -= 200.0 * seconds  # what it missed it never shows
        sensor = next(sensor for sensor in found.sensors if sensor.name == "nvml")
        noted = []
        for _ in range(20):
            machine.advance(0.1)
            (sample,) = sensor.read()
            noted += sample.flags
        assert "SET-COUNTER-STUCK" in noted
        assert holds(sample, gpu.truth_j)


def test_a_first_window_shorter_than_a_tick_is_not_said_to_be_zero(tmp_path: Path) -> None:
    gpu = FakeGpu(watts=200.0, tick_s=0.1)
    machine, found = with_gpus(tmp_path, gpu)
    meter = Meter("x", sensors=found.sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)
    machine.advance(0.01)
    with meter, meter.window("w") as window:
        machine.advance(0.05)
    assert window.measurement is not None
    (part,) = (part for part in window.measurement.channels if part.component == "gpu")
    assert part.gross.value == 0.0
    assert part.gross.high >= 10.0
    assert "SET-BELOW-RESOLUTION" in [flag.code for flag in window.measurement.flags]


class OldNvml:
    """A library, or a stand-in for it, that knows a few questions only."""

    def __init__(self, inner: FakeNvml, *known: str) -> None:
        self.NVMLError = inner.NVMLError
        for name in ("nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", *known):
            setattr(self, name, getattr(inner, name))


@pytest.mark.parametrize(
    ("known", "method"),
    [
        (("nvmlDeviceGetTotalEnergyConsumption",), Method.COUNTER),
        (("nvmlDeviceGetPowerUsage",), Method.POWER),
        (("nvmlDeviceGetName",), Method.MODEL),
    ],
)
def test_questions_that_a_library_does_not_know_are_done_without(
    tmp_path: Path, known: tuple[str, ...], method: Method
) -> None:
    gpu = FakeGpu(watts=200.0)
    inner = FakeNvml(gpu)
    machine = FakeMachine(tmp_path, nvml=inner)
    host = machine.host._replace(nvml=lambda: OldNvml(inner, *known))
    found = discover(host)
    (channel,) = (channel for channel in found.channels if channel.component == "gpu")
    assert channel.method is method
    probe = UtilisationProbe(host, found.sensors, found.limits)
    (sample,) = gpu_samples(machine, found, 20)
    assert sample.low_j <= gpu.truth_j <= sample.high_j
    assert probe.read().gpu_sm_share is None
    found.close()

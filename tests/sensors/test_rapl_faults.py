"""Wraps, resets, vanished files, lost permission: exact, or flagged with an interval that holds the truth."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.sensors import Sample, Status, between, discover, flags
from setsuden.sensors.host import Files
from setsuden.testing import FakeMachine, FakeZone
from setsuden.testing.powercap import RANGE_UJ, SMALL_RANGE_UJ
from tests.sensors.rapl import holds, package, poll


def exact(sample: Sample, truth_j: float) -> bool:
    return sample.energy_j == pytest.approx(truth_j, rel=1e-6, abs=1e-3) and sample.low_j == pytest.approx(
        sample.high_j
    )


@pytest.mark.parametrize("range_uj", [RANGE_UJ, SMALL_RANGE_UJ])
@pytest.mark.parametrize("after_s", [0.5, 15.0, 29.5])
def test_a_counter_that_wraps_loses_no_energy(machine: FakeMachine, range_uj: int, after_s: float) -> None:
    zone, sensor = package(machine, start_j=range_uj / 1e6 - 40.0 * after_s, range_uj=range_uj)
    samples = poll(machine, sensor, 30)
    assert exact(samples[-1], zone.truth_j)
    assert all(sample.flags == () for sample in samples)


def test_a_window_read_only_at_its_edges_survives_a_wrap(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=RANGE_UJ / 1e6 - 100.0)
    machine.advance(60.0)
    assert exact(sensor.read()[0], zone.truth_j)


def test_two_wraps_between_polls_are_flagged_and_bounded(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 200.0, range_uj=SMALL_RANGE_UJ, max_power_w=250.0)
    poll(machine, sensor, 5)
    machine.advance(3600.0)
    sample = sensor.read()[0]
    assert "SET-COUNTER-WRAP-UNSEEN" in sample.flags
    assert holds(sample, zone.truth_j)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=1e-3), "the wraps that fit the power before"


def test_wraps_before_any_power_was_seen_give_the_least_and_the_most(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 100.0, range_uj=SMALL_RANGE_UJ)
    machine.advance(1000.0)
    sample = sensor.read()[0]
    assert "SET-COUNTER-WRAP-UNSEEN" in sample.flags or "SET-COUNTER-RESET" in sample.flags
    assert holds(sample, zone.truth_j)


@pytest.mark.parametrize("range_text", [None, "0\n", ""])
def test_an_unknown_range_makes_a_wrap_a_bounded_doubt(machine: FakeMachine, range_text: str | None) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0, start_j=RANGE_UJ / 1e6 - 400.0)
    file = zone.folder / "max_energy_range_uj"
    if range_text is None:
        file.unlink()
    else:
        file.write_text(range_text)
    found = discover(machine.host)
    samples = poll(machine, found.sensors[0], 30)
    assert [sample.flags for sample in samples if sample.flags] == [("SET-COUNTER-RESET",)]
    assert holds(samples[-1], zone.truth_j)
    assert samples[-1].energy_j == pytest.approx(zone.truth_j, rel=0.005)
    assert any("range cannot be read" in finding.detail for finding in found.findings)


def test_a_range_that_may_not_be_read_names_the_file_and_the_fix(machine: FakeMachine) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    path = machine.sysfs / "class/powercap/intel-rapl:0/max_energy_range_uj"
    machine.files.deny(path)
    finding = next(f for f in discover(machine.host).findings if "range" in f.detail)
    assert str(path) in finding.detail
    assert (finding.remedy or "").startswith("Make it readable: sudo chmod a+r")
    assert zone.energy.exists()


@pytest.mark.parametrize("start_j", [100.0, 50_000.0, 150_000.0, 262_000.0])
def test_a_reset_invents_no_energy(machine: FakeMachine, start_j: float) -> None:
    zone, sensor = package(machine, start_j=start_j, max_power_w=95.0)
    poll(machine, sensor, 10)
    zone.reset()
    sample = poll(machine, sensor, 1)[0]
    assert sample.flags in ((), ("SET-COUNTER-RESET",))
    samples = poll(machine, sensor, 20)
    assert holds(samples[-1], zone.truth_j)
    assert samples[-1].energy_j == pytest.approx(zone.truth_j, rel=0.05)
    assert samples[-1].high_j - samples[-1].low_j < 300.0, "bounded by what the part can draw in a second"


def test_a_drop_that_only_an_impossible_power_could_turn_into_a_wrap_is_a_reset(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=RANGE_UJ / 1e6 - 600.0, max_power_w=65.0)
    poll(machine, sensor, 5)
    zone.reset()  # a wrap would need 400 W and more; the part is rated 65 W
    sample = poll(machine, sensor, 1)[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert holds(sample, zone.truth_j)


def test_a_drop_that_could_be_either_covers_both(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=RANGE_UJ / 1e6 - 320.0, max_power_w=65.0)
    poll(machine, sensor, 5)
    zone.reset()  # 120 J short of the range: a wrap would need 160 W, above the rating and within a short burst
    sample = poll(machine, sensor, 1)[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert holds(sample, zone.truth_j)
    assert sample.high_j - sample.low_j >= 120.0


def test_a_jump_back_to_anywhere_is_a_reset(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=200_000.0)
    poll(machine, sensor, 10)
    zone.reset(100_000.0)
    samples = poll(machine, sensor, 10)
    assert samples[0].flags == ("SET-COUNTER-RESET",)
    assert holds(samples[-1], zone.truth_j)


def test_a_jump_ahead_is_left_out(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 10)
    zone.reset(200_000.0)
    samples = poll(machine, sensor, 10)
    assert samples[0].flags == ("SET-POWER-IMPLAUSIBLE",)
    assert samples[-1].energy_j == pytest.approx(zone.truth_j, rel=0.005)
    assert holds(samples[-1], zone.truth_j)


def gone(machine: FakeMachine, zone: FakeZone, how: str) -> None:
    path = machine.sysfs / "class/powercap/intel-rapl:0/energy_uj"
    if how == "missing":
        zone.remove()
    elif how == "empty":
        machine.files.empty(path)
    elif how == "garbage":
        zone.present = False
        zone.say("n/a\n")
    else:
        machine.files.fail(path, {"EIO": errno.EIO, "ENODEV": errno.ENODEV}[how])


def back(machine: FakeMachine, zone: FakeZone, count_j: float | None = None) -> None:
    machine.files.heal(machine.sysfs / "class/powercap/intel-rapl:0/energy_uj")
    zone.energy.unlink(missing_ok=True)
    zone.restore(count_j)


HOWS = ["missing", "empty", "garbage", "EIO", "ENODEV"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("polls", [1, 5, 40])
def test_a_counter_that_comes_back_later_tells_what_was_missed(machine: FakeMachine, how: str, polls: int) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    gone(machine, zone, how)
    missed = poll(machine, sensor, polls)
    assert all("SET-ENERGY-GAP" in sample.flags and holds(sample, 0.0 + zone.truth_j - 40.0 * (polls - 1 - i))
               for i, sample in enumerate(missed))  # fmt: skip
    assert ("SET-CHANNEL-LOST" in missed[-1].flags) == (polls > 10)
    back(machine, zone)
    first = poll(machine, sensor, 1)[0]
    assert first.flags == ("SET-ENERGY-GAP",)
    assert exact(poll(machine, sensor, 5)[-1], zone.truth_j)


@pytest.mark.parametrize("how", HOWS)
def test_a_counter_that_comes_back_smaller_is_bounded(machine: FakeMachine, how: str) -> None:
    zone, sensor = package(machine, start_j=5000.0, max_power_w=65.0)
    poll(machine, sensor, 5)
    gone(machine, zone, how)
    poll(machine, sensor, 5)
    back(machine, zone, count_j=12.0)
    samples = poll(machine, sensor, 5)
    assert set(samples[0].flags) == {"SET-ENERGY-GAP", "SET-COUNTER-RESET"}
    assert holds(samples[-1], zone.truth_j)


@pytest.mark.parametrize("how", HOWS)
def test_a_counter_gone_for_good_is_never_a_silent_total(machine: FakeMachine, how: str) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 15)
    gone(machine, zone, how)
    sample = poll(machine, sensor, 15)[-1]
    assert set(sample.flags) == {"SET-ENERGY-GAP", "SET-CHANNEL-LOST"}
    assert holds(sample, zone.truth_j)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=0.01), "bridged with the power before"


def test_a_counter_missing_from_the_start_is_found_when_it_appears(machine: FakeMachine) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    found = discover(machine.host)
    zone.remove()
    samples = poll(machine, found.sensors[0], 3)
    zone.restore()
    samples = poll(machine, found.sensors[0], 3)
    assert holds(samples[-1], zone.truth_j)


def test_lost_permission_has_its_own_flag_and_is_recovered(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    path = machine.sysfs / "class/powercap/intel-rapl:0/energy_uj"
    machine.files.deny(path)
    samples = poll(machine, sensor, 5)
    assert all(sample.flags == ("SET-PERMISSION-LOST",) and holds(sample, sample.energy_j) for sample in samples)
    assert holds(samples[-1], zone.truth_j)
    machine.files.heal(path)
    assert exact(poll(machine, sensor, 5)[-1], zone.truth_j)


def test_a_counter_that_stands_still_is_flagged_not_zero(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 10)
    zone.frozen = True
    samples = poll(machine, sensor, 20)
    assert "SET-COUNTER-STUCK" in samples[-1].flags
    assert holds(samples[-1], zone.truth_j)
    zone.frozen = False
    samples = poll(machine, sensor, 20)
    assert "SET-COUNTER-STUCK" in samples[0].flags
    assert holds(samples[-1], zone.truth_j)


def test_a_counter_that_never_moves_is_stuck_not_a_machine_at_zero_watts(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    zone.frozen = True
    sample = poll(machine, sensor, 10)[-1]
    assert sample.flags == ("SET-COUNTER-STUCK",)
    assert holds(sample, zone.truth_j)


def test_an_idle_graphics_unit_may_stand_still(machine: FakeMachine) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    machine.powercap.zone("intel-rapl:0:1", "uncore", 0.0)
    sensor = discover(machine.host).sensors[0]
    for _ in range(30):
        machine.advance(1.0)
        sample = sensor.read()[1]
    assert sample.energy_j == 0.0
    assert sample.flags == ()


def test_a_machine_that_slept_says_so_and_keeps_the_counter(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    machine.clock.sleep(3600.0)
    samples = poll(machine, sensor, 5)
    assert samples[0].flags == ("SET-SUSPENDED",)
    assert exact(samples[-1], zone.truth_j)


def test_a_counter_that_started_again_in_a_long_sleep_is_no_wrap_although_sleep_leaves_room_for_one(
    machine: FakeMachine,
) -> None:
    zone, sensor = package(machine, start_j=262_000.0)
    poll(machine, sensor, 3)
    machine.clock.sleep(3600.0)  # at 5 W it may draw 18 kJ, and 23 J are missing to the end of the range
    zone.reset()
    sample = poll(machine, sensor, 3)[-1]
    assert holds(sample, zone.truth_j)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=0.01)
    assert sample.high_j > zone.truth_j + 20.0


def test_setting_the_time_of_day_changes_no_energy(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    machine.clock.set_utc(machine.clock.utc().replace(year=1999))
    assert exact(poll(machine, sensor, 5)[-1], zone.truth_j)


def test_late_ticks_change_no_energy(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    for step_s in (1.0, 7.3, 0.01, 42.0, 1.0):
        machine.advance(step_s)
        sample = sensor.read()[0]
    assert exact(sample, zone.truth_j)


def test_a_short_window_is_exact_to_the_step_of_the_counter(machine: FakeMachine) -> None:
    _zone, sensor = package(machine)
    before = sensor.read()[0]
    machine.advance(0.05)
    value, low, high = between(before, sensor.read()[0])
    assert value == pytest.approx(2.0, abs=1e-4)
    assert low == high == value
    assert sensor.channels[0].update_interval_s < 0.05


def test_a_square_wave_is_exact(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    for i in range(60):
        zone.watts = 20.0 if i % 2 else 110.0
        sample = poll(machine, sensor, 1, 0.7)[0]
    assert exact(sample, zone.truth_j)
    assert sample.flags == ()


@pytest.mark.parametrize("whole_tree", [False, True])
def test_denied_counters_name_the_file_the_fix_and_fall_to_a_labelled_estimate(
    machine: FakeMachine, whole_tree: bool
) -> None:
    machine.powercap.client()
    if whole_tree:
        machine.files.deny(machine.sysfs / "class/powercap")
    for entry in machine.powercap.zones:
        machine.files.deny(machine.sysfs / f"class/powercap/{entry}/energy_uj")
    found = discover(machine.host)
    finding = next(f for f in found.findings if f.source == "rapl")
    assert finding.status is Status.DENIED
    assert str(machine.sysfs / "class/powercap") in finding.detail
    if not whole_tree:
        assert "chmod a+r" in (finding.remedy or "")
        assert "udev" in (finding.remedy or "")
        assert "package 0" in finding.detail
    assert found.counted == {"model/cpu", "model/dram"}
    assert all(channel.provenance != "measured" for channel in found.channels)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_files_that_belong_to_root_are_denied_to_others_and_the_estimate_stands_in() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        machine = FakeMachine(root)
        machine.powercap.client()
        for zone in machine.powercap.zones.values():
            zone.energy.chmod(0o400)
        host = machine.host._replace(files=Files())
        discover(host).close()  # everything is imported while the package can be read
        os.seteuid(65534)
        try:
            found = discover(host)
        finally:
            os.seteuid(0)
    assert [finding.status for finding in found.findings if finding.source == "rapl"] == [Status.DENIED]
    assert found.counted == {"model/cpu", "model/dram"}
    found.close()


def test_a_counter_that_stood_still_just_before_its_wrap_is_still_bounded(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    zone, sensor = package(machine, 40.0, start_j=262_143.3 - 60.0, max_power_w=95.0)
    poll(machine, sensor, 1)
    zone.frozen = True
    poll(machine, sensor, 1)
    zone.frozen = False
    sample = poll(machine, sensor, 1)[0]  # wraps within this step
    assert flags.COUNTER_STUCK in sample.flags
    assert holds(sample, zone.truth_j)


EVENTS = ["run", "run", "late", "vanish", "return", "freeze", "thaw", "sleep", "busy", "idle", "deny", "allow"]


@settings(max_examples=150, deadline=None)
@given(
    start=st.floats(2_000, 150_000) | st.floats(259_000, 262_100),
    events=st.lists(st.sampled_from(EVENTS), min_size=1, max_size=25),
    reset_at=st.none() | st.integers(0, 24),
)
def test_whatever_happens_the_truth_is_inside_and_energy_never_falls(
    tmp_path_factory: pytest.TempPathFactory, start: float, events: list[str], reset_at: int | None
) -> None:
    machine = FakeMachine(tmp_path_factory.mktemp("any"))
    zone, sensor = package(machine, 40.0, start_j=start, max_power_w=95.0)
    path = machine.sysfs / "class/powercap/intel-rapl:0/energy_uj"
    poll(machine, sensor, 2)
    last = sensor.read()[0]
    flagged = denied = False
    for i, event in enumerate(events):
        if event == "vanish" and not zone.frozen:
            zone.remove()
        elif event == "return" and not zone.present:
            zone.restore()
        elif event == "thaw":
            zone.frozen = False
        elif event == "freeze" and zone.present and not denied:  # in the dark nobody could see it
            zone.frozen = True
        elif event == "sleep":
            machine.clock.sleep(100.0)
        elif event in ("busy", "idle"):
            zone.watts = 90.0 if event == "busy" else 15.0
        elif event in ("deny", "allow"):
            denied = event == "deny" and not zone.frozen
            (machine.files.deny if denied else machine.files.heal)(path)
        # One reset, of a counter that runs, is read and is far from its range: two in a row, one in the dark or one
        # just before a wrap can be told by nobody.
        if i == reset_at and zone.present and not zone.frozen and not flagged and start < 200_000:
            zone.reset()
        sample = poll(machine, sensor, 1, 60.0 if event == "late" else 1.0)[0]
        flagged = flagged or bool(sample.flags)
        assert sample.energy_j >= last.energy_j >= 0.0
        assert holds(sample, zone.truth_j)
        assert flagged or exact(sample, zone.truth_j), "unflagged means exact"
        last = sample

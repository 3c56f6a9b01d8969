"""Readings that fit nothing: left out when the counter goes on as before, else inside the interval and flagged."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Sample, Sensor, discover
from setsuden.testing import FakeMachine, FakeZone
from setsuden.testing.powercap import RANGE_UJ, SMALL_RANGE_UJ
from tests.sensors.rapl import holds, package, poll


def say_once(machine: FakeMachine, zone: FakeZone, sensor: Sensor, text: str) -> Sample:
    """One poll that finds ``text`` in place of the count."""
    zone.present = False
    machine.advance(1.0)
    zone.say(text)
    sample = sensor.read()[0]
    zone.energy.unlink()
    zone.restore()
    return sample


@pytest.mark.parametrize("text", ["9" * 30, "0", "-5", "200000000000", "7"])
def test_one_absurd_reading_leaves_no_trace_but_its_flag(machine: FakeMachine, text: str) -> None:
    zone, sensor = package(machine, start_j=50_000.0)
    poll(machine, sensor, 5)
    absurd = say_once(machine, zone, sensor, text + "\n")
    assert absurd.flags
    assert holds(absurd, zone.truth_j)
    last = poll(machine, sensor, 5)[-1]
    assert last.energy_j == pytest.approx(zone.truth_j, rel=1e-6)
    assert last.low_j == pytest.approx(last.high_j), "the counter has told everything"


@pytest.mark.parametrize("back_to_j", [0.0, 3.0, 900.0, 1150.0])
def test_a_jump_back_says_nothing_about_what_was_drawn_since(machine: FakeMachine, back_to_j: float) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    zone.reset(back_to_j)
    last = poll(machine, sensor, 10)[-1]
    assert holds(last, zone.truth_j)
    assert last.energy_j == pytest.approx(zone.truth_j, rel=0.005)


def test_a_count_one_microjoule_lower_is_flagged_and_invents_nothing(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 5)
    zone.count_uj -= 1.0
    zone.write()
    sample = sensor.read()[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=1e-6)
    assert holds(poll(machine, sensor, 5)[-1], zone.truth_j)


@pytest.mark.parametrize("watts", [400.0, 900.0])
def test_a_power_beyond_the_rating_is_flagged_once_and_then_believed(machine: FakeMachine, watts: float) -> None:
    zone, sensor = package(machine, watts, max_power_w=65.0)
    samples = poll(machine, sensor, 10)
    assert samples[0].flags == ("SET-POWER-IMPLAUSIBLE",)
    assert all(sample.flags == () for sample in samples[1:])
    assert holds(samples[0], watts)
    assert samples[-1].energy_j == pytest.approx(zone.truth_j, rel=1e-6)
    assert holds(samples[-1], zone.truth_j)


def test_a_power_that_no_such_part_draws_is_believed_when_it_is_there_twice(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 1800.0)
    samples = poll(machine, sensor, 6)
    assert [sample.flags for sample in samples] == [("SET-POWER-IMPLAUSIBLE",), ("SET-POWER-IMPLAUSIBLE",)] + [()] * 4
    assert samples[-1].energy_j == pytest.approx(zone.truth_j, rel=1e-6)


@pytest.mark.parametrize("range_text", [None, "0\n", "1000000\n"])
def test_hours_without_a_reading_and_without_a_range_are_never_a_silent_total(
    machine: FakeMachine, range_text: str | None
) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 120.0, start_j=5_000.0, range_uj=SMALL_RANGE_UJ)
    file = zone.folder / "max_energy_range_uj"
    if range_text is None:
        file.unlink()
    else:
        file.write_text(range_text)
    sensor = discover(machine.host).sensors[0]
    poll(machine, sensor, 5)
    machine.advance(3 * 3600.0)
    sample = sensor.read()[0]
    assert sample.flags
    assert holds(sample, zone.truth_j)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=0.01)


def test_a_count_that_is_lower_after_sleep_may_have_wrapped_or_started_again(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 2.0, start_j=RANGE_UJ / 1e6 - 100.0)
    poll(machine, sensor, 5)
    machine.clock.sleep(60.0)
    zone.reset()
    samples = poll(machine, sensor, 5)
    assert set(samples[0].flags) == {"SET-SUSPENDED", "SET-COUNTER-RESET"}
    assert holds(samples[-1], zone.truth_j)


def test_what_a_gap_before_any_known_power_hides_stays_in_the_interval(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=0.0)
    zone.remove()
    poll(machine, sensor, 3)
    zone.restore(0.0)  # it started again in the dark
    samples = poll(machine, sensor, 3)
    assert samples[0].flags == ("SET-ENERGY-GAP",)
    assert holds(samples[-1], zone.truth_j)


def test_a_counter_that_stood_still_for_a_moment_at_the_end_may_have_missed_it(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    zone, sensor = package(machine)
    poll(machine, sensor, 10, 0.1)
    zone.frozen = True
    assert holds(poll(machine, sensor, 3, 0.1)[-1], zone.truth_j)


def test_a_load_may_rise_to_the_rating_while_the_counter_stands_still(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 8.0, max_power_w=105.0)
    poll(machine, sensor, 10, 0.1)
    zone.frozen, zone.watts = True, 100.0
    assert holds(poll(machine, sensor, 3, 0.1)[-1], zone.truth_j)


def test_two_clocks_that_are_read_one_after_the_other_are_no_sleep(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 15.0)
    for watts in (15.0, 90.0, 15.0, 90.0):
        zone.watts = watts
        machine.clock.sleep(3e-6)
        sample = poll(machine, sensor, 1)[0]
        assert sample.flags == ()
        assert sample.low_j == sample.high_j == pytest.approx(zone.truth_j)


def test_what_is_missing_is_bridged_with_the_power_of_the_last_second_and_not_of_the_last_moment(
    machine: FakeMachine,
) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 20, 0.1)
    zone.watts = 0.4  # the writer of the counter was late, once
    poll(machine, sensor, 1, 0.1)
    zone.watts = 40.0
    zone.remove()
    sample = poll(machine, sensor, 4, 1.0)[-1]
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=0.1)
    assert holds(sample, zone.truth_j)


@pytest.mark.parametrize("left_j", [15.0, 30.0, 55.0])
@pytest.mark.parametrize("after_s", [0.1, 0.9])
def test_a_counter_that_starts_again_a_few_joules_before_its_end_is_no_certain_wrap(
    machine: FakeMachine, left_j: float, after_s: float
) -> None:
    zone, sensor = package(machine, start_j=RANGE_UJ / 1e6 - left_j - 40.0 * (10.0 + after_s))
    poll(machine, sensor, 10)
    machine.advance(after_s)
    zone.reset()
    machine.advance(1.0 - after_s)
    sample = sensor.read()[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert holds(sample, zone.truth_j)
    assert holds(poll(machine, sensor, 10)[-1], zone.truth_j)


@pytest.mark.parametrize("watts", [20.0, 70.0])
def test_a_wrap_while_the_load_changes_is_exact_and_said_to_be_doubtful(machine: FakeMachine, watts: float) -> None:
    zone, sensor = package(machine, start_j=RANGE_UJ / 1e6 - 405.0)
    poll(machine, sensor, 10)
    zone.watts = watts
    sample = poll(machine, sensor, 1)[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert sample.energy_j == pytest.approx(zone.truth_j, rel=1e-6)
    assert holds(sample, zone.truth_j)

"""Counters refreshed less often than they say or than they are read, counters that pause, files that are exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from setsuden.ledger.measurement import ChannelEnergy
from setsuden.meter import Meter, Window
from setsuden.sensors import Sample, Sensor, between, discover
from setsuden.testing import FakeClock, FakeMachine, FakeZone
from tests.sensors.rapl import holds, package, poll


def slow(machine: FakeMachine, watts: float, refresh_s: float) -> tuple[FakeZone, Sensor]:
    zone, sensor = package(machine, watts)
    zone.refresh_s = refresh_s
    return zone, sensor


@contextmanager
def at_work(machine: FakeMachine, sensor: Sensor) -> Iterator[Meter]:
    """A meter that has sampled for two seconds."""
    with Meter("x", sensors=[sensor], clock=machine.clock, ledger=False, rate_hz=0, idle_s=0) as meter:
        for _ in range(20):
            machine.advance(0.1)
            meter.sample()
        yield meter


def shown_j(zone: FakeZone) -> float:
    return zone.truth_j - zone.hidden_uj / 1e6


@pytest.mark.parametrize("watts", [40.0, 250.0])
@pytest.mark.parametrize("known", [False, True])
def test_a_late_refresh_just_after_a_reading_is_believed(machine: FakeMachine, watts: float, known: bool) -> None:
    zone, sensor = slow(machine, watts, 0.1)
    if known:
        poll(machine, sensor, 4, 0.5)
    machine.advance(0.099)
    sensor.read()
    machine.advance(0.002)  # the refresh of 0.1 s falls between two readings 2 ms apart
    sample = sensor.read()[0]
    assert sample.flags == ()
    assert sample.energy_j == pytest.approx(shown_j(zone), abs=1e-3)


def test_a_late_refresh_of_memory_is_believed_although_its_limit_is_low(machine: FakeMachine) -> None:
    machine.powercap.server(1, 150.0, 20.0)
    zone = machine.powercap["intel-rapl:0:0"]
    zone.refresh_s = 0.1
    sensor = discover(machine.host).sensors[0]
    for step_s in (0.5, 0.499, 0.002, 0.5):
        machine.advance(step_s)
        sample = sensor.read()[1]
        assert sample.flags == ()
    assert sample.energy_j == pytest.approx(shown_j(zone), abs=1e-3)


def test_what_a_late_refresh_shows_may_be_from_before_the_window(machine: FakeMachine) -> None:
    _zone, sensor = slow(machine, 250.0, 0.5)
    poll(machine, sensor, 3, 0.499)
    begin = sensor.read()[0]
    machine.advance(0.01)  # 2.5 J are drawn, 125 J are shown
    value_j, low_j, high_j = between(begin, sensor.read()[0])
    assert value_j == pytest.approx(125.0, abs=1e-3)
    assert low_j <= 2.5 <= high_j


def test_a_counter_refreshed_once_a_second_loses_nothing_from_its_first_step_on(machine: FakeMachine) -> None:
    zone, sensor = slow(machine, 300.0, 1.0)
    machine.advance(0.98)
    first = sensor.read()[0]
    samples = [first, *poll(machine, sensor, 40, 0.1)]
    assert samples[-1].energy_j == pytest.approx(shown_j(zone), abs=1e-3)
    assert holds(samples[-1], zone.truth_j)


def test_a_jump_between_two_samples_close_together_is_still_doubted(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 20, 0.1)
    zone.count_uj += 300e6
    sample = poll(machine, sensor, 1, 0.1)[0]
    assert sample.flags == ("SET-POWER-IMPLAUSIBLE",)
    assert poll(machine, sensor, 5, 0.1)[-1].energy_j == pytest.approx(zone.truth_j, rel=0.005)


def test_a_pause_too_short_to_be_called_stuck_is_flagged_when_it_is_not_made_up_for(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 20, 0.1)
    zone.frozen = True
    paused = poll(machine, sensor, 3, 0.1)
    assert all(holds(sample, zone.truth_j - 4.0 * (2 - i)) for i, sample in enumerate(paused))
    zone.frozen = False
    samples = poll(machine, sensor, 20, 0.1)
    assert samples[0].flags == ("SET-COUNTER-STUCK",)
    assert all(sample.flags == () for sample in samples[1:])
    assert holds(samples[-1], zone.truth_j)


def test_a_pause_that_the_next_step_makes_up_for_is_only_a_slow_refresh(machine: FakeMachine) -> None:
    zone, sensor = slow(machine, 40.0, 0.25)
    samples = poll(machine, sensor, 50, 0.1)
    assert {sample.flags for sample in samples} == {()}
    assert samples[-1].energy_j == pytest.approx(shown_j(zone), abs=1e-3)


def test_a_counter_that_has_not_moved_at_all_is_not_certain_to_be_at_zero(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    zone.frozen = True
    sample = poll(machine, sensor, 3, 0.1)[-1]
    assert holds(sample, zone.truth_j)


def test_a_reset_between_two_edges_leaves_what_was_counted_since(machine: FakeMachine) -> None:
    zone, sensor = package(machine, start_j=50_000.0)
    zone.count_uj = 0.0
    machine.advance(60.0)
    sample = sensor.read()[0]
    assert sample.flags == ("SET-COUNTER-RESET",)
    assert sample.energy_j == pytest.approx(zone.truth_j)
    assert sample.low_j == 0.0


def exchanged(zone: FakeZone) -> None:
    """Another file takes the name, as when the driver makes the zone anew."""
    fresh = zone.folder / "fresh"
    fresh.write_bytes(zone.energy.read_bytes())
    fresh.replace(zone.energy)


def test_a_file_exchanged_between_two_edges_is_noticed_although_the_old_one_had_changed(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    sensor.read()
    machine.advance(1.0)  # the old file shows this second, and nothing after
    exchanged(zone)
    machine.advance(2.0)
    sample = sensor.read()[0]
    assert sample.energy_j == pytest.approx(zone.truth_j)


def test_a_file_removed_since_the_last_edge_is_a_gap_although_its_descriptor_still_reads(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 3)
    machine.advance(0.5)
    zone.remove()
    machine.advance(0.5)
    sample: Sample = sensor.read()[0]
    assert sample.flags == ("SET-ENERGY-GAP",)
    assert holds(sample, zone.truth_j)


def test_a_file_that_is_just_being_written_is_read_again(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    poll(machine, sensor, 3)
    machine.files.rewrite(machine.sysfs / "class/powercap/intel-rapl:0/energy_uj")
    sample = poll(machine, sensor, 1)[0]
    assert sample.flags == ()
    assert sample.energy_j == pytest.approx(zone.truth_j)


def test_the_tree_of_counters_shows_energy_up_to_the_last_refresh(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0, start_j=0.0)
    zone.refresh_s = 1.0
    for step_s, shown in ((0.4, 0.0), (0.7, 40.0), (2.5, 120.0), (0.4, 160.0)):
        machine.advance(step_s)
        assert int(zone.energy.read_text()) / 1e6 == pytest.approx(shown, abs=1e-5)
    assert zone.truth_j == pytest.approx(160.0)


def test_a_counter_tells_how_old_its_figure_may_be_by_how_it_was_seen_to_stand_still(machine: FakeMachine) -> None:
    _zone, sensor = slow(machine, 40.0, 0.02)
    assert poll(machine, sensor, 5, 0.1)[-1].lag_s == 0.0, "read more seldom than it is refreshed"
    samples = poll(machine, sensor, 50, 0.003)
    assert 0.015 <= samples[-1].lag_s <= 0.02


def test_a_standstill_that_is_made_up_for_by_more_than_before_tells_the_age_as_well(machine: FakeMachine) -> None:
    zone, sensor = slow(machine, 20.0, 0.02)
    poll(machine, sensor, 5, 0.1)
    zone.watts = 80.0
    assert 0.015 <= poll(machine, sensor, 20, 0.003)[-1].lag_s <= 0.02


def test_a_counter_that_stood_still_before_it_was_seen_to_move_says_nothing_about_its_age(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    zone.frozen = True
    poll(machine, sensor, 3, 0.1)
    zone.frozen = False
    assert poll(machine, sensor, 20, 0.1)[-1].lag_s == 0.0


def test_short_windows_hold_the_truth_although_a_counter_is_refreshed_more_seldom_than_it_says(
    machine: FakeMachine,
) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    zone.refresh_s = 0.02
    found = discover(machine.host)
    meter = Meter("x", sensors=found.sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)
    with meter:
        for _ in range(20):  # background samples that fall between two refreshes
            machine.advance(0.007)
            meter.sample()
        for _ in range(40):
            begin_j = zone.truth_j
            with meter.window("short") as window:
                machine.advance(0.0503)
            assert window.measurement is not None
            part = next(part for part in window.measurement.channels if part.component == "cpu")
            assert part.gross.low <= zone.truth_j - begin_j <= part.gross.high
            # Two or three refreshes fall inside; the edges hide the joules of one.
            half = part.gross.value < 2.01 * 0.02 * 40.0
            assert codes(window) == {"SET-BELOW-RESOLUTION" if half else "SET-TOO-SHORT"}


def windows(machine: FakeMachine, rate_hz: int, *lengths_s: float, before_s: float = 5.0) -> list[tuple[float, Window]]:
    """One window after another beside samples at a rate, on a run that has gone on for a while; with their truths."""
    zone = machine.powercap["intel-rapl:0"]
    found = discover(machine.host)
    meter = Meter("x", sensors=found.sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)

    def go(seconds: float) -> None:
        for _ in range(round(seconds * rate_hz) or 1):
            machine.advance(seconds * 1.0037 / (round(seconds * rate_hz) or 1))
            if rate_hz:
                meter.sample()

    done = []
    with meter:
        go(before_s)
        for length_s in lengths_s:
            begin_j = zone.truth_j
            with meter.window("w") as window:
                go(length_s)
            done.append((zone.truth_j - begin_j, window))
    return done


def cpu(window: Window) -> ChannelEnergy:
    assert window.measurement is not None
    return next(part for part in window.measurement.channels if part.component == "cpu")


def codes(window: Window) -> set[str]:
    assert window.measurement is not None
    return {flag.code for flag in window.measurement.flags} - {"SET-UNSATURATED"}


@pytest.mark.parametrize(
    ("refresh_s", "said"), [(0.015, set()), (0.061, set()), (0.25, {"SET-TOO-SHORT"}), (1.0, {"SET-BELOW-RESOLUTION"})]
)
def test_samples_between_two_refreshes_neither_inflate_the_interval_nor_pass_for_a_power_that_varies(
    machine: FakeMachine, refresh_s: float, said: set[str]
) -> None:
    machine.powercap.zone("intel-rapl:0", "package-0", 40.0).refresh_s = refresh_s
    for truth_j, window in windows(machine, 100, 1.0, 1.0, 1.0):
        gross = cpu(window).gross
        assert gross.low <= truth_j <= gross.high
        assert gross.high - gross.low < 2 * (0.05 * gross.value + 1.1 * refresh_s * 40.0) + 0.1
        assert codes(window) == said


def test_power_that_does_vary_is_still_said_to_where_the_counter_is_slow(machine: FakeMachine) -> None:
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    zone.refresh_s = 0.02
    found = discover(machine.host)
    meter = Meter("x", sensors=found.sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)
    with meter, meter.window("w") as window:
        for i in range(400):
            zone.watts = 80.0 if i // 50 % 2 else 20.0
            machine.advance(0.01)
            meter.sample()
    assert "SET-NOISY" in codes(window)


def test_a_counter_refreshed_once_a_second_is_not_called_stuck_once_it_was_seen_to_make_up_for_it(
    machine: FakeMachine,
) -> None:
    zone, sensor = slow(machine, 40.0, 1.0)
    samples = poll(machine, sensor, 80, 0.1)
    assert {sample.flags for sample in samples[30:]} == {()}
    assert 0.8 <= samples[-1].lag_s <= 1.0
    assert samples[-1].energy_j == pytest.approx(shown_j(zone), abs=1e-3)


@pytest.mark.parametrize("still_s", [0.3, 0.8])
def test_a_window_that_begins_in_a_standstill_holds_what_is_made_up_for_only_later(
    machine: FakeMachine, still_s: float
) -> None:
    zone, sensor = package(machine)
    with at_work(machine, sensor) as meter:
        zone.refresh_s = 1.5  # from here on it shows nothing until 1.5 s have gone
        machine.advance(still_s - 0.1)
        meter.sample()
        machine.advance(0.1)
        begin_j = zone.truth_j
        with meter.window("w") as window:
            machine.advance(0.6)
            meter.sample()
            machine.advance(1.1 - still_s)
    assert cpu(window).gross.low <= zone.truth_j - begin_j <= cpu(window).gross.high
    assert codes(window) & {"SET-COUNTER-STUCK", "SET-BELOW-RESOLUTION", "SET-TOO-SHORT"}


def test_a_window_that_begins_in_a_standstill_allows_for_a_load_that_rose_in_it(machine: FakeMachine) -> None:
    zone, sensor = package(machine, 13.0)
    with at_work(machine, sensor) as meter:
        zone.refresh_s = 9.0  # from here on it shows nothing until told otherwise
        zone.watts = 120.0
        machine.advance(0.45)
        begin_j = zone.truth_j
        with meter.window("w") as window:
            for _ in range(2):
                machine.advance(0.5)
                meter.sample()
            zone.refresh_s = 0.0
            for watts in (120.0, 13.0, 13.0):
                zone.watts = watts
                machine.advance(0.5)
                meter.sample()
    assert cpu(window).gross.low <= zone.truth_j - begin_j <= cpu(window).gross.high
    assert "SET-COUNTER-STUCK" in codes(window)


def test_a_window_that_ends_in_a_standstill_too_short_to_be_called_stuck_says_what_its_edge_hides(
    machine: FakeMachine,
) -> None:
    zone, sensor = package(machine)
    with at_work(machine, sensor) as meter:
        begin_j = zone.truth_j
        with meter.window("w") as window:
            machine.advance(0.2)
            meter.sample()
            zone.frozen = True
            machine.advance(0.2)
            meter.sample()
            machine.advance(0.2)
    assert cpu(window).gross.low <= zone.truth_j - begin_j <= cpu(window).gross.high
    assert "SET-BELOW-RESOLUTION" in codes(window)


def test_what_was_left_open_at_the_begin_of_a_window_is_named_in_it(machine: FakeMachine) -> None:
    zone, sensor = package(machine)
    meter = Meter("x", sensors=[sensor], clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)
    with meter:
        for _ in range(5):
            machine.advance(1.0)
            meter.sample()
        zone.present = False
        zone.say("0\n")
        machine.advance(0.1)
        with meter.window("w") as window:  # its begin finds a zero, which is taken back later
            zone.present = True
            machine.advance(2.0)
    assert codes(window) == {"SET-COUNTER-RESET"}


class RunningClock(FakeClock):
    """Goes on by itself, and the machine with it, at each look at it."""

    def __init__(self, machine: FakeMachine, away_after: int = 0) -> None:
        super().__init__()
        self._machine = machine
        self._away_after = away_after

    def elapsed(self) -> float:
        self._away_after -= 1
        self._machine.advance(2e-5 if self._away_after else 5e-3)
        return self._machine.clock.elapsed()

    def since_boot(self) -> float:
        return self._machine.clock.since_boot()


def edges_alone(
    machine: FakeMachine, refresh_s: float, lengths_s: Sequence[float], away_after: int = 0
) -> list[tuple[Window, float]]:
    """Windows of a meter without samples in between, each with what was drawn in it.

    away_after   at which look at the clock the processor is taken away for 5 ms; 0: never
    """
    zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
    zone.refresh_s = refresh_s
    machine.advance(0.0347)
    clock = RunningClock(machine, away_after)
    sensor = discover(machine.host._replace(clock=clock)).sensors[0]
    found = []
    with Meter("x", sensors=[sensor], clock=clock, ledger=False, rate_hz=0, idle_s=0) as meter:
        for length_s in lengths_s:
            begin_j = zone.truth_j
            with meter.window("w") as window:
                machine.advance(length_s)
            found.append((window, zone.truth_j - begin_j))
    return found


@pytest.mark.parametrize("refresh_s", [0.015, 0.06, 0.25, 0.9])
@pytest.mark.parametrize("lengths_s", [[0.05] * 6, [0.02, 0.3, 0.11, 0.4], [0.7, 0.05, 1.2, 0.05]])
@pytest.mark.parametrize("away_after", [0, 20])
def test_edges_alone_know_that_a_counter_was_not_seen_to_keep_its_word(
    machine: FakeMachine, refresh_s: float, lengths_s: list[float], away_after: int
) -> None:
    for window, truth_j in edges_alone(machine, refresh_s, lengths_s, away_after):
        gross = cpu(window).gross
        assert gross.low - 0.05 <= truth_j <= gross.high + 0.05
        assert abs(gross.value / truth_j - 1) < 0.05 or codes(window) & {"SET-TOO-SHORT", "SET-BELOW-RESOLUTION"}


@pytest.mark.parametrize("away_after", [0, 5, 20])
def test_a_counter_that_keeps_its_word_is_believed_from_the_start(machine: FakeMachine, away_after: int) -> None:
    for window, truth_j in edges_alone(machine, 0.001, [0.05, 0.02, 0.3], away_after):
        assert cpu(window).gross.value == pytest.approx(truth_j, abs=0.05)
        assert cpu(window).gross.high < truth_j * 1.05 + 0.2
        assert not codes(window)


def test_a_counter_that_moves_between_all_edges_is_no_older_than_what_lies_between_them(machine: FakeMachine) -> None:
    *_, (window, truth_j) = edges_alone(machine, 0.008, [0.05] * 12 + [1.0])
    assert cpu(window).gross.high < 1.1 * truth_j + 0.05

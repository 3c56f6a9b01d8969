"""The adaptive rate, on a clock that goes only when told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.ledger.store import Ledger
from setsuden.meter import Meter
from setsuden.meter.pace import FASTEST_S, SLOWEST_S, Pace
from setsuden.meter.rig import Rig
from setsuden.meter.setup import find_setup
from setsuden.sensors import Channel, Method, discover
from setsuden.testing import FakeClock, FakeMachine, FakeSensor, fake_channel
from setsuden.testing.sensor import Watts
from tests.meter.support import puppets


def rests(watts: Watts, seconds: float, update_interval_s: float = 0.001) -> list[tuple[float, float]]:
    """When each sample was taken, and how long the sampler would rest after it."""
    clock = FakeClock(elapsed_s=0.0)
    channel = fake_channel("cpu", update_interval_s=update_interval_s)
    rig = Rig(find_setup([FakeSensor(clock, {"cpu": watts}, (channel,))], clock, None))
    pace = Pace(rig.channels)
    found = []
    while clock.elapsed() < seconds:
        clock.advance(pace.period_s)
        pace.note(rig.read())
        found.append((clock.elapsed(), pace.period_s))
    return found


def test_steady_power_is_sampled_slower_and_slower_to_a_bound() -> None:
    found = [rest for _, rest in rests(40.0, 20.0)]
    assert found == sorted(found)
    assert found[-1] == SLOWEST_S


def test_a_step_of_power_is_followed_at_once_and_then_let_go() -> None:
    found = rests(lambda t: 40.0 if t < 10 else 90.0, 25.0)
    fast = [t for t, rest in found if rest == FASTEST_S]
    assert fast
    assert 10.0 < fast[0] <= 10.0 + 2 * SLOWEST_S
    assert found[-1][1] == SLOWEST_S


def test_power_that_keeps_changing_keeps_the_fastest_rate() -> None:
    found = rests(lambda t: 20.0 + 100.0 * (int(t / 0.1) % 2), 20.0)
    late = [rest for t, rest in found if t > 5]
    assert sum(rest == FASTEST_S for rest in late) > len(late) / 2


def test_a_wobble_that_the_counter_cannot_tell_apart_is_no_change() -> None:
    assert rests(lambda t: 40.0 + (int(t) % 2), 30.0)[-1][1] == SLOWEST_S
    slow_counter = rests(lambda t: 40.0 + 8.0 * (int(t) % 2), 30.0, update_interval_s=0.1)
    assert slow_counter[-1][1] == SLOWEST_S
    assert min(rest for _, rest in slow_counter) >= 0.2


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60), st.floats(0, 5))
def test_whatever_is_drawn_it_rests_within_its_bounds(watts: list[float], update_interval_s: float) -> None:
    found = rests(lambda t: watts[int(t) % len(watts)], 30.0, update_interval_s)
    assert all(FASTEST_S <= rest <= SLOWEST_S for _, rest in found)


def test_a_kill_at_any_moment_loses_at_most_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = puppets(monkeypatch)
    clock = FakeClock()
    sensor = FakeSensor(clock, {"cpu": lambda t: 90.0 if 10 < t < 12 or 14.3 < t < 14.4 else 40.0})
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        meter = Meter("adaptive", sensors=[sensor], clock=clock, idle_s=0, ledger=ledger, rate_hz="adaptive")
        with meter:
            (puppet,) = made
            assert meter.run_id is not None
            lags = []
            while clock.elapsed() < 1030.0:
                clock.advance(puppet.period_s)
                lags.append(clock.elapsed() - float(ledger.run(meter.run_id).samples("cpu").t_s[-1]))
                puppet.tick()
        assert ledger.run(meter.run_id).config["rate_hz"] == "adaptive"
    assert max(lags) <= 1.0


def test_other_words_are_refused() -> None:
    with pytest.raises(InputError, match="adaptive"):
        Meter(rate_hz="fast")  # type: ignore[arg-type]


def modelled(update_interval_s: float) -> Channel:
    return fake_channel("model", update_interval_s=update_interval_s)._replace(method=Method.MODEL)


@pytest.mark.parametrize(
    ("channels", "rate_hz", "period_s"),
    [
        ([modelled(0.1)], 100.0, 0.1),
        ([modelled(0.1), modelled(0.0)], 100.0, 0.1),
        ([modelled(0.1)], 10.0, 0.1),
        ([modelled(0.1)], 2.0, 0.5),
        ([modelled(0.0)], 100.0, 0.01),
        ([modelled(0.1), fake_channel("counter", update_interval_s=0.001)], 100.0, 0.01),
        ([fake_channel("slow counter", update_interval_s=0.1)], 100.0, 0.01),
        ([], 100.0, 0.01),
    ],
)
def test_models_alone_are_sampled_no_faster_than_they_can_change_and_counters_as_asked(
    channels: list[Channel], rate_hz: float, period_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = puppets(monkeypatch)
    clock = FakeClock()
    channels = [channel._replace(id=f"{place}") for place, channel in enumerate(channels)]
    sensor = FakeSensor(clock, {channel.id: 10.0 for channel in channels}, tuple(channels))
    with Meter("x", sensors=[sensor], clock=clock, idle_s=0, ledger=False, rate_hz=rate_hz):
        assert made[0].period_s == period_s


def test_a_window_of_50_ms_on_a_model_is_answered_whatever_the_rate(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    found = discover(machine.host)
    meter = Meter("x", sensors=found.sensors, clock=machine.clock, idle_s=0, ledger=False, rate_hz=0)
    with meter:
        for _ in range(20):
            with meter.window("short") as window:
                machine.advance(0.05)
            assert window.measurement is not None
            assert window.measurement.energy is not None
            assert window.measurement.energy.value > 0
            assert window.measurement.energy.low < window.measurement.energy.high
            assert "SET-BELOW-RESOLUTION" in [flag.code for flag in window.measurement.flags]

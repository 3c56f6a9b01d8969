"""What every sensor promises, as a suite: subclass it, override one fixture, run it with pytest.

class TestMySensor(SensorContract):
    @pytest.fixture
    def rig(self):
        clock = FakeClock()
        sensor = MySensor(clock)
        return Rig(sensor, advance=clock.advance, watts={"my/channel": 20.0})

A bench that can break its sensor, and mend it, subclasses BreakableSensorContract or MendableSensorContract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from setsuden.quantity import Provenance
from setsuden.sensors.protocol import Channel, Method, Sample, Sensor
from setsuden.sensors.tally import between


@dataclass(frozen=True)
class Rig:
    """A sensor on the bench.

    sensor    freshly opened
    advance   lets so many seconds pass, for its clock and for what it measures
    watts     what its channels really draw, where that is known
    tolerance relative, for comparing with ``watts``; for sensors that integrate or model
    break_it  makes every channel unreadable; None where that cannot be done, see ``BreakableSensorContract``
    mend_it   undoes ``break_it``, see ``MendableSensorContract``
    """

    sensor: Sensor
    advance: Callable[[float], None]
    watts: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 1e-4
    break_it: Callable[[], None] | None = None
    mend_it: Callable[[], None] | None = None


class SensorContract:
    """Run against every sensor of this package, and against yours."""

    @pytest.fixture
    def rig(self) -> Rig:
        """The sensor under test; override."""
        raise NotImplementedError("override the fixture 'rig' and return a Rig")

    def test_it_is_a_sensor_with_a_name_and_channels(self, rig: Rig) -> None:
        """The protocol, structurally."""
        assert isinstance(rig.sensor, Sensor)
        assert rig.sensor.name
        assert rig.sensor.channels

    def test_channel_ids_are_unique_and_start_with_their_source(self, rig: Rig) -> None:
        """Ledgers and totals go by id."""
        ids = [channel.id for channel in rig.sensor.channels]
        assert len(set(ids)) == len(ids)
        assert all("/" in item and item == item.strip() for item in ids)

    def test_channels_say_how_sure_they_are_and_why(self, rig: Rig) -> None:
        """An error without a source is a guess."""
        for channel in rig.sensor.channels:
            assert channel.relative_error >= 0
            assert channel.error_source
            assert channel.label
            assert channel.resolution_j >= 0
            assert channel.update_interval_s >= 0

    def test_models_do_not_claim_to_measure(self, rig: Rig) -> None:
        """And carry what they looked up."""
        for channel in rig.sensor.channels:
            if channel.method is Method.MODEL:
                assert channel.provenance is not Provenance.MEASURED
                assert channel.factors

    def test_nothing_contains_itself(self, rig: Rig) -> None:
        """Following ``contained_in`` ends."""
        outer = {channel.id: channel.contained_in for channel in rig.sensor.channels}
        for start in outer:
            seen: set[str] = set()
            at: str | None = start
            while at is not None:
                assert at not in seen
                seen.add(at)
                at = outer.get(at)

    def test_one_sample_per_channel_in_order(self, rig: Rig) -> None:
        """Every time."""
        for _ in range(3):
            rig.advance(1.0)
            assert len(rig.sensor.read()) == len(rig.sensor.channels)

    def test_channels_never_change(self, rig: Rig) -> None:
        """They are fixed for the sensor's lifetime, also when it breaks."""
        before = rig.sensor.channels
        rig.advance(1.0)
        rig.sensor.read()
        if rig.break_it:
            rig.break_it()
            rig.advance(1.0)
            rig.sensor.read()
        assert rig.sensor.channels == before

    def test_energy_starts_near_zero_and_never_falls(self, rig: Rig) -> None:
        """Joules since it was opened, inside their bounds."""
        last = rig.sensor.read()
        for sample, channel in zip(last, rig.sensor.channels, strict=True):
            assert sample.energy_j == pytest.approx(0.0, abs=max(1e-6, channel.resolution_j))
        for step_s in (1.0, 0.05, 0.0, 3.0, 1.0):
            rig.advance(step_s)
            now = rig.sensor.read()
            for before, after in zip(last, now, strict=True):
                _ordered(after)
                assert after.energy_j >= before.energy_j
                assert after.t_s >= before.t_s
            last = now

    def test_it_counts_what_is_drawn(self, rig: Rig) -> None:
        """Against the bench's own truth."""
        first = _by_id(rig)
        for _ in range(20):
            rig.advance(1.0)
            samples = _by_id(rig)
        for channel, watts in rig.watts.items():
            value, low, high = between(first[channel], samples[channel])
            assert value == pytest.approx(20.0 * watts, rel=rig.tolerance, abs=1e-3)
            assert low == pytest.approx(high), "nothing was missed, so nothing is in doubt"
            assert samples[channel].flags == ()

    def test_adjacent_windows_add_up(self, rig: Rig) -> None:
        """The sum of the parts is the whole."""
        readings = [rig.sensor.read()]
        for step_s in (1.0, 2.5, 0.4):
            rig.advance(step_s)
            readings.append(rig.sensor.read())
        for i in range(len(rig.sensor.channels)):
            parts = [between(a[i], b[i])[0] for a, b in pairwise(readings)]
            assert sum(parts) == pytest.approx(between(readings[0][i], readings[-1][i])[0])

    def test_it_closes_twice_without_complaint(self, rig: Rig) -> None:
        """Clean-up code runs in odd orders."""
        rig.sensor.read()
        rig.sensor.close()
        rig.sensor.close()


class BreakableSensorContract(SensorContract):
    """For a bench that can break its sensor: ``break_it`` of the rig is given."""

    def test_a_fault_is_flagged_bounded_and_never_raised(self, rig: Rig) -> None:
        """Unreadable is not zero."""
        assert rig.break_it is not None, "give the rig a way to break its sensor, or subclass SensorContract"
        rig.advance(5.0)
        before = rig.sensor.read()
        rig.break_it()
        # Longer than any source's own patience before it calls silence a fault.
        for _ in range(15):
            rig.advance(1.0)
            broken = rig.sensor.read()
        for channel, old, new in zip(rig.sensor.channels, before, broken, strict=True):
            assert new.flags, channel.id
            _ordered(new)
            assert new.energy_j >= old.energy_j
            if channel.id in rig.watts:
                _value, low, high = between(old, new)
                assert low <= 15.0 * rig.watts[channel.id] <= high


class MendableSensorContract(BreakableSensorContract):
    """For a bench that can also mend it: ``mend_it`` is given too."""

    def test_it_recovers(self, rig: Rig) -> None:
        """After a fault it counts on, with the truth inside its bounds."""
        assert rig.break_it is not None, "give the rig a way to break its sensor"
        assert rig.mend_it is not None, "give the rig a way to mend it, or subclass BreakableSensorContract"
        first = _by_id(rig)
        for act in (None, rig.break_it, None, rig.mend_it, None, None):
            if act:
                act()
            rig.advance(1.0)
            samples = _by_id(rig)
        for channel, watts in rig.watts.items():
            _value, low, high = between(first[channel], samples[channel])
            assert low - 1e-3 <= 6.0 * watts <= high + 1e-3


def _by_id(rig: Rig) -> dict[str, Sample]:
    channels: tuple[Channel, ...] = rig.sensor.channels
    return {channel.id: sample for channel, sample in zip(channels, rig.sensor.read(), strict=True)}


def _ordered(sample: Sample) -> None:
    assert 0.0 <= sample.low_j <= sample.energy_j <= sample.high_j

"""For your tests and ours: a fake clock, fake sensors, fake hardware trees, recorded traces, contract suites."""

from setsuden.testing.clock import FakeClock
from setsuden.testing.sensor import FakeSensor, fake_channel

__all__ = ["FakeClock", "FakeSensor", "fake_channel"]

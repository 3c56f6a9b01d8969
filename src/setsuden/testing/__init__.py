"""For your tests and ours: a fake clock, fake sensors, fake hardware trees, recorded traces, contract suites."""

from setsuden.testing.clock import FakeClock
from setsuden.testing.faults import FaultyFiles
from setsuden.testing.host import FakeMachine
from setsuden.testing.nvml import FakeGpu, FakeNvml
from setsuden.testing.powercap import FakePowercap, FakeZone
from setsuden.testing.sensor import FakeSensor, fake_channel

__all__ = [
    "FakeClock",
    "FakeGpu",
    "FakeMachine",
    "FakeNvml",
    "FakePowercap",
    "FakeSensor",
    "FakeZone",
    "FaultyFiles",
    "fake_channel",
]

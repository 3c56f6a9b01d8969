"""For your tests and ours: a fake clock, fake sensors, fake hardware trees, recorded traces, contract suites.

The suites need pytest and are imported from their own module: ``setsuden.testing.sensor_contract``.
"""

from setsuden.testing.amdsmi import FakeAmdGpu, FakeAmdSmi
from setsuden.testing.clock import FakeClock
from setsuden.testing.faults import FaultyFiles
from setsuden.testing.host import FakeMachine
from setsuden.testing.nvml import FakeGpu, FakeNvml
from setsuden.testing.powercap import FakePowercap, FakeZone
from setsuden.testing.replay import ReplaySensor
from setsuden.testing.sensor import FakeSensor, fake_channel

__all__ = [
    "FakeAmdGpu",
    "FakeAmdSmi",
    "FakeClock",
    "FakeGpu",
    "FakeMachine",
    "FakeNvml",
    "FakePowercap",
    "FakeSensor",
    "FakeZone",
    "FaultyFiles",
    "ReplaySensor",
    "fake_channel",
]

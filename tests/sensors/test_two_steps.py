"""Sensors that are read in two steps: taking many readings and settling them later is the same as reading each."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.sensors import Sample, discover
from setsuden.testing import FakeMachine

PACKAGE = "intel-rapl:0"

HAPPENINGS: dict[str, Callable[[FakeMachine], None]] = {
    "nothing": lambda machine: None,
    "reset": lambda machine: machine.powercap[PACKAGE].reset(),
    "gone": lambda machine: machine.powercap[PACKAGE].remove(),
    "back": lambda machine: machine.powercap[PACKAGE].restore(),
    "denied": lambda machine: machine.files.deny(machine.powercap[PACKAGE].energy),
    "allowed": lambda machine: machine.files.heal(machine.powercap[PACKAGE].energy),
    "asleep": lambda machine: machine.clock.sleep(100.0),
    "busy": lambda machine: setattr(machine, "busy", 0.9),
}

steps = st.tuples(st.floats(0.02, 3.0), st.sampled_from(sorted(HAPPENINGS)), st.booleans())


@settings(max_examples=40)
@given(st.lists(steps, min_size=1, max_size=12))
def test_what_was_taken_and_settled_later_is_what_reading_would_have_given(
    script: list[tuple[float, str, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(Path(folder))
        machine.powercap.client(40.0, psys=False)
        readers, takers = discover(machine.host).sensors, discover(machine.host).sensors
        assert {sensor.name for sensor in takers} == {"rapl", "model-dram"}
        read: list[tuple[Sample, ...]] = []
        settled: list[tuple[Sample, ...]] = []
        waiting = []
        for seconds, happening, settle in script:
            machine.advance(seconds)
            HAPPENINGS[happening](machine)
            clocks = machine.clock.elapsed(), machine.clock.since_boot()
            read += [sensor.read() for sensor in readers]
            waiting += [(sensor, clocks, sensor.take(*clocks)) for sensor in takers]  # type: ignore[attr-defined]
            if settle:
                settled += [sensor.settle(*at, taken) for sensor, at, taken in waiting]  # type: ignore[attr-defined]
                waiting = []
        settled += [sensor.settle(*at, taken) for sensor, at, taken in waiting]  # type: ignore[attr-defined]
        assert settled == read
        for sensor in itertools.chain(readers, takers):
            sensor.close()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0.02, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=12))
def test_a_modelled_processor_settles_to_what_reading_gives(script: list[tuple[float, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(Path(folder))
        reader, taker = (discover(machine.host).sensors[0] for _ in range(2))
        assert reader.name == taker.name == "model-cpu"
        read, waiting = [], []
        for seconds, busy in script:
            machine.busy = busy
            machine.advance(seconds)
            clocks = machine.clock.elapsed(), machine.clock.since_boot()
            read.append(reader.read())
            waiting.append((clocks, taker.take(*clocks)))  # type: ignore[attr-defined]
        assert [taker.settle(*at, taken) for at, taken in waiting] == read  # type: ignore[attr-defined]
        reader.close()
        taker.close()

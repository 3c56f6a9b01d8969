from __future__ import annotations

import threading

from setsuden.meter.sampler import Sampler


def test_it_ticks_until_stopped_and_measures_itself() -> None:
    three = threading.Event()
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            three.set()

    sampler = Sampler(tick, 1 / 200.0)
    sampler.start()
    assert three.wait(30.0)
    sampler.stop()
    assert len(ticks) >= 3
    assert sampler.cpu_s > 0.0
    ended = len(ticks)
    sampler._thread.join(30.0)
    assert len(ticks) == ended
    assert not [thread for thread in threading.enumerate() if thread.name == "setsuden-sampler"]


def test_deadlines_that_passed_are_skipped_and_counted() -> None:
    done = threading.Event()
    release = threading.Event()
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 1:
            release.wait(0.05)  # fifty deadlines of a 1000 Hz schedule
        else:
            done.set()

    sampler = Sampler(tick, 1 / 1000.0)
    sampler.start()
    assert done.wait(30.0)
    sampler.stop()
    assert sampler.late >= 10


def test_a_fault_inside_ends_the_sampling_quietly() -> None:
    happened = threading.Event()

    def tick() -> None:
        happened.set()
        raise ValueError("broken")

    sampler = Sampler(tick, 1 / 1000.0)
    sampler.start()
    assert happened.wait(30.0)
    sampler.stop()
    assert sampler.fault == "ValueError: broken"

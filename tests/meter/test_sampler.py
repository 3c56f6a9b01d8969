from __future__ import annotations

import threading

import pytest

from setsuden.meter import sampler as sampler_module
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


def test_it_only_looks_for_as_long_as_a_tick_says_that_this_is_enough() -> None:
    done: list[str] = []
    three = threading.Event()

    def look() -> None:
        done.append("look")
        if len(done) == 4:
            three.set()

    def tick() -> float:
        done.append("tick")
        return 3600.0

    sampler = Sampler(tick, 1 / 200.0, look=look)
    sampler.start()
    assert three.wait(30.0)
    sampler.stop()
    assert done[:4] == ["tick", "look", "look", "look"]


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


def test_steps_come_before_the_first_tick_in_order() -> None:
    done: list[str] = []
    ticked = threading.Event()

    def tick() -> None:
        done.append("tick")
        ticked.set()

    sampler = Sampler(tick, 1 / 200.0, [(0.0, lambda: done.append("one")), (0.001, lambda: done.append("two"))])
    sampler.start()
    assert ticked.wait(30.0)
    sampler.stop()
    assert done[:3] == ["one", "two", "tick"]


def test_a_stop_calls_off_steps_that_have_not_begun() -> None:
    done: list[str] = []
    sampler = Sampler(lambda: None, 1.0, [(60.0, lambda: done.append("never"))])
    sampler.start()
    sampler.stop()
    sampler._thread.join(30.0)
    assert (done, sampler._thread.is_alive()) == ([], False)


def test_a_thread_that_is_held_does_nothing_until_it_is_released() -> None:
    ticks: list[int] = []
    once, again = threading.Event(), threading.Event()

    def tick() -> None:
        ticks.append(1)
        (again if held else once).set()

    held = False
    sampler = Sampler(tick, 1 / 200.0)
    sampler.start()
    assert once.wait(30.0)
    assert sampler.hold(30.0)
    held, before = True, len(ticks)
    assert not again.wait(0.02)
    assert len(ticks) == before
    sampler.release()
    assert again.wait(30.0)
    sampler.stop()


def test_a_thread_does_not_hold_itself() -> None:
    found: list[bool] = []
    done = threading.Event()

    def tick() -> None:
        found.append(sampler.hold(30.0))
        done.set()

    sampler = Sampler(tick, 1 / 200.0)
    sampler.start()
    assert done.wait(30.0)
    sampler.stop()
    assert found[0] is False


def test_a_tick_may_stop_its_own_thread() -> None:
    stopped = threading.Event()

    def tick() -> None:
        sampler.stop()
        stopped.set()

    sampler = Sampler(tick, 1 / 200.0)
    sampler.start()
    assert stopped.wait(30.0)
    sampler._thread.join(30.0)
    assert (sampler._thread.is_alive(), sampler.fault) == (False, None)


def test_a_stop_by_whom_the_tick_waits_for_hangs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler_module, "_TICK_S", 0.01)
    wanted, waiting = threading.Lock(), threading.Event()

    def tick() -> None:
        waiting.set()
        with wanted:
            pass

    sampler = Sampler(tick, 1 / 200.0)
    with wanted:
        sampler.start()
        assert waiting.wait(30.0)
        sampler.stop()
    sampler._thread.join(30.0)
    assert (sampler._thread.is_alive(), sampler.fault) == (False, None)

"""A meter on a fake clock and scripted watts: nothing sleeps, every joule is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from setsuden.meter import Meter, background
from setsuden.sensors import Channel
from setsuden.testing import FakeClock, FakeSensor
from setsuden.testing.sensor import Watts

Steps = Sequence[tuple[float, Callable[[], None]]]


class Bench:
    """Clock, sensor and meter; ``tick`` lets time pass and samples, as the background thread would."""

    def __init__(
        self, watts: Mapping[str, Watts] | None = None, channels: tuple[Channel, ...] | None = None, **settings: Any
    ) -> None:
        self.clock = FakeClock()
        self.sensor = FakeSensor(self.clock, watts or {"fake/cpu": 10.0}, channels)
        settings.setdefault("ledger", False)
        self.meter = Meter(
            settings.pop("name", "run"),
            sensors=[self.sensor],
            clock=self.clock,
            rate_hz=0,
            sleep=self.clock.advance,
            **settings,
        )

    def tick(self, seconds: float = 0.5, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(seconds)
            self.meter.sample()


class Puppet:
    """Stands in for the sampling thread: the test lets its rest pass and ticks.

    first     what the start leaves to the thread, if anything
    prepare   what the thread does a moment later
    prompt    the thread does what is left to it as soon as it starts
    """

    def __init__(self, tick: Callable[[], float], period_s: float, before: Steps, prompt: bool) -> None:
        self.tick, self.period_s = tick, period_s
        self.first: list[Callable[[], None]] = []
        for rest_s, step in before:
            if rest_s >= 0.1:
                self.prepare = step
                break
            self.first.append(step)
        self.prompt = prompt
        self.cpu_s, self.late, self.fault = 0.0, 0, None

    def start(self) -> None:
        if self.prompt:
            self.begin()

    def begin(self) -> None:
        for step in self.first:
            step()

    def stop(self) -> None: ...


def puppets(monkeypatch: pytest.MonkeyPatch, *, prompt: bool = True) -> list[Puppet]:
    """From now on meters get puppets; those that were made so far."""
    made: list[Puppet] = []

    def make(tick: Callable[[], float], period_s: float, before: Steps, look: Callable[[], float]) -> Puppet:
        made.append(Puppet(tick, period_s, before, prompt))
        return made[-1]

    monkeypatch.setattr(background, "Sampler", make)
    return made


def joules(measurement: Any) -> float:
    assert measurement.energy is not None
    return float(measurement.energy.value)


def codes(measurement: Any) -> list[str]:
    return [flag.code for flag in measurement.flags]

"""The mean of a signal over windows: bounds, additivity, weights, and no guessing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.footprint import Window
from setsuden.footprint.live import LiveSignal, Point, SignalError
from setsuden.footprint.live.signal import ordered

T = datetime(2026, 6, 1, 12, tzinfo=UTC)
levels = st.lists(st.floats(0, 1500), min_size=1, max_size=12)


def signal(values: list[float], step_s: float = 3600.0) -> LiveSignal:
    points = [Point(T.timestamp() + k * step_s, step_s, value, "measured") for k, value in enumerate(values)]
    return LiveSignal("x", "basis", "source", None, ordered(points))


@given(levels, st.floats(0, 1), st.floats(0, 1))
def test_a_mean_lies_between_the_least_and_the_most(values: list[float], a: float, b: float) -> None:
    begin, end = sorted((a, b))
    span = 3600.0 * len(values)
    window = Window(T + timedelta(seconds=begin * span), (end - begin) * span, 1.0)
    mean = signal(values).mean([window], 3600.0)
    assert min(values) * (1 - 1e-9) <= mean.value <= max(values) * (1 + 1e-9)
    assert mean.low <= mean.value <= mean.high


@given(levels, st.floats(0.01, 0.99))
def test_two_halves_of_a_window_price_like_the_whole(values: list[float], cut: float) -> None:
    span = 3600.0 * len(values)
    whole = signal(values).mean([Window(T, span, 1.0)], 0.0)
    first = Window(T, cut * span, cut)
    second = Window(T + timedelta(seconds=cut * span), (1 - cut) * span, 1 - cut)
    assert signal(values).mean([first, second], 1.0).value == pytest.approx(whole.value, rel=1e-6, abs=1e-6)
    assert whole.value == pytest.approx(sum(values) / len(values))


def test_an_instant_takes_the_point_it_lies_in() -> None:
    assert signal([100.0, 200.0]).mean([Window(T + timedelta(minutes=90), 0.0, 1.0)], 0.0).value == 200.0


@pytest.mark.parametrize("duration_s", [0.0, 7200.0])
def test_a_hole_is_never_bridged(duration_s: float) -> None:
    holed = LiveSignal("x", "b", "s", None, (*signal([1.0]).points, Point(T.timestamp() + 7200, 3600, 1.0, "measured")))
    with pytest.raises(SignalError, match="hole"):
        holed.mean([Window(T + timedelta(minutes=70), duration_s, 1.0)], 1e9)


def test_overlapping_answers_are_cut_to_one_line() -> None:
    first, second = Point(0.0, 3600.0, 1.0, "forecast"), Point(1800.0, 3600.0, 2.0, "measured")
    again = Point(0.0, 3600.0, 3.0, "measured")
    assert ordered([second, first, again]) == (Point(0.0, 1800.0, 3.0, "measured"), second)


def test_nothing_to_price_is_not_a_figure() -> None:
    with pytest.raises(SignalError):
        signal([1.0]).mean([], 0.0)
    with pytest.raises(SignalError):
        LiveSignal("x", "b", "s", None, ()).mean([Window(T, 1.0, 1.0)], 1e9)

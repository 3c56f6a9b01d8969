"""When measuring ends."""

from __future__ import annotations

import pytest

from setsuden.study.budget import Budget
from setsuden.study.preset import leave_out_extremes
from setsuden.study.stopping import Stop, StoppingRule

RULE = StoppingRule(interval_share=0.05, repeats=3, max_repeats=5)


def budget(now: list[float], total_s: float = 100.0, total_j: float | None = None) -> Budget:
    return Budget(total_s, total_j, 4.0, 20.0, 0.4 * (total_j or 0.0), lambda: now[0], 0.0)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ([], None),
        ([10.0, 10.0], None),  # narrow, but fewer than the least number of repeats
        ([10.0, 10.1, 9.9], Stop.INTERVAL),
        ([10.0, 12.0, 8.0], None),
        ([10.0, 12.0, 8.0, 11.0, 9.0], Stop.SAMPLES),
        ([10.0, 10.1, 9.9, 10.0, 10.0], Stop.INTERVAL),
    ],
)
def test_the_rule(figures: list[float], verdict: Stop | None) -> None:
    assert RULE.verdict(figures, [1.0] * len(figures)) == verdict


def test_one_repeat_can_never_be_narrow_enough() -> None:
    assert StoppingRule(0.05, 1, 1).verdict([10.0], [1.0]) == Stop.SAMPLES
    assert StoppingRule(0.05, 1, 2).verdict([10.0], [1.0]) is None


def test_the_trimmed_rule_looks_at_what_is_kept() -> None:
    rule = StoppingRule(0.05, 5, 5, trimmed=True)
    assert rule.verdict([10.0, 10.1, 9.9, 30.0, 1.0], [1.0] * 5) == Stop.INTERVAL


def test_extremes_are_left_out_once_each() -> None:
    assert leave_out_extremes([5.0, 1.0, 9.0, 5.0, 9.0]) == [0, 2, 3]
    assert leave_out_extremes([1.0, 2.0]) == [0, 1]


def test_a_window_is_as_long_as_asked_while_there_is_time() -> None:
    assert budget([0.0]).window_s(1.0, 0.5, windows_left=10) == 1.0


def test_a_window_is_an_equal_share_of_what_is_left() -> None:
    # 100 - 4 idle - 1 closing - 20 for quality = 75 s over 100 windows with 0.25 s of overhead each
    assert budget([0.0]).window_s(1.0, 0.25, windows_left=100) == pytest.approx(0.5)


def test_a_window_is_never_too_short_to_mean_anything() -> None:
    assert budget([70.0]).window_s(1.0, 0.25, windows_left=1000) == 0.2


def test_time_and_energy_run_out() -> None:
    assert budget([74.0]).spent(0.0) is None
    assert budget([75.0]).spent(0.0) == Stop.TIME
    assert budget([0.0], total_j=50.0).spent(29.0) is None
    assert budget([0.0], total_j=50.0).spent(30.0) == Stop.ENERGY


def test_what_trainings_did_not_need_goes_back_to_the_windows() -> None:
    kept = budget([80.0], total_j=50.0)
    kept.release()
    assert kept.spent(45.0) is None
    assert kept.measuring_left_s == pytest.approx(15.0)

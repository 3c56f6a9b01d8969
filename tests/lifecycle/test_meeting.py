"""Where two straight lines meet, draw by draw, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from setsuden.lifecycle.meeting import Meeting, meeting

STARTS = np.linspace(50.0, 150.0, 101)  # 5th and 95th percentile 55 and 145
ONES = np.ones(101)


def test_lines_meet_at_start_over_slope_between_the_percentiles_of_the_draws() -> None:
    assert meeting(100.0, 2.0, STARTS, 2 * ONES) == Meeting("below", 50.0, 27.5, 72.5)
    assert meeting(-100.0, -2.0, -STARTS, -2 * ONES) == Meeting("above", 50.0, 27.5, 72.5)


def test_the_end_is_open_where_more_than_one_draw_in_twenty_never_meets() -> None:
    slopes = np.where(np.arange(101) < 10, -1.0, 1.0)
    found = meeting(100.0, 1.0, STARTS, slopes)
    assert (found.verdict, found.n, found.high) == ("below", 100.0, None)
    rarely = np.where(np.arange(101) < 3, -1.0, 1.0)
    assert meeting(100.0, 1.0, STARTS, rarely).high is not None


def test_draws_in_which_the_other_line_is_lower_from_the_start_meet_at_nothing() -> None:
    starts = np.where(np.arange(101) < 10, -1.0, STARTS)
    assert meeting(100.0, 1.0, starts, ONES).low == 0.0


@pytest.mark.parametrize(
    ("start", "slope", "verdict"),
    [(1.0, 0.0, "always"), (-1.0, 0.0, "never"), (0.0, -1.0, "always"), (0.0, 1.0, "never"), (1.0, -1.0, "always"),
     (-1.0, 1.0, "never"), (0.0, 0.0, "equal")],
)  # fmt: skip
def test_lines_that_never_meet_say_which_is_lower(start: float, slope: float, verdict: str) -> None:
    assert meeting(start, slope, STARTS, ONES) == Meeting(verdict, None, None, None)  # type: ignore[arg-type]

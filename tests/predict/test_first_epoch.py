"""The first epoch times the epochs: where it ends, and from where it is counted."""

from __future__ import annotations

import pytest

from setsuden.predict.first_epoch import FirstEpoch

EACH, TOTAL = 10, 45


def read(*readings: tuple[float, int]) -> tuple[float, float, float] | None:
    """Seconds and steps; 30 W."""
    first = FirstEpoch(EACH, TOTAL)
    for seconds, steps in readings:
        first.take(seconds, 30 * seconds, steps)
    return first.times_epochs()


def test_the_evaluation_belongs_to_it_and_the_start_of_the_program_does_not() -> None:
    assert read((5.0, 0), (7.0, 10), (8.0, 10), (8.5, 12)) == pytest.approx((4.5, 5 + 3 * 4.5, 30 * (5 + 3 * 4.5)))


def test_where_no_reading_fell_between_the_epochs_their_stretch_is_shared_by_its_steps() -> None:
    found = read((0.0, 0), (4.0, 8), (8.0, 16))
    assert found is not None
    assert found[1] == pytest.approx(5.0 * 4.5)


def test_what_was_done_before_it_was_first_heard_of_is_not_multiplied() -> None:
    found = read((6.0, 2), (14.0, 10), (15.0, 11))
    assert found is not None
    assert found[1] == pytest.approx(6.0 + 8.0 / 8 * 43)


def test_nothing_is_said_before_it_is_over_or_where_it_was_not_seen() -> None:
    assert read((0.0, 0), (5.0, 10)) is None
    assert read((5.0, 12), (6.0, 13)) is None

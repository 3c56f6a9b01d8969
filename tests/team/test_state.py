"""Which of two states of a run follows from the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.team.state import State

BEFORE = State("running", "born", "head 1", "series 1", (2, 2, 1, 0, 1), 100.0)


def test_the_same_is_the_same_whatever_the_clock_says() -> None:
    assert replace(BEFORE, changed_s=50.0).against(BEFORE) == "same"


@pytest.mark.parametrize("place", range(5))
def test_what_has_more_of_anything_and_less_of_nothing_is_newer(place: int) -> None:
    progress = tuple(count + (at == place) for at, count in enumerate(BEFORE.progress))
    after = replace(BEFORE, head="head 2", progress=progress, changed_s=50.0)  # and its clock was set back
    assert (after.against(BEFORE), BEFORE.against(after)) == ("newer", "older")


def test_what_has_more_of_one_and_less_of_another_is_no_successor() -> None:
    assert replace(BEFORE, head="head 2", progress=(3, 2, 1, 0, 0)).against(BEFORE) == "other"


def test_two_births_are_two_runs() -> None:
    assert replace(BEFORE, born="elsewhere").against(BEFORE) == "other"


def test_equally_much_of_other_samples_is_another_run() -> None:
    assert replace(BEFORE, series="series 2", changed_s=200.0).against(BEFORE) == "other"


def test_of_two_that_hold_equally_much_the_later_change_is_newer() -> None:
    after = replace(BEFORE, head="head 2", status="finished", changed_s=101.0)
    assert (after.against(BEFORE), BEFORE.against(after)) == ("newer", "older")


def test_a_run_whose_writer_is_gone_follows_from_the_running_one() -> None:
    after = replace(BEFORE, head="head 2", status="cut off")
    assert (after.against(BEFORE), BEFORE.against(after)) == ("newer", "older")


def test_the_same_moment_with_other_words_is_another_run() -> None:
    assert replace(BEFORE, head="head 2").against(BEFORE) == "other"


_STATES = st.builds(
    State,
    st.sampled_from(["running", "finished", "cut off"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["x", "y"]),
    st.tuples(*[st.integers(0, 2)] * 5),
    st.sampled_from([1.0, 2.0]),
)


@given(_STATES, _STATES)
def test_both_sides_judge_alike(mine: State, theirs: State) -> None:
    mirrored = {"same": "same", "other": "other", "newer": "older", "older": "newer"}
    assert theirs.against(mine) == mirrored[mine.against(theirs)]

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.ledger import ChannelRecord, Count, energy_between, node_total
from setsuden.quantity import DEVICE, NODE, Factor, Provenance
from tests.ledger.support import channel


def exact(t_s: float, energy_j: float) -> Count:
    return Count(t_s, energy_j, energy_j, energy_j)


def test_relative_error_becomes_the_interval() -> None:
    energy = energy_between(channel(relative_error=0.05), exact(0.0, 10.0), exact(10.0, 110.0))
    assert (energy.value, energy.low, energy.high) == pytest.approx((100.0, 95.0, 105.0))


def test_a_slow_counter_widens_a_short_window_by_what_one_refresh_may_hide() -> None:
    slow = ChannelRecord(
        "nvml/0", "gpu", "GPU", "counter", Provenance.MEASURED, DEVICE, 0.0, "", resolution_j=0.5, update_interval_s=0.1
    )
    # 50 ms at 200 W are 10 J, but the counter has not ticked: the interval must still hold the truth.
    energy = energy_between(slow, exact(0.0, 0.0), exact(0.05, 0.0), power_w=200.0)
    assert energy.low == 0.0
    assert energy.high == pytest.approx(0.5 + 0.1 * 200.0)


def test_what_was_missed_inside_the_window_enters_its_interval() -> None:
    energy = energy_between(channel(relative_error=0.0), exact(0.0, 0.0), Count(1.0, 100.0, 80.0, 130.0))
    assert (energy.low, energy.value, energy.high) == (80.0, 100.0, 130.0)


def test_what_was_missed_before_the_window_does_not() -> None:
    energy = energy_between(channel(relative_error=0.0), Count(0.0, 100.0, 80.0, 130.0), Count(1.0, 110.0, 90.0, 140.0))
    assert (energy.low, energy.value, energy.high) == (10.0, 10.0, 10.0)


def test_a_doubt_that_is_settled_inside_the_window_still_holds_the_truth() -> None:
    # 100 J were shown when the truth lay in [80, 130]; later 150 J turn out to be exact.
    energy = energy_between(channel(relative_error=0.0), Count(0.0, 100.0, 80.0, 130.0), exact(1.0, 150.0))
    assert energy.low == pytest.approx(150.0 - 130.0)
    assert energy.high == pytest.approx(150.0 - 80.0)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.001, 10), st.floats(0, 500), st.floats(0, 5), st.floats(0, 5), st.floats(0.0, 1.0)),
        min_size=2,
        max_size=12,
    )
)
def test_adjacent_windows_add_up_and_enclose_their_union(steps: list[tuple[float, float, float, float, float]]) -> None:
    """Each step: seconds, watts, joules of doubt below and above that this step adds."""
    counter = channel(relative_error=0.03)
    counts, t, energy, below, above = [exact(0.0, 0.0)], 0.0, 0.0, 0.0, 0.0
    for seconds, watts, down, up, _ in steps:
        t, energy, below, above = t + seconds, energy + seconds * watts, below + down, above + up
        counts.append(Count(t, energy, energy - below, energy + above))
    parts = [energy_between(counter, a, b) for a, b in itertools.pairwise(counts)]
    union = energy_between(counter, counts[0], counts[-1])
    assert sum(part.value for part in parts) == pytest.approx(union.value, rel=1e-9, abs=1e-9)
    assert sum(part.high for part in parts) >= union.high - 1e-6
    assert sum(part.low for part in parts) >= union.low - 1e-6 or any(part.low == 0.0 for part in parts)


def test_the_total_is_drawn_around_the_node_and_of_nothing_unknown() -> None:
    part = energy_between(channel(), exact(0.0, 0.0), exact(1.0, 5.0))
    total = node_total([part, part])
    assert total is not None
    assert total.boundary == NODE
    assert total.value == 10.0
    assert node_total([]) is None


def test_a_channel_survives_json_with_its_factors() -> None:
    factor = Factor("curve", 1.0, 0.9, 1.1, "W", "somewhere", 2024, "CC0", None)
    original = ChannelRecord(
        "model/cpu", "cpu", "CPU", "model", Provenance.ESTIMATED, DEVICE, 0.4, "paper", 0.0, 0.1, None, True, (factor,)
    )
    assert ChannelRecord.from_json(original.to_json()) == original

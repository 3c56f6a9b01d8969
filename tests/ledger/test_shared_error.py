"""Errors that two runs share: closed forms, and the truth inside for whatever error the sensor has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.ledger import Ledger
from setsuden.ledger.comparison import CLOSE, MORE, Difference, compare_runs
from setsuden.quantity import Estimate
from setsuden.sensors import Component
from setsuden.testing import fake_channel
from tests.meter.support import Bench


def run(
    ledger: Ledger, watts: dict[str, float], seconds: float, error: float = 0.05, update_s: float = 0.0, kind: str = "x"
) -> str:
    parts = {"a": Component.CPU, "b": Component.DRAM}
    channels = tuple(
        fake_channel(name, component=parts[name], relative_error=error, update_interval_s=update_s) for name in watts
    )
    bench = Bench(dict(watts), channels, ledger=ledger, kind=kind)
    with bench.meter as meter:
        bench.clock.advance(seconds)
    assert meter.run_id is not None
    return meter.run_id


def compared(
    first: tuple[dict[str, float], float], second: tuple[dict[str, float], float], error: float = 0.05,
    update_s: float = 0.0, kind: str = "x",
) -> Difference:  # fmt: skip
    with Ledger.open() as ledger:
        names = [run(ledger, watts, seconds, error, update_s, kind) for watts, seconds in (first, second)]
        return compare_runs([ledger.run(name) for name in names]).differences[0]


def ends(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    return estimate.low, estimate.high


def test_what_both_drew_cancels_and_the_rest_carries_the_error() -> None:
    longer = compared(({"a": 50.0}, 10.0), ({"a": 50.0}, 12.0))
    assert longer.shared
    assert longer.verdict == MORE
    assert ends(longer.energy) == pytest.approx((95.0, 105.0))
    assert ends(longer.ratio) == pytest.approx((1 + 95 / (500 * 1.05), 1 + 105 / (500 * 0.95)), rel=1e-2)
    harder = compared(({"a": 50.0}, 10.0), ({"a": 60.0}, 10.0))
    assert ends(harder.energy) == pytest.approx((95.0, 105.0))


def test_harder_but_shorter_carries_the_error_of_both_rests() -> None:
    # Common: 60 W x 10 s. Alone: 40 W x 10 s against 60 W x 4 s.
    mixed = compared(({"a": 60.0}, 14.0), ({"a": 100.0}, 10.0))
    assert ends(mixed.energy) == pytest.approx((400 * 0.95 - 240 * 1.05, 400 * 1.05 - 240 * 0.95))
    wide = compared(({"a": 60.0}, 14.0), ({"a": 100.0}, 10.0), error=0.3)
    assert wide.verdict == CLOSE


def test_equal_runs_are_too_close_to_call_by_what_their_edges_hide() -> None:
    same = compared(({"a": 50.0}, 10.0), ({"a": 50.0}, 10.0), update_s=0.1)
    assert same.verdict == CLOSE
    assert ends(same.energy) == pytest.approx((-10.0, 10.0))


def test_channels_add_up_end_to_end() -> None:
    both = compared(({"a": 50.0, "b": 10.0}, 10.0), ({"a": 60.0, "b": 5.0}, 10.0))
    assert ends(both.energy) == pytest.approx((95.0 - 52.5, 105.0 - 47.5))


def test_an_imported_run_shares_nothing() -> None:
    imported = compared(({"a": 50.0}, 10.0), ({"a": 60.0}, 10.0), kind="import")
    assert not imported.shared
    assert ends(imported.energy) == pytest.approx((570.0 - 525.0, 630.0 - 475.0))


def test_another_machine_or_another_channel_shares_nothing() -> None:
    assert not compared(({"a": 50.0}, 10.0), ({"b": 60.0}, 10.0)).shared
    with Ledger.open() as ledger:
        first, second = (ledger.run(run(ledger, {"a": watts}, 10.0)) for watts in (50.0, 60.0))
        moved = replace(second, identity={**second.identity, "host": "elsewhere"})
        assert not compare_runs([first, moved]).differences[0].shared


@given(
    gain=st.floats(-0.3, 0.3),
    first=st.tuples(st.floats(1.0, 100.0), st.floats(1.0, 100.0)),
    second=st.tuples(st.floats(1.0, 100.0), st.floats(1.0, 100.0)),
)
def test_whatever_the_gain_the_truth_is_inside_and_the_interval_no_wider_than_apart(
    gain: float, first: tuple[float, float], second: tuple[float, float]
) -> None:
    found = compared(({"a": first[0]}, first[1]), ({"a": second[0]}, second[1]), error=0.3)
    low, high = ends(found.energy)
    baseline, energy = first[0] * first[1], second[0] * second[1]
    assert low - 1e-6 <= (1 + gain) * (energy - baseline) <= high + 1e-6
    assert low >= energy * 0.7 - baseline * 1.3 - 1e-6
    assert high <= energy * 1.3 - baseline * 0.7 + 1e-6
    low, high = ends(found.ratio)
    assert low * (1 - 1e-9) <= energy / baseline <= high * (1 + 1e-9)

"""Thinning keeps every peak and leaves every silence open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.dashboard.power_chart import Span, power_chart, time_unit
from setsuden.dashboard.trace import thinned, traces
from setsuden.ledger import Ledger
from tests.dashboard.support import KWH, write


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.floats(0, 1000)), min_size=2, max_size=200),
    st.integers(1, 40),
)
def test_every_sample_lies_within_the_band_of_its_step(samples: list[tuple[float, float]], steps: int) -> None:
    t_s = np.cumsum([wait for wait, _ in samples])
    power_w = np.array([watts for _, watts in samples])
    step_s = (t_s[-1] - t_s[0]) / steps
    low, mean, high = thinned(t_s, power_w, float(t_s[0]), float(step_s), steps)
    for at, watts in zip(t_s, power_w, strict=True):
        place = min(steps - 1, int((at - t_s[0]) / step_s))
        assert low[place] <= watts <= high[place]
    known = np.isfinite(mean)
    assert (low[known] <= mean[known] * (1 + 1e-12)).all()
    assert (mean[known] <= high[known] * (1 + 1e-12)).all()
    assert np.nanmax(high) == power_w.max()
    assert np.nanmin(low) == power_w.min()


def test_a_silence_is_left_open_and_a_slow_sampler_is_not() -> None:
    steady = np.arange(0.0, 10.0, 1.0)
    t_s = np.concatenate([steady, steady + 60.0])
    _, mean, _ = thinned(t_s, np.full(20, 5.0), 0.0, 69.0 / 69, 69)
    assert np.isnan(mean[12:58]).all()
    assert (mean[:10] == 5.0).all()
    _, fine, _ = thinned(steady, np.full(10, 5.0), 0.0, 0.1, 90)
    assert (fine == 5.0).all()


def test_a_run_is_drawn_with_a_peak_of_one_sample_in_a_hundred_thousand(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        writer = write(ledger, kwh=1.0)
        rows = [(0.01 * k, 1.0 * k, 1.0 * k, 1.0 * k, 900.0 if k == 77_777 else 100.0) for k in range(100_000)]
        for begin in range(0, len(rows), 10_000):
            writer.write_samples(0, rows[begin : begin + 10_000])
        found = traces(ledger.run(writer.id), 500)
    assert found is not None
    (trace,) = found.traces
    assert found.thinned
    assert len(trace.high) == 500
    assert [value for value in trace.high if value != 100.0] == [900.0]
    assert set(trace.low) == {100.0}


def test_few_samples_are_drawn_as_they_are(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        writer = write(ledger, kwh=1.0, samples=5, hours=1.0)
        found = traces(ledger.run(writer.id), 500)
        nothing = traces(ledger.run(write(ledger).id), 500)
    assert nothing is None
    assert found is not None
    assert not found.thinned
    assert [value for value in found.traces[0].mean if value is not None][-1] == pytest.approx(KWH / 3600)


def test_a_picture_names_its_windows_and_escapes_them(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        found = traces(ledger.run(write(ledger, samples=9, clock_s=0.0).id), 500)
    assert found is not None
    spans = [Span(0.0, 1800.0, "<b>train</b>"), Span(1800.0, 3600.0, "infer"), Span(9e9, 9e9, "outside")]
    drawn = power_chart(found, spans, "p", title="t", description="d", x_title="min", y_title="W")
    assert "&lt;b&gt;train" in drawn
    assert "<b>" not in drawn
    assert "outside" not in drawn
    assert [time_unit(length)[1] for length in (1.0, 200.0, 7300.0)] == ["s", "min", "h"]

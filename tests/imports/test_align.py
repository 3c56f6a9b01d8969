"""Clock offsets: a known shift is found back; what cannot be aligned is refused; the cut has the run's joules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.imports.align import clock_offset
from setsuden.ledger import ChannelRecord, Count, Ledger, Measurement, Utilisation, energy_between
from setsuden.quantity import DEVICE, NODE, Provenance
from tests.imports.support import codes, file, imported, joules, run

T0 = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
Array = NDArray[np.float64]


def load(t: Array) -> Array:
    """Watts of a machine that works in irregular bursts; t in seconds."""
    bursts = ((10, 14), (22, 31), (45, 47), (58, 83), (90, 95))
    return np.asarray(20.0 + sum(80.0 * ((t >= a) & (t < b)) for a, b in bursts), float)


@settings(max_examples=40, deadline=None)
@given(st.floats(-100, 100), st.floats(0.5, 3.0), st.floats(0, 200))
def test_a_known_shift_is_found_whatever_the_level(shift: float, scale: float, level: float) -> None:
    t = np.arange(0.0, 100.0, 0.5)
    wall = np.arange(-150.0, 300.0, 1.0)
    found = clock_offset(t.tolist(), load(t).tolist(), wall.tolist(), (scale * load(wall - shift) + level).tolist())
    assert found.seconds == pytest.approx(shift, abs=1.0)
    assert found.correlation > 0.9
    assert not found.ambiguous


def test_noise_does_not_move_it() -> None:
    rng = np.random.default_rng(1)
    t, wall = np.arange(0.0, 100.0, 0.5), np.arange(-50.0, 200.0, 1.0)
    noisy = load(wall - 12.0) + rng.normal(0, 10, wall.size)
    assert clock_offset(t.tolist(), load(t).tolist(), wall.tolist(), noisy.tolist()).seconds == pytest.approx(12, abs=1)


def test_a_run_that_repeats_itself_is_ambiguous() -> None:
    def square(t: Array) -> Array:
        return np.asarray(50.0 + 50.0 * (np.mod(t, 20.0) < 10.0), float)

    t, wall = np.arange(0.0, 100.0, 0.5), np.arange(-100.0, 300.0, 1.0)
    assert clock_offset(t.tolist(), square(t).tolist(), wall.tolist(), square(wall).tolist()).ambiguous


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t, wall: (np.full(t.size, 50.0), load(wall), wall), "too evenly"),
        (lambda t, wall: (load(t), np.full(wall.size, 50.0), wall), "too evenly"),
        (lambda t, wall: (load(t), load(wall[:60] + 5), wall[:60]), "does not cover"),
        (lambda t, wall: (load(t), np.random.default_rng(3).uniform(0, 100, wall.size), wall), "same thing"),
    ],
)
def test_what_cannot_be_aligned_is_refused(change: object, problem: str) -> None:
    t, wall = np.arange(0.0, 100.0, 0.5), np.arange(-50.0, 200.0, 1.0)
    run_w, other_w, other_t = change(t, wall)  # type: ignore[operator]
    with pytest.raises(InputError, match=problem):
        clock_offset(t.tolist(), run_w.tolist(), other_t.tolist(), other_w.tolist())


def measured() -> str:
    """A run of 100 s in the ledger, sampled twice a second on an elapsed clock that stood at 5000."""
    t = np.arange(0.0, 100.25, 0.5)
    energy = np.concatenate([[0.0], np.cumsum(0.5 * 0.5 * (load(t)[1:] + load(t)[:-1]))])
    channel = ChannelRecord("rapl/package-0", "cpu", "CPU", "counter", Provenance.MEASURED, DEVICE, 0.05, "scripted")
    rows = [(5000.0 + a, b, b, b, w) for a, b, w in zip(t.tolist(), energy.tolist(), load(t).tolist(), strict=True)]
    gross = energy_between(channel, Count(*rows[0][:4]), Count(*rows[-1][:4]))
    started = datetime.fromtimestamp(T0, UTC).isoformat()
    window = Measurement(1, "job", None, started, 5000.0, 100.0, gross.within(NODE), None, (), Utilisation())
    with Ledger.open() as ledger:
        writer = ledger.start_run("command", "job")
        position = writer.add_channels([channel])
        writer.write_samples(position, rows)
        writer.close_window(window)
        writer.finish(summary=window)
    return writer.id


def wall_file(folder: Path, shift: float) -> str:
    t = np.arange(-60.0, 220.0, 1.0)
    power = 1.5 * load(t - shift) + 30.0
    rows = "".join(f"{T0 + a},{w}\n" for a, w in zip(t.tolist(), power.tolist(), strict=True))
    return file(folder, "wall.csv", "time,power\n" + rows)


@pytest.mark.parametrize("shift", [-42.0, 0.0, 37.0])
def test_a_wall_meter_is_cut_to_the_run_on_the_runs_clock(tmp_path: Path, shift: float) -> None:
    job = measured()
    found = run("csv", wall_file(tmp_path, shift), "--align-with", job)
    with Ledger.open(create=False) as ledger:
        inside = ledger.run(job).summary.energy
    assert inside is not None
    assert joules(found) == pytest.approx(1.5 * inside.value + 30.0 * 100.0, rel=0.02)
    assert found.summary.duration_s == pytest.approx(100.0)
    assert found.started_at == "2026-01-01T00:00:00.000+00:00"
    assert found.root is not None
    assert found.root.attributes["clock_offset_s"] == pytest.approx(shift, abs=1.0)
    assert found.root.attributes["aligned_with"] == job
    assert codes(found) == ["SET-IMPORT-ALIGN"]
    assert found.samples("csv/board").t_s[-1] == pytest.approx(100.0)


def test_an_offset_beyond_what_was_allowed_is_not_found(tmp_path: Path) -> None:
    result = imported("csv", wall_file(tmp_path, 37.0), "--align-with", measured(), "--most-offset", "5")
    assert result.exit_code == 2
    assert "same thing" in result.stderr


def test_a_run_without_samples_cannot_be_aligned_with(tmp_path: Path) -> None:
    with Ledger.open() as ledger:
        ledger.start_run("meter", "empty").finish()
    result = imported("csv", wall_file(tmp_path, 0.0), "--align-with", "last")
    assert result.exit_code == 2
    assert "no samples" in result.stderr

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


@pytest.mark.parametrize("phase", [0.0, 0.1, 0.2, 0.3, 0.4])
def test_a_shift_between_two_samples_does_not_lose_to_a_near_repetition(phase: float) -> None:
    def watts(t: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        square = 25.0 * ((t * 0.37) % 1 < 0.5)  # comes back nearly alike after 24.24 s
        return np.where(t < 0.0, 40.0, 60.0 + 30.0 * np.sin(1.3 * t) + square + 10.0 * np.sin(3.1 * t + 1.0))

    t, other_t = np.arange(0.3 + phase, 20.0, 0.1), np.arange(-60.0, 70.0, 0.5)
    found = clock_offset(t.tolist(), watts(t).tolist(), (other_t - 37.5).tolist(), watts(other_t).tolist())
    assert found.seconds == pytest.approx(-37.5, abs=0.25)
    assert found.ambiguous


def measured(first_s: float = 0.0) -> str:
    """A run of 100 s in the ledger, sampled twice a second from ``first_s`` on; its elapsed clock began at 5000."""
    t = np.arange(first_s, 100.25, 0.5)
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


def wall_file(folder: Path, shift: float, until_s: float = 220.0) -> str:
    t = np.arange(-60.0, until_s, 1.0)
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


@pytest.mark.parametrize("shift", [-42.0, 37.0])
def test_a_meter_that_counts_energy_is_aligned_by_what_it_counted(tmp_path: Path, shift: float) -> None:
    job = measured()
    t = np.arange(-60.0, 220.0, 1.0)
    counts = np.cumsum(1.5 * load(t - 0.5 - shift) + 30.0) / 3.6e6
    rows = "".join(f"{T0 + a},{c:.9f}\n" for a, c in zip(t.tolist(), counts.tolist(), strict=True))
    found = run("csv", file(tmp_path, "wall.csv", "time,energy_kwh\n" + rows), "--align-with", job)
    with Ledger.open(create=False) as ledger:
        inside = ledger.run(job).summary.energy
    assert inside is not None
    assert joules(found) == pytest.approx(1.5 * inside.value + 30.0 * 100.0, rel=0.02)
    assert found.root is not None
    assert found.root.attributes["clock_offset_s"] == pytest.approx(shift, abs=1.0)


def test_what_was_drawn_before_the_first_sample_of_a_run_is_in_the_cut(tmp_path: Path) -> None:
    found = run("csv", wall_file(tmp_path, 20.0), "--align-with", measured(first_s=2.0))
    assert found.summary.duration_s == pytest.approx(100.0)
    assert found.started_at == "2026-01-01T00:00:00.000+00:00"
    t = np.arange(0.0, 100.0, 0.01)
    assert joules(found) == pytest.approx((1.5 * load(t) + 30.0).mean() * 100.0, rel=0.02)


def test_a_file_that_begins_after_the_run_says_how_much_it_covers(tmp_path: Path) -> None:
    path = Path(wall_file(tmp_path, 0.0))
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([header, *rows[64:]]), encoding="utf-8")  # from second 4 of the run on
    found = run("csv", str(path), "--align-with", measured(first_s=6.0))
    assert found.summary.duration_s == pytest.approx(96.0, abs=1.0)
    assert codes(found) == ["SET-IMPORT-ALIGN", "SET-IMPORT-GAP"]
    assert found.root is not None
    assert "of the run's 100.0 s" in found.root.flags[1].detail


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

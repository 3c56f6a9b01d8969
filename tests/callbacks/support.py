"""A ledger, a fake clock and 50 W: a training that lets the clock go has known joules to the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import setsuden.meter
from setsuden.ledger import Ledger, Measurement, RunRecord
from setsuden.meter import Meter
from tests.meter.support import Bench
from tests.schemas_support import validate

WATTS = 50.0
STEP_S, EXAMINE_S = 0.1, 2.0


def bench(tmp_path: Path) -> Bench:
    return Bench({"fake/cpu": WATTS}, ledger=tmp_path / "ledger.sqlite")


def own_meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """What a callback opens is a meter of known watts."""
    around = bench(tmp_path)

    def made(name: str) -> Meter:
        return Meter(
            name, sensors=[around.sensor], clock=around.clock, rate_hz=0, sleep=around.clock.advance,
            ledger=tmp_path / "ledger.sqlite",
        )  # fmt: skip

    monkeypatch.setattr(setsuden.meter, "Meter", made)
    return around


def assert_measured(tmp_path: Path, found: Measurement | None, *, steps: int, examinations: int) -> RunRecord:
    """Every second and joule of a training that nothing else measured is in one run of the ledger."""
    seconds = STEP_S * steps + EXAMINE_S * examinations
    assert found is not None
    assert found.energy is not None
    assert found.duration_s == pytest.approx(seconds)
    assert found.energy.value == pytest.approx(WATTS * seconds)
    assert kept(tmp_path)["outcome"]["complete"]
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        (summary,) = ledger.runs()
        run = ledger.run(summary.id)
    windows = [window for window in run.windows if window.parent_id is not None]
    assert [window.name for window in windows] == ["validation"] * examinations
    assert all(window.duration_s == pytest.approx(EXAMINE_S) for window in windows)
    assert all(window.attributes["phase"] == "infer" for window in windows)
    return run


def kept(tmp_path: Path) -> dict[str, Any]:
    """The one training of the newest run."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        document: dict[str, Any] = ledger.run("last").document("forecast")
    validate("forecast", document)
    (entry,) = document["runs"]
    assert isinstance(entry, dict)
    return entry


def assert_foretold(entry: dict[str, Any], *, steps: int, examinations: int) -> None:
    """Complete, every second and joule accounted for, and foretold exactly once an examination had been seen."""
    seconds = STEP_S * steps + EXAMINE_S * examinations
    assert entry["steps_total"] == steps
    assert entry["outcome"]["complete"]
    assert entry["outcome"]["duration_s"] == pytest.approx(seconds)
    assert entry["outcome"]["energy"]["value"] == pytest.approx(WATTS * seconds)
    late = [said for said in entry["said"] if said["share"] >= 0.5]
    assert len(late) == 2
    for said in late:
        assert said["duration_error"] == pytest.approx(0.0, abs=1e-6)
        assert said["energy_error"] == pytest.approx(0.0, abs=1e-6)

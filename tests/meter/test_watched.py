"""What watches a run while it goes on: readings, documents, a last look before the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from tests.meter.support import Bench


def test_joules_and_seconds_so_far_are_those_since_the_meter_began() -> None:
    bench = Bench({"fake/cpu": 10.0}, idle_s=3.0)
    with bench.meter as meter:
        bench.clock.advance(2.0)
        tick = meter.so_far()
        assert tick is not None
        assert tick.energy is not None
        assert tick.energy.value == pytest.approx(20.0)
        assert tick.elapsed_s == pytest.approx(2.0)
        assert meter.elapsed_s() == pytest.approx(2.0)


def test_a_document_is_kept_with_the_run_and_the_newest_one_counts(tmp_path: Path) -> None:
    bench = Bench(ledger=tmp_path / "ledger.sqlite")
    with bench.meter as meter:
        meter.keep("note", {"at": 1})
        meter.keep("note", {"at": 2})
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.run("last").document("note") == {"at": 2}


def test_what_asked_is_called_before_the_end_while_it_still_measures() -> None:
    bench = Bench()
    seen: list[float] = []

    def look() -> None:
        tick = bench.meter.so_far()
        assert tick is not None
        seen.append(tick.elapsed_s)

    with bench.meter as meter:
        meter.before_end(look)
        bench.clock.advance(5.0)
    assert seen == [5.0]


def test_a_forked_child_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    with bench.meter as meter:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert meter.so_far() is None
        meter.keep("note", {})
        monkeypatch.undo()

"""A study that was killed goes on where it stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.study import run_pilot
from setsuden.study.store import unfinished
from tests.study.support import STUDY, FakeLab, declared_study


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "resumed.sqlite"


def interrupt(place: Path, after: int) -> FakeLab:
    lab = FakeLab(fail_after=after)
    with pytest.raises(KeyboardInterrupt):
        lab.run(ledger=place)
    with Ledger.open(place) as ledger:
        assert ledger.runs()[0].status == "interrupted"
    return lab


def go_on(place: Path, text: str = STUDY, lab: FakeLab | None = None) -> tuple[FakeLab, dict[str, Any]]:
    lab = lab or FakeLab()
    study, declared = declared_study(text)
    with Ledger.open(place) as ledger:
        record = unfinished(ledger, None)
        return lab, run_pilot(study, declared, ledger, resume=record, surroundings=lab.surroundings())


@pytest.mark.parametrize("after", [1, 7, 8, 13, 23])
def test_a_resumed_study_measures_exactly_what_was_missing(place: Path, after: int) -> None:
    first = interrupt(place, after)
    second, document = go_on(place)
    whole = FakeLab()
    whole.run()
    # The window that was cut off is measured again; nothing else is.
    assert first.visited[:-1] + second.visited == whole.visited
    assert {item["id"] for item in document["configurations"]} == set(whole.visited)
    assert {len(item["repeats"]) for item in document["configurations"]} == {3}
    orders = sorted(r["order"] for item in document["configurations"] for r in item["repeats"])
    assert orders == list(range(24))


def test_a_resumed_study_counts_the_time_and_joules_spent_before(place: Path) -> None:
    first = interrupt(place, 10)
    _, document = go_on(place)
    assert document["pilot_cost"]["duration_s"] > first.clock.elapsed() - 1000 - 3
    windows_j = sum(r["energy"]["value"] for item in document["configurations"] for r in item["repeats"])
    assert document["pilot_cost"]["energy"]["value"] > windows_j


def test_trainings_that_finished_are_not_repeated(place: Path) -> None:
    class Dying(FakeLab):
        def busy(self, seconds: float) -> None:
            super().busy(seconds)
            if self.windows == 24 and self.clock.elapsed() > self.limit_s:
                raise KeyboardInterrupt

        limit_s = float("inf")

    whole = FakeLab()
    whole.run()
    lab = Dying()
    lab.limit_s = whole.clock.elapsed() - 5  # within the last trainings
    with pytest.raises(KeyboardInterrupt):
        lab.run(ledger=place)
    with Ledger.open(place) as ledger:
        kept = [name for name in unfinished(ledger, None).documents if name.startswith("study/quality/")]
    assert 0 < len(kept) < 4
    second, document = go_on(place)
    assert second.visited == []
    assert len(document["quality"]) == 4
    assert len({item["samples_seen"] for item in document["quality"]}) == 1


def test_a_study_may_be_interrupted_more_than_once(place: Path) -> None:
    interrupt(place, 5)
    lab = FakeLab(fail_after=6)
    with pytest.raises(KeyboardInterrupt):
        go_on(place, lab=lab)
    _, document = go_on(place)
    assert sum(len(item["repeats"]) for item in document["configurations"]) == 24


def test_another_configuration_is_refused_with_both_hashes(place: Path) -> None:
    interrupt(place, 5)
    with pytest.raises(InputError, match=r"--resume: the interrupted study .* was declared differently") as caught:
        go_on(place, STUDY.replace("epochs: 5", "epochs: 6"))
    study, _ = declared_study()
    assert study.sha256[:12] in str(caught.value)


def test_a_finished_study_is_not_resumed(place: Path) -> None:
    FakeLab().run(ledger=place)
    with Ledger.open(place) as ledger, pytest.raises(InputError, match="no interrupted pilot"):
        unfinished(ledger, None)
    with Ledger.open(place) as ledger, pytest.raises(InputError, match="finished"):
        unfinished(ledger, ledger.runs()[0].id)


def test_a_run_that_is_no_pilot_is_not_resumed(place: Path) -> None:
    with Ledger.open(place) as ledger:
        run = ledger.start_run("meter", "something")
        run.finish()
        with pytest.raises(InputError, match="not a pilot study"):
            unfinished(ledger, run.id)


KILLED = """\
import os, signal, sys
import signal
import subprocess
import sys
from pathlib import Path
from tests.study.support import FakeLab

class Doomed(FakeLab):
    def busy(self, seconds):
        super().busy(seconds)
        if self.windows > 10:
            os.kill(os.getpid(), signal.SIGKILL)

Doomed().run(ledger=Path(sys.argv[1]))
"""


def test_a_study_killed_without_warning_goes_on(place: Path) -> None:
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(place)], cwd=root, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    with Ledger.open(place) as ledger:
        assert ledger.runs()[0].status == "cut off"
    second, document = go_on(place)
    whole = FakeLab()
    whole.run()
    assert second.visited == whole.visited[10:]
    assert sum(len(item["repeats"]) for item in document["configurations"]) == 24

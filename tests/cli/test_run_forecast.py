"""``setsuden run`` around a program that says how far it is, and around one that does not."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.cli.run_forecast import GRACE_S, Follower
from setsuden.language import Messages
from setsuden.ledger import Ledger
from setsuden.predict.progress import progress
from setsuden.predict.saying import outcome_lines
from tests.meter.support import Bench
from tests.schemas_support import validate


class Child:
    """A command that keeps the signals it gets."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


class Stage:
    """A meter on a fake clock, a follower, and a command in this very process."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **follow: Any) -> None:
        self.bench = Bench({"fake/cpu": 50.0}, ledger=tmp_path / "ledger.sqlite")
        monkeypatch.setattr("time.monotonic", self.bench.clock.elapsed)
        self.said: list[str] = []
        self.child = Child()
        self.bench.meter.start()
        settings: dict[str, Any] = {"limit_j": None, "stops": False, "intensity": None, "language": "en", **follow}
        self.follower = Follower(self.bench.meter, "train", out=self.said.append, **settings)

    def wait(self, seconds: float) -> None:
        self.bench.clock.advance(seconds)
        self.follower.look(self.child)  # type: ignore[arg-type]

    def end(self) -> Any:
        document = self.follower.close()
        self.bench.meter.stop()
        if document is not None:
            validate("forecast", document)
        return document


def test_a_command_that_says_how_far_it_is_is_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, monkeypatch)
    stage.wait(2.0)  # it starts up
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    run = progress(1000, environment=stage.follower.environment)
    for _ in range(1000):
        stage.bench.clock.advance(0.1)
        run.step()
        stage.wait(0.013)
    run.close()
    (entry,) = stage.end()["runs"]
    assert entry["outcome"]["complete"]
    assert abs(entry["said"][0]["duration_error"]) < 0.01
    assert abs(entry["said"][-1]["energy_error"]) < 0.01
    assert stage.said[0].startswith("forecast at 2%")
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.run("last").document("forecast")["runs"] == [entry]


def test_what_a_command_does_after_its_training_is_not_held_against_the_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    run = progress(100, environment=stage.follower.environment)
    for _ in range(100):
        stage.bench.clock.advance(0.1)
        run.step()
        stage.wait(0.0)
    stage.bench.clock.advance(2.0)  # a last evaluation
    run.pause()
    run.close()
    stage.wait(0.2)
    stage.wait(60.0)  # it tidies up
    (entry,) = stage.end()["runs"]
    assert entry["outcome"]["duration_s"] == pytest.approx(12.0)
    assert entry["outcome"]["energy"]["value"] == pytest.approx(600.0)


def test_a_training_is_looked_at_more_often_in_its_first_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    assert stage.follower.look(stage.child) is None  # type: ignore[arg-type]
    run = progress(1000, environment=stage.follower.environment)
    waits = []
    for _ in range(1000):
        stage.bench.clock.advance(0.05)
        run.step()
        waits.append(stage.follower.look(stage.child))  # type: ignore[arg-type]
    run.close()
    stage.end()
    assert waits[0] == pytest.approx(0.05)
    assert waits[-1] == pytest.approx(0.25)
    assert waits == sorted(waits)  # type: ignore[type-var]


def test_a_command_that_listens_is_asked_to_stop_and_given_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch, limit_j=1000.0, stops=True)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    saved: list[float] = []
    run = progress(1000, on_stop=saved.append, environment=stage.follower.environment)
    steps = 0
    while not run.stopped:
        stage.wait(0.1)
        run.step()
        steps += 1
    assert 900 < saved[0] <= 1000
    assert 0.1 * steps * 50 <= 1000
    stage.wait(GRACE_S / 2)
    assert stage.child.signals == []
    stage.wait(GRACE_S)
    assert stage.child.signals == [signal.SIGTERM]
    run.close()
    assert stage.end()["runs"][0]["budget"]["state"] == "stopped"


def test_a_command_that_does_not_listen_is_ended_before_the_budget_is_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch, limit_j=1000.0, stops=True)
    waited = 0.0
    while not stage.child.signals:
        stage.wait(0.25)
        waited += 0.25
    assert 50 * waited <= 1000
    assert 50 * waited > 950
    (entry,) = stage.end()["runs"]
    assert entry["steps_total"] is None
    assert entry["budget"]["state"] == "stopped"
    *_, line = outcome_lines({"runs": [entry]}, Messages("forecast", "en"))
    assert line == "budget of 1 kJ: the command was stopped"


def test_a_budget_of_the_command_itself_is_kept_where_the_command_line_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    run = progress(100, budget_kwh=500 / 3.6e6, environment=stage.follower.environment)
    for _ in range(100):
        stage.wait(0.2)
        run.step()
    run.close()
    assert stage.end()["runs"][0]["budget"]["state"] == "warned"
    assert any("will be passed" in line for line in stage.said)


def test_a_command_without_progress_and_budget_has_no_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, monkeypatch)
    stage.wait(1.0)
    assert stage.end() is None


def trained(stage: Stage, name: str, steps: int, step_s: float, **settings: Any) -> None:
    with progress(steps, name=name, environment=stage.follower.environment, **settings) as run:
        for _ in range(steps):
            stage.bench.clock.advance(step_s)
            if not run.step():
                return
            stage.follower.look(stage.child)  # type: ignore[arg-type]


def test_trainings_that_follow_each_other_are_forecast_and_judged_each_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    trained(stage, "first", 200, 0.1)
    trained(stage, "second", 100, 0.3)
    first, second = stage.end()["runs"]
    assert [entry["name"] for entry in (first, second)] == ["first", "second"]
    for entry, seconds in ((first, 20.0), (second, 30.0)):
        assert entry["outcome"]["complete"]
        assert entry["outcome"]["duration_s"] == pytest.approx(seconds)
        assert entry["outcome"]["energy"]["value"] == pytest.approx(50 * seconds)
        assert all(abs(said["duration_error"]) < 0.01 for said in entry["said"])
        assert len(entry["said"]) >= 5


def test_a_training_within_another_one_hides_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    with progress(5, environment=stage.follower.environment) as outer:
        for fold in range(5):
            trained(stage, f"fold {fold}", 100, 0.1)
            outer.step()
    entries = stage.end()["runs"]
    assert [entry["outcome"]["duration_s"] for entry in entries] == pytest.approx([50.0, *[10.0] * 5])
    assert all(entry["outcome"]["complete"] for entry in entries)


def test_the_budget_of_the_command_line_is_for_all_trainings_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch, limit_j=1500.0, stops=True)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    saved: list[float] = []
    for name in ("first", "second", "third"):
        trained(stage, name, 200, 0.1, on_stop=saved.append)
    assert len(saved) == 2  # the second is stopped on its way, the third as soon as it begins
    assert 1450 < saved[0] < 1500.001
    entries = stage.end()["runs"]
    assert [entry["outcome"]["complete"] for entry in entries] == [True, False, False]
    assert entries[0]["budget"]["state"] == "stopped"


def test_a_budget_of_one_training_does_not_stop_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    saved: list[float] = []
    for name in ("first", "second"):
        trained(stage, name, 200, 0.1, budget_kwh=500 / 3.6e6, on_stop=saved.append)
    trained(stage, "third", 400, 0.1, budget_kwh=3000 / 3.6e6, on_stop=saved.append)
    assert len(saved) == 2
    assert stage.child.signals == []
    entries = stage.end()["runs"]
    assert [entry["outcome"]["complete"] for entry in entries] == [False, False, True]
    for entry in entries[:2]:
        assert 450 < entry["outcome"]["energy"]["value"] < 500.001


def test_what_a_command_does_after_its_training_is_not_held_to_the_budget_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.setattr("setsuden.meter.lifetime.running", list)
    trained(stage, "it", 100, 0.1, budget_kwh=600 / 3.6e6, on_budget="stop")
    stage.wait(0.2)
    for _ in range(4):
        stage.wait(GRACE_S)  # it evaluates, and writes tables
    assert stage.child.signals == []
    (entry,) = stage.end()["runs"]
    assert entry["budget"]["state"] == "within"
    assert entry["outcome"]["energy"]["value"] == pytest.approx(500.0)


SCRIPT = """
import setsuden
with setsuden.progress(40, steps_per_epoch=10) as run:
    for _ in range(40):
        sum(range(100_000))
        run.step()
"""


def test_the_whole_way_through_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETSUDEN_LEDGER", str(tmp_path / "ledger.sqlite"))
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    out = tmp_path / "run.json"
    done = CliRunner().invoke(
        main, ["run", "--json-file", str(out), "--site", "JP", "--", sys.executable, str(tmp_path / "train.py")]
    )
    assert done.exit_code == 0, done.output
    document = json.loads(out.read_text(encoding="utf-8"))
    validate("run", document)
    (entry,) = document["forecast"]["runs"]
    assert entry["steps_total"] == 40
    assert entry["outcome"]["complete"]
    assert entry["outcome"]["carbon"]["unit"] == "gCO2e"
    shown = CliRunner().invoke(main, ["show", "--json"])
    validate("show", json.loads(shown.output))
    for language, word in (("en", "came out"), ("ja", "結果")):
        assert word in CliRunner().invoke(main, ["show", "--lang", language]).output


def test_a_budget_that_makes_no_sense_is_refused_before_anything_runs(tmp_path: Path) -> None:
    for options in (["--budget-kwh", "0"], ["--budget-g", "5"], ["--budget-kwh", "1", "--budget-g", "5"]):
        done = CliRunner().invoke(main, ["run", "--no-ledger", *options, "--", "touch", str(tmp_path / "made")])
        assert done.exit_code == 2
        if len(options) == 2:
            assert done.stderr.startswith(f"setsuden: {options[0]}: a budget")
    assert not (tmp_path / "made").exists()

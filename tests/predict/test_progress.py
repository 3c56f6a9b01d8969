"""A training that says how far it is: forecasts, their later error, budgets; on a fake clock and scripted watts."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

import setsuden
from setsuden.errors import InputError
from setsuden.language import Messages
from setsuden.ledger import Ledger
from setsuden.meter import lifetime
from setsuden.predict.budget import EnergyBudget
from setsuden.predict.mailbox import VARIABLE, Mailbox, Note
from setsuden.predict.progress import Progress, progress
from setsuden.predict.saying import outcome_lines
from setsuden.predict.speed import NUMBER, Speeds
from setsuden.predict.watcher import Watcher, forecast_document
from tests.meter.support import Bench
from tests.schemas_support import validate

STEPS = 1000


@pytest.fixture(autouse=True)
def nothing_else_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def bench(tmp_path: Path, **settings: Any) -> Bench:
    return Bench({"fake/cpu": 50.0}, ledger=tmp_path / "ledger.sqlite", **settings)


def train(bench: Bench, run: Progress, steps: int, *, step_s: float = 0.1, first_s: float = 3.0) -> int:
    """Steps of equal length after a slow first one; a pause of a second after every hundredth."""
    for step in range(1, steps + 1):
        bench.clock.advance(first_s if step == 1 else step_s)
        if not run.step():
            return step
        if step % 100 == 0:
            bench.clock.advance(1.0)
            run.pause()
    return steps


def kept(tmp_path: Path) -> dict[str, Any]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        document: dict[str, Any] = ledger.run("last").document("forecast")
    validate("forecast", document)
    return document


def test_a_forecast_is_said_kept_and_set_beside_what_came_out(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with around.meter as meter:
        around.clock.advance(30.0)  # what was before the training is not in its forecast
        with progress(STEPS, steps_per_epoch=100, meter=meter, site="JP", say=said.append) as run:
            train(around, run, STEPS)
    document = kept(tmp_path)
    (entry,) = document["runs"]
    seconds = 3.0 + 999 * 0.1 + 10 * 1.0
    assert entry["outcome"]["complete"]
    assert entry["outcome"]["duration_s"] == pytest.approx(seconds)
    assert entry["outcome"]["energy"]["value"] == pytest.approx(50 * seconds)
    shares = [forecast["share"] for forecast in entry["said"]]
    assert len(shares) == len(said) == 6
    assert shares[0] < 0.03
    later = entry["said"][3]  # evaluations have been seen by then
    assert later["duration_error"] == pytest.approx(0.0, abs=1e-6)
    assert later["energy_error"] == pytest.approx(0.0, abs=1e-6)
    kwh = later["energy"]["value"] / 3.6e6
    assert later["carbon"]["value"] == pytest.approx(kwh * entry["intensity"]["value"])
    lines = list(outcome_lines(document, Messages("forecast", "en")))
    assert "off by +0.0%, +0.0%" in lines[4]
    assert lines[-1].startswith("  came out: 1.882 min")


def test_the_first_epoch_times_the_epochs_is_kept_and_said_beside_the_forecasts(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        around.clock.advance(30.0)  # what was before the training is multiplied by nobody
        with progress(STEPS, steps_per_epoch=100, meter=meter, say=lambda _: None) as run:
            train(around, run, STEPS)
    document = kept(tmp_path)
    (entry,) = document["runs"]
    seconds, by_first = 3.0 + 999 * 0.1 + 10 * 1.0, 10 * (3.0 + 99 * 0.1 + 1.0)
    first = entry["first_epoch"]
    assert first["epochs"] == 10
    assert first["duration"]["value"] == pytest.approx(by_first)
    assert first["energy"]["value"] == pytest.approx(50 * by_first)
    assert first["duration_error"] == pytest.approx(by_first / seconds - 1)
    assert first["energy_error"] == pytest.approx(by_first / seconds - 1)
    for language, words in (("en", "the first epoch times 10: 2.317 min"), ("ja", "最初のエポック × 10: 2.317 min")):
        (line,) = (line for line in outcome_lines(document, Messages("forecast", language)) if words in line)  # type: ignore[arg-type]
        assert "+23.1%, +23.1%" in line


def test_one_epoch_has_no_first_one_to_multiply(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter, progress(STEPS, evaluation=3, meter=meter, say=lambda _: None) as run:
        train(around, run, STEPS)
    (entry,) = kept(tmp_path)["runs"]
    assert entry["first_epoch"] is None


def test_a_run_that_ends_early_is_not_judged_by_its_forecast(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        run = progress(STEPS, meter=meter, say=lambda _: None)
        train(around, run, 300)
    (entry,) = kept(tmp_path)["runs"]
    assert not entry["outcome"]["complete"]
    assert all(said["duration_error"] is None for said in entry["said"])
    assert "nothing to be compared with" in "".join(outcome_lines({"runs": [entry]}, Messages("forecast", "en")))


def test_a_run_that_goes_on_beyond_its_steps_is_not_judged_by_its_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = bench(tmp_path)
    looks: list[float] = []
    with around.meter as meter, progress(STEPS, meter=meter, say=lambda _: None) as run:
        train(around, run, STEPS)
        monkeypatch.setattr(meter, "so_far", lambda so_far=meter.so_far: looks.append(0.0) or so_far())
        train(around, run, STEPS, step_s=0.001, first_s=0.001)
        seen = len(looks)
    assert seen < 30  # no look at every step only because all that were announced are done
    (entry,) = kept(tmp_path)["runs"]
    assert entry["outcome"]["steps_done"] == 2 * STEPS
    assert not entry["outcome"]["complete"]
    assert all(said["duration_error"] is None for said in entry["said"])
    lines = "".join(outcome_lines({"runs": [entry]}, Messages("forecast", "en")))
    assert "went on to 2000 steps" in lines


def test_a_few_steps_more_than_announced_are_the_same_run(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter, progress(STEPS, meter=meter, say=lambda _: None) as run:
        train(around, run, STEPS + 10)
    (entry,) = kept(tmp_path)["runs"]
    assert entry["outcome"]["complete"]
    assert entry["said"][-1]["duration_error"] is not None


def test_a_budget_that_nothing_counted_for_is_not_said_to_be_kept() -> None:
    watcher = Watcher("it", 100, budget=EnergyBudget(1.0))
    for step in range(101):
        assert watcher.look(0.1 * step, None, step)
    watcher.end(10.0, None, 100)
    document = forecast_document([watcher])
    validate("forecast", document)
    assert list(outcome_lines(document, Messages("forecast", "en")))[-1].endswith("so nobody kept it")


def test_a_run_that_was_left_without_a_word_ended_when_it_was_last_heard_of(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        left = progress(STEPS, name="left", meter=meter, say=lambda _: None)
        train(around, left, 300)
        again = progress(STEPS, name="again", meter=meter, say=lambda _: None)
        train(around, again, STEPS)
        around.clock.advance(100.0)
    first, second = kept(tmp_path)["runs"]
    assert first["outcome"]["duration_s"] == pytest.approx(3.0 + 299 * 0.1 + 3 * 1.0)
    assert second["outcome"]["duration_s"] == pytest.approx(3.0 + 999 * 0.1 + 10 * 1.0)
    assert second["outcome"]["complete"]


def test_a_run_that_dies_keeps_the_forecasts_it_had_made(tmp_path: Path) -> None:
    around = bench(tmp_path)
    around.meter.start()
    run = progress(STEPS, meter=around.meter, say=lambda _: None)
    train(around, run, 300)
    around.tick(2.0)
    entry = kept(tmp_path)["runs"][0]
    assert entry["said"]
    assert entry["outcome"] is None
    around.meter.stop()


def test_two_trainings_of_one_meter_are_kept_side_by_side(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        for name in ("first", "second"):
            with progress(STEPS, name=name, meter=meter, say=lambda _: None) as run:
                train(around, run, STEPS)
    assert [entry["name"] for entry in kept(tmp_path)["runs"]] == ["first", "second"]


def test_of_many_trainings_each_is_kept_when_it_is_over_and_not_written_anew_for_every_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = bench(tmp_path)
    written: list[int] = []
    with around.meter as meter:
        keep = meter.keep
        monkeypatch.setattr(
            meter, "keep", lambda name, document: (written.append(len(document["runs"])), keep(name, document))
        )
        for fold in range(25):
            with progress(100, name=f"fold {fold}", meter=meter, say=lambda _: None) as run:
                train(around, run, 100)
    assert written.count(20) > 3
    assert written[-5:] == [21, 22, 23, 24, 25]
    entries = kept(tmp_path)["runs"]
    assert [entry["name"] for entry in entries] == [f"fold {fold}" for fold in range(25)]
    assert all(entry["outcome"]["complete"] and entry["said"] for entry in entries)


def test_a_budget_stops_before_it_is_passed_and_the_hook_can_save(tmp_path: Path) -> None:
    saved: list[float] = []
    said: list[str] = []
    around = bench(tmp_path)
    budget_j = 2000.0
    with around.meter as meter:
        with progress(STEPS, meter=meter, budget_kwh=budget_j / 3.6e6, on_stop=saved.append, say=said.append) as run:
            done = train(around, run, STEPS)
        assert run.stopped
    (entry,) = kept(tmp_path)["runs"]
    assert done < STEPS
    (spent,) = saved
    assert spent <= budget_j
    assert entry["outcome"]["energy"]["value"] <= budget_j
    assert spent > 0.85 * budget_j
    assert entry["budget"]["state"] == "stopped"
    assert entry["budget"]["at_step"] == done
    assert any("will be passed" in line for line in said)
    assert any(line.startswith("stopped at") for line in said)


def test_a_budget_that_only_warns_lets_the_run_end(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with around.meter as meter, progress(STEPS, meter=meter, site="JP", budget_g=0.01, say=said.append) as run:
        assert train(around, run, STEPS) == STEPS
    assert sum("budget" in line for line in said) == 1
    assert kept(tmp_path)["runs"][0]["budget"]["state"] == "warned"


def test_a_budget_that_holds_is_not_spoken_of(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with around.meter as meter, progress(STEPS, meter=meter, budget_kwh=1.0, on_budget="stop", say=said.append) as run:
        assert train(around, run, STEPS) == STEPS
    assert not any("budget" in line for line in said)


def test_nonsense_is_refused(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        for settings, words in (
            ({"budget_kwh": 0.0}, "above zero"),
            ({"budget_kwh": 1.0, "budget_g": 1.0}, "not both"),
            ({"budget_g": 1.0}, "grid's carbon"),
            ({"on_budget": "explode"}, "unknown choice"),
        ):
            with pytest.raises(InputError, match=words):
                progress(STEPS, meter=meter, **settings)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="at least one step"):
            progress(0, meter=meter)


def test_the_meter_of_the_process_is_found_and_two_must_be_told_apart(tmp_path: Path) -> None:
    gc.collect()
    assert lifetime.running() == []
    first, second = Bench(), Bench()
    with first.meter:
        with setsuden.progress(STEPS, say=lambda _: None) as run:
            train(first, run, 200)
            assert run.forecast is not None
        with second.meter, pytest.raises(InputError, match="several meters"):
            setsuden.progress(STEPS)


def test_where_nothing_measures_a_training_goes_on_as_if_nothing_were_there() -> None:
    run = setsuden.progress(STEPS, budget_kwh=1e-9, on_budget="stop")
    assert all(run.step() for _ in range(STEPS))
    run.pause()
    run.close()
    assert run.forecast is None
    assert not run.stopped


def test_a_command_tells_the_run_around_it_and_is_asked_to_stop() -> None:
    around = Mailbox.make()
    try:
        saved: list[float] = []
        environment = {VARIABLE: str(around.path)}
        assert around.read() == []
        run = progress(500, steps_per_epoch=50, budget_kwh=1.0, on_stop=saved.append, environment=environment)
        (note,) = around.read()
        assert note.begun_s <= note.at_s
        told = Note(500, 50, 0, 0.0, note.at_s, 3.6e6, True, Speeds(5000.0, 1), NUMBER, begun_s=note.begun_s)
        assert note == told
        run.on_step(1, 0.5)
        run.on_epoch(None)
        (note,) = around.read()
        assert note.steps_done == 1
        assert note.paused_s >= 0.0
        around.ask_to_stop(123.0)
        run.pause()
        assert saved == [123.0]
        assert run.should_stop()
        run.close()
    finally:
        around.close(remove=True)
    assert not around.path.exists()


def test_trainings_of_one_command_keep_apart_what_they_wrote() -> None:
    around = Mailbox.make()
    try:
        for begun in range(1, 11):
            name = "節電" * 20 if begun == 9 else f"fold {begun}"
            Mailbox(around.path).write(Note(100, None, 100, 0.0, begun + 0.5, begun_s=float(begun), name=name))
        assert [note.begun_s for note in around.read()] == list(range(3, 11))
        assert [note.name for note in around.read()][-3:] == ["fold 8", ("節電" * 20)[:21], "fold 10"]
        around.ask_to_stop(7.0, 10.0)
        assert [around.asked_to_stop(begun) for begun in (9.0, 10.0)] == [None, 7.0]
        around.ask_to_stop(8.0)
        assert [around.asked_to_stop(begun) for begun in (9.0, 10.0)] == [8.0, 8.0]
    finally:
        around.close(remove=True)


def test_a_training_that_goes_on_keeps_its_place_while_others_within_it_end() -> None:
    around = Mailbox.make()
    try:
        Mailbox(around.path).write(Note(100, None, 1, 0.0, 1.0, begun_s=1.0))
        for begun in range(2, 20):
            Mailbox(around.path).write(Note(100, None, 100, 0.0, begun + 0.5, begun_s=float(begun), over=True))
        assert [note.begun_s for note in around.read()] == [1.0, *map(float, range(13, 20))]
        assert [note.over for note in around.read()] == [False, *[True] * 7]
    finally:
        around.close(remove=True)


def test_only_the_first_of_several_ranks_tells() -> None:
    around = Mailbox.make()
    try:
        progress(500, environment={VARIABLE: str(around.path), "RANK": "1"})
        assert around.read() == []
    finally:
        around.close(remove=True)
    with pytest.raises(InputError, match="cannot be opened"):
        progress(500, environment={VARIABLE: str(around.path)})


def test_a_run_that_needed_fewer_steps_than_announced_is_judged_when_it_says_so(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        run = progress(STEPS, meter=meter, say=lambda _: None)
        train(around, run, STEPS - 5)
        run.close(whole=True)
    (entry,) = kept(tmp_path)["runs"]
    assert entry["outcome"]["complete"]
    assert abs(entry["said"][-1]["duration_error"]) < 0.01


def test_steps_are_counted_from_the_loader(tmp_path: Path) -> None:
    around = bench(tmp_path)
    loader = [None] * 100
    with around.meter as meter, progress(loader, epochs=10, meter=meter, say=lambda _: None) as run:
        train(around, run, 1000)
    (entry,) = kept(tmp_path)["runs"]
    assert entry["steps_total"] == 1000
    assert entry["steps_per_epoch"] == 100
    assert entry["outcome"]["complete"]
    with pytest.raises(InputError, match="at least one step"):
        progress([], epochs=10)


class Stream:
    """As a loader over a stream: it has the method and no answer."""

    def __len__(self) -> int:
        raise TypeError("object of type 'Stream' has no len()")


def test_a_stream_needs_the_number_of_its_steps_and_may_be_evaluated_on(tmp_path: Path) -> None:
    for endless in (Stream(), iter([None])):
        with pytest.raises(InputError, match="how many steps"):
            progress(endless)  # type: ignore[arg-type]
    around, settings = bench(tmp_path), {"steps_per_epoch": 100, "evaluation": Stream()}
    with around.meter as meter, progress(STEPS, meter=meter, say=lambda _: None, **settings) as run:  # type: ignore[arg-type]
        train(around, run, STEPS)
    (entry,) = kept(tmp_path)["runs"]
    assert entry["outcome"]["complete"]
    assert entry["said"][0]["narrowed_by"]["by"] == "evaluation"


def test_a_half_written_note_is_not_read_and_a_wrong_file_is_refused(tmp_path: Path) -> None:
    around = Mailbox.make()
    try:
        around.write(Note(10, None, 3, 0.0, 1.0))
        assert len(around.read()) == 1
        damaged = bytearray(around.path.read_bytes())
        damaged[16] ^= 0xFF
        around.path.write_bytes(bytes(damaged))
        assert around.read() == []
    finally:
        around.close(remove=True)
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(InputError, match="too short"):
        Mailbox(tmp_path / "short")


def test_a_budget_in_grams_is_spoken_of_in_grams(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with around.meter as meter:
        with progress(STEPS, meter=meter, site="JP", budget_g=0.2, on_budget="stop", say=said.append) as run:
            train(around, run, STEPS)
        assert run.stopped
    document = kept(tmp_path)
    assert document["runs"][0]["budget"]["limit_g"] == 0.2
    (line,) = [line for line in said if line.startswith("stopped at")]
    limit = line.removesuffix(" is passed").partition("before the budget of ")[2]
    assert limit.startswith("200 mgCO2e (")
    assert list(outcome_lines(document, Messages("forecast", "en")))[-1].startswith(
        f"  budget of {limit}: stopped at step"
    )


def test_a_budget_that_is_passed_between_two_looks_is_not_said_to_be_kept(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with (
        around.meter as meter,
        progress(STEPS, meter=meter, budget_kwh=1e-6, on_budget="stop", say=said.append) as run,
    ):
        around.clock.advance(10.0)
        assert not run.step()
    (line,) = said
    assert line.endswith("was passed before the next look: stopped at 500 J")


def test_what_would_narrow_a_forecast_is_not_said_twice_in_a_row(tmp_path: Path) -> None:
    said: list[str] = []
    around = bench(tmp_path)
    with around.meter as meter, progress(STEPS, meter=meter, say=said.append) as run:
        train(around, run, STEPS)
    reasons = [entry["narrowed_by"] for entry in kept(tmp_path)["runs"][0]["said"]]
    assert reasons[-1] == reasons[-2]
    assert ";" in said[0]
    assert ";" not in said[-1]
    lines = list(outcome_lines(kept(tmp_path), Messages("forecast", "en")))
    assert [";" in line for line in lines[1:-1]] == [";" in line for line in said]

"""Campaigns from trackers' own stores.

The Optuna studies are made by Optuna itself. The MLflow stores and W&B exports are written here by their layout; the
layout of the MLflow stores was compared by hand with what MLflow 3.17 writes.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.footprint.campaign import Recorded, Wanted, from_tracker
from setsuden.quantity import Provenance
from tests.schemas_support import validate

optuna = pytest.importorskip("optuna", reason="the studies are made by optuna itself")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["campaign", *words])


def study_in(storage: Any, name: str = "search", *, direction: str = "minimize", energy: bool = True) -> Any:
    """Eight trials of 0.1, 0.2 ... 0.8 kWh: number 2 is pruned, 3 fails, 7 is the best to minimise."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(study_name=name, storage=storage, direction=direction)

    def objective(trial: Any) -> float:
        trial.suggest_float("rate", 0, 1)
        if energy:
            trial.set_user_attr("energy_kwh", 0.1 * (trial.number + 1))
        if trial.number == 2:
            trial.report(-100.0, 0)
            raise optuna.TrialPruned
        if trial.number == 3:
            raise ValueError("diverged")
        return 10.0 - trial.number

    study.optimize(objective, n_trials=8, catch=(ValueError,))
    return study


@pytest.fixture(params=["file", "url", "journal"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, str]:
    """(for optuna, for us): an SQLite file by path and by URL, and a journal, which is read through optuna."""
    if request.param == "journal":
        path = str(tmp_path / "journal.log")
        backend = optuna.storages.journal.JournalFileBackend(path)
        return optuna.storages.JournalStorage(backend), path
    url = f"sqlite:///{tmp_path / 'my studies.db'}"
    return url, url if request.param == "url" else str(tmp_path / "my studies.db")


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_real_optuna_study_is_added_up_trial_by_trial(storage: tuple[Any, str]) -> None:
    theirs, ours = storage
    study_in(theirs)
    found = from_tracker("optuna", ours)
    assert found.name == "search"
    assert found.energy.value == pytest.approx(3.6)
    assert found.energy.provenance is Provenance.ESTIMATED  # recorded, by a meter that is not known here
    assert found.chosen == "7"
    assert found.waste_share is not None
    assert found.waste_share.value == pytest.approx(1 - 0.8 / 3.6)
    assert found.tally is not None
    assert {state: runs for state, (runs, _) in found.tally.by_status.items()} == {
        "complete": 6, "stopped": 1, "failed": 1,
    }  # fmt: skip
    assert found.tally.by_status["stopped"][1] == pytest.approx(0.3)


def test_durations_and_stated_watts_stand_in_for_energies_that_nobody_recorded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study = study_in(url, energy=False)
    with pytest.raises(InputError, match="--watts"):
        from_tracker("optuna", url)
    found = from_tracker("optuna", url, watts=250.0)
    seconds = sum(trial.duration.total_seconds() for trial in study.trials)
    assert found.energy.value == pytest.approx(seconds * 250 / 3.6e6)
    assert found.energy.provenance is Provenance.ASSUMED
    assert [factor.value for factor in found.energy.factors] == [250.0]
    assert found.tally is not None
    assert (found.tally.recorded, found.tally.from_watts) == (0, 8)


def test_the_best_trial_of_a_study_that_maximises_is_its_largest(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study = study_in(url, direction="maximize")
    assert from_tracker("optuna", url).chosen == str(study.best_trial.number) == "0"


def test_a_pruned_value_is_never_the_best(tmp_path: Path) -> None:
    """Optuna keeps the last reported value of a pruned trial, here far below all others."""
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study_in(url)
    assert from_tracker("optuna", url).chosen == "7"


def test_several_objectives_have_no_best_trial_but_a_chosen_one_may_be_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study = optuna.create_study(study_name="two", storage=url, directions=["minimize", "maximize"])
    for nth in range(3):
        study.add_trial(optuna.trial.create_trial(values=[nth, nth], user_attrs={"energy_j": 3.6e6}))
    found = from_tracker("optuna", url)
    assert (found.chosen, found.waste_share) == (None, None)
    kept = from_tracker("optuna", url, chosen="1")
    assert kept.waste_share is not None
    assert kept.waste_share.value == pytest.approx(2 / 3)


def test_trials_that_still_run_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study = study_in(url)
    study.ask()
    study.enqueue_trial({"rate": 0.5})
    result = run("--optuna", url, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    validate("campaign", document)
    assert document["runs"] == 8
    assert document["trials"]["left_out"] == 2
    assert document["energy_kwh"]["value"] == pytest.approx(3.6)


def test_which_study_is_asked_when_there_are_several(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    study_in(url, "first")
    study_in(url, "second")
    result = run("--optuna", url)
    assert result.exit_code == 2
    assert "--study: first, second" in result.stderr
    assert run("--optuna", url, "--study", "second", "--json").exit_code == 0
    assert run("--optuna", url, "--study", "third").exit_code == 2


# -- MLflow: (name, status, start ms, seconds, metrics, parent)
RUNS: list[tuple[str, str, int, float | None, dict[str, list[float]], str | None]] = [
    ("sweep", "FINISHED", 1_000, 9_000, {}, None),
    ("a", "FINISHED", 2_000, 3_600, {"acc": [0.9, 0.7], "energy_kwh": [0.1, 0.4]}, "sweep"),
    ("b", "FINISHED", 3_000, 3_600, {"acc": [0.1, 0.8], "energy_kwh": [0.6]}, "sweep"),
    ("c", "FAILED", 4_000, 1_800, {"acc": [0.99]}, "sweep"),
    ("d", "KILLED", 5_000, 900, {}, None),
    ("e", "RUNNING", 6_000, None, {"acc": [0.95]}, None),
    ("f", "FINISHED", 7_000, 3_600, {"acc": [float("nan")], "energy_kwh": [0.2]}, None),
]


def mlflow_files(folder: Path) -> str:
    numbers = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
    for experiment, name in (("0", "Default"), ("123", "tuning")):
        (folder / experiment).mkdir(parents=True)
        (folder / experiment / "meta.yaml").write_text(f"experiment_id: '{experiment}'\nname: {name}\n", "utf-8")
    binned = [("bin", "FINISHED", 9_000, 60.0, {"energy_kwh": [50.0]}, None)]
    for name, status, start, seconds, metrics, parent in [*RUNS, *binned]:
        run_folder = folder / "123" / f"id-{name}"
        (run_folder / "metrics").mkdir(parents=True)
        (run_folder / "tags").mkdir()
        end = "null" if seconds is None else start + int(seconds * 1000)
        stage = "deleted" if name == "bin" else "active"
        (run_folder / "meta.yaml").write_text(
            f"run_id: id-{name}\nrun_name: {name}\nstatus: {numbers[status]}\nstart_time: {start}\nend_time: {end}\n"
            f"lifecycle_stage: {stage}\n",
            "utf-8",
        )
        for metric, values in metrics.items():
            lines = [f"{start + step} {value} {step}\n" for step, value in enumerate(values)]
            (run_folder / "metrics" / metric).write_text("".join(lines), "utf-8")
        if parent:
            (run_folder / "tags" / "mlflow.parentRunId").write_text(f"id-{parent}", "utf-8")
    return str(folder)


def mlflow_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(
            "CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);"
            "CREATE TABLE runs (run_uuid TEXT, name TEXT, status TEXT, start_time BIGINT, end_time BIGINT,"
            " lifecycle_stage TEXT, experiment_id INTEGER);"
            "CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN,"
            " run_uuid TEXT);"
            "CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);"
            "INSERT INTO experiments VALUES (0, 'Default', 'active'), (1, 'tuning', 'active');"
            "INSERT INTO runs VALUES ('id-bin', 'bin', 'FINISHED', 1, 2, 'deleted', 1);"
            "INSERT INTO latest_metrics VALUES ('energy_kwh', 50, 1, 0, 0, 'id-bin');"
        )
        for name, status, start, seconds, metrics, parent in RUNS:
            end = None if seconds is None else start + int(seconds * 1000)
            db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, 'active', 1)", (f"id-{name}", name, status, start, end))
            for metric, values in metrics.items():
                missing = values[-1] != values[-1]
                row = (metric, 0.0 if missing else values[-1], start, len(values) - 1, missing, f"id-{name}")
                db.execute("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)", row)
            if parent:
                db.execute("INSERT INTO tags VALUES ('mlflow.parentRunId', ?, ?)", (f"id-{parent}", f"id-{name}"))
    return f"sqlite:///{path}"


@pytest.fixture(params=["files", "file-url", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return mlflow_sqlite(tmp_path / "mlflow.db")
    folder = mlflow_files(tmp_path / "mlruns")
    return f"file://{folder}" if request.param == "file-url" else folder


def check_mlflow(found: Recorded) -> None:
    assert found.name == "tuning"
    # c: half an hour, d: a quarter of an hour at 400 W; the spanning run, the running one and the bin do not count.
    assert found.energy.value == pytest.approx(0.4 + 0.6 + 0.2 + 0.2 + 0.1)
    assert found.energy.provenance is Provenance.ASSUMED
    assert found.chosen == "b"  # by the last value; c failed, e runs
    assert found.tally is not None
    assert (found.tally.recorded, found.tally.from_watts, found.tally.left_out) == (3, 2, 1)


def test_an_mlflow_experiment_is_added_up_run_by_run(store: str) -> None:
    check_mlflow(from_tracker("mlflow", store, Wanted(quality="acc"), watts=400.0))


def test_the_least_of_a_metric_can_be_the_best(store: str) -> None:
    found = from_tracker("mlflow", store, Wanted(quality="acc", minimise=True), watts=400.0)
    assert found.chosen == "a"


def test_a_metric_that_no_run_has_is_named_with_those_there_are(store: str) -> None:
    result = run("--mlflow", store, "--quality", "accuracy", "--watts", "400")
    assert result.exit_code == 2
    assert "acc, energy_kwh" in result.stderr


def test_a_parent_that_alone_knows_the_energy_stands_for_its_runs(tmp_path: Path) -> None:
    folder = Path(mlflow_files(tmp_path / "mlruns"))
    for name in "ab":
        (folder / "123" / f"id-{name}" / "metrics" / "energy_kwh").unlink()
    (folder / "123" / "id-sweep" / "metrics" / "energy_kwh").write_text("1 7.0 0\n", "utf-8")
    found = from_tracker("mlflow", folder, watts=400.0)
    assert found.energy.value == pytest.approx(7.0 + 0.1 + 0.2)


# -- W&B

TABLE = """Name,State,Runtime,Created,val/acc,energy_kwh
young,finished,3600,2025-03-02T10:00:00.000Z,0.9,0.5
old,finished,7200,2025-03-01T10:00:00.000Z,0.8,1.0
dead,crashed,1800,2025-03-03T10:00:00.000Z,0.95,
"""


def wandb_json(lines: bool) -> str:
    runs = [
        {"name": "young", "state": "finished", "summary": {"val/acc": 0.9, "energy_kwh": 0.5, "_runtime": 3600}},
        {"name": "old", "state": "finished", "summary": json.dumps({"val/acc": 0.8, "energy_kwh": 1.0})},
        {"name": "dead", "state": "crashed", "summary": {"val/acc": 0.95, "_wandb": {"runtime": 1800}}},
    ]
    return "\n".join(map(json.dumps, runs)) if lines else json.dumps({"runs": runs})


@pytest.mark.parametrize(
    ("name", "content"),
    [("runs.csv", TABLE), ("runs.json", wandb_json(False)), ("runs.jsonl", wandb_json(True))],
)
def test_a_wandb_export_is_added_up_run_by_run(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = from_tracker("wandb", path, Wanted(quality="val/acc"), watts=400.0)
    assert found.energy.value == pytest.approx(0.5 + 1.0 + 0.2)
    assert found.chosen == "young"
    document = json.loads(run("--wandb", str(path), "--quality", "val/acc", "--watts", "400", "--json").stdout)
    validate("campaign", document)
    assert [item["status"] for item in document["trials"]["by_status"]] == ["complete", "failed"]


def test_runs_of_a_table_are_put_in_the_order_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(TABLE, encoding="utf-8")
    found = from_tracker("wandb", path, Wanted(quality="val/acc"), watts=400.0)
    assert [at for at, _, _ in found.trials.improvements()] == [0, 1]  # old, then young


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        (["--wandb"], "Name,Runtime\na,3\n", "State"),
        (["--wandb"], "Name,State,Runtime\na,finished,3\n", "--watts"),
        (["--wandb", "--watts", "1"], "Name,State\na,finished\n", "neither"),
        (["--wandb", "--watts", "1"], "Name,State,Runtime\na,finished,soon\n", "runtime"),
        (["--wandb", "--watts", "1"], "Name,State,Runtime\na,levitating,3\n", "status"),
        (["--wandb", "--watts", "1"], "Name,State,Runtime\na,finished\n", "as wide"),
        (["--wandb", "--watts", "1"], "Name,State,Runtime\na,running,3\n", "has ended"),
        (["--wandb", "--watts", "-1"], "Name,State,Runtime\na,finished,3\n", "watts"),
        (["--wandb", "--watts", "1", "--quality", "f1"], "Name,State,Runtime\na,finished,3\n", "metric"),
        (["--trials"], "name,energy\na,3\n", "energy_kwh"),
        (["--trials"], "name,energy_kwh\na,-3\n", "not negative"),
        (["--trials"], "name,energy_kwh\na,nan\n", "not negative"),
        (["--trials"], "name,energy_kwh\n", "no trials"),
        (["--trials", "--energy", "spent"], "name,spent\na,3\n", "unit"),
        (["--trials", "--chosen", "z"], "name,energy_kwh\na,3\n", "is not among those that ended"),
        (["--trials", "--chosen", "a"], "name,energy_kwh\na,3\na,4\n", "has the same name as another"),
        (["--trials", "--quality", "f1"], "name,energy_kwh\na,3\n", "f1"),
        (["--trials", "--minimise"], "name,energy_kwh\na,3\n", "--quality"),
        (["--trials", "--study", "x"], "name,energy_kwh\na,3\n", "--optuna"),
        (["--trials", "--boundary", "galaxy"], "name,energy_kwh\na,3\n", "boundary"),
        (["--optuna"], "not a database", "database"),
        (["--mlflow"], "not a database", "database"),
    ],
)
def test_a_wrong_export_is_refused_in_one_sentence(tmp_path: Path, words: list[str], content: str, said: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    result = run(words[0], str(path), *words[1:])
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_energy_of_any_unit_is_read_by_the_ending_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for name, value in (
        ("energy_wh", 1500),
        ("energy_j", 5.4e6),
        ("energy_consumed", 1.5),
        ("total/node_mwh", 0.0015),
        ("J", 5.4e6),
        ("used.Joules", 5.4e6),
    ):
        path.write_text(f"name,{name}\na,{value}\n", encoding="utf-8")
        found = from_tracker("csv", path, Wanted(energy=name))
        assert found.energy.value == pytest.approx(1.5)


def test_a_tracker_of_device_energy_is_not_given_facility_overhead(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("energy_kwh\n3\n", encoding="utf-8")
    assert run("--trials", str(path), "--boundary", "device", "--pue", "1.2").exit_code == 2
    found = json.loads(run("--trials", str(path), "--boundary", "device", "--json").stdout)
    assert found["energy_kwh"]["boundary"] == "device"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_text_tells_which_runs_entered(tmp_path: Path, language: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(TABLE, encoding="utf-8")
    result = run("--wandb", str(path), "--quality", "val/acc", "--watts", "400", "--lang", language)
    assert result.exit_code == 0, result.stderr
    for part in ("1.700 kWh", "200 Wh", "young", "70.6%"):
        assert part in result.stdout

"""``setsuden tune`` on a fake machine: batches of any size run equally fast, smaller ones learn from fewer samples."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.places import parse_yaml
from setsuden.predict.tuning import Configuration as Point
from setsuden.study.example import tune_example_text
from setsuden.study.plan import Configuration
from setsuden.study.reading import checked
from setsuden.study.tuning.choices import Choices, checked_for_tuning
from setsuden.study.tuning.records import Search
from setsuden.study.tuning.store import SearchStore, found_in
from setsuden.study.tuning.text import tune_text
from tests.schemas_support import validate
from tests.study.support import FakeLab, declared_study, vocabulary

STUDY = """\
name: fake
data: toy
models: [small]
batch_sizes: [10, 20, 40, 80]
threads: [1, 2]
constraints: {accuracy_floor: 0.8}
question: {trainings: 100}
quality: {epochs: 20, points: 40, test_samples: 200}
measure: {minutes: 10, window_s: 0.5, warmup_s: 0.1, idle_s: 1}
"""


def learned(configuration: Configuration, seen: int) -> float:
    """Reaches 0.8 after 4 epochs of batches of 10, 10 epochs of batches of 80."""
    needed = 1000 * (4 + 6 * (configuration.batch_size - 10) / 70)
    return min(0.95, 0.8 * seen / needed)


Call = Callable[..., Any]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """The command on a fake machine, a new one at every call; the ledger stays."""
    monkeypatch.setattr("setsuden.study.reading.default_vocabulary", vocabulary)

    def run(
        *arguments: object,
        text: str = STUDY,
        accuracy: Any = learned,
        fail_after: int | None = None,
        starts_up_s: float = 0.0,
    ) -> Any:
        lab = FakeLab(accuracy=accuracy, fail_after=fail_after, starts_up_s=starts_up_s)
        monkeypatch.setattr("setsuden.study.surroundings.Surroundings", lab.surroundings)
        path = tmp_path / "tune.yaml"
        path.write_text(text, encoding="utf-8")
        told = [str(path), "--ledger", str(tmp_path / "ledger.sqlite"), *map(str, arguments)]
        return CliRunner().invoke(main, ["tune", *told])

    return run


def test_the_smallest_need_of_samples_wins_and_the_search_is_charged(call: Call) -> None:
    result = call("--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("tune", document)
    best = document["recommendation"]
    assert best["settings"]["batch_size"] == 10
    # 1 ms a sample at 20 W: an epoch of 1000 samples draws 20 J, and four are needed.
    assert best["energy"]["value"] == pytest.approx(80.0, rel=0.1)
    spent = sum(trial["energy"]["value"] for trial in document["trials"])
    assert document["search_energy"]["value"] > spent > 0
    assert document["ended"] in ("not_worth", "nothing_left")
    assert document["repaid_after_trainings"] == pytest.approx(
        document["search_energy"]["value"] / (document["start"]["energy"]["value"] - best["energy"]["value"])
    )
    assert {sensor["provenance"] for sensor in document["sensors"]} == {"measured"}


@pytest.mark.parametrize("threads", ["[1]", "[1, 2]"])
def test_what_a_process_pays_for_its_first_training_is_charged_but_no_cost_of_a_configuration(
    call: Call, threads: str
) -> None:
    text = STUDY.replace("[1, 2]", threads)
    cold, warm = (json.loads(call("--json", text=text, starts_up_s=seconds).stdout) for seconds in (30.0, 0.0))
    for one, other in zip(cold["trials"], warm["trials"], strict=True):
        assert one["settings"] == other["settings"]
        assert one["training_energy"]["value"] == pytest.approx(other["training_energy"]["value"])
    assert cold["recommendation"]["settings"] == warm["recommendation"]["settings"]
    assert cold["search_energy"]["value"] == pytest.approx(warm["search_energy"]["value"] + 30 * 20)


def test_a_trial_is_given_up_once_it_is_dearer_than_the_best(call: Call) -> None:
    only_one = lambda c, seen: learned(c, seen) if c.batch_size == 40 else 0.1  # noqa: E731
    document = json.loads(call("--json", accuracy=only_one).stdout)
    first, *others = document["trials"]
    assert first["ended"] == "reached"
    assert others
    for trial in others:
        assert trial["ended"] == "gave_up"
        assert trial["training_energy"]["value"] < 2 * first["training_energy"]["value"]
    assert document["recommendation"]["settings"]["batch_size"] == 40
    assert document["repaid_after_trainings"] is None


def test_the_document_is_kept_in_the_ledger(call: Call, tmp_path: Path) -> None:
    document = json.loads(call("--json").stdout)
    with Ledger.open(tmp_path / "ledger.sqlite", create=False) as ledger:
        record = ledger.run(document["run_id"])
        assert (record.kind, record.status) == ("tune", "finished")
        assert record.document("tune") == document


def test_an_interrupted_search_goes_on_where_it_stopped_and_stays_charged(call: Call) -> None:
    whole = json.loads(call("--json").stdout)
    assert call("--json", fail_after=3).exit_code != 0
    result = call("--json", "--resume")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("tune", document)
    assert document["recommendation"]["settings"] == whole["recommendation"]["settings"]
    assert [trial["settings"] for trial in document["trials"]] == [trial["settings"] for trial in whole["trials"]]
    # The window that was cut off is paid for a second time.
    assert document["search_energy"]["value"] > whole["search_energy"]["value"]


def test_a_search_that_goes_on_knows_the_seconds_before_its_first_step(tmp_path: Path) -> None:
    declared = parse_yaml(STUDY, "tune.yaml", "tune")
    study = checked(declared, vocabulary())
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        store = SearchStore.begin(ledger, study, "2026-01-01T00:00:00+00:00", Search(spent_s=12.0))
        assert found_in(ledger.run(store.run.id)).spent_s == 12.0


def test_a_search_is_resumed_only_as_it_was_declared(call: Call) -> None:
    call(fail_after=2)
    result = call("--resume", "--trainings", 7)
    assert result.exit_code == 2
    assert "declared differently" in result.stderr


def test_one_training_to_come_is_worth_no_search(call: Call) -> None:
    document = json.loads(call("--json", "--trainings", 1).stdout)
    assert len(document["trials"]) == 1
    assert document["ended"] == "not_worth"


def test_budgets_end_a_search_and_it_says_which(call: Call) -> None:
    joules = json.loads(call("--json", text=STUDY.replace("idle_s: 1", "idle_s: 1, energy_budget_j: 1")).stdout)
    validate("tune", joules)
    assert joules["ended"] == "energy"
    assert (len(joules["paces"]), joules["trials"], joules["recommendation"]) == (1, [], None)
    assert "by then" in tune_text(joules, "en")
    minutes = json.loads(call("--json", "--minutes", 0.05).stdout)
    assert minutes["ended"] == "time"


def test_a_floor_that_nothing_meets_is_told_without_a_recommendation(call: Call) -> None:
    document = json.loads(call("--json", accuracy=lambda configuration, seen: 0.2).stdout)
    validate("tune", document)
    assert document["ended"] == "no_floor"
    assert document["recommendation"] is None
    assert len(document["trials"]) == 4
    assert {trial["ended"] for trial in document["trials"]} == {"epochs"}
    assert "No configuration met the floor" in call(accuracy=lambda configuration, seen: 0.2).stdout


@pytest.mark.parametrize(("language", "word"), [("en", "Train with"), ("ja", "で学習")])
def test_the_result_is_told_in_both_languages(call: Call, language: str, word: str) -> None:
    result = call("--lang", language)
    assert result.exit_code == 0, result.output
    assert word in result.stdout


def test_a_study_without_a_floor_or_without_training_is_refused() -> None:
    study, declared = declared_study(STUDY.replace("constraints: {accuracy_floor: 0.8}\n", ""))
    with pytest.raises(InputError, match="how accurate"):
        checked_for_tuning(study, declared)
    study, declared = declared_study(STUDY + "phases: [infer]\n")
    with pytest.raises(InputError, match="about training"):
        checked_for_tuning(study, declared)


def test_every_point_of_the_space_can_be_trained() -> None:
    rates = "[{name: sgd, learning_rate: 0.1}, {name: sgd, learning_rate: 0.2}]"
    wide = STUDY.replace("models: [small]", "models: [small, large]\nprecisions: [fp32, bf16]\noptimizers: " + rates)
    study, _ = declared_study(wide)
    choices = Choices(study)
    points = [Point(a, b) for a in choices.space.learning_points() for b in choices.space.running_points()]
    assert len({choices.to_train(point).id for point in points}) == len(points) == 2 * 4 * 2 * 2 * 2


def test_the_example_is_a_valid_search() -> None:
    declared = parse_yaml(tune_example_text(), "example")
    assert checked_for_tuning(checked(declared), declared).question.trainings == 50
    assert CliRunner().invoke(main, ["tune", "--example"]).stdout == tune_example_text()

"""A tiny study for real: PyTorch, scikit-learn's digits, this machine's sensors or models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.places import Declared
from setsuden.sensors import SystemClock
from setsuden.study import checked, parse_yaml, run_pilot
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.plan import configurations
from tests.schemas_support import validate

pytest.importorskip("torch")
pytest.importorskip("sklearn")

STUDY = """\
data: {name: digits, train_limit: 400, test_limit: 100}
models: [logistic, mlp]
batch_sizes: [20]
threads: [1]
phases: [train, infer, serve]
serve: {request_rates_per_s: [200]}
measure: {minutes: 2, repeats: 2, max_repeats: 2, window_s: 0.1, warmup_s: 0.02, idle_s: 0.2}
quality: {epochs: 2, points: 2, test_samples: 100}
question: {epochs: 10, requests: 10000}
"""


def read(text: str) -> tuple[StudyDeclaration, Declared]:
    declared = parse_yaml(text, "pilot.yaml")
    return checked(declared), declared


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    study, declared = read(STUDY)
    with Ledger.open(tmp_path_factory.mktemp("real") / "ledger.sqlite") as ledger:
        return run_pilot(study, declared, ledger)


def test_the_real_document_keeps_its_published_promise(document: dict[str, Any]) -> None:
    validate("pilot", document)


def test_every_phase_was_measured_with_samples_and_joules(document: dict[str, Any]) -> None:
    assert len(document["configurations"]) == 6
    for item in document["configurations"]:
        assert item["energy_per_sample"]["value"] > 0
        assert all(repeat["samples"] > 0 for repeat in item["repeats"])
        assert (item["latency_ms"] is None) == (item["phase"] == "train")


def test_models_were_profiled(document: dict[str, Any]) -> None:
    logistic = next(model for model in document["models"] if model["name"] == "logistic")
    assert logistic["parameters"] == 64 * 10 + 10
    assert logistic["macs_per_sample"] == 640
    assert logistic["training_macs_per_sample"] > 640


def test_training_for_accuracy_learns_something(document: dict[str, Any]) -> None:
    assert len(document["quality"]) == 2
    for item in document["quality"]:
        assert item["samples_seen"] == 800
        assert item["accuracy"]["value"] > 0.5


def test_requests_arrive_at_other_moments_in_every_repeat() -> None:
    study, declared = read(STUDY)
    from setsuden.study.torch_workshop import TorchWorkshop

    workshop = TorchWorkshop.of(study, declared, SystemClock().elapsed)
    served = next(item for item in configurations(study) if item.request_rate_per_s)
    counts = {workshop.task(served, repeat).work(0.1).samples for repeat in range(6)}
    again = {workshop.task(served, repeat).work(0.1).samples for repeat in range(6)}
    assert len(counts) > 1
    assert counts & again


def test_the_served_rate_is_near_the_offered_one(document: dict[str, Any]) -> None:
    served = next(item for item in document["configurations"] if item["request_rate_per_s"])
    assert 0 < served["served_rate_per_s"] < 400


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("batch_sizes: [20]", "batch_sizes: [20, 500]"), r"batch_sizes\[1\]: digits has only 400 training samples"),
        (("[logistic, mlp]", "[logistic, lenet]"), r"pilot.yaml:2: models\[1\].name: lenet cannot take digits"),
        (("[logistic, mlp]", "[logistic, lstm]"), r"pilot.yaml:2: models\[1\].name: lstm cannot take digits"),
        (("name: digits", "name: cifar10, folder: /nowhere"), r"pilot.yaml:1: data.name: "),
        (("name: digits", "name: 'npz:missing.npz'"), r"pilot.yaml:1: data.name: "),
    ],
)
def test_what_only_the_data_can_show_is_told_with_its_place(
    change: tuple[str, str], sentence: str, tmp_path: Path
) -> None:
    study, declared = read(STUDY.replace(*change))
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place) as ledger:
        with pytest.raises(InputError, match=sentence):
            run_pilot(study, declared, ledger)
        assert ledger.runs() == []

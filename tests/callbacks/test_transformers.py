"""Hugging Face's own Trainer on a clock that only the model moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("accelerate", reason="accelerate, which the Trainer needs, is not installed")

from transformers import Trainer, TrainingArguments

from setsuden.callbacks.transformers import EnergyCallback
from tests.callbacks.support import EXAMINE_S, STEP_S, WATTS, assert_foretold, assert_measured, bench, kept, own_meter

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
BATCHES, EPOCHS = 20, 10


class Model(torch.nn.Module):
    def __init__(self, clock: Any) -> None:
        super().__init__()
        self.layer, self.clock = torch.nn.Linear(4, 1), clock

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        self.clock.advance(STEP_S if self.training else EXAMINE_S)
        found = self.layer(x)
        return {"loss": found.square().mean(), "logits": found}


def samples(count: int) -> list[dict[str, torch.Tensor]]:
    return [{"x": torch.ones(4), "labels": torch.zeros(1)} for _ in range(count)]


def trainer(clock: Any, callback: EnergyCallback, tmp_path: Path, **settings: Any) -> Trainer:
    settings = {"num_train_epochs": EPOCHS, "eval_strategy": "epoch", "save_strategy": "no", **settings}
    arguments = TrainingArguments(
        output_dir=str(tmp_path / "out"), per_device_train_batch_size=2, per_device_eval_batch_size=2, use_cpu=True,
        disable_tqdm=True, report_to="none", logging_strategy="no", **settings,
    )  # fmt: skip
    return Trainer(
        Model(clock), arguments, train_dataset=samples(2 * BATCHES), eval_dataset=samples(2), callbacks=[callback]
    )


def test_a_transformers_training_is_foretold_with_its_evaluations(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        trainer(around.clock, EnergyCallback(meter=meter, say=lambda _: None), tmp_path).train()
    entry = kept(tmp_path)
    assert entry["steps_per_epoch"] == BATCHES
    assert_foretold(entry, steps=BATCHES * EPOCHS, examinations=EPOCHS)


def test_accumulated_batches_are_one_step(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        callback = EnergyCallback(meter=meter, say=lambda _: None)
        trainer(around.clock, callback, tmp_path, gradient_accumulation_steps=4, eval_strategy="no").train()
    entry = kept(tmp_path)
    assert entry["steps_total"] == BATCHES * EPOCHS // 4
    assert entry["outcome"]["complete"]


def test_a_trainer_that_never_evaluates_does_not_warn_of_evaluations_to_come(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        callback = EnergyCallback(meter=meter, say=lambda _: None)
        trainer(around.clock, callback, tmp_path, num_train_epochs=20, eval_strategy="no").train()
    first = kept(tmp_path)["said"][0]
    assert first["share"] < 1 / 20
    assert first["narrowed_by"]["by"] != "evaluation"


def test_a_budget_saves_a_checkpoint_and_stops_and_the_rest_can_be_resumed(tmp_path: Path) -> None:
    around, limit_j = bench(tmp_path), 300.0
    with around.meter as meter:
        callback = EnergyCallback(meter=meter, budget_kwh=limit_j / 3.6e6, on_budget="stop", say=lambda _: None)
        done = trainer(around.clock, callback, tmp_path, eval_strategy="no").train().global_step
    entry = kept(tmp_path)
    assert entry["budget"]["state"] == "stopped"
    assert not entry["outcome"]["complete"]
    assert entry["outcome"]["energy"]["value"] <= limit_j
    assert done * STEP_S * WATTS == pytest.approx(entry["outcome"]["energy"]["value"])
    (checkpoint,) = (tmp_path / "out").glob("checkpoint-*")
    assert checkpoint.name == f"checkpoint-{done}"

    (tmp_path / "again").mkdir()
    again = bench(tmp_path / "again")
    with again.meter as meter:
        callback = EnergyCallback(meter=meter, say=lambda _: None)
        trainer(again.clock, callback, tmp_path, eval_strategy="no").train(resume_from_checkpoint=str(checkpoint))
    entry = kept(tmp_path / "again")
    assert entry["steps_total"] == BATCHES * EPOCHS - done
    assert entry["outcome"]["complete"]


def test_where_nothing_measures_a_transformers_training_is_measured_as_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = own_meter(tmp_path, monkeypatch)
    callback = EnergyCallback(say=lambda _: None)
    trainer(around.clock, callback, tmp_path).train()
    run = assert_measured(tmp_path, callback.measurement, steps=BATCHES * EPOCHS, examinations=EPOCHS)
    assert run.name == "Model"

"""Lightning's own Trainer on a clock that only the model moves."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

pytest.importorskip("lightning", reason="lightning is not installed")

from lightning.pytorch import LightningModule, Trainer

from setsuden.callbacks.lightning import EnergyCallback
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.sensors import Clock
from tests.callbacks.support import (
    EXAMINE_S,
    STEP_S,
    WATTS,
    assert_foretold,
    assert_measured,
    bench,
    kept,
    own_meter,
)
from tests.meter.support import joules

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
BATCHES, EPOCHS = 20, 10


class Model(LightningModule):
    def __init__(self, clock: Any) -> None:
        super().__init__()
        self.layer, self.clock = torch.nn.Linear(4, 1), clock

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        self.clock.advance(STEP_S)
        return self.layer(batch[0]).square().mean()

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.clock.advance(EXAMINE_S)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def loader(batches: int) -> DataLoader:
    return DataLoader(TensorDataset(torch.zeros(batches * 2, 4)), batch_size=2)


def fit(
    clock: Clock, callback: EnergyCallback, tmp_path: Path, data: Any = None, model: Any = None, **settings: Any
) -> Trainer:
    settings = {"max_epochs": EPOCHS, **settings}
    trainer = Trainer(
        accelerator="cpu", callbacks=[callback], default_root_dir=tmp_path, logger=False, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, **settings,
    )  # fmt: skip
    trainer.fit(model or Model(clock), loader(BATCHES) if data is None else data, loader(1))
    return trainer


def test_a_lightning_training_is_foretold_with_its_validations(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        fit(around.clock, EnergyCallback(meter=meter, say=lambda _: None), tmp_path, num_sanity_val_steps=0)
    entry = kept(tmp_path)
    assert entry["steps_per_epoch"] == BATCHES
    assert_foretold(entry, steps=BATCHES * EPOCHS, examinations=EPOCHS)


def test_lightning_tells_how_large_its_validations_are(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        fit(around.clock, EnergyCallback(meter=meter, say=lambda _: None), tmp_path, max_epochs=50)
    first = kept(tmp_path)["said"][0]
    assert first["narrowed_by"]["by"] != "evaluation"


def test_optimizer_steps_that_end_a_lightning_training_early_are_counted_in_batches(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        callback = EnergyCallback(meter=meter, say=lambda _: None)
        fit(around.clock, callback, tmp_path, max_epochs=-1, max_steps=30, accumulate_grad_batches=2,
            num_sanity_val_steps=0)  # fmt: skip
    entry = kept(tmp_path)
    assert entry["steps_total"] == 60
    assert entry["outcome"]["complete"]


def test_a_budget_stops_a_lightning_training_before_it_is_passed(tmp_path: Path) -> None:
    around, saved, limit_j = bench(tmp_path), [], 100.0
    with around.meter as meter:
        callback = EnergyCallback(
            meter=meter, budget_kwh=limit_j / 3.6e6, on_budget="stop", on_stop=saved.append, say=lambda _: None
        )
        trainer = fit(around.clock, callback, tmp_path, num_sanity_val_steps=0, limit_val_batches=0)
    assert trainer.should_stop
    assert saved == pytest.approx([limit_j - WATTS * STEP_S], abs=WATTS * STEP_S)
    entry = kept(tmp_path)
    assert entry["budget"]["state"] == "stopped"
    assert not entry["outcome"]["complete"]
    assert entry["outcome"]["energy"]["value"] <= limit_j


def test_a_lightning_training_that_fails_keeps_what_it_knew(tmp_path: Path) -> None:
    around = bench(tmp_path)

    class Failing(Model):
        def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
            if self.trainer.global_step > 100:
                raise ZeroDivisionError

    callback = EnergyCallback(meter=around.meter, say=lambda _: None)
    trainer = Trainer(
        accelerator="cpu", callbacks=[callback], max_epochs=EPOCHS, default_root_dir=tmp_path, logger=False,
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    with around.meter, pytest.raises(ZeroDivisionError):
        trainer.fit(Failing(around.clock), loader(BATCHES))
    entry = kept(tmp_path)
    assert not entry["outcome"]["complete"]
    assert len(entry["said"]) == 5


class Stream(IterableDataset[torch.Tensor]):
    def __iter__(self) -> Any:
        return iter([torch.zeros(4)] * 40)


def test_a_stream_without_length_needs_the_number_of_steps(tmp_path: Path) -> None:
    around = bench(tmp_path)
    data = DataLoader(Stream(), batch_size=2)
    with around.meter as meter:
        with pytest.raises(InputError, match=r"EnergyCallback\(steps="):
            fit(around.clock, EnergyCallback(meter=meter), tmp_path, data=data, max_epochs=1)
        fit(around.clock, EnergyCallback(steps=20, meter=meter, say=lambda _: None), tmp_path, data=data, max_epochs=1)
    assert kept(tmp_path)["outcome"]["complete"]


def test_where_nothing_measures_a_lightning_training_is_measured_as_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = own_meter(tmp_path, monkeypatch)
    lines: list[str] = []
    callback = EnergyCallback(site="JP", say=lines.append)
    fit(around.clock, callback, tmp_path, num_sanity_val_steps=0)
    run = assert_measured(tmp_path, callback.measurement, steps=BATCHES * EPOCHS, examinations=EPOCHS)
    assert (run.status, run.name, run.root.attributes) == ("finished", "Model", {"phase": "train", "model": "Model"})
    assert lines[-1].startswith("Model took 2.000 kJ [2.000, 2.000], 265 mgCO2e")
    assert lines[-1].endswith(f"setsuden show {run.id}")


def test_a_budget_is_kept_where_nothing_else_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    around = own_meter(tmp_path, monkeypatch)
    callback = EnergyCallback(budget_kwh=100.0 / 3.6e6, on_budget="stop", say=lambda _: None)
    trainer = fit(around.clock, callback, tmp_path, limit_val_batches=0, num_sanity_val_steps=0)
    assert trainer.should_stop
    assert callback.measurement is not None
    assert joules(callback.measurement) <= 100.0


def test_a_training_that_fails_is_a_failed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    around = own_meter(tmp_path, monkeypatch)

    class Failing(Model):
        def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
            raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        fit(around.clock, EnergyCallback(say=lambda _: None), tmp_path, model=Failing(around.clock))
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert (ledger.run("last").status, ledger.run("last").detail) == ("failed", "ZeroDivisionError: no")

"""How far the first forecast is off through every door that a training has, on a clock that only its work moves.

    OMP_NUM_THREADS=1 python benchmarks/predict/doors.py [DOOR ...]

Loops of one's own, Lightning, the Trainer of Transformers and Keras run for real, with their own callbacks, data and
evaluations; what a step or an evaluation takes is said by a clock of their own (20 ms, 6 ms a batch, scattering by
5 %, a second more for the first), so that no machine's speed is in the errors. Frameworks that are not installed are
passed over. Beside the first forecast stands the first epoch times the epochs, both as they are kept in the ledger.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from setsuden import Meter, progress
from setsuden.ledger import Ledger
from setsuden.predict.progress import Progress
from setsuden.testing import FakeClock, FakeSensor

STEP_S, EXAMINE_S, FIRST_S, SCATTER = 0.02, 0.006, 1.0, 0.05


class Work:
    """Lets the clock go by what was done; the first step of all holds the start."""

    def __init__(self, meter: Meter, clock: FakeClock) -> None:
        self.meter, self._clock = meter, clock
        self._random = np.random.default_rng(0)
        self._begun = False

    def go(self, seconds: float) -> None:
        self._clock.advance(float(seconds * self._random.lognormal(0.0, SCATTER)))

    def step(self, seconds: float = STEP_S) -> None:
        self.go(seconds if self._begun else seconds + FIRST_S)
        self._begun = True

    def progress(self, steps: int, **settings: Any) -> Progress:
        return progress(steps, meter=self.meter, say=lambda _: None, **settings)


def loop(work: Work, epochs: int = 40, each: int = 50, told: bool = True) -> None:
    """40 epochs of 50 steps, told how large the evaluation is"""
    with work.progress(each, epochs=epochs, evaluation=each // 5 if told else None) as run:
        for _ in range(epochs):
            for _ in range(each):
                work.step()
                run.step()
            work.go(each // 5 * EXAMINE_S)
            run.pause()


def loop_three_epochs(work: Work) -> None:
    """3 epochs of 1,000 steps, told"""
    loop(work, epochs=3, each=1000)


def loop_untold(work: Work) -> None:
    """the same 40 epochs, not told"""
    loop(work, told=False)


def loop_without_pause(work: Work) -> None:
    """60 epochs of 45 steps, evaluations neither told nor set apart"""
    with work.progress(45, epochs=60) as run:
        for _ in range(60):
            for _ in range(45):
                work.step()
                run.step()
            work.go(9 * EXAMINE_S)


def loop_every_fifty(work: Work) -> None:
    """5 epochs of 1,000 steps, evaluated every 50"""
    with work.progress(1000, epochs=5) as run:
        for step in range(1, 5001):
            work.step()
            run.step()
            if step % 50 == 0:
                work.go(10 * EXAMINE_S)
                run.pause()


def loop_of_passes(work: Work) -> None:
    """300 passes of partial_fit of 0.15 s, scored within"""
    with work.progress(300) as run:
        for _ in range(300):
            work.step(0.17)
            run.step()


def loop_of_long_steps(work: Work) -> None:
    """2 epochs of 100 steps of two seconds, told"""
    with work.progress(100, epochs=2, evaluation=20) as run:
        for _ in range(2):
            for _ in range(100):
                work.step(2.0)
                run.step()
            work.go(20 * 0.6)
            run.pause()


def lightning(work: Work, each: int = 50, **settings: Any) -> None:
    """40 epochs of 50 batches, validated after each"""
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from torch.utils.data import DataLoader, TensorDataset

    from setsuden.callbacks.lightning import EnergyCallback

    class Model(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
            work.step()
            return self.layer(batch[0]).square().mean()

        def validation_step(self, batch: Any, batch_idx: int) -> None:
            work.go(EXAMINE_S)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def loader(batches: int) -> Any:
        return DataLoader(TensorDataset(torch.zeros(batches * 2, 4)), batch_size=2)

    Trainer(
        accelerator="cpu", callbacks=[EnergyCallback(meter=work.meter, say=lambda _: None)], logger=False,
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False, num_sanity_val_steps=0,
        default_root_dir=tempfile.mkdtemp(), **{"max_epochs": 40, **settings},
    ).fit(Model(), loader(each), loader(10))  # fmt: skip


def lightning_every_twenty(work: Work) -> None:
    """5 epochs of 1,000 batches, validated every 20"""
    lightning(work, each=1000, max_epochs=5, val_check_interval=20)


def transformers(work: Work, each: int = 100, **settings: Any) -> None:
    """30 epochs of 100 batches, four accumulated, evaluated after each epoch"""
    import torch
    from transformers import Trainer, TrainingArguments

    from setsuden.callbacks.transformers import EnergyCallback

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
            if self.training:
                work.step()
            else:
                work.go(EXAMINE_S)
            found = self.layer(x)
            return {"loss": found.square().mean(), "logits": found}

    def samples(count: int) -> list[dict[str, torch.Tensor]]:
        return [{"x": torch.ones(4), "labels": torch.zeros(1)}] * count

    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=2, per_device_eval_batch_size=2, use_cpu=True,
        disable_tqdm=True, report_to="none", logging_strategy="no", save_strategy="no", dataloader_pin_memory=False,
        **{"num_train_epochs": 30, "gradient_accumulation_steps": 4, "eval_strategy": "epoch", **settings},
    )  # fmt: skip
    callback = EnergyCallback(meter=work.meter, say=lambda _: None)
    trainer = Trainer(
        Model(), arguments, train_dataset=samples(2 * each), eval_dataset=samples(20), callbacks=[callback]
    )
    trainer.log = lambda *_: None  # it prints what it evaluates
    trainer.train()


def transformers_every_fifty(work: Work) -> None:
    """3 epochs of 1,000 steps, evaluated every 50"""
    transformers(
        work, each=1000, num_train_epochs=3, gradient_accumulation_steps=1, eval_strategy="steps", eval_steps=50
    )


def keras(work: Work) -> None:
    """40 epochs of 50 batches, validated after each"""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras as framework

    from setsuden.callbacks.keras import EnergyCallback

    class Layer(framework.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = framework.layers.Dense(1)

        def call(self, x: Any, training: bool | None = None) -> Any:
            if training:
                work.step()
            else:
                work.go(EXAMINE_S)
            return self.dense(x)

    inputs = framework.Input((4,))
    model = framework.Model(inputs, Layer()(inputs))
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    x, y = np.zeros((100, 4), dtype=np.float32), np.zeros((100, 1), dtype=np.float32)
    model.fit(
        x, y, batch_size=2, epochs=40, validation_data=(x[:20], y[:20]), validation_batch_size=2, verbose=0,
        callbacks=[EnergyCallback(meter=work.meter, say=lambda _: None)],
    )  # fmt: skip


DOORS: tuple[Callable[[Work], None], ...] = (
    loop, loop_three_epochs, loop_every_fifty, loop_without_pause, loop_of_passes, loop_of_long_steps, loop_untold,
    lightning, lightning_every_twenty, transformers_every_fifty, transformers, keras,
)  # fmt: skip


def through(door: Callable[[Work], None]) -> dict[str, Any]:
    """The training's entry in the ledger, schema ``forecast``."""
    path = Path(tempfile.mkdtemp()) / "ledger.sqlite"
    clock = FakeClock()
    with Meter(
        "door",
        sensors=[FakeSensor(clock, {"fake/cpu": 50.0})],
        clock=clock,
        rate_hz=0,
        sleep=clock.advance,
        ledger=path,
    ) as meter:
        door(Work(meter, clock))
    with Ledger.open(path) as ledger:
        (entry,) = ledger.run("last").document("forecast")["runs"]
        return dict(entry)


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    errors = []
    print("| door | seconds | at | time | first epoch | |\n" + "| --- " * 6 + "|")
    for door in DOORS:
        package = door.__name__.split("_")[0]
        if (names and door.__name__ not in names) or (package != "loop" and find_spec(package) is None):
            continue
        entry = through(door)
        said, first = entry["said"][0], entry["first_epoch"]
        errors.append(abs(said["duration_error"]))
        beside = "" if first is None else f"{first['duration_error']:+.1%}"
        print(f"| {door.__name__.replace('_', ' ')} | {entry['outcome']['duration_s']:.0f} | {said['share']:.1%} | "
              f"{said['duration_error']:+.1%} | {beside} | {door.__doc__} |", flush=True)  # fmt: skip
    print(f"median {np.median(errors):.1%}, 95 % within {np.quantile(errors, 0.95):.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])

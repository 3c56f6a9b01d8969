"""Keras' own ``fit`` on a clock that only the model moves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("keras", reason="keras is not installed")

import keras

from setsuden.callbacks.keras import EnergyCallback
from setsuden.errors import InputError
from tests.callbacks.support import EXAMINE_S, STEP_S, assert_foretold, assert_measured, bench, kept, own_meter

BATCHES, EPOCHS = 20, 10


def model(clock: Any) -> Any:
    made = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    made.compile(optimizer="sgd", loss="mse")

    class Moves(keras.callbacks.Callback):
        """Lets the clock go between the two hooks of a batch."""

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            clock.advance(STEP_S)

        def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
            clock.advance(EXAMINE_S)

    return made, Moves()


def fit(clock: Any, callback: EnergyCallback, *, x: Any = None, **settings: Any) -> Any:
    made, moves = model(clock)
    data = (
        {"x": np.zeros((2 * BATCHES, 4)), "y": np.zeros((2 * BATCHES, 1)), "batch_size": 2} if x is None else {"x": x}
    )
    return made.fit(
        **data,
        epochs=EPOCHS,
        validation_data=(np.zeros((2, 4)), np.zeros((2, 1))),
        validation_batch_size=2,
        verbose=0,
        callbacks=[callback, moves],
        **settings,
    )


def test_a_keras_training_is_foretold_with_its_validations(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        fit(around.clock, EnergyCallback(meter=meter, say=lambda _: None))
    entry = kept(tmp_path)
    assert entry["steps_per_epoch"] == BATCHES
    assert_foretold(entry, steps=BATCHES * EPOCHS, examinations=EPOCHS)


def test_a_keras_training_that_begins_later_has_fewer_steps_ahead(tmp_path: Path) -> None:
    around = bench(tmp_path)
    with around.meter as meter:
        fit(around.clock, EnergyCallback(meter=meter, say=lambda _: None), initial_epoch=4)
    assert_foretold(kept(tmp_path), steps=BATCHES * (EPOCHS - 4), examinations=EPOCHS - 4)


def test_a_budget_stops_a_keras_training_before_it_is_passed(tmp_path: Path) -> None:
    around, saved, limit_j = bench(tmp_path), [], 500.0
    with around.meter as meter:
        callback = EnergyCallback(
            meter=meter, budget_kwh=limit_j / 3.6e6, on_budget="stop", on_stop=saved.append, say=lambda _: None
        )
        history = fit(around.clock, callback)
    assert len(history.epoch) < EPOCHS
    assert len(saved) == 1
    assert saved[0] <= limit_j
    assert kept(tmp_path)["budget"]["state"] == "stopped"


def test_data_without_length_need_the_number_of_steps(tmp_path: Path) -> None:
    around = bench(tmp_path)

    def stream() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield np.zeros((2, 4)), np.zeros((2, 1))

    with around.meter as meter:
        made, moves = model(around.clock)
        with pytest.raises(InputError, match=r"EnergyCallback\(steps="):
            made.fit(stream(), epochs=1, verbose=0, shuffle=False, callbacks=[EnergyCallback(meter=meter), moves])
        callback = EnergyCallback(meter=meter, say=lambda _: None)
        fit(around.clock, callback, x=stream(), steps_per_epoch=BATCHES, shuffle=False)
    assert kept(tmp_path)["steps_total"] == BATCHES * EPOCHS


def test_where_nothing_measures_a_keras_training_is_measured_as_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = own_meter(tmp_path, monkeypatch)
    callback = EnergyCallback(name="mine", say=lambda _: None)
    fit(around.clock, callback)
    run = assert_measured(tmp_path, callback.measurement, steps=BATCHES * EPOCHS, examinations=EPOCHS)
    assert run.name == "mine"

"""Keras 3, any backend: ``model.fit(..., callbacks=[EnergyCallback(budget_kwh=0.5, on_budget="stop")])``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from setsuden.callbacks.teller import Settings, Teller
from setsuden.errors import MissingDependencyError

try:
    from keras.callbacks import Callback
except ImportError as error:
    lacking = (error.name or "keras").partition(".")[0]
    missing = MissingDependencyError(lacking, "the callback for Keras", "keras")
    if lacking != "keras":  # Keras is there, and what it is to compute with is not
        missing.remedy = "Install it, or name another back end before keras is imported, such as KERAS_BACKEND=torch."
    raise missing from None

if TYPE_CHECKING:
    from setsuden.ledger import Measurement
    from setsuden.predict.foretold import Saying


class EnergyCallback(Callback):  # type: ignore[misc]
    """Measures ``fit``, forecasts its energy and time on the way and keeps its budget; validation is a pause.

    steps      batches of the whole training, where the data have no length
    settings   of ``setsuden.progress``: evaluation, name, site, budget_kwh, budget_g, on_budget, on_stop, meter, say,
               language

    A budget that stops sets ``model.stop_training``; use ``on_stop`` to save.
    """

    def __init__(self, *, steps: int | None = None, **settings: Unpack[Settings]) -> None:
        super().__init__()
        self._teller = Teller(steps, settings)
        self._begun = False
        self._before = 0  # steps of the epochs before this one
        self._done = 0

    @property
    def forecast(self) -> Saying | None:
        """The forecast as it stands, as in ``Progress.forecast``."""
        return self._teller.forecast

    @property
    def measurement(self) -> Measurement | None:
        """What the last training took, where this callback opened the meter; else None."""
        return self._teller.measurement

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """The first epoch will say where the training begins."""
        self._begun = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the batches that lie ahead, at the first epoch."""
        if not self._begun:
            each = self.params.get("steps")
            self._begun, self._before, self._done = True, 0, 0
            self._teller.begin(
                None if each is None else each * (self.params["epochs"] - epoch), each, model=self.model.name
            )
        self._before = self._done

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A step begins."""
        self._teller.resumed()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """The steps up to this batch of the epoch are done; several at once with ``steps_per_execution``."""
        self._done = self._before + batch + 1
        if not self._teller.now(self._done):
            self.model.stop_training = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """An evaluation begins."""
        self._teller.examining()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """The evaluation is over."""
        self._teller.examined()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """No step until the next one begins."""
        self._teller.interrupted()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """The training is over."""
        self._teller.close()

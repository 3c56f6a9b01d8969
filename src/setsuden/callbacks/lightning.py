"""Lightning: ``Trainer(callbacks=[EnergyCallback(budget_kwh=0.5, on_budget="stop")])``."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Unpack

from setsuden.callbacks.teller import Settings, Teller
from setsuden.errors import MissingDependencyError

try:
    from lightning.pytorch import Callback
except ImportError:
    raise MissingDependencyError("lightning", "the callback for Lightning", "lightning") from None

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

    from setsuden.ledger import Measurement
    from setsuden.predict.foretold import Saying


class EnergyCallback(Callback):
    """Measures ``fit``, forecasts its energy and time on the way and keeps its budget.

    steps      batches of the whole training, where the loader has no length
    settings   of ``setsuden.progress``: evaluation, name, site, budget_kwh, budget_g, on_budget, on_stop, meter, say,
               language

    Validation and checkpoints are pauses. A budget that stops sets ``trainer.should_stop``: the step is finished, and
    checkpoints are saved as at any end.
    """

    def __init__(self, *, steps: int | None = None, **settings: Unpack[Settings]) -> None:
        super().__init__()
        self._teller = Teller(steps, settings)
        self._done = 0

    @property
    def forecast(self) -> Saying | None:
        """The forecast as it stands, as in ``Progress.forecast``."""
        return self._teller.forecast

    @property
    def measurement(self) -> Measurement | None:
        """What the last training took, where this callback opened the meter; else None."""
        return self._teller.measurement

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count what lies ahead: epochs not yet done, or the optimizer steps that are left."""
        each = float(trainer.num_training_batches)
        epochs = inf if trainer.max_epochs in (None, -1) else float(trainer.max_epochs) - trainer.current_epoch
        total = each * epochs if each and epochs else 0.0
        if trainer.max_steps != -1:
            total = min(total, (trainer.max_steps - trainer.global_step) * trainer.accumulate_grad_batches)
        self._done = 0
        self._teller.begin(
            total, each, evaluation=_evaluated(trainer), speaks=trainer.is_global_zero, model=type(pl_module).__name__
        )

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """A step begins."""
        self._teller.resumed()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A step is done."""
        self._done += 1
        if not self._teller.now(self._done):
            trainer.should_stop = True

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """An evaluation begins."""
        self._teller.examining()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The evaluation is over."""
        self._teller.examined()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """No step until the next one begins."""
        self._teller.interrupted()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The training is over."""
        self._teller.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """The training was cut off."""
        self._teller.close(exception)


def _evaluated(trainer: Trainer) -> int | None:
    """Batches of validation after each epoch; None where they have no length."""
    found = sum(float(batches) for batches in trainer.num_val_batches)
    every, each = trainer.check_val_every_n_epoch, float(trainer.num_training_batches)
    if every is None or not (isfinite(found) and isfinite(each)):
        return None
    return round(found * max(each // float(trainer.val_check_batch or each), 1) / every)

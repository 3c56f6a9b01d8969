"""Hugging Face: ``Trainer(..., callbacks=[EnergyCallback(budget_kwh=0.5, on_budget="stop")])``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from setsuden.callbacks.teller import Settings, Teller
from setsuden.errors import MissingDependencyError

try:
    from transformers import TrainerCallback
except ImportError:
    raise MissingDependencyError("transformers", "the callback for Hugging Face's Trainer", "huggingface") from None

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from setsuden.ledger import Measurement
    from setsuden.predict.foretold import Saying


class EnergyCallback(TrainerCallback):
    """Measures ``train``, forecasts its energy and time on the way and keeps its budget.

    steps      optimizer steps of the whole training; None: as the Trainer counts them
    settings   of ``setsuden.progress``: evaluation, name, site, budget_kwh, budget_g, on_budget, on_stop, meter, say,
               language

    Evaluations and checkpoints are pauses. A budget that stops asks the Trainer to save a checkpoint and to stop after
    the step.
    """

    def __init__(self, *, steps: int | None = None, **settings: Unpack[Settings]) -> None:
        self._teller = Teller(steps, settings)
        self._begun_at = 0

    @property
    def forecast(self) -> Saying | None:
        """The forecast as it stands, as in ``Progress.forecast``."""
        return self._teller.forecast

    @property
    def measurement(self) -> Measurement | None:
        """What the last training took, where this callback opened the meter; else None."""
        return self._teller.measurement

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Count the optimizer steps that lie ahead; a resumed training has some behind it."""
        self._begun_at = state.global_step
        each = state.max_steps / state.num_train_epochs if state.num_train_epochs else None
        none = 0 if args.eval_strategy == "no" else None  # how large evaluations are, nobody knows before the first
        self._teller.begin(
            state.max_steps - self._begun_at, each, evaluation=none, speaks=state.is_world_process_zero,
            model=type(more["model"]).__name__,
        )  # fmt: skip

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """A step begins."""
        self._teller.resumed()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """A step is done."""
        if not self._teller.now(state.global_step - self._begun_at):
            control.should_save = control.should_training_stop = True
        if control.should_evaluate:  # set by the Trainer's own callback, which is called before this one
            self._teller.examining()

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """The evaluation is over."""
        self._teller.examined()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """No step until the next one begins."""
        self._teller.interrupted()

    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """No step until the next one begins; what is evaluated once an epoch comes right after."""
        self._teller.interrupted()
        if control.should_evaluate:
            self._teller.examining()

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """The training is over."""
        self._teller.close()

"""What the callbacks of all frameworks do: count steps ahead and done, set pauses apart, agree to stop, measure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sized
from math import isfinite
from typing import TYPE_CHECKING, TypedDict

from setsuden.callbacks.own_meter import OwnMeter, close_left, nothing_measures
from setsuden.errors import InputError
from setsuden.meter import lifetime
from setsuden.predict.progress import OnBudget, Progress, grid_intensity, is_first, progress

if TYPE_CHECKING:
    from setsuden.language import Language
    from setsuden.ledger import Measurement
    from setsuden.meter import Meter
    from setsuden.predict.budget import OnStop
    from setsuden.predict.foretold import Saying


class Settings(TypedDict, total=False):
    """Arguments of ``progress`` that a callback hands on."""

    evaluation: int | Sized | None
    name: str
    meter: Meter | None
    site: str | None
    budget_kwh: float | None
    budget_g: float | None
    on_budget: OnBudget
    on_stop: OnStop | None
    say: Callable[[str], None] | None
    language: Language


class Teller:
    """Tells one training after another; between ``begin`` and ``close`` it counts, outside it does nothing.

    Where nothing measures the training, a meter is opened for it and kept in the ledger as a run of its own.

    steps      of the whole training, where the framework cannot know them (a stream without length); None: as told
    settings   handed on to ``progress``

    Raises TypeError for a setting that does not exist, InputError for a site that nobody knows.
    """

    def __init__(self, steps: int | None, settings: Settings) -> None:
        unknown = sorted(settings.keys() - Settings.__annotations__.keys())
        if unknown:
            raise TypeError(f"EnergyCallback() got unexpected keyword arguments: {', '.join(unknown)}")
        grid_intensity(settings.get("site"))  # told now, not after an hour of loading data
        self._steps = steps
        self._settings = settings
        self._stops = settings.get("on_budget") == "stop" or settings.get("on_stop") is not None
        self._run: Progress | None = None
        self._own: OwnMeter | None = None
        self._measured: OwnMeter | None = None
        self._meter: Meter | None = None
        self._examining: int | None = None
        self._about: dict[str, str] = {}
        self._told = 0
        self._interrupted = False

    def begin(
        self,
        steps_total: float | None,
        steps_per_epoch: float | None,
        *,
        evaluation: int | None = None,
        speaks: bool = True,
        model: str = "training",
    ) -> None:
        """A training begins.

        steps_total, steps_per_epoch   that lie ahead; None or not finite where the framework does not know
        evaluation                     batches after each epoch, where the framework knows; the user's word goes first
        speaks                         False in all processes of one training but the first
        model                          what is trained; the name of the training unless the user gave one

        Raises InputError where nobody knows how many steps there are.
        """
        close_left()
        self.close()
        self._measured = None
        total = self._steps if self._steps is not None else _whole(steps_total)
        if total is None:
            raise InputError(
                "how many steps this training has is not known", place="steps", value=steps_total,
                remedy="Say how many batches the whole training takes: EnergyCallback(steps=...).",
            )  # fmt: skip
        self._told, self._interrupted = 0, False
        if speaks:
            told: Settings = {**self._settings}
            if evaluation is not None:
                told.setdefault("evaluation", evaluation)
            told.setdefault("name", model)
            if told.get("meter") is None and is_first() and nothing_measures():
                self._own = self._measured = OwnMeter.open(told, model)
                told["meter"] = self._own.meter
            try:
                self._run = progress(total, steps_per_epoch=_whole(steps_per_epoch), **told)
            except BaseException as error:
                self.close(error)
                raise
            self._meter = told.get("meter") or next(iter(lifetime.running()), None)
            self._about = {"phase": "infer", "model": model}

    def now(self, steps_done: int) -> bool:
        """So many steps are done since ``begin``; False when the next must not begin, in every process alike."""
        going_on = True
        if self._run is not None:
            going_on = self._run.step(steps_done - self._told)
            self._told = steps_done
        return _as_first(going_on) if self._stops else going_on

    def interrupted(self) -> None:
        """What comes before the next step is none: an evaluation, a checkpoint, the turn of an epoch."""
        self._interrupted = True

    def examining(self) -> None:
        """An evaluation begins: no step, and a window of its own, so that training and inference are told apart."""
        self.interrupted()
        if self._run is not None and self._meter is not None and self._examining is None:
            self._examining = self._meter.begin("validation", **self._about)

    def examined(self) -> None:
        """The evaluation is over."""
        window, self._examining = self._examining, None
        if window is not None and self._meter in lifetime.running():  # else its end has closed the window
            self._meter.end(window)

    def resumed(self) -> None:
        """A step begins."""
        self.examined()
        if self._interrupted and self._run is not None and self._told:
            self._run.pause()
        self._interrupted = False

    def close(self, error: BaseException | None = None) -> None:
        """The training is over, by an error if one is given."""
        self.resumed()
        run, self._run = self._run, None
        if run is not None:
            run.close()
        own, self._own = self._own, None
        if own is not None:
            own.close(error)
        self._meter = None

    @property
    def forecast(self) -> Saying | None:
        """The forecast as it stands, as in ``Progress.forecast``."""
        return self._run.forecast if self._run is not None else None

    @property
    def measurement(self) -> Measurement | None:
        """What the last training took; None while it goes on, and where no meter was opened for it."""
        return None if self._measured is None else self._measured.result


def _whole(steps: float | None) -> int | None:
    return int(steps) if steps is not None and isfinite(steps) and steps >= 1 else None


def _as_first(going_on: bool) -> bool:
    """What the first process of a training says; one that stops alone would leave the others waiting for ever."""
    torch = sys.modules.get("torch")  # where processes share a training, it has long been loaded
    if torch is None or not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return going_on
    said = [going_on]
    torch.distributed.broadcast_object_list(said, src=0)
    return said[0]

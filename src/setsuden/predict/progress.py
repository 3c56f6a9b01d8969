"""``setsuden.progress``: a training says how far it is, and learns what it will take in all.

    with setsuden.meter("train"), setsuden.progress(loader, epochs=20) as run:
        for epoch in range(20):
            for batch in loader:
                ...
                if not run.step():      # False: the budget is spent, save and leave
                    return
            evaluate(...)
            run.pause()                 # what lay since the last step was none

Under ``setsuden run`` the same program needs no meter of its own. Where nothing measures, it does nothing,
but for saying so where a budget was given.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sized
from operator import index
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.meter import lifetime
from setsuden.predict.budget import EnergyBudget, OnStop, limit_j
from setsuden.predict.foretold import Saying
from setsuden.predict.listeners import Around, Here, Sink
from setsuden.predict.mailbox import VARIABLE, Mailbox, Note
from setsuden.predict.pauses import as_steps
from setsuden.predict.saying import saying_line, stopping_line, warning_line
from setsuden.predict.watcher import Watcher
from setsuden.quantity import Estimate

if TYPE_CHECKING:
    from setsuden.meter import Meter

OnBudget = Literal["warn", "stop"]
NAME = "training"
"""Of one that was given none."""
APART = 0.01
"""Looks lie so far apart, as a share of the time so far, within the bounds of whoever listens."""


class Progress:
    """How far one training is. Made by ``progress``; use it as a context manager or ``close`` it."""

    def __init__(self, sink: Sink | None, steps_total: int) -> None:
        self._sink = sink
        self._steps_total = steps_total
        self._steps = 0
        self._going_on = True
        self._paused_s = 0.0
        self._last_s = self._looked_s = sink.now() if sink is not None else 0.0
        self._began_s = self._last_s

    def step(self, steps: int = 1) -> bool:
        """So many steps more are done; False when the next one must not begin, for the sake of the budget."""
        before = self._steps
        self._steps += steps
        sink = self._sink
        if sink is None:
            return True
        now = self._last_s = sink.now()
        apart = min(max(APART * (now - self._began_s), sink.least_apart_s), sink.most_apart_s)
        if now - self._looked_s >= apart or before < self._steps_total <= self._steps:
            self._look(now)
        return self._going_on

    def pause(self) -> None:
        """What lay between the last step and now was no step: an evaluation, a checkpoint."""
        if self._sink is not None:
            now = self._sink.now()
            self._paused_s += now - self._last_s
            self._last_s = now
            self._look(now)

    @property
    def stopped(self) -> bool:
        """Whether the budget has ended the run."""
        return not self._going_on

    @property
    def steps_done(self) -> int:
        """Steps so far."""
        return self._steps

    @property
    def forecast(self) -> Saying | None:
        """The forecast as it stands; None before there is enough to go by, and where nothing measures here."""
        return self._sink.forecast() if self._sink is not None else None

    def on_step(self, *_: object) -> None:
        """``step`` as a callback: ``train(..., on_step=run.on_step, stop=run.should_stop, on_epoch=run.on_epoch)``."""
        self.step()

    def on_epoch(self, *_: object) -> None:
        """``pause`` as a callback after an epoch's evaluation."""
        self.pause()

    def should_stop(self) -> bool:
        """``stopped`` as a callback."""
        return self.stopped

    def close(self, *, whole: bool = False) -> None:
        """The run is over: what came out is set beside what was forecast.

        whole   the run was not cut short although it took fewer steps than announced (early stopping, shorter batches)
        """
        self._close(max(self._steps, self._steps_total) if whole else self._steps)

    def leave(self) -> None:
        """Whoever measures stops, and nobody said that the run was over: it was when it was last looked at."""
        self._close(self._steps, left=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _close(self, steps: int, left: bool = False) -> None:
        if self._sink is not None:
            sink, self._sink = self._sink, None
            sink.close(steps, self._paused_s, left)

    def _look(self, now: float) -> None:
        assert self._sink is not None
        self._looked_s = now
        self._going_on = self._sink.look(self._steps, self._paused_s) and self._going_on


def progress(
    steps: int | Sized,
    *,
    epochs: int = 1,
    evaluation: int | Sized | None = None,
    name: str = NAME,
    steps_per_epoch: int | None = None,
    meter: Meter | None = None,
    site: str | None = None,
    budget_kwh: float | None = None,
    budget_g: float | None = None,
    on_budget: OnBudget = "warn",
    on_stop: OnStop | None = None,
    say: Callable[[str], None] | None = None,
    language: Language = "en",
    environment: Mapping[str, str] = os.environ,
) -> Progress:
    """Tell how far a training is, and have its energy, time and carbon forecast and kept with the run.

    steps            of one epoch, at least 1, or the loader that has so many batches
    epochs           how often; with 1, ``steps`` are those of the whole training
    evaluation       the loader of the evaluation after each epoch, or its number of batches, 0 for none;
                     None: not said, then it is missing from forecasts until the first one has been seen
    steps_per_epoch  where evaluations come once an epoch, when ``steps`` are those of all epochs together
    meter            None: the one that runs in this process, else the ``setsuden run`` around it, else nothing
    site             where it runs, for carbon: JP, US-CA, WORLD ...
    budget_kwh, budget_g   at most one: energy, or carbon of the site's grid, that the training may take
    on_budget        warn: say so when the forecast passes it; stop: besides, end before it is passed
    on_stop          called with the joules spent before ``step`` returns False: save a checkpoint here; implies stop
    say              gets each line; None: stderr

    Raises InputError for steps that have no length, for a budget that is not above zero, or in grams without a site,
    and when several meters run.
    """
    if on_budget not in ("warn", "stop"):
        raise InputError("unknown choice", place="on_budget", value=on_budget, remedy="Use warn or stop.")
    count = _count(steps)
    if count is None:
        raise InputError(
            "how many steps this training has is not known", place="steps", value=type(steps).__name__,
            remedy="It has no length: say how many, as in progress(1000, epochs=3).",
        )  # fmt: skip
    steps_total = count * epochs
    if epochs != 1 or (evaluation is not None and steps_per_epoch is None):
        steps_per_epoch = count
    evaluation_steps = _as_steps(evaluation, steps)
    if steps_total < 1:
        raise InputError("a run has at least one step", place="steps", value=steps_total)
    intensity = grid_intensity(site)
    limit = limit_j(budget_kwh, budget_g, intensity)
    chosen = meter if meter is not None else _running()
    sink: Sink | None = None
    speaks = is_first(environment)
    out = (say if say is not None else to_stderr) if speaks else _to_nobody
    if chosen is not None:
        messages = Messages("forecast", language)
        stop = on_stop if on_budget == "warn" else on_stop or (lambda _: None)
        budget = None if limit is None else budget_that_speaks(limit, stop, out, messages, budget_g)
        watcher = Watcher(
            name, steps_total, steps_per_epoch, intensity, budget,
            lambda saying: out(saying_line(saying, messages, watcher.said)), evaluation_steps=evaluation_steps,
        )  # fmt: skip
        sink = Here(chosen, watcher)
    elif environment.get(VARIABLE) and speaks:
        stops = on_stop is not None or on_budget == "stop"
        said = Note(
            steps_total, steps_per_epoch, 0, 0.0, 0.0, limit, stops,
            evaluation_steps=evaluation_steps, limit_g=budget_g, name="" if name == NAME else name,
        )  # fmt: skip
        sink = Around(Mailbox(Path(environment[VARIABLE])), said, on_stop)
    elif limit is not None:
        out(Messages("callbacks", language).say("unwatched"))
    made = Progress(sink, steps_total)
    if isinstance(sink, Here):
        sink.meter.before_end(made.leave)
    return made


def is_first(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is the first of those that share a training, or the only one."""
    return environment.get("RANK", "0") == "0"


def grid_intensity(site: str | None) -> Estimate | None:
    """Carbon intensity of a place's grid, gCO2e/kWh, a yearly mean; None without a place."""
    if site is None:
        return None
    from setsuden.catalogue import grid

    return grid.intensity(site).estimate()


def budget_that_speaks(
    limit: float, on_stop: OnStop | None, out: Callable[[str], None], messages: Messages, limit_g: float | None = None
) -> EnergyBudget:
    """A budget that says in words what it does, before it calls ``on_stop``."""

    def stop(spent_j: float) -> None:
        out(stopping_line(spent_j, limit, messages, limit_g))
        assert on_stop is not None
        on_stop(spent_j)

    return EnergyBudget(
        limit,
        on_warn=lambda expected: out(warning_line(expected, limit, messages, limit_g)),
        on_stop=stop if on_stop is not None else None,
        limit_g=limit_g,
    )


def _as_steps(evaluation: int | Sized | None, steps: int | Sized) -> float | None:
    """Training steps that an evaluation is as large as; None where it is not said or has no length."""
    count = None if evaluation is None else _count(evaluation)
    if count is None:
        return None
    if count < 0:
        raise InputError("an evaluation has batches or none", place="evaluation", value=evaluation)
    return as_steps(float(count), *(getattr(loader, "batch_size", None) for loader in (evaluation, steps)))


def _count(batches: int | Sized) -> int | None:
    """The number itself, or that of a loader's batches; None for a stream, which has no length."""
    try:
        return len(batches) if isinstance(batches, Sized) else index(batches)
    except TypeError:
        return None


def _running() -> Meter | None:
    found = lifetime.running()
    if len(found) > 1:
        raise InputError(
            "several meters run in this process", place="meter", value=[meter.name for meter in found],
            remedy="Say which: progress(..., meter=m).",
        )  # fmt: skip
    return found[0] if found else None


def to_stderr(line: str) -> None:
    """Say a line to whoever sits at the terminal."""
    print(f"setsuden: {line}", file=sys.stderr, flush=True)


def _to_nobody(line: str) -> None:
    """The other processes of a training that several share say nothing."""

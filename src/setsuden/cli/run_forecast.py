"""What ``setsuden run`` does while its command runs: listen how far it is, forecast, keep the budget."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.child import LOOK_S
from setsuden.language import Language, Messages
from setsuden.meter import Meter
from setsuden.predict.mailbox import VARIABLE, Mailbox, Note
from setsuden.predict.saying import DOCUMENT, saying_line

if TYPE_CHECKING:  # loaded when the command first says how far it is: the start should cost little
    from setsuden.meter.live import Tick
    from setsuden.predict.budget import EnergyBudget
    from setsuden.predict.speed import Speeds
    from setsuden.predict.watcher import Watcher
    from setsuden.quantity import Estimate

GRACE_S = 30.0
"""A command that was asked to stop has so long to save; then it gets SIGTERM."""
_APART, _LEAST_APART_S = 0.01, 0.05  # looks lie so far apart: a share of the time so far, but so long at least


class Follower:
    """Follows one command.

    limit_j     budget of the command line; None: the command's own, if it has one
    limit_g     the same in grams, where it was given so
    stops       whether the budget stops the command: one that says how far it is is asked not to begin another step,
                any other gets SIGTERM
    intensity   of the grid, for carbon
    out         gets each line
    """

    def __init__(
        self,
        meter: Meter,
        name: str,
        *,
        limit_j: float | None,
        limit_g: float | None = None,
        stops: bool,
        intensity: Estimate | None,
        language: Language,
        out: Callable[[str], None] = lambda line: click.echo(f"setsuden: {line}", err=True),
    ) -> None:
        self._meter, self._name = meter, name
        self._intensity, self._messages, self._out = intensity, Messages("forecast", language), out
        self._mailbox = Mailbox.make()
        self._budget = None if limit_j is None else self._made(limit_j, stops, limit_g)
        self._watcher: Watcher | None = None
        self._kept = 0
        self._looks = 0
        self._noted_s = -inf  # when the last note was written
        self._began_s: float | None = None  # when the training was first heard of
        self._ended: tuple[float, Estimate | None] = (0.0, None)  # when it was last heard of, and what it had taken
        self._speeds: Speeds | None = None
        self._asked_at_s: float | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the command needs to know to say how far it is."""
        return {VARIABLE: str(self._mailbox.path)}

    def look(self, child: subprocess.Popen[bytes]) -> float | None:
        """Look at the command once; after how many seconds to look again, None where it does not matter."""
        note = self._mailbox.read()
        moved = note is not None and note.at_s > self._noted_s
        if moved or self._budget is not None:
            tick = self._meter.so_far()
            if tick is not None:
                self._look(child, note, tick, moved)
        if self._began_s is None:
            return None
        return min(max(_APART * (time.monotonic() - self._began_s), _LEAST_APART_S), LOOK_S)

    def _look(self, child: subprocess.Popen[bytes], note: Note | None, tick: Tick, moved: bool) -> None:
        self._looks += 1
        joules = tick.energy.value if tick.energy is not None else 0.0
        if note is not None:
            going_on = self._watch(note, tick, moved)
        else:
            going_on = self._budget is None or self._budget.check(joules, self._looks) != "stopped"
        if not going_on:
            self._end(child, note is not None, tick.elapsed_s, joules)

    def close(self) -> Mapping[str, Any] | None:
        """The command has ended while the meter still measures; the document that is kept, None without forecast."""
        note, tick = self._mailbox.read(), self._meter.so_far()
        self._mailbox.close(remove=True)
        if tick is None or (self._watcher is None and note is None and self._budget is None):
            return None
        if note is not None:
            self._watch(note, tick, note.at_s > self._noted_s)
        from setsuden.predict.watcher import Watcher, forecast_document

        watcher = self._watcher or Watcher(self._name, None, None, self._intensity, self._budget)
        came_out = (tick.elapsed_s, tick.energy) if note is None else self._ended  # what comes after is no training
        watcher.end(*came_out, note.steps_done if note is not None else 0)
        if self._watcher is not None:
            from setsuden.predict import earlier

            earlier.leave(self._meter, tick.elapsed_s, self._speeds, self._watcher.wander)
        document = forecast_document([watcher])
        self._meter.keep(DOCUMENT, document)
        return document

    def _watch(self, note: Note, tick: Tick, moved: bool) -> bool:
        from setsuden.predict import earlier, speed
        from setsuden.predict.watcher import Watcher, forecast_document

        told = note.speed_of == speed.NUMBER and speed.tells(channel for channel, _ in tick.channels)
        if self._watcher is None:
            if self._budget is None and note.limit_j is not None:
                self._budget = self._made(note.limit_j, note.stops, note.limit_g)
            self._began_s = note.at_s
            self._watcher = watcher = Watcher(
                self._name, note.steps_total, note.steps_per_epoch, self._intensity, self._budget,
                lambda saying: self._out(saying_line(saying, self._messages, watcher.said)),
                earlier.recall(self._meter, told),
                note.evaluation_steps,
            )  # fmt: skip
        behind_s = None
        if moved:
            self._noted_s = note.at_s
            behind_s = min(max(time.monotonic() - note.at_s, 0.0), tick.elapsed_s)
            share = 1 - behind_s / tick.elapsed_s if tick.elapsed_s > 0 else 0.0
            self._ended = tick.elapsed_s * share, tick.energy * share if tick.energy is not None else None
        self._speeds = note.speeds if told else None
        going_on = self._watcher.look(
            tick.elapsed_s, tick.energy, note.steps_done, note.paused_s, behind_s, self._speeds
        )
        if len(self._watcher.said) > self._kept:
            self._kept = len(self._watcher.said)
            self._meter.keep(DOCUMENT, forecast_document([self._watcher]))
        return going_on

    def _made(self, limit_j: float, stops: bool, limit_g: float | None) -> EnergyBudget:
        from setsuden.predict.progress import budget_that_speaks

        return budget_that_speaks(limit_j, (lambda _: None) if stops else None, self._out, self._messages, limit_g)

    def _end(self, child: subprocess.Popen[bytes], listens: bool, elapsed_s: float, joules: float) -> None:
        if self._asked_at_s is None:
            self._asked_at_s = elapsed_s
            self._mailbox.ask_to_stop(joules)
            if not listens:
                child.send_signal(signal.SIGTERM)
        elif listens and elapsed_s - self._asked_at_s >= GRACE_S:
            child.send_signal(signal.SIGTERM)

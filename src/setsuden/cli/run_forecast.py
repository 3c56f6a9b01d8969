"""What ``setsuden run`` does while its command runs: listen how far it is, forecast, keep the budget."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True)
class _Training:
    """One training of the command.

    before_s, before_j   of the command, not of this training
    noted_s              when it last wrote a note
    ended                when it was last heard of, and what it had taken
    """

    watcher: Watcher
    before_s: float = 0.0
    before_j: float = 0.0
    noted_s: float = -inf
    ended: tuple[float, Estimate | None] = (0.0, None)
    steps_done: int = 0
    speeds: Speeds | None = None

    def since(self, tick: Tick) -> tuple[float, Estimate | None]:
        """Seconds and joules of this training."""
        energy = tick.energy
        if energy is not None and energy.value > 0:
            energy = energy * (max(energy.value - self.before_j, 0.0) / energy.value)
        return max(tick.elapsed_s - self.before_s, 0.0), energy


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
        self._trainings: dict[float, _Training] = {}  # by when they began
        self._looks = 0
        self._asked: tuple[float, float] | None = None  # which was asked to stop, and when

    @property
    def environment(self) -> dict[str, str]:
        """What the command needs to know to say how far it is."""
        return {VARIABLE: str(self._mailbox.path)}

    def look(self, child: subprocess.Popen[bytes]) -> float | None:
        """Look at the command once; after how many seconds to look again, None where it does not matter."""
        notes = self._mailbox.read()
        limited = self._budget is not None or any(one.watcher.budget is not None for one in self._trainings.values())
        if limited or any(map(self._is_news, notes)):
            tick = self._meter.so_far()
            if tick is not None:
                self._look(child, notes, tick)
        if not self._trainings:
            return None
        return min(max(_APART * (time.monotonic() - max(self._trainings)), _LEAST_APART_S), LOOK_S)

    def _look(self, child: subprocess.Popen[bytes], notes: Sequence[Note], tick: Tick) -> None:
        self._looks += 1
        joules = tick.energy.value if tick.energy is not None else 0.0
        if not notes and self._budget is not None and self._budget.check(joules, self._looks) == "stopped":
            self._end(child, None, tick.elapsed_s, joules)
        for note in notes:
            bound = note is notes[-1] and not (note.over and self._budget is None)  # its own budget ends with it
            if (bound or self._is_news(note)) and not self._watch(note, tick):
                self._end(child, note, tick.elapsed_s, joules)

    def close(self) -> Mapping[str, Any] | None:
        """The command has ended while the meter still measures; the document that is kept, None without forecast."""
        notes, tick = self._mailbox.read(), self._meter.so_far()
        self._mailbox.close(remove=True)
        if tick is None or not (self._trainings or notes or self._budget):
            return None
        for note in filter(self._is_news, notes):
            self._watch(note, tick)
        from setsuden.predict import earlier
        from setsuden.predict.watcher import Watcher, forecast_document

        for one in self._trainings.values():
            one.watcher.end(*one.ended, one.steps_done)
            earlier.leave(self._meter, one.ended[0], one.speeds, one.watcher.wanders)
        watchers = [one.watcher for one in self._trainings.values()]
        if not watchers:
            watchers = [Watcher(self._name, None, None, self._intensity, self._budget)]
            watchers[0].end(tick.elapsed_s, tick.energy, 0)
        document = forecast_document(watchers)
        self._meter.keep(DOCUMENT, document)
        return document

    def _is_news(self, note: Note) -> bool:
        known = self._trainings.get(note.begun_s)
        return known is None or note.at_s > known.noted_s

    def _watch(self, note: Note, tick: Tick) -> bool:
        """Whether the command may go on."""
        from setsuden.predict import speed
        from setsuden.predict.watcher import AT_ONCE, forecast_document

        told = note.speed_of == speed.NUMBER and speed.tells(channel for channel, _ in tick.channels)
        moved = self._is_news(note)
        one = self._trainings.get(note.begun_s) or self._begin(note, tick, told)
        elapsed_s, energy = one.since(tick)
        behind_s = None
        if moved:
            behind_s = min(max(time.monotonic() - note.at_s, 0.0), elapsed_s)
            share = 1 - behind_s / elapsed_s if elapsed_s > 0 else 0.0
            one.noted_s, one.steps_done = note.at_s, note.steps_done
            one.ended = elapsed_s * share, energy * share if energy is not None else None
        one.speeds = note.speeds if told else None
        said = len(one.watcher.said)
        going_on = one.watcher.look(elapsed_s, energy, note.steps_done, note.paused_s, behind_s, one.speeds)
        if len(one.watcher.said) > said and len(self._trainings) <= AT_ONCE:
            self._meter.keep(DOCUMENT, forecast_document([each.watcher for each in self._trainings.values()]))
        if self._budget is None or one.watcher.budget is self._budget or tick.energy is None:
            return going_on
        steps = sum(each.steps_done for each in self._trainings.values())
        return self._budget.check(tick.energy.value, steps) != "stopped"

    def _begin(self, note: Note, tick: Tick, told: bool) -> _Training:
        """The first training has all that the command did before it, the others what came since they began.

        The budget of the command line is for all of them, one that a training has of its own for itself.
        """
        from setsuden.predict import earlier
        from setsuden.predict.watcher import Watcher

        first = not self._trainings
        budget = self._budget if first else None
        if self._budget is None and note.limit_j is not None:
            budget = self._made(note.limit_j, note.stops, note.limit_g)
        watcher = Watcher(
            note.name or self._name, note.steps_total, note.steps_per_epoch, self._intensity, budget,
            lambda saying: self._out(saying_line(saying, self._messages, watcher.said)),
            earlier.recall(self._meter, told),
            note.evaluation_steps,
        )  # fmt: skip
        one = self._trainings[note.begun_s] = _Training(watcher)
        if not first:
            ago_s = min(max(time.monotonic() - note.begun_s, 0.0), tick.elapsed_s)
            one.before_s = tick.elapsed_s - ago_s
            if tick.energy is not None and tick.elapsed_s > 0:
                one.before_j = tick.energy.value * one.before_s / tick.elapsed_s  # a moment ago, at the mean power
        return one

    def _made(self, limit_j: float, stops: bool, limit_g: float | None) -> EnergyBudget:
        from setsuden.predict.progress import budget_that_speaks

        return budget_that_speaks(limit_j, (lambda _: None) if stops else None, self._out, self._messages, limit_g)

    def _end(self, child: subprocess.Popen[bytes], note: Note | None, elapsed_s: float, joules: float) -> None:
        """Ask what listens to stop, and end it when it does not; a training is asked anew after another one was."""
        which = -1.0 if self._budget is not None or note is None else note.begun_s
        if self._asked is None or self._asked[0] != which:
            self._asked = which, elapsed_s
            self._mailbox.ask_to_stop(joules, which)
            if note is None:
                child.send_signal(signal.SIGTERM)
        elif note is not None and elapsed_s - self._asked[1] >= GRACE_S:
            child.send_signal(signal.SIGTERM)

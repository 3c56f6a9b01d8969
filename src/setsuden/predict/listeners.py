"""Where a training tells how far it is: a meter of its own process, or the ``setsuden run`` around it."""

from __future__ import annotations

import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from setsuden.predict import earlier, speed
from setsuden.predict.budget import OnStop
from setsuden.predict.foretold import Saying
from setsuden.predict.mailbox import Mailbox, Note
from setsuden.predict.saying import DOCUMENT
from setsuden.predict.watcher import AT_ONCE, Watcher, forecast_document
from setsuden.quantity import Estimate

if TYPE_CHECKING:
    from setsuden.meter import Meter


class Sink(Protocol):
    """What a training needs of whoever listens."""

    @property
    def least_apart_s(self) -> float:
        """Looks come no closer together than this."""
        ...

    @property
    def most_apart_s(self) -> float:
        """Nor further apart than this."""
        ...

    def now(self) -> float:
        """Seconds on the listener's clock."""
        ...

    def look(self, steps: int, paused_s: float) -> bool:
        """So many steps are done, so many seconds were none; whether the training may go on."""
        ...

    def forecast(self) -> Saying | None:
        """The forecast as it stands; None where it is not made in this process."""
        ...

    def close(self, steps: int, paused_s: float, left: bool = False) -> None:
        """The training is over; ``left``: it was when it was last looked at, nobody said so."""
        ...


_APART = 0.01  # the machine's speed is read less often as a run goes on
_watched: weakref.WeakKeyDictionary[Meter, list[Watcher]] = weakref.WeakKeyDictionary()


class Here:
    """A meter of this process; what is watched is kept with its run."""

    least_apart_s, most_apart_s = 0.05, 1.0

    def __init__(self, meter: Meter, watcher: Watcher) -> None:
        self.meter = meter
        self._watcher = watcher
        _watched.setdefault(meter, []).append(watcher)
        self._began = self._last = meter.so_far()
        self._kept = 0
        self._speeds = speed.NONE
        self._told = self._began is not None and speed.tells(channel for channel, _ in self._began.channels)
        watcher.earlier = earlier.recall(meter, self._told)
        if self._began is not None:
            watcher.look(*self._since(self._began.elapsed_s, self._began.energy), 0)

    def now(self) -> float:
        """Seconds since the meter began."""
        return self.meter.elapsed_s()

    def look(self, steps: int, paused_s: float) -> bool:
        """Read the meter; a new forecast is kept at once, unless many trainings would be written anew for it."""
        if self._told:
            self._speeds += speed.reading()
        tick = self.meter.so_far()
        if tick is None or self._began is None:
            return True
        self._last = tick
        so_far = self._since(tick.elapsed_s, tick.energy)
        going_on = self._watcher.look(*so_far, steps, paused_s, speeds=self._speeds)
        if len(self._watcher.said) > self._kept and len(_watched[self.meter]) <= AT_ONCE:
            self._kept = len(self._watcher.said)
            self._keep()
        return going_on

    def forecast(self) -> Saying | None:
        """From the meter's joules at this moment."""
        tick = self.meter.so_far()
        return None if tick is None else self._watcher.now(*self._since(tick.elapsed_s, tick.energy))

    def close(self, steps: int, paused_s: float, left: bool = False) -> None:
        """Keep what came out beside what was forecast."""
        tick = self._last if left else self.meter.so_far()
        if tick is not None:
            elapsed_s, energy = self._since(tick.elapsed_s, tick.energy)
            self._watcher.end(elapsed_s, energy, steps)
            self._keep()
            earlier.leave(self.meter, elapsed_s, self._speeds if self._told else None, self._watcher.wanders)

    def _since(self, elapsed_s: float, energy: Estimate | None) -> tuple[float, Estimate | None]:
        """Less what was before this training; a sensor's error is a share, the same for both."""
        if self._began is None:
            return elapsed_s, energy
        before = self._began.energy
        if energy is not None and before is not None and energy.value > 0:
            energy = energy * (max(energy.value - before.value, 0.0) / energy.value)
        return elapsed_s - self._began.elapsed_s, energy

    def _keep(self) -> None:
        self.meter.keep(DOCUMENT, forecast_document(_watched[self.meter]))


class Around:
    """A ``setsuden run`` around this process: it watches, we only tell.

    said   what stays the same in every note
    """

    least_apart_s = most_apart_s = 0.05  # a note costs microseconds, and an answer should come soon

    def __init__(self, mailbox: Mailbox, said: Note, on_stop: OnStop | None) -> None:
        self._mailbox = mailbox
        self._begun_s = self._read_s = self.now()
        others = {note.begun_s for note in mailbox.read()}
        while self._begun_s in others:  # a coarse clock
            self._begun_s += 1e-6
        self._said = replace(said, begun_s=self._begun_s)
        self._on_stop = on_stop
        self._asked = False
        self._speeds = speed.NONE
        self.look(0, 0.0)

    def now(self) -> float:
        """The clock that all processes of the machine share."""
        return time.monotonic()

    def look(self, steps: int, paused_s: float) -> bool:
        """Write a note; the first time we are asked to stop, the hook is called."""
        now = self.now()
        if now >= self._read_s:
            self._speeds += speed.reading()
            self._read_s = now + min(_APART * (now - self._begun_s), 1.0)
        self._write(steps, paused_s)
        spent_j = self._mailbox.asked_to_stop(self._begun_s)
        if spent_j is not None and not self._asked:
            self._asked = True
            if self._on_stop is not None:
                self._on_stop(spent_j)
        return not self._asked

    def forecast(self) -> Saying | None:
        """None: it is made on the other side."""
        return None

    def close(self, steps: int, paused_s: float, left: bool = False) -> None:
        """Write the last note."""
        self._write(steps, paused_s, over=True)
        self._mailbox.close()

    def _write(self, steps: int, paused_s: float, over: bool = False) -> None:
        self._mailbox.write(
            replace(
                self._said, steps_done=steps, paused_s=paused_s, at_s=self.now(),
                speeds=self._speeds, speed_of=speed.NUMBER, over=over,
            )
        )  # fmt: skip


def forecasts_of(meter: Meter) -> dict[str, Any]:
    """What the trainings of a meter had forecast and what came out, schema ``forecast``."""
    return forecast_document(_watched.get(meter, []))

"""A meter that is opened for one training because nothing else measures it, and says at the end what it took."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from setsuden.language import Messages
from setsuden.meter import lifetime
from setsuden.predict.mailbox import VARIABLE
from setsuden.predict.progress import grid_intensity, to_stderr
from setsuden.quantity import Estimate, Provenance, render

if TYPE_CHECKING:
    from setsuden.callbacks.teller import Settings
    from setsuden.ledger import Measurement
    from setsuden.meter import Meter

# One training at a time is under way in a thread: one that left without a word, as after Ctrl-C in a notebook, is over.
_open: dict[int, OwnMeter] = {}


class TrainingLeftError(Exception):
    """A training ended without telling its callbacks."""


def nothing_measures() -> bool:
    """Whether neither a meter of this process, but for those opened here, nor a ``setsuden run`` around it measures."""
    ours = {id(own.meter) for own in _open.values()}
    return not os.environ.get(VARIABLE) and all(id(meter) in ours for meter in lifetime.running())


def close_left() -> None:
    """End a training of this thread that never said that it was over."""
    left = _open.get(threading.get_ident())
    if left is not None:
        left.close(TrainingLeftError("another training began before this one said that it was over"))


class OwnMeter:
    """Open from ``open`` to ``close``; ``result`` is None until then."""

    def __init__(
        self, meter: Meter, say: Callable[[str], None], messages: Messages, intensity: Estimate | None
    ) -> None:
        self.meter = meter
        self.result: Measurement | None = None
        self._say = say
        self._words = messages
        self._intensity = intensity
        self._thread = threading.get_ident()

    @classmethod
    def open(cls, settings: Settings, model: str) -> OwnMeter:
        """Start measuring; name, site, say and language as the settings tell."""
        from setsuden.meter import Meter

        intensity = grid_intensity(settings.get("site"))
        words = Messages("callbacks", settings.get("language", "en"))
        meter = Meter(settings.get("name", model)).start()
        meter.annotate(phase="train", model=model)
        own = cls(meter, settings.get("say") or to_stderr, words, intensity)
        _open[own._thread] = own
        return own

    def close(self, error: BaseException | None) -> None:
        """Stop measuring and say what it took, unless the next training of the thread has done so."""
        if _open.get(self._thread) is not self:
            return
        del _open[self._thread]
        self.result = self.meter.stop(error)
        if self.result is not None:
            self._say(self._line(self.result))

    def _line(self, result: Measurement) -> str:
        told = {
            "name": self.meter.name,
            "duration": render(Estimate.exact(result.duration_s, "s", Provenance.MEASURED)),
        }
        if result.energy is None:
            line = self._words.say("unknown", **told)
        else:
            figures = [result.energy]
            if self._intensity is not None:
                figures.append((result.energy * self._intensity).to("gCO2e"))
            line = self._words.say("measured", figures=", ".join(map(render, figures)), **told)
        run = self.meter.run_id
        return line if run is None else self._words.say("recorded", line=line, run=run)

"""The intensity for windows of use: live where it can be had in time, else the annual table, and which of the two."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.catalogue import grid
from setsuden.footprint.hours import Window
from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.fault import SignalError
from setsuden.footprint.live.settings import LiveSettings
from setsuden.footprint.live.signal import Source
from setsuden.language import Language, Messages
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class LivePrice:
    """gCO2e/kWh for a footprint (``footprint(..., intensity=price.estimate)``), with its factor.

    live     False: the annual table stood in, provenance ``assumed``; live figures are ``estimated``
    fault    why, when it did
    """

    estimate: Estimate
    live: bool
    fault: SignalError | None = None

    @property
    def code(self) -> str:
        """Stable code: SET-LIVE, or SET-LIVE-... with the reason of the fall-back."""
        return "SET-LIVE" if self.fault is None else f"SET-LIVE-{self.fault.code.upper().replace('_', '-')}"

    def text(self, language: Language) -> str:
        """One sentence on where the figure comes from."""
        messages = Messages("live", language)
        factor = self.estimate.factors[0]
        if self.fault is None:
            return messages.say("used", name=factor.name, basis=factor.basis)
        reason = messages.say(f"fault.{self.fault.code}", place=self.fault.place or "")
        return messages.say("fallback", reason=reason, name=factor.name, year=factor.year)


def live_intensity(
    source: Source, windows: Sequence[Window], fallback_site: str, settings: LiveSettings | None = None
) -> LivePrice:
    """The mean intensity over the windows, within ``settings.deadline_s`` seconds whatever the network does.

    fallback_site   a code of ``catalogue.grid.intensity``, priced by its annual figure when the service fails

    The request runs in a thread of its own that is left behind at the deadline: looking a name up or shaking hands can
    hang where no timeout reaches. Raises InputError only, for a fall-back site that does not exist.
    """
    chosen = settings or LiveSettings()
    year = max((window.start.year for window in windows), default=None)
    annual = grid.intensity(fallback_site, year).estimate()
    try:
        return LivePrice(_within(chosen, source, windows), True)
    except SignalError as fault:
        return LivePrice(annual, False, fault)


def _within(settings: LiveSettings, source: Source, windows: Sequence[Window]) -> Estimate:
    outcome: list[Estimate | SignalError] = []

    def work() -> None:
        try:
            outcome.append(_asked(settings, source, windows))
        except SignalError as fault:
            outcome.append(fault)
        except Exception as error:  # a bug in a client must not cost the user a result
            outcome.append(SignalError("shape", f"could not be read ({type(error).__name__})", place=source.name))

    worker = threading.Thread(target=work, name=f"setsuden-live-{source.name}", daemon=True)
    worker.start()
    worker.join(settings.deadline_s)
    if not outcome:
        raise SignalError("deadline", "did not answer in time", place=source.name)
    if isinstance(outcome[0], SignalError):
        raise outcome[0]
    return outcome[0]


def _asked(settings: LiveSettings, source: Source, windows: Sequence[Window]) -> Estimate:
    if not windows:
        raise SignalError("no_data", "no window with energy to price", place=source.name)
    begin = min(window.start.timestamp() for window in windows)
    end = max(window.start.timestamp() + window.duration_s for window in windows)
    signal = source.read(Desk(source.name, source.url, settings), begin, end)
    return signal.mean(windows, settings.max_stale_s)

"""The dashboard's words on top of the report's, and the phrases that several pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, tzinfo

from setsuden.dashboard.period import OWN, Period, Step
from setsuden.dashboard.tally import Tally
from setsuden.language import Language, table
from setsuden.quantity import Estimate, Provenance, render
from setsuden.report.numbers import fit
from setsuden.report.sheet import FrameWords

NOTHING = "–"


class DashboardWords(FrameWords):
    """Messages of the room ``dashboard``, then of the report."""

    def __init__(self, language: Language) -> None:
        super().__init__(language, table("dashboard", language))
        self.say: Callable[..., str] = self.__call__  # as blocks of other rooms call it

    def sentences(self, said: Iterable[str]) -> str:
        """Sentences one after another, as the language writes them."""
        return ("" if self.language == "ja" else " ").join(said)


def span(seconds: float | None) -> str:
    """A length of time: ``3.25 h``."""
    return NOTHING if seconds is None else render(Estimate.exact(seconds, "s", Provenance.MEASURED))


def figure(estimate: Estimate | None, *, interval: bool = True) -> str:
    """A figure with its interval; a dash for one that is not known."""
    return NOTHING if estimate is None else render(estimate, interval=interval)


def moment(at: datetime, zone: tzinfo | None) -> str:
    """Date and minute on the clocks of ``zone``."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def percentage(share: float) -> str:
    """``12 %``, ``0.4 %``; what is less than a tenth of a per cent says so."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{share:.0%}".replace("%", " %") if share >= 0.0995 or share == 0 else f"{share * 100:.1f} %"


def period_said(period: Period, words: DashboardWords) -> str:
    """A period in words, as part of a sentence."""
    if period.key != OWN:
        return words(f"period.{period.key}")
    if period.first is None:
        return words("period.until", last=period.last)
    if period.last is None:
        return words("period.since", first=period.first)
    return words("period.between", first=period.first, last=period.last)


def step_label(start: date, step: Step) -> str:
    """What stands below a column: the month, else the first day."""
    return f"{start:%Y-%m}" if step == "month" else f"{start:%m-%d}"


def known_said(found: Tally, words: DashboardWords) -> str:
    """How much of a sum was measured, estimated and assumed."""
    parts = [
        words(f"known.{provenance.value}", share=percentage(found.share(provenance)))
        for provenance in Provenance
        if found.share(provenance) > 0
    ]
    return words("known.said", parts=words.listing(parts)) if parts else ""


def known_pill(found: Tally, words: DashboardWords) -> tuple[str, str]:
    """The strongest word that holds for more than half of a sum, with the class of its pill."""
    measured, estimated = found.share(Provenance.MEASURED), found.share(Provenance.ESTIMATED)
    if not found.parts:
        return "no-options", words("known.pill_none")
    if measured > 0.5:
        return "clear", words("known.pill_measured")
    if measured + estimated > 0.5:
        return "likely", words("known.pill_estimated")
    return "too-close", words("known.pill_assumed")


def column_unit(estimates: Iterable[Estimate | None]) -> str:
    """The unit of a column or an axis: the one that suits its largest figure; joules where it has none."""
    known = [estimate for estimate in estimates if estimate is not None]
    return fit(max(known, key=lambda estimate: estimate.value)).unit if known else "J"

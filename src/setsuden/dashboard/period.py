"""Periods and the days, weeks or months they fall into. A run counts on the day it began, whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from setsuden.errors import InputError

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = get_args(Step)
LENGTHS: dict[str, int | None] = {"7d": 7, "30d": 30, "90d": 90, "365d": 365, "all": None}
"""Key -> days up to and with today; None: everything."""

OWN = "own"
"""Key of a period with dates of its own."""

MOST_STEPS = 60
"""More columns than this are too thin to read."""

_DAYS_BY_DAY, _DAYS_BY_WEEK = 31, 182


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both inside; None where it is open."""

    key: str
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether a day lies inside."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def period_of(key: str, today: date) -> Period:
    """A period of a fixed length up to today; raises InputError for a key that is not in ``LENGTHS``."""
    if key not in LENGTHS:
        raise InputError("no such period", value=key, remedy="Use one of: " + ", ".join(LENGTHS) + ".")
    days = LENGTHS[key]
    return Period(key, None if days is None else today - timedelta(days=days - 1), None)


def own_period(first: date | None, last: date | None) -> Period:
    """From one day to another; raises InputError where the last comes before the first."""
    if first is not None and last is not None and last < first:
        raise InputError("the last day lies before the first", value=f"{first} - {last}", remedy="Swap the two.")
    return Period(OWN, first, last)


def step_for(first: date, last: date, wanted: Step | None) -> Step:
    """The step that was asked for, else one that suits the span; a longer one where that makes too many."""
    days = (last - first).days + 1
    step: Step = wanted or ("day" if days <= _DAYS_BY_DAY else "week" if days <= _DAYS_BY_WEEK else "month")
    for longer in STEPS[STEPS.index(step) :]:
        if sum(1 for _ in starts(first, last, longer)) <= MOST_STEPS:
            return longer
    return "month"


def start_of(day: date, step: Step) -> date:
    """The first day of the day, week (Monday) or month that ``day`` lies in."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def starts(first: date, last: date, step: Step) -> Iterator[date]:
    """The start of every step from the one that holds ``first`` to the one that holds ``last``."""
    at = start_of(first, step)
    while at <= last:
        yield at
        at = start_of(at + timedelta(days={"day": 1, "week": 7, "month": 31}[step]), step)

"""From the declared training to one with every grid looked up."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path

from setsuden.catalogue import hourly
from setsuden.errors import InputError
from setsuden.parsing import parsed
from setsuden.placement.judgement import judged
from setsuden.placement.network import link, speed
from setsuden.placement.training.declaration import Moving, SiteChoice, TrainingChoice, TrainingDeclaration
from setsuden.placement.training.series import read_series
from setsuden.placement.training.signal import PERSISTENCE
from setsuden.placement.training.study import Job, Site
from setsuden.places import Declared
from setsuden.quantity import Factor


def example_text() -> str:
    """A commented training, valid as it stands."""
    return (files("setsuden.placement.training") / "example.yaml").read_text(encoding="utf-8")


def read(declared: Declared) -> Job:
    """The job; raises InputError with the place of the first problem."""
    said = parsed(declared, TrainingDeclaration)
    at = declared.at
    job = said.training
    path = at(("training", "moving", "link"), lambda: link(job.moving.link))
    return Job(
        said.name,
        job.power_kw,
        job.hours,
        job.deadline_hours,
        job.checkpoint_kwh,
        job.moving.data_gb,
        path.average,
        path.marginal,
        tuple(job.marginal_throughput),
        job.month,
        job.utc_hour,
        job.forecast_error,
        job.currency,
        at(("training", "home", "zone"), lambda: _site(job.home)),
        tuple(
            at(("training", "sites", index, "zone"), lambda choice=choice: _site(choice))  # type: ignore[misc]
            for index, choice in enumerate(job.sites)
        ),
        at(("training", "moving"), lambda: _move_hours(job.moving)),
        job.forecast,
        (*path.average.factors, *path.marginal.factors, *_judged(job)),
    )


def _judged(job: TrainingChoice) -> list[Factor]:
    """What is ours alone in the answer."""
    found = []
    if job.home.series is None:
        found.append(judged("what a deviation from the usual day keeps of itself from hour to hour", PERSISTENCE))
        if "forecast_error" not in job.model_fields_set:
            found.append(judged("error of the forecast after 24 hours, where none is stated", job.forecast_error))
    if any("pue" not in site.model_fields_set for site in (job.home, *job.sites)):
        found.append(judged("PUE, where none is stated", 1.15))
    return found


def _move_hours(choice: Moving) -> int | None:
    """Whole hours until the data is there; None where nobody knows how fast it goes. What is stated goes first."""
    rate = choice.up_mbps
    if rate is None and choice.country is not None:
        line = speed(choice.country, choice.technology)
        if line.up is None:
            raise InputError(
                f"the upload speed of {line.name} is not in the catalogue, and never guessed",
                remedy="Give up_mbps as you measured it, or leave country out: the time of moving is then not counted.",
            )
        rate = line.up.value
    return None if rate is None else math.ceil(choice.data_gb * 8e3 / rate / 3600)


def _site(choice: SiteChoice) -> Site:
    zone = choice.zone.strip()
    if choice.series is not None:
        return Site(zone, None, choice.pue, choice.price_per_kwh, read_series(Path(choice.series)), choice.basis)
    if choice.basis is not None:
        raise InputError("basis belongs to series: the catalogue's zones state their own", value=choice.basis)
    if zone not in hourly.ZONES.ids():
        raise InputError(
            "no hourly profile of this zone",
            value=choice.zone,
            remedy=f"Known: {', '.join(hourly.ZONES.ids())}. Or give series: a CSV of recorded hours.",
        )
    return Site(zone, hourly.signal(zone), choice.pue, choice.price_per_kwh)

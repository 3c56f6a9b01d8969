"""From the declared training to one with every grid looked up."""

from __future__ import annotations

from importlib.resources import files

from pydantic import ValidationError

from setsuden.catalogue import hourly
from setsuden.errors import InputError
from setsuden.placement.network import link
from setsuden.placement.training.declaration import SiteChoice, TrainingDeclaration
from setsuden.placement.training.study import Job, Site
from setsuden.study.places import Declared
from setsuden.study.reading import explained


def example_text() -> str:
    """A commented training, valid as it stands."""
    return (files("setsuden.placement.training") / "example.yaml").read_text(encoding="utf-8")


def read(declared: Declared) -> Job:
    """The job; raises InputError with the place of the first problem."""
    try:
        said = TrainingDeclaration.model_validate(declared.data)
    except ValidationError as error:
        raise explained(error, declared, TrainingDeclaration) from None

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
    )


def _site(choice: SiteChoice) -> Site:
    zone = choice.zone.strip()
    if zone not in hourly.ZONES.ids():
        raise InputError(
            "no hourly profile of this zone", value=choice.zone, remedy=f"Known: {', '.join(hourly.ZONES.ids())}."
        )
    return Site(zone, hourly.signal(zone), choice.pue, choice.price_per_kwh)

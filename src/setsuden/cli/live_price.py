"""The carbon intensity of the hours a run took place in, asked of a public service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.footprint import Window
    from setsuden.quantity import Estimate


def live_price(source: str, site: str | None, windows: tuple[Window, ...], language: Language) -> Estimate:
    """The intensity from ``source`` (``NAME[:ZONE]``), or the annual one of ``site``; stderr says which of the two."""
    from setsuden.footprint.live import live_intensity, source_of

    if site is None:
        raise InputError("--live needs --site, whose annual figure stands in when the service fails")
    price = live_intensity(source_of(source, site), windows, site)
    click.echo(f"setsuden: {price.code}: {price.text(language)}", err=True)
    return price.estimate

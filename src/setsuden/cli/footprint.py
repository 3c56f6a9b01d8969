"""``setsuden footprint``: energy -> carbon, cost, water, equivalents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.live_price import live_price
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.footprint import Footprint
    from setsuden.quantity import Estimate

_CURRENCIES = ("USD", "EUR", "JPY", "GBP", "CNY", "INR")


@click.command()
@click.option("--kwh", type=float, metavar="X", help="Energy in kWh.")
@click.option("--boundary", metavar="B", help="What --kwh includes: device, node or node+PUE.  [default: node]")
@click.option("--hours", type=float, metavar="H", help="Hours of work, with --watts or --device.")
@click.option("--days", type=float, metavar="D", help="The same in days of 24 hours.")
@click.option("--watts", type=float, metavar="W", help="Average watts of one device or node at full use.")
@click.option("--device", metavar="NAME", help="Processor or accelerator whose watts the catalogue models: A100 ...")
@click.option("--count", type=int, metavar="N", help="How many of them.  [default: 1]")
@click.option(
    "--utilisation",
    type=float,
    metavar="U",
    help="With --watts: share of them that is drawn. With --device: its load; an idle device still draws.  0-1  "
    "[default: 1]",
)
@click.option("--share", metavar="S", help="Part of each device that was reserved: 0.5, or 1/7 for a MIG slice.")
@click.option("--memory-gb", type=float, metavar="G", help="Installed memory in all, at the catalogue's watts per GB.")
@click.option(
    "--rest-watts", type=float, metavar="W", help="Watts of the rest of the node; makes --device a whole node."
)
@click.option("--run", "run_id", metavar="ID", help="A measured run of the ledger; `last` for the latest.")
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy, 1 or more; applied once.")
@click.option(
    "--site", metavar="CODE", help="JP, US-CA, EGRID-CAMX, aws:eu-north-1, WORLD ...; see `catalogue search`."
)
@click.option("--intensity", type=float, metavar="G_PER_KWH", help="Carbon intensity in gCO2e/kWh, in place of a site.")
@click.option("--market-intensity", type=float, metavar="G_PER_KWH", help="By contract, for the figure beside.")
@click.option("--year", type=int, metavar="YEAR", help="Year of the annual intensity.  [default: latest]")
@click.option(
    "--at", "at_text", metavar="TIME", help="Start, as 2025-06-01T12:00+09:00; priced by the hour if possible."
)
@click.option("--hourly", is_flag=True, help="With --run: price by the hours it ran in, where a profile is known.")
@click.option(
    "--live",
    metavar="SOURCE[:ZONE]",
    help="With --run and --site: intensity of its hours from a service: gb, japan:JP-TK.",
)
@click.option("--embodied-kg", type=float, metavar="M", help="kgCO2e of making the hardware, the share of this use.")
@click.option("--price", type=float, metavar="P", help="Price of one kWh, with --currency.")
@click.option("--currency", metavar="CUR", help="Of --price: " + ", ".join(_CURRENCIES) + ".")
@click.option("--wue", type=float, metavar="L_PER_KWH", help="Litres of water per kWh of IT energy.")
@json_option
@lang_option
def footprint(language: Language, as_json: bool, **options: Any) -> None:
    """Carbon, water and cost of an amount of energy, with interval, boundary and sources.

    Give the energy as --kwh, as --hours with --watts or --device, or as a measured --run. Without --site or --intensity
    the world average stands in, marked assumed, with an interval that spans the world's countries.
    """
    from setsuden.footprint.document import document
    from setsuden.footprint.text import text

    result = _result(language=language, **options)
    if as_json:
        print_json(document(result, language))
    else:
        tell(text(result, language))


def _result(
    *,
    kwh: float | None,
    boundary: str | None,
    run_id: str | None,
    pue: float | None,
    site: str | None,
    intensity: float | None,
    market_intensity: float | None,
    year: int | None,
    at_text: str | None,
    hourly: bool,
    live: str | None,
    language: Language,
    embodied_kg: float | None,
    price: float | None,
    currency: str | None,
    wue: float | None,
    **work: Any,
) -> Footprint:
    from dataclasses import replace

    from setsuden.footprint import Note, Window
    from setsuden.footprint import footprint as compute
    from setsuden.footprint.checks import checked_year, number
    from setsuden.quantity import NODE, Boundary, Estimate, Provenance

    priced: float | Estimate | None = intensity
    windows: tuple[Window, ...] = ()
    notes: tuple[Note, ...] = ()
    hours = 0.0
    if boundary is not None and kwh is None:
        raise InputError("--boundary goes with --kwh")
    if run_id is not None:
        _refuse("--run", kwh=kwh, **work, at=at_text)
        from setsuden.footprint.from_run import run_energy

        measured = run_energy(run_id)
        energy, notes = measured.energy, measured.notes
        if hourly:
            windows = measured.windows
            notes += () if windows else (Note("no_windows"),)
        if live is not None:
            if intensity is not None or hourly:
                raise InputError("--live already says the intensity; leave out --intensity and --hourly")
            site, priced = None, live_price(live, site, measured.windows, language)
    elif hourly:
        raise InputError("--hourly goes with --run", remedy="Say when with --at TIME.")
    elif live is not None:
        raise InputError(
            "--live goes with --run", remedy="Measure with `setsuden run`, then price the hours it ran in."
        )
    elif kwh is not None:
        _refuse("--kwh", **work)
        extent = NODE if boundary is None else Boundary.parse(boundary)
        energy = Estimate.exact(number("--kwh", kwh), "kWh", Provenance.ASSUMED, extent)
    else:
        energy, hours = _energy(**work)
    result = compute(
        energy,
        site=site,
        intensity=priced,
        market_intensity=market_intensity,
        year=checked_year(year),
        pue=pue,
        at=_time(at_text, site),
        duration_s=hours * 3600.0,
        windows=windows,
        embodied=embodied_kg,
        price=stated_price(price, currency),
        wue=wue,
    )
    return replace(result, notes=(*notes, *result.notes))


def _energy(
    *,
    hours: float | None,
    days: float | None,
    watts: float | None,
    device: str | None,
    count: int | None,
    utilisation: float | None,
    share: str | None,
    memory_gb: float | None,
    rest_watts: float | None,
) -> tuple[Estimate, float]:
    from setsuden.footprint.checks import number
    from setsuden.footprint.device import Work

    if hours is not None and days is not None:
        raise InputError("give --hours or --days, not both")
    if watts is not None and device is not None:
        raise InputError("give --watts or --device, not both")
    if days is not None:
        hours = number("--days", days) * 24.0
    if hours is None or (watts is None and device is None):
        raise InputError(
            "no energy was given", remedy="Give --kwh X, or --hours H with --watts W or --device NAME, or --run ID."
        )
    work = Work(
        hours,
        watts,
        device,
        1 if count is None else count,
        1.0 if utilisation is None else utilisation,
        1.0 if share is None else _fraction(share),
        memory_gb,
        rest_watts,
    )
    return work.energy(), hours


def _fraction(text: str) -> float:
    """``0.5`` or ``1/7``."""
    from fractions import Fraction

    try:
        found = float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError, OverflowError):
        found = -1.0
    if not 0 < found <= 1:
        raise InputError("--share lies above 0 and at most at 1", value=text, remedy="For example 0.5 or 1/7.")
    return found


def _refuse(chosen: str, **others: object) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in others.items() if value is not None]
    if given:
        raise InputError(f"{chosen} already says how much energy; {' and '.join(given)} cannot be added to it")


def _time(text: str | None, site: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("--at is not a time", value=text, remedy="Write it as 2025-06-01T12:00+09:00.") from None
    if moment.tzinfo is not None:
        return moment
    from setsuden.catalogue.hourly import ZONES

    zone = ZONES.find(site.strip().upper()) if site else None
    if zone is None:
        raise InputError("--at needs its offset from UTC", value=text, remedy="Write it as 2025-06-01T12:00+09:00.")
    return moment.replace(tzinfo=ZoneInfo(zone.timezone))


def stated_price(price: float | None, currency: str | None) -> Estimate | None:
    """What --price and --currency say, per kWh; None where they were not given."""
    if price is None and currency is None:
        return None
    if price is None or currency is None:
        raise InputError("--price and --currency go together", remedy="For example --price 25 --currency JPY.")
    from setsuden.footprint.checks import given

    if currency.upper() not in _CURRENCIES:
        raise InputError("--currency is unknown", value=currency, remedy=f"Use one of: {', '.join(_CURRENCIES)}.")
    return given("--price", price, f"{currency.upper()}/kWh")

"""``setsuden footprint``: energy -> carbon, cost, water, equivalents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.quantity import Estimate

_CURRENCIES = ("USD", "EUR", "JPY", "GBP", "CNY", "INR")


@click.command()
@click.option("--kwh", type=float, metavar="X", help="Energy in kWh, counted at the computer.")
@click.option("--hours", type=float, metavar="H", help="Hours of work, with --watts.")
@click.option("--watts", type=float, metavar="W", help="Average watts of one device or node at full use.")
@click.option("--count", type=int, metavar="N", help="How many of them.  [default: 1]")
@click.option("--utilisation", type=float, metavar="U", help="Share of those watts that is drawn, 0-1.  [default: 1]")
@click.option("--run", "run_id", metavar="ID", help="A measured run of the ledger; `last` for the latest.")
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy, 1 or more; applied once.")
@click.option("--site", metavar="CODE", help="JP, US-CA, aws:eu-north-1 ...; see `setsuden catalogue search`.")
@click.option("--intensity", type=float, metavar="G_PER_KWH", help="Carbon intensity in gCO2e/kWh, in place of a site.")
@click.option("--year", type=int, metavar="YEAR", help="Year of the annual intensity.  [default: latest]")
@click.option(
    "--at", "at_text", metavar="TIME", help="Start, as 2025-06-01T12:00+09:00; priced by the hour if possible."
)
@click.option("--hourly", is_flag=True, help="With --run: price by the hours it ran in, where a profile is known.")
@click.option("--embodied-kg", type=float, metavar="M", help="kgCO2e of making the hardware, the share of this use.")
@click.option("--price", type=float, metavar="P", help="Price of one kWh, with --currency.")
@click.option("--currency", metavar="CUR", help="Of --price: " + ", ".join(_CURRENCIES) + ".")
@click.option("--wue", type=float, metavar="L_PER_KWH", help="Litres of water per kWh of IT energy.")
@json_option
@lang_option
@failing_clearly
def footprint(language: Language, as_json: bool, **options: Any) -> None:
    """Carbon, water and cost of an amount of energy, with interval, boundary and sources.

    Give the energy as --kwh, as --hours with --watts, or as a measured --run. Without --site or --intensity the world
    average stands in, marked assumed, with an interval that spans the world's countries.
    """
    from setsuden.footprint.document import document
    from setsuden.footprint.text import text

    result = _result(**options)
    if as_json:
        print_json(document(result, language))
    else:
        click.echo(text(result, language))


def _result(
    *,
    kwh: float | None,
    hours: float | None,
    watts: float | None,
    count: int | None,
    utilisation: float | None,
    run_id: str | None,
    pue: float | None,
    site: str | None,
    intensity: float | None,
    year: int | None,
    at_text: str | None,
    hourly: bool,
    embodied_kg: float | None,
    price: float | None,
    currency: str | None,
    wue: float | None,
) -> Any:
    from dataclasses import replace

    from setsuden.footprint import Note, Window
    from setsuden.footprint import footprint as compute

    windows: tuple[Window, ...] = ()
    notes: tuple[Note, ...] = ()
    if run_id is not None:
        _refuse("--run", kwh=kwh, hours=hours, watts=watts, count=count, utilisation=utilisation, at=at_text)
        from setsuden.footprint.from_run import run_energy

        measured = run_energy(run_id)
        energy, notes = measured.energy, measured.notes
        if hourly:
            windows = measured.windows
            notes += () if windows else (Note("no_windows"),)
    else:
        if hourly:
            raise InputError("--hourly goes with --run", remedy="Say when with --at TIME.")
        energy = _energy(kwh, hours, watts, count, utilisation)
    result = compute(
        energy,
        site=site,
        intensity=intensity,
        year=_checked_year(year),
        pue=pue,
        at=_time(at_text, site),
        duration_s=(hours or 0.0) * 3600.0,
        windows=windows,
        embodied=embodied_kg,
        price=_price(price, currency),
        wue=wue,
    )
    return replace(result, notes=(*notes, *result.notes))


def _energy(
    kwh: float | None, hours: float | None, watts: float | None, count: int | None, utilisation: float | None
) -> Estimate:
    from setsuden.footprint.checks import number
    from setsuden.quantity import NODE, Estimate, Provenance

    if kwh is not None:
        _refuse("--kwh", hours=hours, watts=watts, count=count, utilisation=utilisation)
        return Estimate.exact(number("--kwh", kwh), "kWh", Provenance.ASSUMED, NODE)
    if hours is None or watts is None:
        raise InputError("no energy was given", remedy="Give --kwh X, or --hours H with --watts W, or --run ID.")
    number("--hours", hours)
    number("--watts", watts)
    number("--count", 1 if count is None else count, low=1)
    number("--utilisation", 1.0 if utilisation is None else utilisation, high=1.0)
    total = hours * watts * (1 if count is None else count) * (1.0 if utilisation is None else utilisation) / 1000.0
    return Estimate.exact(number("the energy in kWh", total), "kWh", Provenance.ASSUMED, NODE)


def _refuse(chosen: str, **others: object) -> None:
    given = [f"--{name}" for name, value in others.items() if value is not None]
    if given:
        raise InputError(f"{chosen} already says how much energy; {' and '.join(given)} cannot be added to it")


def _checked_year(year: int | None) -> int | None:
    if year is not None and not 1990 <= year <= 2100:
        raise InputError("--year must be a year between 1990 and 2100", value=year)
    return year


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


def _price(price: float | None, currency: str | None) -> Estimate | None:
    if price is None and currency is None:
        return None
    if price is None or currency is None:
        raise InputError("--price and --currency go together", remedy="For example --price 25 --currency JPY.")
    from setsuden.footprint.checks import given

    if currency.upper() not in _CURRENCIES:
        raise InputError("--currency is unknown", value=currency, remedy=f"Use one of: {', '.join(_CURRENCIES)}.")
    return given("--price", price, f"{currency.upper()}/kWh")

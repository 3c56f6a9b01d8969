"""``setsuden dashboard``: local web pages over a ledger."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option
from setsuden.language import Language, Messages
from setsuden.ledger import default_path

_PERIODS = ("7d", "30d", "90d", "365d", "all")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--bind", "address", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.option("--site", "--region", metavar="CODE", help="Where the machines stand, for carbon and cost: JP, US-CA ...")
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy, 1 or more.")
@click.option("--price", type=float, metavar="P", help="Price of one kWh, with --currency.")
@click.option("--currency", metavar="CUR", help="Of --price: USD, EUR, JPY, GBP, CNY, INR.")
@click.option("--period", type=click.Choice(_PERIODS), default="all", show_default=True, help="Shown at first.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@ledger_option
@json_option
@lang_option
def dashboard(
    port: int, address: str, site: str | None, pue: float | None, price: float | None,
    currency: str | None, period: str, no_open: bool, ledger_path: Path | None, as_json: bool, language: Language,
) -> None:  # fmt: skip
    """Local web pages over a ledger: what was spent, its runs, one run, runs side by side. Ctrl-C ends it.

    The ledger is only read, and only this machine can see the pages unless --bind says otherwise; then host, user and
    folder names are taken out. --json prints the figures of the first page and serves nothing.
    """
    from setsuden.cli.footprint import stated_price
    from setsuden.dashboard import Dashboard, Settings, serve
    from setsuden.dashboard.request import read
    from setsuden.footprint import footprint
    from setsuden.quantity import Estimate, Provenance

    per_kwh = stated_price(price, currency)
    if pue is not None or site is not None:  # a slip is told now, not on every page
        footprint(Estimate.exact(1.0, "kWh", Provenance.ASSUMED), site=site, pue=pue)
    settings = Settings(
        ledger=(ledger_path or default_path()).expanduser(),
        language=language,
        site=site,
        pue=pue,
        price=per_kwh,
        period=period,
        address=address,
    )
    if as_json:
        print_json(Dashboard(settings).document(read("/", language)))
        return
    words = Messages("dashboard", language)

    def ready(url: str) -> None:
        click.echo(words.say("serving", url=url))
        if settings.shared:
            click.echo(words.say("shared"), err=True)
        if not no_open:
            _open(url)

    serve(settings, port, ready)


def _open(url: str) -> None:
    """In the reader's browser, where there is a screen; one in this terminal would take it over."""
    seen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.stdout.isatty() and seen:
        import webbrowser

        webbrowser.open(url)

"""``setsuden federate price``: a recorded training on another fleet, by any accounting form; nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.federated.price import Bill


@click.command()
@click.argument("trace", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--fleet", "fleet_path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Fleet file."
)
@click.option("--form", default="setsuden", show_default=True, help="Accounting form: setsuden, qiu2023, wu2022 ...")
@click.option("--network", help="Network model of the form setsuden: attribution, marginal, or a published one.")
@click.option("--without", multiple=True, metavar="TERM", help="Leave a term out of the boundary; may be repeated.")
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="An argument of the form, such as router_w=7.5."
)
@click.option("--clients", is_flag=True, help="Also every single client in --json: personal data, handle it as such.")
@json_option
@lang_option
@failing_clearly
def price(
    trace: Path,
    fleet_path: Path,
    form: str,
    network: str | None,
    without: tuple[str, ...],
    given: tuple[str, ...],
    clients: bool,
    as_json: bool,
    language: Language,
) -> None:
    """Price a recorded training (TRACE, the .npz that `federate` wrote) on a fleet.

    Every term of the boundary is printed with the result. Constants that a paper does not print must be given with
    --set; nothing is filled in.
    """
    from setsuden.federated.fleet import load
    from setsuden.federated.price import price as priced
    from setsuden.federated.price import rule
    from setsuden.federated.trace import Trace

    recorded = Trace.load(trace)
    arguments: dict[str, object] = dict(_argument(text) for text in given)
    if network is not None:
        arguments["network"] = network
    if without:
        arguments["without"] = without
    bill = priced(recorded, load(fleet_path, recorded.header.clients), rule(form, **arguments))
    if as_json:
        print_json({"schema": "setsuden:federate-price", "trace": trace.name, **bill.to_json(clients=clients)})
        return
    click.echo("\n".join(_text(bill, language)))


def _argument(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InputError("must be NAME=VALUE", place="--set", value=text, remedy="Example: --set router_w=7.5.")
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), value.strip()


def _text(bill: Bill, language: Language) -> list[str]:
    from setsuden.federated.study.bill_words import BillWords
    from setsuden.quantity import Estimate, Provenance, render

    words = BillWords(language)
    say = words.say
    lasts = Estimate.exact(bill.duration_s, "s", Provenance.ESTIMATED)
    lines = [
        say("price.total", form=bill.form, energy=render(bill.energy), carbon=render(bill.carbon)),
        say("price.duration", duration=render(lasts), clock=say(f"clock.{bill.clock}")),
    ]
    for heading, table in (
        ("text.by_party", {words.party(name): cost for name, cost in bill.by_party().items()}),
        ("text.by_country", bill.by_country()),
        ("head.device", bill.by_device()),
        ("head.term", {words.term(name): cost for name, cost in bill.by_term().items()}),
    ):
        lines += ["", say(heading)]
        lines += [f"  {name}: {render(cost.energy)} | {render(cost.carbon)}" for name, cost in table.items()]
    return [*lines, "", *words.boundary(bill)]

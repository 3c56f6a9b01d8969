"""``setsuden federate price``: a recorded training on another fleet, by any accounting form; nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.federated.fleet import Fleet
    from setsuden.federated.price import Bill, Rule
    from setsuden.federated.trace import Trace


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
@click.option(
    "--central-samples",
    type=click.FloatRange(min=0, min_open=True),
    help="Beside it, training in one place on so many samples, every epoch counted; above 0.",
)
@click.option("--clients", is_flag=True, help="Also every single client in --json: personal data, handle it as such.")
@json_option
@lang_option
def price(
    trace: Path,
    fleet_path: Path,
    form: str,
    network: str | None,
    without: tuple[str, ...],
    given: tuple[str, ...],
    central_samples: float | None,
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
    chosen = rule(form, **arguments)
    fleet = load(fleet_path, recorded.header.clients)
    bill = priced(recorded, fleet, chosen)
    beside = None if central_samples is None else _Beside(recorded, fleet, chosen, bill, central_samples)
    if as_json:
        found = {"schema": "setsuden:federate-price", "trace": trace.name, **bill.to_json(clients=clients)}
        print_json(found if beside is None else {**found, "centralised": beside.to_json()})
        return
    tell("\n".join([*_text(bill, language), *([] if beside is None else beside.text(language))]))


class _Beside:
    """Training in one place beside the federation, without and with the upload of the raw data."""

    def __init__(self, trace: Trace, fleet: Fleet, rule: Rule, bill: Bill, samples: float) -> None:
        from setsuden.federated.price import central, ratio, turns

        self.macs = samples * trace.header.training_macs
        self.bill, self.upload = (
            central(trace.header, fleet, macs=self.macs, upload=upload, form=rule) for upload in (False, True)
        )
        self.ratio, self.ratio_upload = ratio(bill, self.bill), ratio(bill, self.upload)
        self.turns, self.turns_upload = turns(trace, bill, self.bill), turns(trace, bill, self.upload)
        self.way = trace.header.topology

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "macs": self.macs,
            "bill": self.bill.to_json(),
            "bill_upload": self.upload.to_json(),
            "ratio": None if self.ratio is None else self.ratio.to_json(),
            "ratio_upload": None if self.ratio_upload is None else self.ratio_upload.to_json(),
            "turns": [turn.to_json() for turn in self.turns],
            "turns_upload": [turn.to_json() for turn in self.turns_upload],
        }

    def text(self, language: Language) -> list[str]:
        """Plain lines."""
        from setsuden.federated.study.bill_words import BillWords
        from setsuden.quantity import render

        words = BillWords(language)
        lines = [""]
        for way, bill, ratio in (
            ("way.central", self.bill, self.ratio),
            ("way.upload", self.upload, self.ratio_upload),
        ):
            times = "–" if ratio is None else render(ratio)
            lines.append(
                words.say(
                    "price.beside",
                    way=words.say(way),
                    energy=render(bill.energy),
                    carbon=render(bill.carbon),
                    times=times,
                )
            )
        return [*lines, *words.turns(words.topology(self.way), self.turns_upload)]


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
    for heading, rows in words.tables(bill):
        lines += ["", heading, *rows]
    return [*lines, "", *words.boundary(bill)]

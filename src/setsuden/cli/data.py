"""``setsuden data``: which data sets are at hand, how to get the others, and stand-ins made here."""

from __future__ import annotations

from dataclasses import asdict

import click

from setsuden import __version__
from setsuden.cli.common import WholeHelp, json_option, lang_option, print_json, tell
from setsuden.cli.data_make import make_data
from setsuden.language import Language, Messages, looked_up
from setsuden.workload import data as data_sets


@click.group(cls=WholeHelp)
def data() -> None:
    """Data sets: what is at hand, where each is looked for, and stand-ins made here."""


@data.command("list")
@click.option("--root", type=click.Path(), help="Look only in this folder.")
@json_option
@lang_option
def list_data(root: str | None, as_json: bool, language: Language) -> None:
    """Every named data set: whether it is here, where it was looked for, how to get it."""
    found = data_sets.available(root)
    if as_json:
        print_json(
            {
                "schema": "setsuden:data-sets",
                "version": 1,
                "setsuden_version": __version__,
                "data_sets": [{**asdict(status), "searched": list(status.searched)} for status in found],
            }
        )
        return
    messages = Messages("data", language)
    for status in found:
        state = messages.say("list.here") if status.at_hand else messages.say("list.absent")
        licence = looked_up.source(status.licence, language)
        tell(f"{status.name}  [{state}]  {messages.say(f'about.{status.name}')}  ({licence})")
        if status.at_hand:
            tell(f"    {status.path or messages.say('list.in_package')}")
        else:
            if status.searched:
                tell(f"    {messages.say('list.looked', places=', '.join(status.searched))}")
            tell(f"    {messages.say(f'how.{status.name}')}")
    tell(messages.say("list.own"))


data.add_command(make_data)

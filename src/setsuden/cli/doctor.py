"""``setsuden doctor``: what can be measured here, with what, what is missing, how to fix it."""

from __future__ import annotations

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.language import Language


@click.command()
@json_option
@lang_option
def doctor(as_json: bool, language: Language) -> None:
    """Say what can be measured on this machine, how well, what is missing and how to get it.

    Nothing is changed and nothing is written. Works without privilege; exit code 0 whatever is found.
    """
    from setsuden.cli.doctor_text import doctor_text
    from setsuden.sensors import discover
    from setsuden.sensors.diagnosis import diagnosis

    found = discover()
    try:
        if as_json:
            print_json(diagnosis(found, language))
        else:
            tell(doctor_text(found, language))
    finally:
        found.close()

"""``setsuden watch``: what is drawn right now."""

from __future__ import annotations

from typing import Any

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.cli.ledger_option import duration, figure
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger.measurement import Utilisation
from setsuden.meter.live import Tick
from setsuden.meter.live import watch as ticks
from setsuden.meter.setup import find_setup
from setsuden.quantity import render


@click.command()
@click.option("--interval", "interval_s", type=float, default=1.0, show_default=True, help="Seconds between two lines.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="Stop after so many; default: go on until Ctrl-C.")
@json_option
@lang_option
@failing_clearly
def watch(interval_s: float, count: int | None, as_json: bool, language: Language) -> None:
    """Watts per component now, joules since the start, how busy things are. Nothing is recorded.

    --json needs --count and prints one document with all of them at the end.
    """
    if not 0.05 <= interval_s <= 3600:
        raise InputError("an interval lies between 0.05 and 3600 seconds", place="--interval", value=interval_s)
    if as_json and count is None:
        raise InputError("--json needs --count", remedy="Say how many: setsuden watch --json --count 10.")
    found = ticks(find_setup(None, None, None), interval_s, count)
    if as_json:
        print_json({"ticks": [_document(tick) for tick in found]})
        return
    messages = Messages("meter", language)
    try:
        for tick in found:
            click.echo(_line(tick, messages))
    except KeyboardInterrupt:
        click.echo(err=True)


def _line(tick: Tick, messages: Messages) -> str:
    unknown = messages.say("runs.unknown")
    parts = [
        f"{channel.component} {render(power, interval=False)}" for channel, power in tick.channels if channel.counted
    ]
    busy = tick.utilisation.cpu_share
    return messages.say(
        "watch.line",
        elapsed=duration(tick.elapsed_s, unknown),
        power=figure(tick.power, unknown),
        parts=" + ".join(parts),
        energy=figure(tick.energy, unknown),
        busy=unknown if busy is None else f"{busy:.0%}",
    )


def _document(tick: Tick) -> dict[str, Any]:
    return {
        "elapsed_s": tick.elapsed_s,
        "power": None if tick.power is None else tick.power.to_json(),
        "energy": None if tick.energy is None else tick.energy.to_json(),
        "channels": [
            {
                "channel": channel.id,
                "component": channel.component,
                "label": channel.label,
                "counted": channel.counted,
                "power": power.to_json(),
            }
            for channel, power in tick.channels
        ],
        "utilisation": {name: getattr(tick.utilisation, name) for name in Utilisation.__dataclass_fields__},
    }

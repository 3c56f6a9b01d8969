"""``setsuden calibrate``: measure this machine, so that predictions are about it."""

from __future__ import annotations

from pathlib import Path

import click

from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option
from setsuden.language import Language, Messages


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0, max=10, min_open=True), default=10.0, show_default=True, help="At most."
)
@click.option("--name", metavar="NAME", help="What to call this device.  [default: its processor's name]")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to keep it.  [default: beside the ledger]"
)
@click.option("--sensor", metavar="CHANNEL", help="Instead: compare this channel of a run with --against.")
@click.option("--against", metavar="CHANNEL", help="The channel that is trusted.")
@click.option("--run", default="last", show_default=True, help="The run of --sensor.")
@click.option(
    "--against-run", metavar="RUN", help="The run of --against, such as an imported wall meter.  [default: --run]"
)
@ledger_option
@json_option
@lang_option
def calibrate(
    minutes: float, name: str | None, out: Path | None, sensor: str | None, against: str | None, run: str,
    against_run: str | None, ledger_path: Path | None, as_json: bool, language: Language,
) -> None:  # fmt: skip
    """Measure matrix products, memory passes and models of the zoo here, and keep what was learned.

    `setsuden predict --device here` uses it from then on. Needs torch; joules come from whatever this machine has.

    With --sensor nothing is run: a recorded channel is compared with a trusted one, and gain, offset, delay and update
    interval are kept with its run.
    """
    if sensor is not None or against is not None:
        from setsuden.cli.calibrate_sensor import calibrate_sensor

        calibrate_sensor(sensor, against, run, against_run, ledger_path, as_json, language)
        return
    from setsuden.predict.calibrate import benches
    from setsuden.predict.calibrate import calibrate as calibrated
    from setsuden.predict.device_file import write
    from setsuden.sensors import Host
    from setsuden.sensors.machine import read_machine

    device = name or read_machine(Host()).cpu_name or "this machine"
    words = Messages("predict", language)
    result = calibrated(
        device,
        minutes=minutes,
        progress=lambda bench, done, planned: click.echo(f"  {done + 1}/{planned} {bench}", err=True),
    )
    path = write(result, out)
    if as_json:
        print_json(result.to_json())
        return
    planned = len(benches())
    if len(result.rows) < planned:
        click.echo(words.say("cut_short", rows=len(result.rows), planned=planned))
    took = f"{result.minutes:.2g}"
    click.echo(words.say("calibrated", device=device, rows=len(result.rows), minutes=took, path=path))
    click.echo(words.say("counted", meter=result.meter) if result.meter else words.say("no_energy"))
    if result.busy:
        click.echo(words.say("calibrated_busy"))
    watts = None if result.idle_w is None else f"{result.idle_w:.1f} W"
    click.echo(words.say("idle_unknown") if watts is None else words.say("idle", watts=watts))

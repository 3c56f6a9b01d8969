"""``setsuden run``: measure any command; its exit code passes through."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from setsuden.cli.child import NOT_FOUND, Ended, run_child, unusable
from setsuden.cli.command_name import named_after
from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.ledger_option import correct_option, duration, ledger_option
from setsuden.cli.run_forecast import Follower
from setsuden.cli.run_text import measurement_lines, own_cost, provenance_split
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.language.sentences import told
from setsuden.ledger import measurement_to_json
from setsuden.ledger.nesting import VARIABLE
from setsuden.meter import DEFAULT_RATE_HZ, Meter
from setsuden.meter.corrections import load_corrections
from setsuden.predict.saying import outcome_lines


def rate(text: str | float) -> float | Literal["adaptive"]:
    """Samples per second as given on the command line."""
    if text == "adaptive":
        return "adaptive"
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number nor 'adaptive'") from None


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--name", help="Name of the run; default: the script, or the command's first word.")
@click.option("--tag", "tags", multiple=True, help="Tag to find the run again; may be given more than once.")
@click.option(
    "--rate",
    "rate_hz",
    type=rate,
    metavar="HZ|adaptive",
    default=DEFAULT_RATE_HZ,
    show_default=True,
    help="Samples per second, or: adaptive.",
)
@click.option("--idle", "idle_s", type=float, help="Seconds of idle baseline before and after; default: a kept one.")
@click.option("--site", metavar="CODE", help="Where it runs, for carbon: JP, US-CA, WORLD ...")
@click.option("--budget-kwh", type=float, help="Energy the command may take; above 0.")
@click.option("--budget-g", type=float, help="The same in grams of CO2e of the site's grid; needs --site.")
@click.option(
    "--on-budget",
    type=click.Choice(["warn", "stop"]),
    default="warn",
    show_default=True,
    help="stop: end the command before it passes its budget.",
)
@click.option("--no-ledger", is_flag=True, help="Keep nothing on disk.")
@click.option("--json-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON document here.")
@correct_option
@ledger_option
@json_option
@lang_option
def run(
    command: tuple[str, ...], name: str | None, tags: tuple[str, ...], rate_hz: float | Literal["adaptive"],
    idle_s: float | None, site: str | None, budget_kwh: float | None, budget_g: float | None,
    on_budget: str, no_ledger: bool, json_file: Path | None, corrections: tuple[str, ...],
    ledger_path: Path | None, as_json: bool, language: Language,
) -> None:  # fmt: skip
    """Measure any command: setsuden run [OPTIONS] -- CMD...

    The command keeps its streams; our summary goes to stderr. Its exit code becomes ours (128 + number for a signal,
    127 not found, 126 not executable). With --json, stdout carries only the JSON document and the command's stdout
    goes to stderr; --json-file leaves both streams alone.

    A program that calls setsuden.progress has its energy, time and carbon forecast while it runs; with --on-budget stop
    it is asked to save and leave before the budget is passed, any other command gets SIGTERM.
    """
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise InputError(
            "the folder for the JSON document does not exist", place="--json-file", value=str(json_file),
            remedy="Make it first: nothing was run.",
        )  # fmt: skip
    code = unusable(command)
    if code is not None:
        reason = "command not found" if code == NOT_FOUND else "the command is not executable"
        click.echo(f"setsuden: {told(reason, language, 'errors')}: {command[0]}", err=True)
        sys.exit(code)
    meter = Meter(
        name or named_after(command),
        ledger=False if no_ledger else ledger_path,
        rate_hz=rate_hz,
        idle_s=idle_s,
        tags=tags,
        kind="command",
        config={"command": list(command)},
        corrections=load_corrections(corrections, ledger_path),
    )
    follow = {**_limits(site, budget_kwh, budget_g), "stops": on_budget == "stop", "language": language}
    ended, forecast = _measured(meter, command, as_json, follow)
    document = _document(meter, command, ended, forecast)
    if as_json:
        print_json(document)
    else:
        _say(meter, ended, forecast, language)
    written = json_file is None or _written(json_file, document, language)
    sys.exit(ended.exit_code if written else ended.exit_code or 1)


def _written(path: Path, document: Mapping[str, Any], language: Language) -> bool:
    """Whether the document got its file; where not, one sentence says so, and the command's own exit code stays."""
    from setsuden.study.output import write_whole

    try:
        write_whole({path: json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"})
    except OSError as error:
        fault = told(f"cannot write {path}: {error.strerror}", language, "errors")
        click.echo(f"setsuden: --json-file: {fault}", err=True)
        return False
    return True


def _limits(site: str | None, budget_kwh: float | None, budget_g: float | None) -> dict[str, Any]:
    """The grid and the budget in joules; what they need is loaded only where one of them is given."""
    if site is None and budget_kwh is None and budget_g is None:
        return {"intensity": None, "limit_j": None, "limit_g": None}
    from setsuden.predict.budget import limit_j
    from setsuden.predict.progress import grid_intensity

    intensity = grid_intensity(site)
    return {"intensity": intensity, "limit_j": limit_j(budget_kwh, budget_g, intensity), "limit_g": budget_g}


def _measured(
    meter: Meter, command: tuple[str, ...], stdout_to_stderr: bool, follow: Mapping[str, Any]
) -> tuple[Ended, Mapping[str, Any] | None]:
    """Run it under the meter; a command that fails makes a failed run. Also what was forecast, if anything."""
    meter.start()
    try:
        follower = Follower(meter, meter.name, **follow)
        try:
            ended = run_child(
                command,
                stdout_to_stderr=stdout_to_stderr,
                environment={**follower.environment, **({VARIABLE: meter.run_id} if meter.run_id else {})},
                meanwhile=follower.look,
            )
        finally:
            forecast = follower.close()
        meter.annotate(**_attributes(ended))
    except BaseException as error:
        meter.stop(error)
        raise
    meter.stop(SystemExit(ended.exit_code))
    return ended, forecast


def _attributes(ended: Ended) -> dict[str, Any]:
    attributes = {
        "exit_code": ended.exit_code,
        "cpu_user_s": ended.user_s,
        "cpu_system_s": ended.system_s,
        "max_rss_bytes": ended.max_rss_bytes,
    }
    return {key: value for key, value in attributes.items() if value is not None}


def _document(
    meter: Meter, command: tuple[str, ...], ended: Ended, forecast: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "run_id": meter.run_id,
        "command": list(command),
        "exit_code": ended.exit_code,
        "measurement": measurement_to_json(meter.result),
        "provenance_split": {kind.value: energy.to_json() for kind, energy in provenance_split(meter.result).items()},
        "late_samples": meter.late_ticks,
        "forecast": forecast,
    }


def _say(meter: Meter, ended: Ended, forecast: Mapping[str, Any] | None, language: Language) -> None:
    messages = Messages("meter", language)
    lines = list(measurement_lines(meter.result, messages))
    if ended.killed_by is not None:
        name = signal.Signals(ended.killed_by).name if ended.killed_by in set(signal.Signals) else ""
        lines.insert(0, messages.say("summary.killed", number=ended.killed_by, name=name).rstrip())
    if forecast is not None:
        lines += outcome_lines(forecast, Messages("forecast", language))
    if ended.user_s is not None and ended.system_s is not None:
        user, system = duration(ended.user_s, ""), duration(ended.system_s, "")
        lines.append(messages.say("summary.cpu", user=user, system=system))
    lines.append(own_cost(meter.result, messages))
    if meter.run_id is None:
        lines.append(messages.say("summary.not_recorded"))
    else:
        lines += [messages.say("summary.run", id=meter.run_id), messages.say("summary.next", id=meter.run_id)]
    for line in lines:
        click.echo(f"setsuden: {line}", err=True)

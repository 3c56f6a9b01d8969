"""The ``setsuden`` command: finds sub-commands by name and imports only the one that is used."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword
from typing import Any

import click

from setsuden import __version__
from setsuden.cli.common import failing_clearly

# command -> (module with a click command of the same name, one line for --help; kept here so that help stays fast)
_COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": (
        "setsuden.cli.doctor",
        "What can be measured here, with what, what is missing, how to fix it.",
    ),
    "run": ("setsuden.cli.run", "Measure any command; its exit code passes through."),
    "watch": ("setsuden.cli.watch", "Watts per component now, joules since the start."),
    "profile": ("setsuden.cli.profile", "MACs, parameters, activations and memory traffic of a model."),
    "pilot": (
        "setsuden.cli.pilot",
        "Short measured study of training and inference -> forecast -> decision.",
    ),
    "tune": ("setsuden.cli.tune", "The cheapest training that meets an accuracy floor, searched for and charged."),
    "predict": ("setsuden.cli.predict", "Energy, time and power of a job before it runs."),
    "calibrate": ("setsuden.cli.calibrate", "Measure this machine, so that predictions are about it."),
    "federate": ("setsuden.cli.federate", "Train across devices for real; price it on any fleet; compare."),
    "place": ("setsuden.cli.place", "Edge, cloud or split: where to run a model, in both views of the network."),
    "lifecycle": ("setsuden.cli.lifecycle", "Develop, train, serve, exchange, make: the balance of a model's life."),
    "footprint": ("setsuden.cli.footprint", "Energy -> carbon, cost, water, equivalents."),
    "campaign": ("setsuden.cli.campaign", "Tuning, search, whole projects -> total, waste, the price of more."),
    "replay": ("setsuden.cli.replay", "A published table next to our recomputation."),
    "catalogue": ("setsuden.cli.catalogue", "Search the built-in figures and show their sources."),
    "data": ("setsuden.cli.data", "Data sets: what is at hand, where each is looked for, stand-ins."),
    "explain": ("setsuden.cli.explain", "What a code such as SET-TOO-SHORT means."),
    "runs": ("setsuden.cli.runs", "List the runs in the ledger."),
    "show": ("setsuden.cli.show", "One run in full."),
    "compare": ("setsuden.cli.compare", "Two or more runs side by side."),
    "indicators": (
        "setsuden.cli.indicators",
        "Which known figure tells energy and time here, from all that was measured.",
    ),
    "report": ("setsuden.cli.report", "HTML report, JSON and text of a pilot."),
    "export": ("setsuden.cli.export", "Runs as JSON, CSV or in a standard format."),
    "import": ("setsuden.cli.import_", "What other tools measured, into the ledger."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[cmd_name][0])
        name = cmd_name.replace("-", "_")
        command = getattr(module, f"{name}_" if iskeyword(name) else name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS:
            from difflib import get_close_matches

            if near := get_close_matches(args[0], _COMMANDS, n=2):
                raise click.UsageError(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        # A terminal that cannot show a letter gets its code, not a traceback.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        with failing_clearly(ctx):
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="setsuden")
def main() -> None:
    """How much energy and carbon machine learning takes, will take, and what to do about it.

    Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. `run` passes the exit code of its command through.
    """

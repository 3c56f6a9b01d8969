"""The ``setsuden`` command: finds sub-commands by name and imports only the one that is used."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword
from typing import Any

import click

from setsuden import __version__
from setsuden.cli.common import SpokenContext, failing_clearly, lang_of_all_option, note_language, spoken

# in the order of --help; command -> module with a click command of the same name
_COMMANDS = {
    "doctor": "setsuden.cli.doctor",
    "run": "setsuden.cli.run",
    "watch": "setsuden.cli.watch",
    "profile": "setsuden.cli.profile",
    "pilot": "setsuden.cli.pilot",
    "tune": "setsuden.cli.tune",
    "predict": "setsuden.cli.predict",
    "calibrate": "setsuden.cli.calibrate",
    "federate": "setsuden.cli.federate",
    "place": "setsuden.cli.place",
    "lifecycle": "setsuden.cli.lifecycle",
    "footprint": "setsuden.cli.footprint",
    "campaign": "setsuden.cli.campaign",
    "replay": "setsuden.cli.replay",
    "catalogue": "setsuden.cli.catalogue",
    "data": "setsuden.cli.data",
    "explain": "setsuden.cli.explain",
    "runs": "setsuden.cli.runs",
    "show": "setsuden.cli.show",
    "compare": "setsuden.cli.compare",
    "dashboard": "setsuden.cli.dashboard",
    "indicators": "setsuden.cli.indicators",
    "report": "setsuden.cli.report",
    "export": "setsuden.cli.export",
    "import": "setsuden.cli.import_",
    "ledger": "setsuden.cli.ledger",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[cmd_name])
        name = cmd_name.replace("-", "_")
        command = getattr(module, f"{name}_" if iskeyword(name) else name)
        assert isinstance(command, click.Command)
        command.context_class = SpokenContext
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not ctx.resilient_parsing:  # a shell that completes asks, it makes no mistake
            from difflib import get_close_matches

            if near := get_close_matches(args[0], _COMMANDS, n=2):
                raise click.UsageError(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A terminal that cannot show a letter gets its code, not a traceback; here, because --help is answered here.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        note_language(ctx, args)
        with failing_clearly(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with failing_clearly(ctx):
            return super().invoke(ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from setsuden.cli.overview import overview

        formatter.write(overview(ctx, _COMMANDS, formatter.width, spoken(ctx)))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="setsuden")
@lang_of_all_option
def main() -> None:
    """Measure, forecast, decide; what its help says is in the room ``help`` of the messages."""

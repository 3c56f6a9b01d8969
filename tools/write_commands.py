"""Write docs/commands.md from the program itself; run after changing a command or an option."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from setsuden.cli.main import main

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
_HEAD = """# Commands

Every command with its arguments and options, as `--help` prints them. This page is written by `tools/write_commands.py`
from the program, and a test holds it to that. Every command takes `--json`, most take `--lang ja`.
Without `--lang` a command speaks the language of `SETSUDEN_LANG`, else that of the locale (`LC_ALL`, `LC_MESSAGES`,
`LANG`), else English. Sentences within JSON are English unless `--lang` is given. A command that fails prints one
sentence on stderr and nothing on stdout, with `--json` too: its exit code tells.
"""


def page() -> str:
    """The whole page."""
    context = click.Context(main, info_name="setsuden")
    return "\n".join([_HEAD, *_lines(main, context)]) + "\n"


def _lines(command: click.Command, context: click.Context) -> Iterator[str]:
    if command is not main:
        level = "##" if context.parent is not None and context.parent.command is main else "###"
        yield f"{level} {context.command_path}\n"
        yield f"`{' '.join([context.command_path, *command.collect_usage_pieces(context)])}`\n"
        yield _prose(inspect.cleandoc(command.help or "")) + "\n"
        options = [_option(item) for item in command.params if isinstance(item, click.Option)]
        yield "\n".join(options) + "\n" * bool(options)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            part = command.get_command(context, name)
            assert part is not None
            yield from _lines(part, click.Context(part, info_name=name, parent=context))


def _option(item: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*item.opts, *item.secondary_opts))
    value = "" if item.is_flag else f" {_value(item)}"
    default = _default(item)
    return f"- {names}{value}: {_prose(' '.join((item.help or '').split()))}{default}"


def _default(item: click.Option) -> str:
    if isinstance(item.show_default, str):
        return f" Default: `{item.envvar}`, else {item.show_default}."
    return f" Default: `{item.default}`." if item.show_default and item.default not in (None, "") else ""


def _prose(text: str) -> str:
    """Options as code: typographers make a dash of two hyphens; what is code already stays."""
    return re.sub(r"`[^`]*`|(?<![\w-])--(?:[a-z][\w-]*)?", lambda found: f"`{found[0].strip('`')}`", text)


def _value(item: click.Option) -> str:
    if isinstance(item.type, click.Choice):
        return " | ".join(f"`{choice}`" for choice in item.type.choices)
    return f"`{item.metavar or item.type.name.upper()}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

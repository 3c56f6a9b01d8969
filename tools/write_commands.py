"""Write docs/commands.md and commands.ja.md from the program itself; run after changing a command or an option."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from setsuden.cli.help_page import options, paragraphs, usage
from setsuden.cli.main import main
from setsuden.language import Language
from setsuden.language.sentences import told

_DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = _DOCS / "commands.md"
_HEAD = """# Commands

Every command with its arguments and options, as `--help` prints them. This page is written by `tools/write_commands.py`
from the program, and a test holds it to that; [日本語](commands.ja.md).
Every command takes `--json`, most take `--lang ja`, which may also stand before the command.
Without `--lang` a command speaks the language of `SETSUDEN_LANG`, else that of the locale (`LC_ALL`, `LC_MESSAGES`,
`LANG`), else English. Sentences within JSON are English unless `--lang` is given. A command that fails prints one
sentence on stderr and nothing on stdout, with `--json` too: its exit code tells.
"""
_HEAD_JA = """# コマンド

すべてのコマンドと引数、オプションの一覧です（[English](commands.md)）。内容は `--help --lang ja` の
表示と同じです。`tools/write_commands.py` がプログラムから作り、テストが一致を確かめます。

どのコマンドにも `--json` があり、ほとんどのコマンドに `--lang ja` があります（コマンドの前にも
書けます）。`--lang` を付けないと、`SETSUDEN_LANG` の言語、なければロケール（`LC_ALL`、`LC_MESSAGES`、
`LANG`）の言語、それもなければ英語で表示します。JSON の中の文は、`--lang` を付けないかぎり英語です。

失敗したコマンドは、標準エラー出力に一文を表示し、標準出力には何も書きません（`--json` でも同じ）。
結果は終了コードで分かります。
"""


def pages() -> dict[Path, str]:
    """The text of each page."""
    return {PAGE: page(), _DOCS / "commands.ja.md": page_in("ja", _HEAD_JA)}


def page_in(language: Language, head: str) -> str:
    """The page in another language than English: what ``--help`` says, as Markdown."""
    return "\n".join([head, *_told(main, click.Context(main, info_name="setsuden"), language)])


def _told(command: click.Command, context: click.Context, language: Language) -> Iterator[str]:
    if command is not main:
        yield f"{_level(context)} {context.command_path}\n"
        yield f"`{usage(context, language)}`\n"
        for paragraph in paragraphs(command):
            yield _prose(told(paragraph, language, "commands")) + "\n"
        for item in options(context)[:-1]:  # without --help
            term, text = item.row(language)
            yield f"- `{term}`：{_prose(text)}"
        yield ""
    for name, part in _parts(command, context):
        yield from _told(part, click.Context(part, info_name=name, parent=context), language)


def _level(context: click.Context) -> str:
    return "##" if context.parent is not None and context.parent.command is main else "###"


def _parts(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            part = command.get_command(context, name)
            assert part is not None
            yield name, part


def page() -> str:
    """The whole page in English."""
    context = click.Context(main, info_name="setsuden")
    return "\n".join([_HEAD, *_lines(main, context)]) + "\n"


def _lines(command: click.Command, context: click.Context) -> Iterator[str]:
    if command is not main:
        yield f"{_level(context)} {context.command_path}\n"
        yield f"`{' '.join([context.command_path, *command.collect_usage_pieces(context)])}`\n"
        yield _prose(inspect.cleandoc(command.help or "")) + "\n"
        options = [_option(item) for item in command.params if isinstance(item, click.Option)]
        yield "\n".join(options) + "\n" * bool(options)
    for name, part in _parts(command, context):
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
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")

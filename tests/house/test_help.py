"""The help of every command is told in Japanese, from one table that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from setsuden.cli.help_page import options, paragraphs, usage
from setsuden.cli.main import main
from setsuden.language import table
from setsuden.language.columns import width
from setsuden.language.sentences import SENTENCE_END, said, templates


def commands(command: click.Command = main, context: click.Context | None = None) -> Iterator[click.Context]:
    """Every command and sub-command, each in its context."""
    context = context or click.Context(main, info_name="setsuden")
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            part = command.get_command(context, name)
            assert part is not None
            yield from commands(part, click.Context(part, info_name=name, parent=context))


def sentences(context: click.Context) -> list[str]:
    """Every English sentence that the help of a command says, with defaults and ranges."""
    texts = paragraphs(context.command) if context.command is not main else []
    return [*texts, *(text for item in options(context) for text in (item.help, *item.extras) if text)]


def used(text: str) -> set[str]:
    """The entries of the table that ``text`` is told by."""
    known = table("commands", "ja")
    if text in known:
        return {text}
    found: set[str] = set()
    for part in SENTENCE_END.split(text):
        if part in known:
            found.add(part)
            continue
        for template in templates("commands", "ja"):
            if (values := template.values(part)) is not None:
                return found.union({template.english}, *map(used, values.values()))
    return found


CONTEXTS = {context.command_path: context for context in commands()}


@pytest.mark.parametrize("path", CONTEXTS)
def test_every_sentence_of_help_is_told_in_japanese(path: str) -> None:
    """Add the English of a docstring's paragraph or of ``help=`` with its Japanese to language/commands.ja.toml."""
    assert [item.names for item in options(CONTEXTS[path]) if not item.help] == []
    assert [text for text in sentences(CONTEXTS[path]) if said(text, "ja", "commands") is None] == []


def test_the_table_of_help_holds_nothing_that_no_command_says() -> None:
    texts = {text for context in CONTEXTS.values() for text in sentences(context)}
    texts |= {item.value for context in CONTEXTS.values() for item in options(context)}
    texts |= {"Options:", "Commands:", *(f"Usage: {path}" for path in CONTEXTS)}
    texts |= {piece for context in CONTEXTS.values() for piece in context.command.collect_usage_pieces(context)}
    assert {*table("commands", "ja")} - set().union(*map(used, texts)) == set()


@pytest.mark.parametrize("path", CONTEXTS)
def test_japanese_help_fits_into_eighty_columns_and_names_every_option(path: str) -> None:
    words = path.split()[1:]
    shown = CliRunner().invoke(main, [*words, "--help", "--lang", "ja"], prog_name="setsuden")
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert lines[0].startswith("使い方：setsuden")
    assert max(map(width, lines)) <= 80
    assert all(item.names in shown.output for item in options(CONTEXTS[path]))
    assert not any(line.rstrip() != line for line in lines)


def test_help_in_english_is_as_the_parser_writes_it() -> None:
    shown = CliRunner().invoke(main, ["footprint", "--help", "--lang", "en"], prog_name="setsuden")
    assert shown.output.startswith("Usage: setsuden footprint [OPTIONS]\n")


def test_the_language_counts_before_a_command_between_and_after_help() -> None:
    for words in (
        ["--lang", "ja", "data", "--help"],
        ["data", "--lang", "ja", "--help"],
        ["data", "--help", "--lang=ja"],
    ):
        assert CliRunner().invoke(main, words).output.startswith("使い方："), words


def test_a_language_behind_two_hyphens_is_the_measured_commands() -> None:
    shown = CliRunner().invoke(main, ["run", "--help", "--", "train", "--lang", "ja"])
    assert shown.output.startswith("Usage:")


def test_an_argument_keeps_the_name_that_the_text_speaks_of() -> None:
    assert usage(CONTEXTS["setsuden import"], "ja").endswith(" FILE")

"""The command group: every command exists, has help, and fails with one clear sentence."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from setsuden.cli.main import _COMMANDS, main
from setsuden.language import LANGUAGES, Language, table
from setsuden.language.columns import width

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_overview_names_every_command_in_the_readers_language(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETSUDEN_LANG", language)
    told = {key.removeprefix("command."): text for key, text in table("help", language).items() if "command." in key}
    assert list(told) == list(_COMMANDS)
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    assert all(width(line) <= 80 for line in shown.output.splitlines())
    said = "".join(shown.output.split())
    assert all(name + "".join(text.split()) in said for name, text in told.items())
    assert {"en": "Show the version and exit.", "ja": "版を表示します。"}[language] in shown.output


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_speaks_json(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    parts = [[name, part] for part in command.commands] if isinstance(command, click.Group) else [[name]]
    silent = [words for words in parts if "--json" not in CliRunner().invoke(main, [*words, "--help"]).output]
    assert silent in ([], [["report"]])


def test_the_pages_of_commands_are_the_program() -> None:
    """If this fails after a command or an option has changed: python tools/write_commands.py."""
    spec = importlib.util.spec_from_file_location("write_commands", ROOT / "tools" / "write_commands.py")
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    pages = writer.pages()
    assert [path.name for path in pages] == ["commands.md", "commands.ja.md"]
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages


def test_an_unknown_command_is_wrong_use() -> None:
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2


@pytest.mark.parametrize("words", [["piolt"], ["nonsense"], ["catalogue", "serch"]])
def test_a_shell_that_completes_after_a_misspelt_command_gets_an_answer(words: list[str]) -> None:
    found = ShellComplete(main, {}, "setsuden", "_SETSUDEN_COMPLETE").get_completions(words, "--")
    assert "--help" in {item.value for item in found}


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "setsuden", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("setsuden, version")

"""The command group: every command exists, has help, and fails with one clear sentence."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from setsuden.cli.main import _COMMANDS, main


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_speaks_json(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    parts = [[name, part] for part in command.commands] if isinstance(command, click.Group) else [[name]]
    silent = [words for words in parts if "--json" not in CliRunner().invoke(main, [*words, "--help"]).output]
    assert silent in ([], [["report"]])


def test_an_unknown_command_is_wrong_use() -> None:
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "setsuden", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("setsuden, version")

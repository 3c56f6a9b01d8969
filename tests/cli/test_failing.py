"""Failures that no command of its own foresees: an early Ctrl-C, an output that takes nothing or not every letter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from setsuden.cli import main as module
from setsuden.cli.common import INTERRUPTED

_FULL = Path("/dev/full")


def test_ctrl_c_while_the_module_of_a_command_loads_ends_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> ModuleType:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "import_module", load)
    result = CliRunner().invoke(module.main, ["footprint", "--kwh", "1"])
    assert result.exit_code == INTERRUPTED
    assert result.output == ""


@pytest.mark.skipif(not _FULL.exists(), reason="needs a device that is always full, which Linux has")
def test_an_output_on_a_full_disk_is_one_sentence() -> None:
    with _FULL.open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "setsuden", "footprint", "--kwh", "1", "--lang", "en"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert found.returncode == 1
    assert found.stderr == "setsuden: cannot read or write: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("words", [["footprint", "--kwh", "1"], ["--help"]])
def test_a_terminal_that_cannot_show_a_letter_gets_its_code(words: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "setsuden", *words],
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "SETSUDEN_LANG": "ja"},
        capture_output=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert b"\\u96fb\\u529b\\u91cf" in found.stdout

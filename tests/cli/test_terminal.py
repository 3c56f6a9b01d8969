"""Lines keep to the terminal's width, and are left alone where stdout is none."""

from __future__ import annotations

import os

import pytest

from setsuden.cli import common
from setsuden.cli.ledger_option import table
from setsuden.language.columns import width

LONG = (
    "    Regressions are said in many words: "
    + "energy per sample " * 8
    + "と、日本語の長い文も同じように折り返します。"
)


def _terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((columns, 24)))


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_long_line_breaks_at_words_and_keeps_its_indent(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _terminal(monkeypatch, columns)
    common.tell(LONG + "\nshort\n")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(width, lines)) <= columns
    assert lines[0].startswith("    Regressions")
    assert all(line.startswith("      ") for line in lines[1:-2])
    assert lines[-2:] == ["short", ""]
    assert "".join("".join(lines[:-2]).split()) == "".join(LONG.split())


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    common.tell(LONG)
    assert capsys.readouterr().out == LONG + "\n"
    assert common.terminal_width() == 100


def test_a_table_wider_than_the_terminal_is_told_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["20260101-000000-aaaaaa", "demo", "", "19 J [7.7, 35]"]]
    _terminal(monkeypatch, 80)
    assert table("run|name|tags|energy", rows) == [
        "run                     name  tags  energy",
        "20260101-000000-aaaaaa  demo        19 J [7.7, 35]",
    ]
    _terminal(monkeypatch, 40)
    assert table("run|name|tags|energy", rows) == [
        "20260101-000000-aaaaaa",
        "  name: demo",
        "  energy: 19 J [7.7, 35]",
    ]

"""The language of a command: as told, else of SETSUDEN_LANG, else of the locale; never that of a document."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from setsuden.cli.common import reader_language
from setsuden.cli.main import main

_VARIABLES = ("SETSUDEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def _set(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LC_MESSAGES": "ja_JP", "LANG": "en_GB.UTF-8"}, "ja"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"SETSUDEN_LANG": "en", "LC_ALL": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "jam_JM"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(
    given: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, given)
    assert reader_language() == language


def _said(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["footprint", "--kwh", "1", "--site", "JP", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_japanese_locale_is_answered_in_japanese_and_an_option_outdoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"LANG": "ja_JP.UTF-8"})
    assert "電力量" in _said()
    assert "電力量" not in _said("--lang", "en")


def test_the_locale_does_not_change_a_document_but_an_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {})
    english = _said("--json")
    _set(monkeypatch, {"SETSUDEN_LANG": "ja", "LANG": "ja_JP.UTF-8"})
    assert _said("--json") == english
    assert _said("--json", "--lang", "ja") != english


def test_an_unknown_language_in_the_variable_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"SETSUDEN_LANG": "fr"})
    result = CliRunner().invoke(main, ["footprint", "--kwh", "1"])
    assert result.exit_code == 2
    assert "SETSUDEN_LANG" in result.output

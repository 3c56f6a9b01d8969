"""``setsuden explain`` says what a code means to whoever has no documentation at hand."""

from __future__ import annotations

import json
import re

import click
import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.language import LANGUAGES, Language, table
from setsuden.language.codes import ANYWHERE, meaning
from tests.schemas_support import validate


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_a_code_is_explained_in_either_language_however_it_is_written() -> None:
    assert explain("set-too-short").output.startswith("SET-TOO-SHORT: The window is short")
    assert "測定区間" in explain("SET-TOO-SHORT", "--lang", "ja").output


def test_without_a_code_all_are_listed_and_the_document_keeps_its_schema() -> None:
    document = json.loads(explain("--json").output)
    validate("explain", document)
    listed = [line for line in explain("--lang", "en").output.splitlines() if not line.startswith(" ")]
    assert len(document["codes"]) == len(listed) > 30


def test_advice_fits_the_command_that_printed_the_code() -> None:
    told = explain("SET-NO-PRICE", "--lang", "en").output
    assert "In pilot: State one with --price '30 JPY'" in told
    assert "In footprint: State one with --price 30 --currency JPY" in told
    assert "pilot では：1 kWh の料金を、--price '30 JPY'" in explain("SET-NO-PRICE", "--lang", "ja").output
    assert "What to do: setsuden doctor" in explain("SET-NO-SENSOR", "--lang", "en").output


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_names_codes_commands_and_options_that_exist(language: Language) -> None:
    for key, text in table("advice", language).items():
        _, code, origin = key.split(".")
        assert code in table("codes", language)
        if origin == ANYWHERE:
            continue
        command = main.get_command(click.Context(main), origin)
        assert command is not None, key
        names = {name for item in command.params for name in item.opts}
        assert {*re.findall(r"(?<!\S)--[a-z][\w-]*", text)} <= names, key


def test_what_a_page_of_a_pilot_says_of_a_code_ends_with_what_a_pilot_can_do() -> None:
    assert (meaning("SET-NO-PRICE", "en", "pilot") or "").endswith("or price: 30 JPY in the study.")
    assert "--currency" not in (meaning("SET-NO-PRICE", "ja", "pilot") or "")
    assert meaning("SET-NEVER-SEEN", "en", "pilot") is None


@pytest.mark.parametrize("written", ["SET-TOO-SHRT", "too-shrt", "set_too_shrt"])
def test_an_unknown_code_is_refused_with_the_nearest(written: str) -> None:
    result = explain(written, "--lang", "en")
    assert result.exit_code == 2
    assert "Did you mean SET-TOO-SHORT" in result.output


def test_a_code_may_be_written_without_its_beginning() -> None:
    assert explain("no_price", "--lang", "en").output.startswith("SET-NO-PRICE: ")

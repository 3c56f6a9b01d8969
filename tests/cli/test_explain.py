"""``setsuden explain`` says what a code means to whoever has no documentation at hand."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from setsuden.cli.main import main
from tests.schemas_support import validate


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_a_code_is_explained_in_either_language_however_it_is_written() -> None:
    assert explain("set-too-short").output.startswith("SET-TOO-SHORT: The window is short")
    assert "測定区間" in explain("SET-TOO-SHORT", "--lang", "ja").output


def test_without_a_code_all_are_listed_and_the_document_keeps_its_schema() -> None:
    document = json.loads(explain("--json").output)
    validate("explain", document)
    assert len(document["codes"]) == len(explain().output.splitlines()) > 30


def test_an_unknown_code_is_refused_with_the_nearest() -> None:
    result = explain("SET-TOO-SHRT")
    assert result.exit_code == 2
    assert "Did you mean SET-TOO-SHORT?" in result.output

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from tests.schemas_support import validate


def test_a_document_of_the_ticks_asked_for_meets_its_schema() -> None:
    result = CliRunner().invoke(main, ["watch", "--json", "--count", "2", "--interval", "0.05"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("watch", document)
    assert len(document["ticks"]) == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_lines_are_for_people(language: str) -> None:
    result = CliRunner().invoke(main, ["watch", "-n", "1", "--interval", "0.05", "--lang", language])
    assert result.exit_code == 0, result.output
    assert "CPU" in result.stdout


@pytest.mark.parametrize("words", [["--interval", "0"], ["--interval", "nan"], ["--count", "0"], ["--json"]])
def test_wrong_use_exits_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["watch", *words]).exit_code == 2

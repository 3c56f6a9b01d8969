"""``setsuden dashboard``: the document, and what it refuses before it serves anything."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from setsuden.cli.dashboard import dashboard
from setsuden.cli.main import main
from setsuden.dashboard.period import LENGTHS
from setsuden.ledger import Ledger
from tests.dashboard.support import write
from tests.schemas_support import validate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        write(ledger, "train.py", 2.0, tags=["vision"], phases=[("train", 0.5)])
        write(ledger, "old.py", 1.0, day="2020-01-01", status="failed", detail="ValueError: no")
    return tmp_path / "ledger.sqlite"


def asked(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["dashboard", *words])
    return result.exit_code, result.output


def test_json_is_the_document_of_the_first_page_and_serves_nothing(file: Path) -> None:
    code, output = asked("--json", "--ledger", str(file), "--price", "0.3", "--currency", "EUR", "--pue", "1.5")
    assert code == 0, output
    document = json.loads(output)
    validate("dashboard", document)
    assert document["total"]["energy"]["value"] == pytest.approx(3 * 3.6e6)
    assert document["footprint"]["cost"]["value"] == pytest.approx(3 * 1.5 * 0.3, rel=0.02)
    assert document["broken_off"]["energy"]["value"] == pytest.approx(3.6e6)
    assert document["untagged"]["runs"] == 1


def test_every_length_of_a_period_can_be_shown_at_first() -> None:
    (period,) = (option for option in dashboard.params if option.name == "period")
    assert isinstance(period.type, click.Choice)
    assert [*period.type.choices] == [*LENGTHS]


def test_an_empty_ledger_has_a_document_without_figures(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "empty.sqlite"):
        pass
    code, output = asked("--json", "--ledger", str(tmp_path / "empty.sqlite"))
    assert code == 0, output
    document = json.loads(output)
    validate("dashboard", document)
    assert document["total"]["energy"] is None
    assert document["footprint"] is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--json", "--ledger", "{folder}/none.sqlite"], 1, "there is no ledger here yet"),
        (["--ledger", "{folder}"], 2, "is a directory"),
        (["--site", "Atlantis"], 2, "Atlantis"),
        (["--pue", "0.5"], 2, "PUE"),
        (["--price", "3"], 2, "--currency"),
        (["--port", "70000"], 2, "--port"),
        (["--period", "fortnight"], 2, "--period"),
    ],
)
def test_a_slip_is_one_sentence(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    found, output = asked(*(word.format(folder=tmp_path) for word in words))
    assert found == code
    assert said in output
    assert "Traceback" not in output

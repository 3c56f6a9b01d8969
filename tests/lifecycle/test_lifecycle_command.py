"""``setsuden lifecycle``: text, JSON by its schema, pages in both languages."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from setsuden.cli.main import main
from tests.report.support import Page
from tests.schemas_support import validate


def test_the_printed_example_is_answered_in_both_languages(tmp_path: Path) -> None:
    runner = CliRunner()
    path = tmp_path / "life.yaml"
    path.write_text(runner.invoke(main, ["lifecycle", "--example"]).stdout, encoding="utf-8")
    english = runner.invoke(main, ["lifecycle", str(path)])
    assert english.exit_code == 0, english.output
    assert english.stdout.startswith("The heaviest part")
    japanese = runner.invoke(main, ["lifecycle", str(path), "--lang", "ja"])
    assert "最も重い" in japanese.stdout


def test_the_json_is_what_the_schema_promises() -> None:
    document = json.loads(CliRunner().invoke(main, ["lifecycle", "--json"]).stdout)
    validate("lifecycle", document)
    for sheet in document["views"].values():
        assert sum(stage["share"] for stage in sheet["stages"]) > 0.999


def test_pages_and_the_record_are_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["lifecycle", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {"result.json", "report.en.html", "report.ja.html"}
    for language in ("en", "ja"):
        page = (out / f"report.{language}.html").read_text(encoding="utf-8")
        assert page.index('data-test="verdict"') < page.index("<svg xmlns")
        assert page.count('id="chart-tornado-') == 2
        assert page.count('id="chart-curve-') == 2
        assert Page(page).faults == []


def test_a_missing_file_is_wrong_use(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["lifecycle", str(tmp_path / "none.yaml")])
    assert done.exit_code == 2
    assert "cannot read the study file" in done.stderr

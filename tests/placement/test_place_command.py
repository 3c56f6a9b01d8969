"""``setsuden place``: one command and one file answer the newcomer; errors name the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from tests.report.support import Page
from tests.schemas_support import validate


@pytest.fixture
def example(tmp_path: Path) -> Path:
    done = CliRunner().invoke(main, ["place", "--example"])
    path = tmp_path / "place.yaml"
    path.write_text(done.stdout, encoding="utf-8")
    return path


def test_the_example_answers_the_camera_in_japan_with_both_views(example: Path) -> None:
    done = CliRunner().invoke(main, ["place", str(example)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Run it in the cloud.")
    assert "decision view" in done.stdout
    assert "average view" in done.stdout


def test_the_json_is_what_the_schema_promises(example: Path) -> None:
    done = CliRunner().invoke(main, ["place", str(example), "--json"])
    document = json.loads(done.stdout)
    validate("place", document)
    assert set(document["views"]) == {"attribution", "marginal"}
    assert len(document["published"]) == 9
    assert {factor["name"] for factor in document["factors"]} >= {"network fixed, average", "network fixed, marginal"}


def test_a_split_of_a_model_of_the_zoo_is_in_the_document(example: Path) -> None:
    example.write_text(example.read_text(encoding="utf-8") + "\nsplit: {model: lenet}\n", encoding="utf-8")
    document = json.loads(CliRunner().invoke(main, ["place", str(example), "--json"]).stdout)
    validate("place", document)
    assert any(item["split_after"] for item in document["views"]["marginal"]["placements"])


def test_pages_in_both_languages_and_the_record_are_written(example: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["place", str(example), "--out", str(out), "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert "クラウド" in done.stdout
    assert {path.name for path in out.iterdir()} == {"result.json", "report.en.html", "report.ja.html"}
    for language in ("en", "ja"):
        page = (out / f"report.{language}.html").read_text(encoding="utf-8")
        assert page.index('data-test="verdict"') < page.index("<svg xmlns")
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
        assert page.count('id="chart-map-') == 2
        assert Page(page).faults == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("payload_kb: 110", "payload_kb: -1"), r"place.yaml:8: payload_kb.*must be at least 0"),
        (("link: fixed", "link: pigeon"), r"network.link: unknown network.*fixed"),
        (("objective: energy", "objectiv: energy"), "unknown key.*objective"),
        (("site: JP", "site: XX"), "site: unknown site code"),
        (("idle_share: 1 ", "idle_share: 2 "), "device.idle_share: must be at most 1"),
        (("# site: aws:ap-northeast-1", "site: FR\n  intensity_g_per_kwh: 50  #"), "cloud: give either site or"),
        (("# pue: 1.15 ", "pue: {value: 1.15, low: 0.9}  # "), "cloud.pue: pue is at least 1"),
        (("# utilisation: 0.5 ", "utilisation: {value: 0.5, high: 1.5}  # "), "utilisation is a share above 0"),
        (("requests_per_minute: 2", "requests_per_minute: 0"), r":7: requests_per_minute: .*above 0 \(got 0\)"),
        (("v2.0-rpi4-armnn", "v2.0-rpi5-armnn"), "device: no such row.*rpi4"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_line(example: Path, change: tuple[str, str], message: str) -> None:
    import re

    text = example.read_text(encoding="utf-8")
    assert change[0] in text
    example.write_text(text.replace(*change), encoding="utf-8")
    done = CliRunner().invoke(main, ["place", str(example)])
    assert done.exit_code == 2
    assert re.search(message, done.stderr), done.stderr
    assert done.stdout == ""


def test_the_example_in_the_repository_is_the_one_that_is_printed() -> None:
    from setsuden.placement.inference.reading import example_text

    assert (Path(__file__).parents[2] / "examples" / "place.yaml").read_text(encoding="utf-8") == example_text()

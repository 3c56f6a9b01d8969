"""``setsuden catalogue`` as a user types it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from tests.schemas_support import validate


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["catalogue", *words])


def document(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_search_finds_by_name_in_either_language() -> None:
    found = document("search", "日本", "電力")
    validate("catalogue", found)
    assert {row["id"] for row in found["rows"]} == {"home_electricity_year_jp", "home_electricity_day_jp"}


def test_search_says_when_it_shows_only_a_part() -> None:
    found = document("search", "xeon", "--limit", "3")
    validate("catalogue", found)
    assert len(found["rows"]) == 3
    assert found["truncated"]
    assert "first 3 rows" in run("search", "xeon", "--limit", "3").stdout


def test_search_without_a_hit_is_an_answer() -> None:
    result = run("search", "unobtainium")
    assert result.exit_code == 0
    assert "unobtainium" in result.stdout


def test_show_prints_the_source_of_a_figure() -> None:
    found = document("show", "grid/JP")
    validate("catalogue", found)
    (row,) = found["rows"]
    assert row["fields"]["intensity_g_per_kwh"] == 477.26
    assert row["source"]["licence"] == "CC-BY-4.0"
    assert row["source"]["edition"] == "copy of 2026-04-29"
    text = run("show", "grid/JP").stdout
    assert "Ember" in text
    assert "CC-BY-4.0" in text


def test_show_spells_out_what_varies_inside_a_source() -> None:
    (row,) = document("show", "processors/amd-radeon-instinct-mi25")["rows"]
    assert row["source"]["text"].endswith("radeon-instinct-mi25.c2983")


def test_show_of_an_unknown_row_exits_two_with_the_nearest() -> None:
    result = run("show", "nvidia-h1OO-pcie-80-gb")
    assert result.exit_code == 2
    assert "nvidia-h100-pcie-80-gb" in result.stderr


def test_sources_and_gaps_follow_their_schemas() -> None:
    listed = document("sources")
    validate("catalogue_sources", listed)
    assert any(row["source"]["licence"] == "MIT" for row in listed["sources"])
    gaps = document("unknown")
    validate("catalogue_unknown", gaps)
    assert {"paper_factors", "processors", "gaps"} <= {gap["table"] for gap in gaps["unknown"]}


@pytest.mark.parametrize(
    ("words", "row", "how"),
    [
        (("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz",), "intel-xeon-platinum-8175m", "alias"),
        (("--gpu", "NVIDIA H100 80GB HBM3"), "nvidia-h100-sxm5-80-gb", "alias"),
        (("AMD", "EPYC"), "generic-cpu-socket", "fallback"),
        (("AWS Graviton4",), "aws-graviton4", "alias"),
        (("NVIDIA H100",), "generic-gpu", "fallback"),
    ],
)
def test_match_shows_which_row_stands_for_a_name(words: tuple[str, ...], row: str, how: str) -> None:
    found = document("match", *words)
    validate("catalogue_match", found)
    assert (found["row"]["id"], found["how"]) == (row, how)
    assert (found["design_power"] is None) == (row == "aws-graviton4")
    assert row in run("match", *words).stdout


def test_a_name_of_several_products_lists_them() -> None:
    found = document("match", "NVIDIA H100")
    assert {"nvidia-h100-pcie-80-gb", "nvidia-h100-sxm5-80-gb"} <= {row["id"] for row in found["variants"]}
    assert "8 products are called so: NVIDIA H100 CNX" in run("match", "NVIDIA H100").stdout
    assert run("match", "AMD EPYC").stdout.rstrip().endswith(" ...")
    assert "nvidia-h100-pcie-80-gb" in run("show", "NVIDIA H100").stderr


def test_effect_sizes_are_found_with_their_range() -> None:
    stdout = run("search", "batching").stdout
    assert "low=2  typical=7.5  high=26.9  unit=x" in stdout


@pytest.mark.parametrize(
    "words", [("search", "japan"), ("match", "AMD EPYC"), ("show", "JP"), ("sources",), ("unknown",), ("search", "zzz")]
)
def test_everything_reads_in_japanese(words: tuple[str, ...]) -> None:
    result = run(*words, "--lang", "ja")
    assert result.exit_code == 0
    assert result.stdout

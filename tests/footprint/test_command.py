"""``setsuden footprint`` as a user types it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.footprint.from_run import from_record
from setsuden.ledger import Ledger, Measurement, Utilisation
from setsuden.quantity import DEVICE, NODE, Boundary, Estimate, Provenance
from tests.schemas_support import validate


def run(line: str) -> Result:
    return CliRunner().invoke(main, ["footprint", *line.split()])


def result_of(line: str) -> Any:
    result = run(f"{line} --json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    validate("footprint", found)
    return found


@pytest.mark.parametrize(
    ("site", "kg"), [("SE", 53.137), ("FR", 62.450), ("US", 579.291), ("JP", 719.231), ("IN", 1009.886)]
)
def test_bert_base_gives_the_values_of_2025(site: str, kg: float) -> None:
    found = result_of(f"--kwh 1507 --site {site}")
    assert found["operational_carbon_kg"]["value"] == pytest.approx(kg, abs=0.001)
    used = {name: found["intensity"][name] for name in ("site", "year", "basis", "edition")}
    assert used == {"site": site, "year": 2025, "basis": "lifecycle_generation", "edition": "copy of 2026-04-29"}
    factor = found["factors"][0]
    assert factor["year"] == 2025
    assert "2026-04-29" in factor["source"]
    assert found["boundary"] == "node"


def test_hours_times_watts_times_count_times_utilisation() -> None:
    found = result_of("--hours 10 --watts 300 --count 8 --utilisation 0.5 --intensity 400 --pue 1.5 --embodied-kg 2")
    assert found["energy_kwh"]["value"] == pytest.approx(18)
    assert found["operational_carbon_kg"]["value"] == pytest.approx(7.2)
    assert found["embodied_carbon_kg"]["value"] == 2
    assert found["total_carbon_kg"]["value"] == pytest.approx(9.2)
    assert found["boundary"] == "node+PUE+embodied"


def test_strubell_bert_base_from_its_inputs() -> None:
    found = result_of("--hours 79 --watts 12041.51 --pue 1.58 --intensity 432.727")
    assert found["energy_kwh"]["value"] == pytest.approx(1507, rel=0.003)
    assert found["operational_carbon_kg"]["value"] / 0.45359237 == pytest.approx(1438, rel=0.003)


def test_unknown_figures_are_null_with_a_reason() -> None:
    found = result_of("--kwh 1 --site JP")
    for name in ("embodied_carbon_kg", "water_l", "cost"):
        assert found[name] is None
        assert found["missing"][name]["text"]


def test_no_site_is_the_world_with_a_wide_interval_and_a_note() -> None:
    found = result_of("--kwh 1")
    assert {"SET-SITE-UNKNOWN"} <= {note["code"] for note in found["notes"]}
    assert found["operational_carbon_kg"]["provenance"] == "assumed"
    assert found["operational_carbon_kg"]["high"] > 10 * found["operational_carbon_kg"]["low"]


def test_a_year_selects_the_edition_of_that_year() -> None:
    assert result_of("--kwh 1 --site JP --year 2019")["operational_carbon_kg"]["value"] == pytest.approx(0.52849)


def test_a_cloud_region_brings_water_and_names_its_overhead() -> None:
    found = result_of("--kwh 100 --site aws:us-east-1")
    assert found["water_l"]["value"] == pytest.approx(12)
    assert any(note["code"] == "SET-KNOWN-PUE" and "1.15" in note["text"] for note in found["notes"])


def test_a_cloud_region_costs_what_its_country_pays() -> None:
    assert result_of("--kwh 100 --site aws:eu-north-1")["cost"] == result_of("--kwh 100 --site SE")["cost"] is not None


@pytest.mark.parametrize(("site", "old"), [("GB", True), ("SE", False), ("GB --price 0.2 --currency gbp", False)])
def test_a_price_of_long_ago_is_remarked_on(site: str, old: bool) -> None:
    assert any(note["code"] == "SET-OLD-PRICE" for note in result_of(f"--kwh 1 --site {site}")["notes"]) is old


def test_a_stated_price_and_water() -> None:
    found = result_of("--kwh 10 --site JP --price 30 --currency jpy --wue 0.2")
    assert (found["cost"]["value"], found["cost"]["unit"]) == (300, "JPY")
    assert found["water_l"]["value"] == 2


def test_a_local_time_is_read_in_the_zone_of_the_grid() -> None:
    local, stated = (
        result_of(f"--kwh 1 --site DE --at {time}") for time in ("2025-07-01T13:00", "2025-07-01T11:00+00:00")
    )
    assert local["operational_carbon_kg"] == stated["operational_carbon_kg"]
    spread = result_of("--hours 24 --watts 1000 --site DE --at 2025-07-01T00:00")
    assert "24 hours" in spread["factors"][0]["name"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_text_names_every_factor_and_its_source(language: str) -> None:
    result = run(f"--kwh 10 --site SE --pue 1.2 --embodied-kg 1 --lang {language}")
    assert result.exit_code == 0
    assert "Ember" in result.stdout
    assert " kgCO2e" in result.stdout
    assert ("運用時の炭素" if language == "ja" else "Operational carbon") in result.stdout
    assert "20260421" in result.stdout


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--kwh -1",
        "--kwh nan",
        "--kwh inf",
        "--kwh 1e300",
        "--kwh twelve",
        "--hours 3",
        "--watts 3",
        "--kwh 1 --hours 2",
        "--kwh 1 --utilisation 0.5",
        "--hours -1 --watts 5",
        "--hours 1 --watts nan",
        "--hours 1 --watts 5 --utilisation 1.2",
        "--hours 1 --watts 5 --count 0",
        "--hours 1e308 --watts 1e308",
        "--kwh 1 --pue 0.99",
        "--kwh 1 --pue nan",
        "--kwh 1 --intensity -5",
        "--kwh 1 --intensity 475000",
        "--kwh 1 --site JP --intensity 400",
        "--kwh 1 --site Atlantis",
        "--kwh 1 --site JP --year 1066",
        "--kwh 1 --site JP --year 1995",
        "--kwh 1 --site JP --at yesterday",
        "--kwh 1 --site JP --at 2025-01-01T00:00",
        "--kwh 1 --embodied-kg -1",
        "--kwh 1 --price 5",
        "--kwh 1 --price 5 --currency XYZ",
        "--kwh 1 --price -5 --currency EUR",
        "--kwh 1 --wue -1",
        "--kwh 1 --hourly",
        "--run last",
        "--run last --kwh 3",
    ],
)
def test_bad_input_is_one_sentence_and_exit_two(line: str) -> None:
    with Ledger.open():
        pass
    result = run(f"{line} --json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()


def measured(
    window_id: int, parent: int | None, start: str, seconds: float, joules: float, extent: Boundary
) -> Measurement:
    energy = Estimate(joules, joules * 0.95, joules * 1.05, "J", Provenance.MEASURED, extent)
    name = "run" if parent is None else "training"
    return Measurement(window_id, name, parent, start, 0.0, seconds, energy, None, (), Utilisation())


def stretches(root: Measurement, *parts: Measurement) -> list[tuple[float, float]]:
    """Seconds and joules of what a run of these windows is priced by; the run is then the last of the ledger."""
    with Ledger.open() as ledger:
        writer = ledger.start_run("meter", "mnist", environment={})
        for window in (root, *parts):
            writer.close_window(window)
        writer.finish(summary=root)
        found = from_record(ledger.run("last"))
    return [(window.duration_s, window.weight) for window in found.windows]


@pytest.mark.parametrize("extent", [NODE, DEVICE])
def test_a_measured_run_keeps_its_interval_boundary_and_provenance(extent: Boundary) -> None:
    root = measured(1, None, "2025-01-15T00:00:00+00:00", 7200, 7.2e6, extent)
    part = measured(2, 1, "2025-01-15T00:00:00+00:00", 3600, 5.4e6, extent)
    assert stretches(root, part) == [(3600, 5.4e6), (7200, 1.8e6)]
    annual = result_of("--run last --site GB")
    assert annual["boundary"] == str(extent)
    assert annual["energy_kwh"]["value"] == pytest.approx(2)
    assert annual["energy_kwh"]["high"] == pytest.approx(2.1)
    assert annual["energy_kwh"]["provenance"] == "measured"
    assert ("SET-DEVICE-ONLY" in {note["code"] for note in annual["notes"]}) == (extent == DEVICE)
    by_hour = result_of("--run last --site GB --hourly")
    assert "2 hours" in by_hour["factors"][0]["name"]
    assert by_hour["operational_carbon_kg"]["value"] != annual["operational_carbon_kg"]["value"]


def test_parts_that_are_the_whole_run_are_priced_in_their_own_hours_and_leave_no_rest() -> None:
    root = measured(1, None, "2025-01-15T00:00:00+00:00", 7200, 6e6, NODE)
    parts = [measured(n, 1, f"2025-01-15T0{n - 2}:00:00+00:00", 3600, n * 1.2e6, NODE) for n in (2, 3)]
    assert stretches(root, *parts) == [(3600, 2.4e6), (3600, 3.6e6)]


def test_a_run_without_energy_says_so() -> None:
    with Ledger.open() as ledger:
        ledger.start_run("meter", "blind", environment={}).finish()
    result = run("--run last --site GB")
    assert result.exit_code == 2
    assert "no energy" in result.stderr


def test_overlapping_parts_are_priced_as_the_whole() -> None:
    root = measured(1, None, "2025-01-15T00:00:00+00:00", 7200, 7.2e6, NODE)
    parts = [measured(n, 1, "2025-01-15T00:00:00+00:00", 3600, 5e6, NODE) for n in (2, 3)]
    assert stretches(root, *parts) == [(7200, 7.2e6)]

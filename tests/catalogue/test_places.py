"""Grids, hours, data centres, prices: the right figure for a code, or a clear no."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from setsuden.catalogue import embodied, grid, hourly, network, packs, prices, sites
from setsuden.catalogue.sheet import sources
from setsuden.errors import InputError


@pytest.mark.parametrize(
    ("code", "value", "year", "basis"),
    [
        ("JP", 477.26, 2025, "lifecycle_generation"),
        ("jpn", 477.26, 2025, "lifecycle_generation"),
        ("SE", 35.26, 2025, "lifecycle_generation"),
        ("FR", 41.44, 2025, "lifecycle_generation"),
        ("US", 384.4, 2025, "lifecycle_generation"),
        ("IN", 670.13, 2025, "lifecycle_generation"),
        ("US-CA", 207.51, 2022, "direct_generation_co2e"),
        ("CA-QC", 1.5, 2019, "consumption"),
        ("AU-NSW", None, 2019, "consumption_with_losses"),
        ("gcp:asia-northeast1", 449.23, 2025, "grid_average_operational_gross"),
    ],
)
def test_a_code_gives_its_figure_with_year_basis_and_source(
    code: str, value: float | None, year: int, basis: str
) -> None:
    found = grid.intensity(code)
    assert value is None or found.value == value
    assert (found.year, found.basis) == (year, basis)
    assert found.low < found.value < found.high
    assert found.source.licence
    factor = found.factor()
    assert (factor.year, factor.basis, factor.unit) == (year, basis, "gCO2e/kWh")
    assert found.estimate().factors == (factor,)


def test_the_edition_of_the_country_figures_is_pinned() -> None:
    assert "2026-04-29" in grid.intensity("JP").factor().source
    assert grid.intensity("JP").source.edition == "copy of 2026-04-29"


def test_an_earlier_year_comes_from_the_history() -> None:
    assert grid.intensity("JP", 2019).value == 528.49
    assert grid.intensity("JP", 2019).year == 2019


def test_a_year_after_the_latest_takes_the_latest_and_widens() -> None:
    latest, later = grid.intensity("JP"), grid.intensity("JP", latest_year := 2027)
    assert (later.value, later.year, later.asked_year) == (latest.value, 2025, latest_year)
    assert later.low < latest.low < latest.high < later.high
    assert later.note is not None


def test_the_interval_is_ten_percent_for_the_year_of_the_figure_and_grows_with_the_root_of_the_years_since() -> None:
    """The default ci_year_step is a drift of 16.9 % a year."""
    known, later = grid.intensity("JP", 2025), grid.intensity("JP", 2027)
    assert (known.value / known.low, known.high / known.value) == pytest.approx((1.1, 1.1))
    assert later.high / later.value == pytest.approx(1 + math.hypot(0.1, 0.169 * math.sqrt(2)))


def test_a_year_before_the_record_is_refused_with_what_is_known() -> None:
    with pytest.raises(InputError, match="2000-2025"):
        grid.intensity("JP", 1995)
    with pytest.raises(InputError, match="2022 only"):
        grid.intensity("US-CA", 2010)


def test_the_world_average_spans_the_countries() -> None:
    world = grid.intensity("WORLD")
    assert world.value == 458.29
    assert world.low < 50
    assert world.high > 700


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Japan", "JP"),
        ("JPN", "JP"),
        ("uk", "GB"),
        ("california", "US-CA"),
        ("EGRID:camx", "EGRID-CAMX"),
        ("EU27", "AGG-EUROPEAN-UNION-27"),
        ("eu-west-1", "aws:eu-west-1"),
        ("gcp europe-west1", "gcp:europe-west1"),
        ("AWS/eu-west-1", "aws:eu-west-1"),
        ("World", "WORLD"),
    ],
)
def test_a_place_is_known_by_the_usual_ways_of_writing_it(written: str, meant: str) -> None:
    assert grid.intensity(written) == grid.intensity(meant)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("XQ", "Nearest"),
        ("Georgia", r"GE \(Georgia\), US-GA \(Georgia\)"),
        ("Japa", r"JP \(Japan\)"),
        ("Germny", r"DE \(Germany\)\?"),
        ("Tokyo", r"aws:ap-northeast-1 \(Asia Pacific \(Tokyo\)\)"),
        ("US-XX", "US-TX"),
        ("aws:us-east", "unknown cloud region.*Nearest: aws:us-east-1, "),
        (" ", "JP"),
    ],
)
def test_an_unknown_code_offers_the_nearest(code: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint) as caught:
        grid.intensity(code)
    assert caught.value.exit_code == 2


def test_a_country_code_of_three_letters_is_the_country_and_none_of_its_parts() -> None:
    codes = grid.LATEST.columns("kind", "iso3")
    countries = {row_id: iso3 for row_id, (kind, iso3) in codes.items() if kind == "country"}
    assert {"USA", "CAN", "AUS", "PRI"} <= set(countries.values())
    for iso2, iso3 in countries.items():
        assert grid.intensity(iso3) == grid.intensity(iso2)


def test_figures_of_two_bases_are_told_apart() -> None:
    assert grid.comparable(grid.intensity("JP"), grid.intensity("SE"))
    assert not grid.comparable(grid.intensity("US"), grid.intensity("US-CA"))
    with pytest.raises(InputError, match="Bases do not convert"):
        grid.intensity("US-CA", basis="lifecycle_generation")


def test_without_the_pack_a_zone_says_where_it_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.catalogue.grid.pack_table", lambda name, row_type: None)
    with pytest.raises(InputError, match="setsuden-catalogue-odbl"):
        grid.intensity("JP-TK")
    with pytest.raises(InputError, match="setsuden-catalogue-odbl"):
        grid.intensity("JP", basis=grid.FLOW_TRACED)


@pytest.mark.parametrize(
    ("zone", "hour", "value"), [("US-CAL-CISO", 12, 177), ("GB", 3, 179), ("DE", 13, 276), ("FR", 12, 59)]
)
def test_hours_match_the_published_profile(zone: str, hour: int, value: float) -> None:
    assert hourly.signal(zone).at(0, hour).value == pytest.approx(value, abs=0.6)


def test_the_interval_of_an_hour_spans_nine_in_ten_of_its_days() -> None:
    row = hourly.HOURS.get("DE:7:13")
    assert row.sd_g_per_kwh
    found = hourly.signal("DE").at(7, 13)
    spread = 1.6448536 * row.sd_g_per_kwh
    assert (found.low, found.high) == pytest.approx((found.value - spread, found.value + spread))


def test_every_zone_knows_every_hour_of_every_month() -> None:
    for zone in hourly.ZONES:
        signal = hourly.signal(zone.id)
        values = [signal.at(month, hour) for month in range(13) for hour in range(24)]
        assert all(value.low >= 0 for value in values)
        assert not zone.synthetic


@pytest.mark.parametrize(("month", "hour"), [(13, 0), (-1, 0), (1, 24), (1, -1)])
def test_an_hour_that_does_not_exist_is_refused(month: int, hour: int) -> None:
    with pytest.raises(InputError, match="0 to 23"):
        hourly.signal("GB").at(month, hour)
    with pytest.raises(InputError, match="no hourly profile"):
        hourly.signal("JP")


def test_overhead_is_published_or_unknown_never_one() -> None:
    known = sites.pue("aws:us-east-1")
    assert known is not None
    assert known.value == 1.15
    assert sites.pue("aws:ap-east-1") is None


def test_two_disclosed_values_of_one_year_span_the_interval() -> None:
    rows = [row for row in sites.PUE if row.region == "northeurope" and row.year == 2022]
    assert {row.ratio for row in rows} == {1.12, 1.197}


def test_a_global_figure_repeated_for_every_region_is_not_a_regional_one() -> None:
    for row in sites.CLOUD_REGIONS:
        water = sites.wue(row.id)
        if water is not None:
            assert water.low <= water.value <= water.high


def test_a_price_is_found_in_its_currency_or_not_at_all() -> None:
    price = prices.price("DE")
    assert price is not None
    assert price.unit == "EUR/kWh"
    assert "2024-S2" in price.factors[0].name
    household = prices.price("DE", "household")
    assert household is not None
    assert household.value > price.value
    assert prices.price("JP") is None
    california = prices.price("US-CA")
    assert california is not None
    assert california.unit == "USD/kWh"


def test_making_hardware_is_always_a_range() -> None:
    for hardware in ("a100", "h100", "server", "smartphone"):
        whole = embodied.whole(hardware)
        assert whole.low < whole.value < whole.high
    with pytest.raises(InputError, match="a100"):
        embodied.whole("abacus")  # type: ignore[arg-type]
    assert embodied.server_lifetime().unit == "yr"


def test_average_and_marginal_network_energy_have_different_units() -> None:
    assert network.average_kwh_per_gb("mobile").unit == "kWh/GB"
    assert network.marginal_w_per_mbps("mobile").unit == "J/Mbit"
    singapore = network.SPEEDS.find("SG:fixed")
    assert singapore is not None
    assert singapore.down_mbps == 101.75
    with pytest.raises(InputError, match="fixed or mobile"):
        network.average_kwh_per_gb("pigeon")  # type: ignore[arg-type]


def test_a_pack_is_found_by_its_entry_point_and_stays_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[2] / "packs" / "odbl" / "src" / "setsuden_catalogue_odbl" / "tables"
    monkeypatch.setattr(packs, "pack_folders", lambda: {"odbl": folder})
    packs._table.cache_clear()
    try:
        zone = grid.intensity("JP-TK")
        assert zone.basis == grid.FLOW_TRACED
        assert zone.source.licence == "ODbL-1.0"
        assert zone.year == 2025
        assert grid.intensity("JP").basis == "lifecycle_generation"
        assert grid.intensity("JP", basis=grid.FLOW_TRACED).source.licence == "ODbL-1.0"
        sheets = embodied.products()
        assert sheets is not None
        assert len(sheets) == 241
        assert all("ODbL" in (source.licence or "") for source in sources(folder).values())
    finally:
        packs._table.cache_clear()
